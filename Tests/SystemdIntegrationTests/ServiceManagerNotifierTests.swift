import CLinux
import LinuxSystem
import SystemdIntegration
import Testing

@Suite(.serialized) struct ServiceManagerNotifierTests {
  @Test func withoutAManagerNothingHappens() {
    unsetenv("NOTIFY_SOCKET")
    let notifier = ServiceManagerNotifier()
    #expect(!notifier.isActive)
    #expect(notifier.ready() == .notWanted)
  }
}
