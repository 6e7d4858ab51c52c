import CLinux
import LinuxSystem
import ServiceConfiguration
import ServiceModel
import ServiceResolution
import SuperServer
import SystemdIntegration

/// One run of the daemon, from the command line to its exit code.
final class Daemon {
  static let defaultPidFile = "/run/inetd.pid"

  private let options: Options
  private let settings: ServerSettings
  private let invocation: Invocation
  private let runsInForeground: Bool
  private var inheritance = Inheritance()
  private let notifier = ServiceManagerNotifier()
  private var server: SuperServer?
  private var readiness: ReadinessReport?
  private var pidFile: LockFile?

  init(_ options: Options) throws(SystemError) {
    self.options = options
    settings = try options.serverSettings()
    invocation = try Invocation.current()
    runsInForeground = options.foreground || options.debug || notifier.isActive || CurrentProcess.pid == 1
  }

  /// Serves until a signal ends it.
  func run() throws(SystemError) -> ExitCode {
    try CurrentProcess.openStandardDescriptors()
    try CurrentProcess.markInheritedDescriptors()
    inheritance = Inheritance.take()
    CurrentProcess.setName("inetd")
    CurrentProcess.joinOwnGroup()
    // A daemon that has executed itself is in the background already.
    if !runsInForeground, !inheritance.isReexecution {
      if inheritance.isEmpty { CurrentProcess.closeInheritedDescriptors() }
      if let finished = try enterBackground() { return finished }
    }
    return try serve()
  }

  /// Forks; returns in the launcher with what the daemon reported, in the daemon with nil.
  private func enterBackground() throws(SystemError) -> ExitCode? {
    switch try BackgroundLaunch.detach() {
    case .launcher(let status, let text):
      try? BorrowedDescriptor.standardError.writeAll(text)
      exit(status)
    case .daemon(let report):
      readiness = report
      return nil
    }
  }

  /// Returns only what has gone wrong.
  private func serve() throws(SystemError) -> ExitCode {
    inheritance.awaitRescuers()
    if let path = pidFilePath {
      switch try LockFile.acquire(path) {
      case .acquired(let file):
        try file.write(pid: CurrentProcess.pid)
        pidFile = file
      case .held(let holder):
        return fail(.alreadyRunning, "already running" + (holder.map { " as process \($0)" } ?? "") + " (\(path))")
      }
    }
    let log = ServerLog(output: firstOutput, threshold: options.logLevel ?? (options.debug ? .debug : .info))
    let server = try SuperServer(
      settings: settings, log: log, notifier: notifier, invocation: invocation, inheritance: inheritance)
    self.server = server
    server.released = { [self] in pidFile = nil }
    server.askForTime()
    // Named nowhere, so that it ends here, with the process that it asks for accounts.
    let load = ConfigurationLoad.run(
      paths: settings.paths, options: settings.options,
      lookup: NameLookup(asksElsewhere: true) { server.askForTime() })
    guard server.start(load) || options.stays else {
      return fail(.configuration, "nothing to serve: no service in \(settings.sourcesText) can be used")
    }
    try leaveTerminal(log)
    try server.run()
    pidFile?.remove()
    // Servers that were started a moment ago use our memory until they execute their program (CLONE_VM), whether we are
    // there or not: nothing of it may be given back any more.
    withExtendedLifetime(server) { exit(ExitCode.success.rawValue) }
  }

  /// From here on nobody at a terminal is listening. No file system is kept from being unmounted, and servers are born
  /// where they belong.
  private func leaveTerminal(_ log: ServerLog) throws(SystemError) {
    if !runsInForeground { log.redirect(to: .journal() ?? .syslog()) }
    try FileSystem.changeDirectory(to: "/")
    guard let readiness else { return }
    try CurrentProcess.discardStandardDescriptors()
    readiness.send(status: 0)
  }

  private func fail(_ code: ExitCode, _ text: String) -> ExitCode {
    complain(text)
    readiness?.send(status: UInt8(code.rawValue))
    pidFile?.remove()
    return code
  }

  private var pidFilePath: String? {
    if let path = options.pidFile { return path == "none" ? nil : path }
    return runsInForeground || !CurrentProcess.isRoot ? nil : Daemon.defaultPidFile
  }

  /// Until the daemon is ready its messages belong to whoever starts it; in the foreground they stay there when a person
  /// or a container reads them.
  private var firstOutput: LogOutput {
    if let format = options.logFormat { return .standardError(format) }
    if inheritance.isReexecution, !runsInForeground { return .journal() ?? .syslog() }
    let readByPerson = options.debug || BorrowedDescriptor.standardError.isTerminal
    if !runsInForeground || readByPerson { return .standardError(.text) }
    return .journal() ?? (LogOutput.syslogIsReachable ? .syslog() : .standardError(.text))
  }
}

/// Tells whoever started us what is wrong.
func complain(_ text: String) {
  try? BorrowedDescriptor.standardError.writeAll("inetd: " + text + "\n")
}
