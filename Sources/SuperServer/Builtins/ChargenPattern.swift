import CLinux
import LinuxSystem

/// The character generator's endless text (RFC 864): lines of 72 of the 95 printable characters, each line beginning one
/// character further.
enum ChargenPattern {
  static let lineLength = 74
  /// After so many lines the text repeats.
  static let lineCount = 95
  static let cycleLength = lineLength * lineCount

  /// Appends line `number`, with CRLF.
  static func appendLine(_ number: Int, to bytes: inout [UInt8]) {
    for position in 0..<72 { bytes.append(0x20 + UInt8((number + position) % lineCount)) }
    bytes.append(0x0d)
    bytes.append(0x0a)
  }

  /// `cycles` whole repetitions of the text, ready to be sent from any offset.
  static func text(cycles: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(cycles * cycleLength)
    for line in 0..<cycles * lineCount { appendLine(line % lineCount, to: &bytes) }
    return bytes
  }
}

/// The text in a file without a name, from which the kernel sends whole pages without copying them.
final class ChargenFile {
  /// A quarter of a megabyte: more than a socket takes at once.
  private static let cycles = 36

  /// Nil when it could not be made.
  private var file: FileDescriptor?
  private let size: Int

  init() {
    let text = ChargenPattern.text(cycles: ChargenFile.cycles)
    size = text.count
    file = try? FileDescriptor.memory(name: "chargen", holding: text)
  }

  private var descriptor: BorrowedDescriptor? { file?.borrowed }

  /// Sends text from a place in the cycle on, as much as the socket takes.
  func send(from offset: Int, to socket: BorrowedDescriptor) -> TransferResult {
    guard let descriptor else { return .failed(ENOMEM) }
    return descriptor.sendFile(to: socket, from: offset, count: size - offset)
  }
}
