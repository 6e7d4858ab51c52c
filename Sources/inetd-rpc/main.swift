import CLinux
import LinuxSystem
import RegistrationProtocol

/// Carries out one order on rpcbind's table and answers with a line for each step on standard output.
///
/// A process of its own because rpcbind may be slow, and its library waits for it.
func run() -> Int32 {
  guard let order = RegistrationOrder(arguments: CurrentProcess.arguments) else {
    try? BorrowedDescriptor.standardError.writeAll("inetd-rpc: started by hand? It is for inetd to start.\n")
    return 64
  }
  // The library's own patience is a minute for each call. SIGALRM ends this process, which the daemon takes as failure.
  alarm(20)
  let table = RegistrationTable()
  for step in order.steps {
    guard (try? BorrowedDescriptor.standardOutput.writeAll(table.carryOut(step).line + "\n")) != nil else { return 71 }
  }
  return 0
}

exit(run())
