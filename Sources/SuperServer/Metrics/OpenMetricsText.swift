/// Text in the OpenMetrics 1.0 exposition format, as bytes: a large daemon's is megabytes long.
package struct OpenMetricsText {
  /// The kinds of families that are used.
  package enum Kind {
    case counter, gauge, histogram, stateset, info

    var word: StaticString {
      switch self {
      case .counter: "counter"
      case .gauge: "gauge"
      case .histogram: "histogram"
      case .stateset: "stateset"
      case .info: "info"
      }
    }
  }

  package private(set) var bytes: [UInt8] = []

  /// The media type of the format.
  package static let contentType = "application/openmetrics-text; version=1.0.0; charset=utf-8"

  package init() {}

  package var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Gives away what has been written so far.
  mutating func take() -> [UInt8] {
    defer { bytes = [] }
    return bytes
  }

  /// Announces a family of samples.
  package mutating func family(_ name: StaticString, _ kind: Kind, _ help: StaticString, unit: StaticString? = nil) {
    append("# TYPE ", name, " ", kind.word, "\n")
    if let unit { append("# UNIT ", name, " ", unit, "\n") }
    append("# HELP ", name, " ", help, "\n")
  }

  /// One sample. `labels` is what `labels(...)` made.
  package mutating func sample(
    _ name: StaticString, _ suffix: StaticString = "", _ labels: [UInt8] = [], and more: [UInt8] = [], _ value: UInt64
  ) {
    begin(name, suffix, labels, more)
    append(value)
    bytes.append(UInt8(ascii: "\n"))
  }

  private mutating func begin(_ name: StaticString, _ suffix: StaticString, _ labels: [UInt8], _ more: [UInt8]) {
    append(name, suffix)
    if !labels.isEmpty || !more.isEmpty {
      bytes.append(UInt8(ascii: "{"))
      bytes += labels
      if !labels.isEmpty && !more.isEmpty { bytes.append(UInt8(ascii: ",")) }
      bytes += more
      bytes.append(UInt8(ascii: "}"))
    }
    bytes.append(UInt8(ascii: " "))
  }

  /// The samples of one histogram of microseconds, in seconds as the format wants them.
  package mutating func histogram(_ name: StaticString, _ labels: [UInt8] = [], _ histogram: Histogram) {
    var cumulative: UInt64 = 0
    for (index, bound) in histogram.bounds.enumerated() {
      if !histogram.counts.isEmpty { cumulative += histogram.counts[index] }
      let limit = OpenMetricsText.label("le", OpenMetricsText.seconds(microseconds: UInt64(bound)))
      sample(name, "_bucket", labels, and: limit, cumulative)
    }
    sample(name, "_bucket", labels, and: OpenMetricsText.label("le", "+Inf"), histogram.total)
    sample(name, "_count", labels, histogram.total)
    begin(name, "_sum", labels, [])
    bytes += OpenMetricsText.seconds(microseconds: histogram.sum).utf8
    bytes.append(UInt8(ascii: "\n"))
  }

  package mutating func end() { append("# EOF\n") }

  /// `name="value"`.
  package static func label(_ name: StaticString, _ value: String) -> [UInt8] {
    var result = Array(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    result += "=\"".utf8
    for byte in value.utf8 {
      switch byte {
      case UInt8(ascii: "\\"): result += "\\\\".utf8
      case UInt8(ascii: "\""): result += "\\\"".utf8
      case UInt8(ascii: "\n"): result += "\\n".utf8
      default: result.append(byte)
      }
    }
    result.append(UInt8(ascii: "\""))
    return result
  }

  /// A decimal number of seconds; floating point would print differently on other machines.
  static func seconds(microseconds: UInt64) -> String {
    let whole = microseconds / 1_000_000
    var fraction = String(microseconds % 1_000_000)
    fraction = String(repeating: "0", count: 6 - fraction.utf8.count) + fraction
    while fraction.utf8.last == UInt8(ascii: "0") && fraction.utf8.count > 1 { fraction.removeLast() }
    return "\(whole).\(fraction)"
  }

  private mutating func append(_ parts: StaticString...) {
    for part in parts { bytes += UnsafeBufferPointer(start: part.utf8Start, count: part.utf8CodeUnitCount) }
  }

  private mutating func append(_ number: UInt64) {
    if number < 10 { bytes.append(UInt8(ascii: "0") + UInt8(number)) } else { bytes += String(number).utf8 }
  }
}
