import CLinux

/// The account database asked in a process of its own, for the time of one load.
///
/// NSS brings its modules into the process that asks, and they stay: libnss_systemd and what it needs cost 90 KB, a
/// directory client (sssd, LDAP) megabytes, threads and descriptors, for as long as the daemon lives. A module that never
/// answers costs a bounded time.
package final class AccountProcess {
  private enum Question: UInt8 { case userNamed, userID, groupNamed, groupID, groups }
  private enum Outcome: UInt8 { case found, unknown, failed }

  /// Longer than any directory server that still answers, shorter than an administrator's patience.
  private static let patience = TimeSpan.seconds(20)
  /// A record with a long home and shell, or the groups of a user: 30,000 of them.
  private static let messageSize = 128 << 10

  private let socket: FileDescriptor
  private let pid: Int32

  /// Forks the process; only for a process with one thread.
  @export(interface) package init() throws(SystemError) {
    let pair = try FileDescriptor.messagePair()
    pid = try checked("fork") { fork() }
    if pid == 0 {
      close(pair.reader.raw)
      AccountProcess.answer(on: pair.writer.borrowed)
      _exit(0)
    }
    clinux_set_receive_timeout(pair.reader.raw, AccountProcess.patience.wholeSeconds)
    socket = pair.takeReader()
  }

  /// The process ends as it finds its questioner gone. One that is stuck in a module is ended, and ends by itself where
  /// we may not (SELinux).
  deinit {
    shutdown(socket.borrowed.raw, Int32(SHUT_RDWR))
    kill(pid, SIGKILL)
    var status: Int32 = 0
    _ = retryingInterrupted { waitpid(pid, &status, 0) }
  }

  package func user(named name: String) throws(SystemError) -> UserRecord? {
    try ask(.userNamed, name, "look up user").map(UserRecord.init(message:))
  }

  package func user(id: UInt32) throws(SystemError) -> UserRecord? {
    try ask(.userID, "\(id)", "look up user").map(UserRecord.init(message:))
  }

  package func group(named name: String) throws(SystemError) -> GroupRecord? {
    try ask(.groupNamed, name, "look up group").map(GroupRecord.init(message:))
  }

  package func group(id: UInt32) throws(SystemError) -> GroupRecord? {
    try ask(.groupID, "\(id)", "look up group").map(GroupRecord.init(message:))
  }

  /// All groups of a user, the given primary group first.
  package func groups(of user: String, primary: UInt32) throws(SystemError) -> [UInt32] {
    let fields = try ask(.groups, "\(primary):" + user, "look up groups of") ?? []
    return fields.compactMap { UserDatabase.number($0) }
  }
}

// Messages: a byte that says what it is, then texts that end in NUL.
extension AccountProcess {
  private func ask(_ question: Question, _ subject: String, _ operation: String) throws(SystemError) -> [String]? {
    let request = [question.rawValue] + Array(subject.utf8)
    try checked(operation, subject) {
      request.withUnsafeBytes { send(socket.borrowed.raw, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }
    var reply = [UInt8](repeating: 0, count: AccountProcess.messageSize)
    let count = try checked(operation, subject) {
      reply.withUnsafeMutableBytes { recv(socket.borrowed.raw, $0.baseAddress, $0.count, 0) }
    }
    // Nothing: the process has ended, brought down by a module.
    guard count > 0, let outcome = Outcome(rawValue: reply[0]) else {
      throw SystemError(operation, subject, errno: EPIPE)
    }
    let fields = reply[1..<count].split(separator: 0, omittingEmptySubsequences: false).dropLast()
      .map { String(decoding: $0, as: UTF8.self) }
    switch outcome {
    case .found: return fields
    case .unknown: return nil
    case .failed: throw SystemError(operation, subject, errno: fields.first.flatMap { Int32($0) } ?? EIO)
    }
  }

  /// The other side: answers until the questioner is gone.
  private static func answer(on socket: BorrowedDescriptor) {
    var request = [UInt8](repeating: 0, count: messageSize)
    while true {
      let count = request.withUnsafeMutableBytes { bytes in
        retryingInterrupted { recv(socket.raw, bytes.baseAddress, bytes.count, 0) }
      }
      guard count > 0, let question = Question(rawValue: request[0]) else { return }
      clinux_end_in(Int32(patience.wholeSeconds))
      let reply = reply(to: question, String(decoding: request[1..<count], as: UTF8.self))
      clinux_end_in(0)
      let sent = reply.withUnsafeBytes { bytes in
        retryingInterrupted { send(socket.raw, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL)) }
      }
      if sent < 0 { return }
    }
  }

  private static func reply(to question: Question, _ subject: String) -> [UInt8] {
    do throws(SystemError) {
      let fields: [String]?
      switch question {
      case .userNamed: fields = try UserDatabase.user(named: subject)?.message
      case .userID:
        fields = try UserDatabase.number(subject).flatMap { id throws(SystemError) in
          try UserDatabase.user(id: id)?.message
        }
      case .groupNamed: fields = try UserDatabase.group(named: subject)?.message
      case .groupID:
        fields = try UserDatabase.number(subject).flatMap { id throws(SystemError) in
          try UserDatabase.group(id: id)?.message
        }
      case .groups: fields = groups(subject)
      }
      return message(fields == nil ? .unknown : .found, fields ?? [])
    } catch {
      return message(.failed, ["\(error.errno)"])
    }
  }

  private static func groups(_ subject: String) -> [String]? {
    guard let colon = subject.utf8.firstIndex(of: UInt8(ascii: ":")),
      let primary = UserDatabase.number(String(subject[..<colon]))
    else { return nil }
    let user = String(subject[subject.utf8.index(after: colon)...])
    return UserDatabase.groups(of: user, primary: primary).map { "\($0)" }
  }

  private static func message(_ outcome: Outcome, _ fields: [String]) -> [UInt8] {
    var bytes = [outcome.rawValue]
    for field in fields where bytes.count + field.utf8.count < messageSize {
      bytes += field.utf8
      bytes.append(0)
    }
    return bytes
  }
}

extension UserRecord {
  fileprivate var message: [String] { [name, "\(uid)", "\(gid)", home, shell] }

  fileprivate init(message fields: [String]) {
    func field(_ index: Int) -> String { index < fields.count ? fields[index] : "" }
    self.init(
      name: field(0), uid: UserDatabase.number(field(1)) ?? UserRecord.nobody,
      gid: UserDatabase.number(field(2)) ?? UserRecord.nobody, home: field(3), shell: field(4))
  }

  /// What a message that cannot be read means: certainly not root.
  fileprivate static let nobody: UInt32 = 65_534
}

extension GroupRecord {
  fileprivate var message: [String] { [name, "\(gid)"] }

  fileprivate init(message fields: [String]) {
    let gid = fields.count > 1 ? UserDatabase.number(fields[1]) : nil
    self.init(name: fields.first ?? "", gid: gid ?? UserRecord.nobody)
  }
}
