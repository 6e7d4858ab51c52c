import Foundation

/// What `probe-server report` says about how it was started.
struct ProbeReport {
  private var values: [String: [String]] = [:]

  init(_ text: String) throws {
    for line in text.split(separator: "\n") {
      guard let mark = line.firstIndex(of: "=") else { throw Failure("not a report: \(line)") }
      values[String(line[..<mark]), default: []].append(String(line[line.index(after: mark)...]))
    }
    guard values["end"] != nil else { throw Failure("the report has no end:\n\(text)") }
  }

  subscript(key: String) -> String? { values[key]?.last }

  /// All values of a key that stands more than once.
  func every(_ key: String) -> [String] { values[key] ?? [] }

  /// Everything under `prefix.`, by the rest of the name.
  func all(_ prefix: String) -> [String: String] {
    var found: [String: String] = [:]
    for (key, value) in values where key.hasPrefix("\(prefix).") {
      found[String(key.dropFirst(prefix.count + 1))] = value.last
    }
    return found
  }

  var environment: [String: String] { all("env") }
  var descriptors: [String: String] { all("fd") }
  var arguments: [String] {
    let found = all("arg")
    return (0..<found.count).compactMap { found["\($0)"] }
  }
}
