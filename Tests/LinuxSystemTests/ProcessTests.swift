import CLinux
import Foundation
import LinuxSystem
import Testing

@Suite struct ProcessTests {
  @Test func argumentsAndEnvironmentAreTheProcesss() {
    #expect(CurrentProcess.arguments == CommandLine.arguments)
    #expect(CurrentProcess.environment.contains("PATH=" + (ProcessInfo.processInfo.environment["PATH"] ?? "")))
    #expect(CurrentProcess.environmentValue("NO_SUCH_VARIABLE") == nil)
  }

  @Test func limitsAreRead() throws {
    let limit = try CurrentProcess.limit(.openFiles)
    #expect((limit.soft ?? .max) <= (limit.hard ?? .max))
    #expect(Set(Resource.allCases.map(\.name)).count == Resource.allCases.count)
    try CurrentProcess.setLimit(.openFiles, limit)
    #expect(try CurrentProcess.limit(.openFiles) == limit)
  }

  @Test func inheritedDescriptorsAreMarkedFromANumberOn() async {
    await #expect(processExitsWith: .success) {
      let file = try FileDescriptor.open("/dev/null")
      // Far above what other tests use at the same time.
      let high = try file.borrowed.duplicate(atLeast: 900)
      try high.borrowed.setCloseOnExec(false)
      try CurrentProcess.markInheritedDescriptors(from: 900)
      #expect(high.borrowed.isCloseOnExec)
    }
  }

  @Test func theLauncherGetsTheDaemonsReport() async {
    await #expect(processExitsWith: .success) {
      switch try BackgroundLaunch.detach() {
      case .daemon(let report):
        // In the copy of the test process: nothing but the report.
        report.send(status: 78, text: "line one\nline two\n")
        _exit(3)
      case .launcher(let status, let text):
        #expect(status == 78)
        #expect(text == "line one\nline two\n")
      }
    }
  }

  @Test func aDaemonThatDiesWithoutAReportIsReported() async {
    await #expect(processExitsWith: .success) {
      switch try BackgroundLaunch.detach() {
      case .daemon: _exit(64)
      case .launcher(let status, let text):
        #expect(status == 64)
        #expect(text == "")
      }
      switch try BackgroundLaunch.detach() {
      case .daemon:
        clinux_default_signal(SIGKILL)
        kill(getpid(), SIGKILL)
        _exit(0)
      case .launcher(let status, let text):
        #expect(status == 71)
        #expect(text == "inetd: killed by SIGKILL before it was ready\n")
      }
    }
  }

  @Test func signalSetsHoldWhatTheyAreGiven() {
    var set = SignalSet([SIGHUP])
    set.insert(SIGTERM)
    #expect(set.contains(SIGHUP) && set.contains(SIGTERM) && !set.contains(SIGINT))
    #expect(SignalSet.all.contains(SIGCHLD))
    #expect(ExitStatus.signalName(SIGTERM) == "TERM")
    #expect(ExitStatus.signalName(4000) == "4000")
  }
}
