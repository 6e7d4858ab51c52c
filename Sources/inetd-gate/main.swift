import CLinux
import GateProtocol
import LinuxSystem

func run() -> Int32 {
  do throws(SystemError) {
    if let order = FilterOrder(arguments: CurrentProcess.arguments) { return FilterMaker.run(order) }
    if let order = GateOrder(arguments: CurrentProcess.arguments) { return try Gate.prepare(order).run() }
    try BorrowedDescriptor.standardError.writeAll("inetd-gate: started by hand? It is for inetd to start.\n")
  } catch {
    // Without descriptors there is nobody to tell; the status says it.
  }
  return GateOrder.Refusal.failure.rawValue
}

exit(run())
