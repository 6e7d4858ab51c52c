import CLinux

/// SELinux labels (user:role:type:range), through the kernel's files: without a library that every host would load.
package enum SecurityContext {
  private static let mount = "/sys/fs/selinux"

  /// Whether this host has SELinux.
  package static var isAvailable: Bool { ((try? FileSystem.status(of: mount + "/enforce")) ?? nil) != nil }

  /// The label of who is at the other end of a connection (SO_PEERSEC): of labelled networking, or of a unix socket's
  /// process. Fails with ENOPROTOOPT where the peer has none.
  package static func peer(of socket: BorrowedDescriptor) throws(SystemError) -> String {
    try text("get peer's label of descriptor", "\(socket.raw)") { buffer, length in
      var count = socklen_t(length)
      return getsockopt(socket.raw, SOL_SOCKET, SO_PEERSEC, buffer, &count) == 0 ? Int(count) : -1
    }
  }

  /// The label of this process.
  package static func own() throws(SystemError) -> String {
    trimmed(try FileSystem.contents(of: "/proc/self/attr/current", limit: 4096).bytes)
  }

  /// The label that the policy gives to a process labelled `own` that executes `program`.
  package static func ofExecuting(_ program: String, by own: String) throws(SystemError) -> String {
    let file = try text("get label of", program) { getxattr(program, "security.selinux", $0, $1) }
    let number = trimmed(try FileSystem.contents(of: mount + "/class/process/index", limit: 64).bytes)
    // A transaction of selinuxfs: the answer is read from where the question was written.
    let query = try FileDescriptor.open(mount + "/create", flags: O_RDWR)
    try query.borrowed.writeAll("\(own) \(file) \(number)", to: mount + "/create")
    return try text("ask for a label of", program) { CLinux.read(query.raw, $0, $1) }
  }

  /// Has this process's next execution get a label (setexeccon(3)).
  package static func setForExecution(_ label: String) throws(SystemError) {
    let file = try FileDescriptor.open("/proc/self/attr/exec", flags: O_WRONLY)
    try file.borrowed.writeAll(label, to: "/proc/self/attr/exec")
  }

  /// `label` with the range of `other`: the part behind the third colon, which alone may hold further ones. Nil where
  /// either has none.
  package static func label(_ label: String, withRangeOf other: String) -> String? {
    guard let place = rangeStart(label), let range = rangeStart(other) else { return nil }
    return String(decoding: Array(label.utf8)[..<place] + Array(other.utf8)[range...], as: UTF8.self)
  }

  private static func rangeStart(_ label: String) -> Int? {
    let colons = label.utf8.enumerated().filter { $0.element == UInt8(ascii: ":") }.map { $0.offset }
    return colons.count > 2 && colons[2] + 1 < label.utf8.count ? colons[2] + 1 : nil
  }

  private static func text(
    _ operation: String, _ subject: String, _ call: (UnsafeMutableRawPointer, Int) -> Int
  ) throws(SystemError) -> String {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = bytes.withUnsafeMutableBytes { call($0.baseAddress!, $0.count) }
    if count < 0 { throw SystemError.last(operation, subject) }
    return trimmed(bytes.prefix(count))
  }

  private static func trimmed(_ bytes: some Sequence<UInt8>) -> String {
    String(decoding: bytes.prefix { $0 != 0 && $0 != 0x0a }, as: UTF8.self)
  }
}
