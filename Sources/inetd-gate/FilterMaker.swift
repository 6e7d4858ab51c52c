import CLinux
import CSeccomp
import GateProtocol
import LinuxSystem

/// Makes a filter of system calls with libseccomp and writes it to standard output: once for a configuration, so that
/// no server's start has to.
enum FilterMaker {
  /// Returns the exit status.
  static func run(_ order: FilterOrder) -> Int32 {
    let begun = cseccomp_begin(order.allows ? 1 : 0)
    if begun < 0 { return fail("libseccomp: " + SystemError.text(-begun)) }
    for call in order.calls {
      let isWanted = call.utf8.first == UInt8(ascii: "=")
      let name = isWanted ? String(call.dropFirst()) : call
      let result = cseccomp_add(name)
      if result == ENOENT {
        if isWanted { return fail("'\(name)' is not a system call of this machine") }
      } else if result < 0 {
        return fail("'\(name)': " + SystemError.text(-result))
      }
    }
    do throws(SystemError) {
      // The library writes only to a file; what it writes is several times as long as it need be.
      let file = try FileDescriptor.memory(name: "inetd-filter")
      let result = cseccomp_write(file.raw)
      if result < 0 { return fail("libseccomp: " + SystemError.text(-result)) }
      let bytes = try FileSystem.contents(of: "/proc/self/fd/\(file.raw)").bytes
      guard let program = FilterProgram(bytes: bytes) else { return fail("libseccomp: not a whole program") }
      try BorrowedDescriptor(raw: 1).writeAll(program.shortened.bytes)
      return 0
    } catch {
      return fail(error.description)
    }
  }

  private static func fail(_ reason: String) -> Int32 {
    try? BorrowedDescriptor.standardError.writeAll(reason + "\n")
    return 1
  }
}
