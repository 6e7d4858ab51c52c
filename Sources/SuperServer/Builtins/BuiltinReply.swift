import LinuxSystem
import ServiceModel

/// What the built-ins that answer without listening have to say.
enum BuiltinReply {
  /// Seconds from 1900 to 1970 (RFC 868).
  private static let secondsTo1970: Int64 = 2_208_988_800

  /// The whole answer of daytime, time and qotd; nil for the built-ins that converse.
  static func text(_ builtin: Builtin, quote: [UInt8] = []) -> [UInt8]? {
    switch builtin {
    case .daytime: Array((WallClock.now.local.ctime + "\r\n").utf8)
    case .time: time(WallClock.now)
    case .qotd: quote
    default: nil
    }
  }

  /// 32 bits, most significant first; they wrap in 2036 as RFC 868 foresees.
  static func time(_ clock: WallClock) -> [UInt8] {
    let seconds = UInt32(truncatingIfNeeded: clock.seconds + secondsTo1970)
    return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: seconds >> UInt32($0)) }
  }
}

/// The quote of the day (RFC 865): one of the paragraphs of a file, another for each connection.
struct QuoteFile {
  /// RFC 865: quotes should be limited to 512 characters.
  static let limit = 512
  /// Where an administrator puts quotes, separated by lines holding only `%` (fortune's form).
  static let path = "/etc/inetd.quotes"

  private let quotes: [[UInt8]]

  init(_ text: [UInt8]) {
    var quotes: [[UInt8]] = []
    var current: [UInt8] = []
    for line in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      if line.elementsEqual([UInt8(ascii: "%")]) {
        quotes.append(current)
        current = []
      } else if !(line.isEmpty && current.isEmpty) {
        current += line
        current += [0x0d, 0x0a]
      }
    }
    quotes.append(current)
    self.quotes = quotes.map(QuoteFile.bounded).filter { !$0.isEmpty }
  }

  /// Without the blank lines at its end, of which the end of a file looks like one.
  private static func bounded(_ quote: [UInt8]) -> [UInt8] {
    var quote = quote
    while quote.suffix(4).elementsEqual([0x0d, 0x0a, 0x0d, 0x0a]) { quote.removeLast(2) }
    return Array(quote.prefix(limit))
  }

  static func load() -> QuoteFile {
    QuoteFile((try? FileSystem.contents(of: path, limit: 1 << 20).bytes) ?? [])
  }

  /// One of the quotes; where there is none, the first quote this project had.
  func quote(_ number: Int) -> [UInt8] {
    if quotes.isEmpty { return Array("The network is the computer. (John Gage)\r\n".utf8) }
    return quotes[number % quotes.count]
  }
}
