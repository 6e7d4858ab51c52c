import Foundation

/// The service manager's side of sd_notify(3): a datagram socket that collects what the daemon says.
final class NotifySocket {
  let path: String
  private let descriptor: Int32
  private(set) var messages: [String] = []

  init(path: String) throws {
    self.path = path
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw Failure("socket: \(errorText())") }
    let name = try SocketName(unix: path)
    guard name.withPointer({ bind(descriptor, $0, $1) }) == 0 else { throw Failure("bind \(path): \(errorText())") }
    chmod(path, 0o777)
  }

  deinit { close(descriptor) }

  /// Takes what has arrived, waiting up to `milliseconds` for the first message.
  private func receive(milliseconds: Int32) {
    var item = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&item, 1, milliseconds) > 0 else { return }
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
      guard count >= 0 else { return }
      messages.append(String(decoding: buffer[..<count], as: UTF8.self))
    }
  }

  /// Waits for a message with the line `line`, among those after the first `start`; false when `isAlive` ends first.
  func wait(
    for line: String, after start: Int = 0, seconds: Double = Deadline.usual, while isAlive: () -> Bool
  ) throws -> Bool {
    let deadline = Deadline(seconds: seconds)
    while !contains(line, after: start) {
      guard !deadline.hasPassed else { throw Failure("no \(line); notified: \(messages)") }
      let alive = isAlive()
      receive(milliseconds: alive ? min(50, deadline.milliseconds) : 0)
      if !alive { return contains(line, after: start) }
    }
    return true
  }

  private func contains(_ line: String, after start: Int) -> Bool {
    messages.dropFirst(start).contains { $0.split(separator: "\n").contains { $0 == line } }
  }
}
