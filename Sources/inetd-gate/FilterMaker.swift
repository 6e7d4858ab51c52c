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
    let written = cseccomp_write(1)
    return written < 0 ? fail("libseccomp: " + SystemError.text(-written)) : 0
  }

  private static func fail(_ reason: String) -> Int32 {
    try? BorrowedDescriptor.standardError.writeAll(reason + "\n")
    return 1
  }
}
