import CLinux

/// The daemon's own process.
package enum CurrentProcess {
  package static var pid: Int32 { getpid() }
  package static var parent: Int32 { getppid() }
  package static var user: UInt32 { getuid() }
  package static var effectiveUser: UInt32 { geteuid() }
  package static var group: UInt32 { getgid() }
  package static var effectiveGroup: UInt32 { getegid() }
  package static var isRoot: Bool { geteuid() == 0 }

  /// The program's arguments, its name first. Bytes that are not UTF-8 are repaired.
  package static var arguments: [String] {
    (0..<Int(clinux_argument_count())).compactMap { index in
      clinux_arguments()[index].map { String(cString: $0) }
    }
  }

  /// The environment as `NAME=value` strings.
  package static var environment: [String] {
    guard let variables = clinux_environment() else { return [] }
    var result: [String] = []
    var index = 0
    while let variable = variables[index] {
      result.append(String(cString: variable))
      index += 1
    }
    return result
  }

  /// One variable's value.
  package static func environmentValue(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }

  /// Sets the file creation mask, returns the one before.
  @discardableResult
  package static func setFileCreationMask(_ mask: UInt32) -> UInt32 { UInt32(umask(mode_t(mask))) }

  /// setsid(2): leads a session of its own, without a terminal.
  package static func startSession() throws(SystemError) {
    try checked("start session") { setsid() }
  }

  /// Where root's process has no supplementary groups, as a service manager leaves it, it gets the one that every login of
  /// root has, its own. It may do no more than before, and servers of root's are born with their identity.
  package static func joinOwnGroup() {
    var group = getegid()
    if isRoot && getgroups(0, nil) == 0 { _ = setgroups(1, &group) }
  }

  /// What ps and update-inetd see as the process's name: at most 15 bytes (PR_SET_NAME).
  package static func setName(_ name: String) { _ = clinux_set_name(name) }

  /// Descendants whose parents end become our children instead of process 1's (PR_SET_CHILD_SUBREAPER). False: they
  /// cannot.
  package static func adoptOrphans() -> Bool { clinux_adopt_orphans() == 0 }

  package static func ignoreSignal(_ number: Int32) { _ = clinux_ignore_signal(number) }
  package static func restoreDefaultSignal(_ number: Int32) { _ = clinux_default_signal(number) }

  /// Opens /dev/null on 0, 1 and 2 where they are closed: a socket that took such a number would be written to as if it
  /// were a log, and a server would find it as its standard stream.
  package static func openStandardDescriptors() throws(SystemError) {
    while true {
      let descriptor = try checked("open", "/dev/null") { clinux_open("/dev/null", O_RDWR, 0) }
      if descriptor > 2 {
        _ = close(descriptor)
        return
      }
    }
  }

  /// Points standard input, output and error at /dev/null.
  package static func discardStandardDescriptors() throws(SystemError) {
    let null = try FileDescriptor.open("/dev/null", flags: O_RDWR)
    for target in Int32(0)...2 { try checked("redirect descriptor", "\(target)") { dup2(null.raw, target) } }
  }

  /// Closes what our parent forgot to close: a background process that kept its pipes open would let whoever reads them
  /// wait for ever (debconf does, and everybody at the other end of ssh). To be called before anything is opened.
  @export(interface) package static func closeInheritedDescriptors() { _ = clinux_close_range(3, .max, 0) }

  /// Marks every descriptor from `first` on close-on-exec: what our parent forgot to close must not reach a server.
  package static func markInheritedDescriptors(from first: UInt32 = 3) throws(SystemError) {
    let flags = Int32(CLINUX_CLOSE_RANGE_CLOEXEC)
    if clinux_close_range(first, .max, flags) == 0 { return }
    // Linux before 5.11: the descriptors are listed instead of tried one by one up to the limit.
    for name in try FileSystem.names(in: "/proc/self/fd") {
      if let number = Int32(name), number >= Int32(first) { _ = clinux_fcntl(number, F_SETFD, FD_CLOEXEC) }
    }
  }

  /// The average number of runnable processes over 1 minute, times 100; nil where the kernel does not say.
  package static var loadAverageHundredths: Int? {
    var load: Double = 0
    return getloadavg(&load, 1) == 1 ? Int(load * 100) : nil
  }

  /// Descriptors that are open now.
  package static var openDescriptorCount: Int {
    // The listing itself holds one open.
    max(((try? FileSystem.names(in: "/proc/self/fd")) ?? []).count - 1, 0)
  }

  /// The host's name.
  package static var hostName: String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
      buffer.initialize(repeating: 0)
      return gethostname(buffer.baseAddress!, 255) == 0 ? String(cString: buffer.baseAddress!) : ""
    }
  }
}

/// The two values of a resource limit; nil is unlimited.
package struct ResourceLimit: Equatable, Sendable {
  package var soft: UInt64?
  package var hard: UInt64?

  package init(soft: UInt64?, hard: UInt64?) {
    self.soft = soft
    self.hard = hard
  }
}

/// The resources that a service can be limited in; raw values are the kernel's RLIMIT_* (asm-generic/resource.h).
package enum Resource: Int32, CaseIterable, Sendable {
  case cpu = 0
  case fileSize = 1
  case data = 2
  case stack = 3
  case core = 4
  case residentSet = 5
  case processes = 6
  case openFiles = 7
  case lockedMemory = 8
  case addressSpace = 9

  /// The name in setrlimit(2).
  package var name: String {
    switch self {
    case .cpu: "RLIMIT_CPU"
    case .fileSize: "RLIMIT_FSIZE"
    case .data: "RLIMIT_DATA"
    case .stack: "RLIMIT_STACK"
    case .core: "RLIMIT_CORE"
    case .residentSet: "RLIMIT_RSS"
    case .processes: "RLIMIT_NPROC"
    case .openFiles: "RLIMIT_NOFILE"
    case .lockedMemory: "RLIMIT_MEMLOCK"
    case .addressSpace: "RLIMIT_AS"
    }
  }
}

extension CurrentProcess {
  package static func limit(_ resource: Resource) throws(SystemError) -> ResourceLimit {
    var limit = rlimit()
    try checked("get limit", resource.name) { clinux_get_limit(resource.rawValue, &limit) }
    return ResourceLimit(soft: value(limit.rlim_cur), hard: value(limit.rlim_max))
  }

  package static func setLimit(_ resource: Resource, _ limit: ResourceLimit) throws(SystemError) {
    var value = rlimit(rlim_cur: UInt(limit.soft ?? .max), rlim_max: UInt(limit.hard ?? .max))
    try checked("set limit", resource.name) { clinux_set_limit(resource.rawValue, &value) }
  }

  // RLIM_INFINITY is all ones.
  private static func value(_ limit: UInt) -> UInt64? { limit == .max ? nil : UInt64(limit) }
}

extension CurrentProcess {
  /// Returns memory that was only needed for a while, such as for reading the configuration: free heap pages, and
  /// the mapping of code that has done its work (madvise(2), MADV_DONTNEED on clean file pages).
  package static func releaseMemory() { clinux_release_memory() }
}

extension CurrentProcess {
  /// The path of the running program's file; nil without /proc.
  package static var executablePath: String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { buffer in
      let count = readlink("/proc/self/exe", buffer.baseAddress!, 4095)
      return count > 0
        ? String(decoding: UnsafeRawBufferPointer(start: buffer.baseAddress, count: count), as: UTF8.self) : nil
    }
  }

  /// Becomes another program (execv(2)) with the present environment. Returns only why that has failed.
  package static func execute(_ path: String, arguments: [String]) -> SystemError {
    var vector = arguments.map { strdup($0) }
    vector.append(nil)
    execv(path, &vector)
    let error = SystemError.last("execute", path)
    for pointer in vector { free(pointer) }
    return error
  }
}
