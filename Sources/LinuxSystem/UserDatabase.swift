import CLinux

/// A user as the account database describes it.
package struct UserRecord: Equatable, Sendable {
  package let name: String
  package let uid: UInt32
  /// The primary group.
  package let gid: UInt32
  package let home: String
  package let shell: String

  @export(interface) package init(name: String, uid: UInt32, gid: UInt32, home: String, shell: String) {
    self.name = name
    self.uid = uid
    self.gid = gid
    self.home = home
    self.shell = shell
  }
}

/// A group as the account database describes it.
package struct GroupRecord: Equatable, Sendable {
  package let name: String
  package let gid: UInt32

  @export(interface) package init(name: String, gid: UInt32) {
    self.name = name
    self.gid = gid
  }
}

/// Users and groups through NSS. May wait for a directory server: only while a configuration is loaded.
package enum UserDatabase {
  /// Nil when there is no such user; an error when the database could not be asked.
  @export(interface) package static func user(named name: String) throws(SystemError) -> UserRecord? {
    try user("look up user", name) { getpwnam_r(name, $0, $1, $2, $3) }
  }

  @export(interface) package static func user(id: UInt32) throws(SystemError) -> UserRecord? {
    try user("look up user", "\(id)") { getpwuid_r(id, $0, $1, $2, $3) }
  }

  /// Nil when there is no such group; an error when the database could not be asked.
  @export(interface) package static func group(named name: String) throws(SystemError) -> GroupRecord? {
    try group("look up group", name) { getgrnam_r(name, $0, $1, $2, $3) }
  }

  @export(interface) package static func group(id: UInt32) throws(SystemError) -> GroupRecord? {
    try group("look up group", "\(id)") { getgrgid_r(id, $0, $1, $2, $3) }
  }

  /// All groups of a user (initgroups(3)), the given primary group first.
  @export(interface) package static func groups(of user: String, primary: UInt32) -> [UInt32] {
    var count: Int32 = 64
    while true {
      var groups = [gid_t](repeating: 0, count: Int(count))
      var found = count
      let result = getgrouplist(user, primary, &groups, &found)
      if result >= 0 { return Array(groups.prefix(Int(found))) }
      // glibc reports the number needed; a database that changes meanwhile must not make us loop for ever at one size.
      count = max(found, count * 2)
    }
  }

  /// The group that matches `nogroup` style lookups and names users that are digits: all of `text` as a number.
  @export(interface) package static func number(_ text: String) -> UInt32? {
    var value: UInt64 = 0
    guard !text.utf8.isEmpty else { return nil }
    for byte in text.utf8 {
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
      value = value * 10 + UInt64(byte - UInt8(ascii: "0"))
      // (uid_t)-1 means "no change" to the kernel and names nobody.
      if value >= UInt64(UInt32.max) { return nil }
    }
    return UInt32(value)
  }

  private typealias Entry<Record> = (
    UnsafeMutablePointer<Record>, UnsafeMutablePointer<CChar>, Int, UnsafeMutablePointer<UnsafeMutablePointer<Record>?>
  ) -> Int32

  private static func user(
    _ operation: String, _ subject: String, _ call: Entry<passwd>
  ) throws(SystemError) -> UserRecord? {
    try lookUp(operation, subject, passwd(), call) { record in
      UserRecord(
        name: String(cString: record.pw_name), uid: record.pw_uid, gid: record.pw_gid,
        home: record.pw_dir.map { String(cString: $0) } ?? "/",
        shell: record.pw_shell.map { String(cString: $0) } ?? "")
    }
  }

  private static func group(
    _ operation: String, _ subject: String, _ call: Entry<CLinux.group>
  ) throws(SystemError) -> GroupRecord? {
    try lookUp(operation, subject, CLinux.group(), call) { record in
      GroupRecord(name: String(cString: record.gr_name), gid: record.gr_gid)
    }
  }

  /// The `_r` protocol of libc: 0 and a null result mean "not there"; ERANGE asks for a larger buffer.
  private static func lookUp<Record, Result>(
    _ operation: String, _ subject: String, _ empty: Record, _ call: Entry<Record>, _ convert: (Record) -> Result
  ) throws(SystemError) -> Result? {
    var size = 1024
    while true {
      let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: size)
      defer { buffer.deallocate() }
      var record = empty
      var found: UnsafeMutablePointer<Record>?
      let number = call(&record, buffer, size, &found)
      if let found { return convert(found.pointee) }
      switch number {
      // getpwnam_r(3) lists these as ways to say "not found".
      case 0, ENOENT, ESRCH, EBADF, EPERM: return nil
      case EINTR: continue
      case ERANGE where size < 1 << 20: size *= 2
      default: throw SystemError(operation, subject, errno: number)
      }
    }
  }
}
