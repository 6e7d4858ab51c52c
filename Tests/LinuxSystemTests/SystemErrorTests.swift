import CLinux
import LinuxSystem
import Testing

@Suite struct SystemErrorTests {
  @Test func theSentenceNamesOperationSubjectAndReason() {
    #expect(
      SystemError("bind", "0.0.0.0:79", errno: EADDRINUSE).description == "bind 0.0.0.0:79: Address already in use")
    #expect(SystemError("fork", errno: EAGAIN).description == "fork: Resource temporarily unavailable")
    #expect(SystemError("fork", errno: 4000).description == "fork: error 4000")
  }

  @Test func errorsHaveTheirSymbolicName() {
    #expect(SystemError.name(EADDRINUSE) == "EADDRINUSE")
    #expect(SystemError.name(4000) == "4000")
  }
}
