import CLinux
import LinuxSystem
import NetworkAddresses

/// One entry for the journal in its native form (systemd.io/JOURNAL_NATIVE_PROTOCOL): a line `NAME=value` for each
/// field, and a length in place of the `=` where the value has lines of its own.
package struct JournalEntry: Equatable {
  /// Longer values are cut: nothing we say is longer, and an entry stays below what a datagram may be.
  private static let longest = 8192

  package private(set) var bytes: [UInt8] = []

  package init() {}

  /// Adds a field. `name` is one that the journal accepts: capitals, digits and underscores (systemd.journal-fields(7)).
  package mutating func add(_ name: String, _ value: String) {
    let value = value.utf8.prefix(JournalEntry.longest)
    bytes += name.utf8
    if value.contains(UInt8(ascii: "\n")) {
      bytes.append(UInt8(ascii: "\n"))
      var size = UInt64(value.count).littleEndian
      withUnsafeBytes(of: &size) { bytes += $0 }
    } else {
      bytes.append(UInt8(ascii: "="))
    }
    bytes += value
    bytes.append(UInt8(ascii: "\n"))
  }
}

/// The journal's socket. Never waits: sd_journal_send(3) does when the journal has no room, and would stop every
/// service with it. Entries that find no room are counted, and the next one that does tells how many they were.
package final class JournalSocket {
  package static let path = "/run/systemd/journal/socket"

  private let path: String
  private var socket: FileDescriptor?
  /// Entries that the journal had no room for since it last had.
  private(set) var lost = 0

  package init(path: String = JournalSocket.path) { self.path = path }

  /// Whether our standard error already ends in the journal (JOURNAL_STREAM; systemd.exec(5)).
  package static var isStandardError: Bool {
    guard let stream = CurrentProcess.environmentValue("JOURNAL_STREAM"),
      let status = try? BorrowedDescriptor.standardError.status(subject: "standard error")
    else { return false }
    return stream == "\(status.device):\(status.inode)"
  }

  /// Whether a service manager runs us as one of its units (INVOCATION_ID; systemd.exec(5)).
  package static var weAreAUnit: Bool { CurrentProcess.environmentValue("INVOCATION_ID") != nil }

  /// Whether somebody listens.
  package var isReachable: Bool { (try? connect()) != nil }

  /// Sends an entry. `lossNotice` makes one that says how many were lost.
  package func send(_ entry: JournalEntry, lossNotice: (Int) -> JournalEntry) {
    if lost > 0 {
      guard transmit(lossNotice(lost)) else { return lost += 1 }
      lost = 0
    }
    if !transmit(entry) { lost += 1 }
  }

  private func transmit(_ entry: JournalEntry) -> Bool {
    // A second attempt is for a journal that has opened its socket anew.
    for _ in 0..<2 {
      guard (try? connect()) != nil, let descriptor = socket?.borrowed else { return false }
      switch entry.bytes.withUnsafeBytes({ descriptor.send($0, passing: nil) }) {
      case .transferred: return true
      case .wouldBlock: return false
      case .failed: socket = nil
      }
    }
    return false
  }

  private func connect() throws(SystemError) {
    if socket != nil { return }
    let opened = try FileDescriptor.socket(.unix, .datagram)
    _ = try opened.borrowed.connect(to: .unix(path: path))
    socket = consume opened
  }
}
