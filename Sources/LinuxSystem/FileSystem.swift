import CLinux

/// What the kernel says of a file.
package struct FileStatus: Equatable, Sendable {
  package enum Kind: Sendable { case regular, directory, link, socket, fifo, characterDevice, blockDevice, other }

  package let kind: Kind
  package let owner: UInt32
  package let group: UInt32
  /// Permission bits with set-id and sticky bits: 0o7777 at most.
  package let mode: UInt32
  package let size: Int64
  package let device: UInt64
  package let inode: UInt64
  /// Last change of the content, nanoseconds since 1970.
  package let modified: Int64
  /// The device a device file stands for; `/dev/null` is 1:3 (`isNull`).
  private let represents: UInt64

  init(_ status: stat) {
    kind =
      switch Int32(status.st_mode) & S_IFMT {
      case S_IFREG: .regular
      case S_IFDIR: .directory
      case S_IFLNK: .link
      case S_IFSOCK: .socket
      case S_IFIFO: .fifo
      case S_IFCHR: .characterDevice
      case S_IFBLK: .blockDevice
      default: .other
      }
    owner = status.st_uid
    group = status.st_gid
    mode = status.st_mode & 0o7777
    size = Int64(status.st_size)
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    represents = UInt64(status.st_rdev)
  }

  /// The null device: a link to it masks a file.
  package var isNull: Bool { kind == .characterDevice && represents == 1 << 8 | 3 }

  /// Whether somebody who is neither root nor `user` could have written it. Group-writable counts unless the group is
  /// root's; a sticky directory does not count, where others can only add.
  @export(interface) package func isWritable(byOthersThan user: UInt32) -> Bool {
    if owner != 0 && owner != user { return true }
    if mode & 0o002 != 0 && !(kind == .directory && mode & 0o1000 != 0) { return true }
    return mode & 0o020 != 0 && group != 0
  }
}

/// The content of a file with the status it had when it was opened.
package struct FileContents: Sendable {
  package let bytes: [UInt8]
  package let status: FileStatus
}

/// Files by path.
package enum FileSystem {
  /// A configuration file larger than this is refused: 16 MiB.
  package static let sizeLimit = 16 << 20

  /// Reads a whole regular file. `/dev/null` reads as empty.
  ///
  /// Fails with EISDIR for a directory, EINVAL for any other non-file (a FIFO is never waited for), EFBIG beyond
  /// `limit`.
  @export(interface) package static func contents(of path: String, limit: Int = sizeLimit) throws(SystemError)
    -> FileContents
  {
    let file = try FileDescriptor.open(path, flags: O_RDONLY | O_NONBLOCK)
    let status = try file.borrowed.status(subject: path)
    switch status.kind {
    case .regular: break
    case .characterDevice where status.isNull: break
    case .directory: throw SystemError("read", path, errno: EISDIR)
    default: throw SystemError("read", path, errno: EINVAL)
    }
    // Files of /proc report size 0: the end is where read says so. One byte more than the limit tells it was crossed.
    var bytes: [UInt8] = []
    var chunk = min(max(Int(status.size) + 1, 4096), limit + 1)
    bytes.reserveCapacity(chunk + 4096)
    while true {
      let room = chunk
      let start = bytes.count
      bytes.append(contentsOf: repeatElement(0, count: room))
      let count = bytes.withUnsafeMutableBytes { buffer in
        retryingInterrupted { CLinux.read(file.raw, buffer.baseAddress! + start, room) }
      }
      if count < 0 { throw SystemError.last("read", path) }
      bytes.removeLast(room - count)
      if bytes.count > limit { throw SystemError("read", path, errno: EFBIG) }
      if count == 0 { return FileContents(bytes: bytes, status: status) }
      // A short read is most likely the last one: little room is enough to see the end.
      chunk = min(count < room ? 4096 : max(bytes.count, 4096), limit + 1 - bytes.count)
    }
  }

  /// The names in a directory, sorted bytewise, without `.` and `..`; of more than `limit` names some `limit` + 1, which
  /// shows that there are more.
  @export(interface) package static func names(
    in directory: String, limit: Int = Int.max - 1
  ) throws(SystemError) -> [String] {
    // opendir opens with O_CLOEXEC.
    guard let stream = opendir(directory) else { throw SystemError.last("list", directory) }
    defer { closedir(stream) }
    var names: [String] = []
    while names.count <= limit {
      clinux_set_errno(0)
      guard let entry = readdir(stream) else {
        if clinux_errno() != 0 { throw SystemError.last("list", directory) }
        break
      }
      let name = withUnsafeBytes(of: &entry.pointee.d_name) {
        String(cString: $0.baseAddress!.assumingMemoryBound(to: CChar.self))
      }
      if !name.utf8.elementsEqual(".".utf8) && !name.utf8.elementsEqual("..".utf8) { names.append(name) }
    }
    names.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    return names
  }

  /// stat(2): follows links. Nil when nothing is there.
  @export(interface) package static func status(of path: String) throws(SystemError) -> FileStatus? {
    try status(path, flags: 0)
  }

  /// lstat(2): of the link itself. Nil when nothing is there.
  @export(interface) package static func status(ofLink path: String) throws(SystemError) -> FileStatus? {
    try status(path, flags: AT_SYMLINK_NOFOLLOW)
  }

  private static func status(_ path: String, flags: Int32) throws(SystemError) -> FileStatus? {
    var status = stat()
    if fstatat(AT_FDCWD, path, &status, flags) == 0 { return FileStatus(status) }
    let number = clinux_errno()
    if number == ENOENT || number == ENOTDIR { return nil }
    throw SystemError("look at", path, errno: number)
  }

  /// Whether the daemon's own real user may execute a file: nil when it may, else why not (access(2)).
  @export(interface) package static func reasonNotExecutable(_ path: String) -> SystemError? {
    if faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) != 0 { return .last("execute", path) }
    var status = stat()
    if fstatat(AT_FDCWD, path, &status, 0) != 0 { return .last("execute", path) }
    return FileStatus(status).kind == .regular ? nil : SystemError("execute", path, errno: EACCES)
  }

  @export(interface) package static func unlink(_ path: String) throws(SystemError) {
    try checked("remove", path) { CLinux.unlink(path) }
  }

  @export(interface) package static func rename(_ path: String, to target: String) throws(SystemError) {
    try checked("rename to", target) { CLinux.rename(path, target) }
  }

  @export(interface) package static func createDirectory(_ path: String, mode: UInt32 = 0o755) throws(SystemError) {
    try checked("create directory", path) { mkdir(path, mode_t(mode)) }
  }

  @export(interface) package static func setMode(_ mode: UInt32, of path: String) throws(SystemError) {
    try checked("change mode of", path) { chmod(path, mode_t(mode)) }
  }

  /// The working directory.
  @export(interface) package static func currentDirectory() throws(SystemError) -> String {
    guard let path = getcwd(nil, 0) else { throw SystemError.last("get working directory") }
    defer { free(path) }
    return String(cString: path)
  }

  @export(interface) package static func changeDirectory(to path: String) throws(SystemError) {
    try checked("change directory to", path) { chdir(path) }
  }
}

extension BorrowedDescriptor {
  /// fstat(2).
  @export(interface) package func status(subject: String = "") throws(SystemError) -> FileStatus {
    var status = stat()
    try checked("look at", subject) { fstat(raw, &status) }
    return FileStatus(status)
  }

  @export(interface) package func truncate(to size: Int64 = 0) throws(SystemError) {
    try checked("truncate descriptor", "\(raw)") { ftruncate(raw, Int(size)) }
  }
}
