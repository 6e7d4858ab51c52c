import CLinux
import ControlProtocol
import LinuxSystem
import SuperServer

/// The command line, then the daemon; every way out ends in one exit code.
func run() -> ExitCode {
  let options: Options
  do throws(UsageError) {
    options = try Options.parse()
  } catch {
    if !error.text.isEmpty { complain(error.text) }
    complain("'inetd --help' lists the options")
    return .usage
  }
  if options.showsHelp {
    try? BorrowedDescriptor.standardOutput.writeAll(Options.usage)
    return .success
  }
  if options.showsVersion {
    try? BorrowedDescriptor.standardOutput.writeAll("inetd \(Version.number)\n")
    return .success
  }
  do throws(SystemError) {
    if options.checks { try check(options) }
    let daemon = try Daemon(options)
    let code = try daemon.run()
    // Reachable to the last instruction: what a leak checker finds then has been lost rather than left.
    withExtendedLifetime(daemon) { exit(code.rawValue) }
  } catch {
    complain(error.description)
    return .systemError
  }
}

exit(run().rawValue)
