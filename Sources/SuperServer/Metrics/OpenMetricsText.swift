/// Text in the OpenMetrics 1.0 exposition format.
package struct OpenMetricsText {
  package private(set) var text = ""

  /// The media type of the format.
  package static let contentType = "application/openmetrics-text; version=1.0.0; charset=utf-8"

  package init() {}

  /// Announces a family of samples. `type` is counter, gauge or histogram.
  package mutating func family(_ name: String, _ type: String, _ help: String, unit: String? = nil) {
    text += "# TYPE \(name) \(type)\n"
    if let unit { text += "# UNIT \(name) \(unit)\n" }
    text += "# HELP \(name) \(help)\n"
  }

  package mutating func sample(_ name: String, _ labels: [(String, String)], _ value: String) {
    text += name
    if !labels.isEmpty {
      let list = labels.map { $0.0 + "=\"" + OpenMetricsText.escaped($0.1) + "\"" }
      text += "{" + list.joined(separator: ",") + "}"
    }
    text += " " + value + "\n"
  }

  /// The samples of one histogram of microseconds, in seconds as the format wants them.
  package mutating func histogram(_ name: String, _ labels: [(String, String)], _ histogram: Histogram) {
    var cumulative: UInt64 = 0
    for (index, bound) in histogram.bounds.enumerated() {
      if !histogram.counts.isEmpty { cumulative += histogram.counts[index] }
      sample(name + "_bucket", labels + [("le", OpenMetricsText.seconds(microseconds: UInt64(bound)))], "\(cumulative)")
    }
    sample(name + "_bucket", labels + [("le", "+Inf")], "\(histogram.total)")
    sample(name + "_count", labels, "\(histogram.total)")
    sample(name + "_sum", labels, OpenMetricsText.seconds(microseconds: histogram.sum))
  }

  package mutating func end() { text += "# EOF\n" }

  /// A decimal number of seconds; floating point would print differently on other machines.
  static func seconds(microseconds: UInt64) -> String {
    let whole = microseconds / 1_000_000
    var fraction = String(microseconds % 1_000_000)
    fraction = String(repeating: "0", count: 6 - fraction.utf8.count) + fraction
    while fraction.utf8.last == UInt8(ascii: "0") && fraction.utf8.count > 1 { fraction.removeLast() }
    return "\(whole).\(fraction)"
  }

  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "\"": result += "\\\""
      case "\n": result += "\\n"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
