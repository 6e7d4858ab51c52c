import CLinux
import CSystemd
import LinuxSystem
import NetworkAddresses
import SystemdIntegration
import Testing

/// What a service manager receives. Each test has a process of its own, as NOTIFY_SOCKET belongs to the whole process.
@Suite struct ServiceManagerNotifierTests {
  @Test func withoutAManagerNothingHappens() async {
    await #expect(processExitsWith: .success) {
      unsetenv("NOTIFY_SOCKET")
      let notifier = ServiceManagerNotifier()
      #expect(!notifier.isActive)
      #expect(notifier.ready(status: "x") == .notWanted)
    }
  }

  @Test func theManagerIsToldInItsWords() async {
    await #expect(processExitsWith: .success) {
      let manager = try FakeManager()
      let notifier = ServiceManagerNotifier()
      #expect(notifier.isActive)
      #expect(notifier.ready() == .sent)
      #expect(try manager.receive() == "READY=1")
      #expect(notifier.ready(status: "12 services, 3 active") == .sent)
      #expect(try manager.receive() == "READY=1\nSTATUS=12 services, 3 active")
      #expect(notifier.reloading(at: MonotonicTime(nanoseconds: 1_234_567_890)) == .sent)
      #expect(try manager.receive() == "RELOADING=1\nMONOTONIC_USEC=1234567")
      #expect(notifier.status("fine") == .sent)
      #expect(try manager.receive() == "STATUS=fine")
      #expect(notifier.stopping() == .sent)
      #expect(try manager.receive() == "STOPPING=1")
      #expect(try manager.receive() == nil)
    }
  }

  @Test func aStatusIsOneLine() async {
    await #expect(processExitsWith: .success) {
      let manager = try FakeManager()
      ServiceManagerNotifier().status("one\nREADY=1\ttwo")
      #expect(try manager.receive() == "STATUS=one READY=1 two")
    }
  }

  @Test func anUnreachableManagerDoesNoHarm() async {
    await #expect(processExitsWith: .success) {
      setenv("NOTIFY_SOCKET", "/nonexistent/notify", 1)
      defer { unsetenv("NOTIFY_SOCKET") }
      let delivery = ServiceManagerNotifier().ready()
      #expect(delivery == .failed(SystemError("notify the service manager", errno: ENOENT)))
    }
  }

  /// libsystemd's own sd_notify says the same with the same bytes.
  @Test func libsystemdSaysTheSame() async {
    await #expect(processExitsWith: .success) {
      let manager = try FakeManager()
      for message in ["READY=1\nSTATUS=12 services", "FDSTOREREMOVE=1\nFDNAME=inetd/state", "WATCHDOG=1"] {
        let socket = NotifySocket(try #require(CurrentProcess.environmentValue("NOTIFY_SOCKET")))
        #expect(socket.send(message, .event) == .sent)
        #expect(csystemd_notify(message) == 1)
        #expect(try manager.receive() == message)
        #expect(try manager.receive() == message)
      }
    }
  }

  @Test(arguments: ["10000000", "0", "", "x", "-5", "99999999999999999999"])
  func theWatchdogIsReadAsLibsystemdReadsIt(_ text: String) async {
    await #expect(processExitsWith: .success) { [text] in
      for pid in [nil, "\(getpid())", "1"] {
        setenv("WATCHDOG_USEC", text, 1)
        if let pid { setenv("WATCHDOG_PID", pid, 1) } else { unsetenv("WATCHDOG_PID") }
        var theirs: UInt64 = 0
        let isWanted = csystemd_watchdog_enabled(&theirs) > 0
        let ours = ServiceManagerNotifier.watchdogInterval
        #expect(ours.map { UInt64($0.nanoseconds / 1000) } == (isWanted ? theirs : nil), "\(text) for \(pid ?? "all")")
      }
    }
  }

  /// A manager that does not read holds nobody up; what it was to hear follows in order, once each where one is enough.
  @Test func whatFindsNoRoomWaits() async {
    await #expect(processExitsWith: .success) {
      let manager = try FakeManager()
      let notifier = ServiceManagerNotifier()
      let socket = try #require(notifier.socket)
      var congestions = 0
      socket.becameCongested = { congestions += 1 }
      var sent = 0
      while notifier.ready() == .sent { sent += 1 }
      #expect(congestions == 1)
      #expect(socket.hasWaiting)
      for number in 0..<1000 {
        #expect(notifier.status("\(number)") == .queued)
        #expect(notifier.watchdog() == .queued)
      }
      let file = try FileDescriptor.memory(name: "kept")
      try file.borrowed.writeAll("what is kept")
      #expect(notifier.store(file.borrowed, name: "inetd/x") == .queued)
      #expect(congestions == 1)
      _ = consume file

      for _ in 0..<sent { #expect(try manager.receive() == "READY=1") }
      #expect(socket.flush() == nil)
      #expect(!socket.hasWaiting)
      #expect(try manager.receive() == "READY=1")
      #expect(try manager.receive() == "STATUS=999")
      #expect(try manager.receive() == "WATCHDOG=1")
      #expect(try manager.receive() == "FDSTORE=1\nFDPOLL=0\nFDNAME=inetd/x")
      #expect(try manager.receive() == nil)
      #expect(notifier.status("again") == .sent)
    }
  }

  @Test func aManagerThatHasOpenedItsSocketAnewIsFound() async {
    await #expect(processExitsWith: .success) {
      var manager: FakeManager? = try FakeManager()
      let path = try #require(manager?.path)
      let notifier = ServiceManagerNotifier()
      #expect(notifier.ready() == .sent)
      manager = nil
      #expect(notifier.ready() == .failed(SystemError("notify the service manager", errno: ENOENT)))
      manager = try FakeManager(path: path)
      #expect(notifier.ready() == .sent)
      #expect(try manager?.receive() == "READY=1")
    }
  }
}
