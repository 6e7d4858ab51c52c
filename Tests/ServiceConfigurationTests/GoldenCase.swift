import Foundation
import ServiceModel
import Testing

@testable import ServiceConfiguration

/// One file of `Cases`: configuration files, a line `----`, and what the configuration means or what is wrong with it.
///
/// The first file is `/etc/inetd.d/test.conf` unless the case begins with `--- file: PATH`; further files begin with such
/// a line each. `/etc/inetd.conf` is the classic file, `/etc/inetd.d/X.conf.d/Y.conf` an override, files outside
/// /etc/inetd.d can be included, all others are drop-ins. `--- options: ...` lines stand first: `unprivileged`,
/// `bind=A`, `backlog=N`, `rate=N`, `log`, `environment`. Escapes in input lines: `\e{HH}` is a byte.
struct GoldenCase: CustomTestStringConvertible, Sendable {
  let name: String
  let files: [(path: String, bytes: [UInt8])]
  let options: LoadOptions
  /// Words of its `--- options:` that mean nothing: a mistake in the case.
  let unknownOptions: [String]
  let expected: String

  static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Cases")

  /// All cases, by name.
  static let all: [GoldenCase] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
    return names.filter { $0.hasSuffix(".case") }.sorted().compactMap { name in
      (try? String(contentsOf: directory.appendingPathComponent(name), encoding: .utf8)).map {
        GoldenCase(name: name, text: $0)
      }
    }
  }()

  var testDescription: String { name }

  init(name: String, text: String) {
    self.name = name
    var options = LoadOptions()
    var unknownOptions: [String] = []
    var files: [(path: String, lines: [Substring])] = []
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
    while let line = lines.popFirst(), line != "----" {
      if line.hasPrefix("--- options: ") {
        for word in line.dropFirst(13).split(separator: " ") where !GoldenCase.set(word, in: &options) {
          unknownOptions.append(String(word))
        }
      } else if line.hasPrefix("--- file: ") {
        files.append((String(line.dropFirst(10)), []))
      } else {
        if files.isEmpty { files.append(("/etc/inetd.d/test.conf", [])) }
        files[files.count - 1].lines.append(line)
      }
    }
    self.options = options
    self.unknownOptions = unknownOptions
    self.files = files.map { ($0.path, GoldenCase.bytes($0.lines.map { $0 + "\n" }.joined())) }
    expected = lines.joined(separator: "\n")
  }

  /// False for an option that there is not.
  private static func set(_ word: Substring, in options: inout LoadOptions) -> Bool {
    let parts = word.split(separator: "=", maxSplits: 1)
    switch parts[0] {
    case "unprivileged": options.runsAsRoot = false
    case "log": options.logsConnections = true
    case "environment": options.passesEnvironment = true
    case "bind": options.bindAddress = String(parts[1])
    case "backlog": options.backlog = Int(parts[1])
    case "rate": options.startsPerMinute = Int(parts[1])
    default: return false
    }
    return true
  }

  /// The text with `\e{HH}` as bytes; `\e{}` at the end of a file takes the newline away.
  private static func bytes(_ text: String) -> [UInt8] {
    var result: [UInt8] = []
    var rest = text[...]
    while let escape = rest.range(of: "\\e{") {
      result += Array(rest[..<escape.lowerBound].utf8)
      rest = rest[escape.upperBound...]
      let end = rest.firstIndex(of: "}") ?? rest.endIndex
      if let byte = UInt8(rest[..<end], radix: 16) { result.append(byte) }
      let isEmpty = rest[..<end].isEmpty
      rest = rest[end...].dropFirst()
      if isEmpty && rest.first == "\n" { rest = rest.dropFirst() }
    }
    return result + Array(rest.utf8)
  }

  // MARK: Running

  /// Names of /etc/services that cases use.
  static let ports: [String: UInt16] = [
    "echo": 7, "discard": 9, "daytime": 13, "ftp": 21, "telnet": 23, "time": 37, "finger": 79, "http": 80,
  ]

  func load() -> ServiceTable { GoldenCase.load(files, options) }

  static func load(_ files: [(path: String, bytes: [UInt8])], _ options: LoadOptions) -> ServiceTable {
    let documents = files.compactMap { file -> SourceDocument? in
      let parts = file.path.split(separator: "/")
      if file.path == "/etc/inetd.conf" {
        return SourceDocument(path: file.path, role: .classicFile, content: .bytes(file.bytes))
      }
      if parts.count > 1, parts[parts.count - 2].hasSuffix(".conf.d") {
        let base = String(parts[parts.count - 2].dropLast(7))
        return SourceDocument(path: file.path, role: .override(base: base), content: .bytes(file.bytes))
      }
      guard file.path.hasPrefix("/etc/inetd.d/") else { return nil }
      return SourceDocument(path: file.path, role: .dropIn, content: .bytes(file.bytes))
    }
    var normalizer = Normalizer(options: options)
    let configuration = ConfigurationLoader.load(documents) {
      GoldenCase.reply(to: $0, files)
    } emit: {
      normalizer.add($0)
    }
    return normalizer.finish(configuration) { name, _ in ports[name] }
  }

  private static func reply(to request: IncludeRequest, _ files: [(path: String, bytes: [UInt8])]) -> IncludeReply {
    var reply = IncludeReply()
    let matching = files.filter { file in
      switch request.kind {
      case .file: file.path == request.path
      case .glob:
        request.path.hasSuffix("*") ? file.path.hasPrefix(request.path.dropLast()) : file.path == request.path
      case .directory, .xinetdDirectory: file.path.hasPrefix(request.path + "/")
      }
    }
    if matching.isEmpty && request.kind != .glob { reply.failure = ("include-missing", "does not exist") }
    reply.files = matching.prefix(request.room.files).map {
      IncludeReply.File(path: $0.path, identity: $0.path, content: .bytes($0.bytes))
    }
    return reply
  }

  /// Findings, then what is left of the services in canonical form, then the ids that were rejected.
  func outcome(_ table: ServiceTable) -> String {
    let findings = DiagnosticRenderer(table.sources).text(of: table.diagnostics)
    let services = CanonicalPrinter.sections(table.entries.map { $0.definition })
    let rejected = table.rejected.isEmpty ? "" : "rejected: \(table.rejected.map { $0.id }.joined(separator: " "))\n"
    let incomplete = table.isComplete ? "" : "incomplete\n"
    return [findings, services, rejected + incomplete].filter { !$0.isEmpty }.joined(separator: "\n")
  }
}
