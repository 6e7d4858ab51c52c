import CLinux
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
    return try Daemon(options).run()
  } catch {
    complain(error.description)
    return .systemError
  }
}

exit(run().rawValue)
