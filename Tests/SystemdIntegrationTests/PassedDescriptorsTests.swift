import SystemdIntegration
import Testing

/// LISTEN_FDS and its companions, true and false.
@Suite struct PassedDescriptorsTests {
  private func passed(_ pid: String?, _ count: String?, _ names: String? = nil) -> PassedDescriptors {
    PassedDescriptors(listenPID: pid, listenFDs: count, names: names, pid: 42)
  }

  @Test func descriptorsCountFromThreeWithTheirNames() {
    let found = passed("42", "2", "finger:time")
    #expect(found.descriptors.map { $0.number } == [3, 4])
    #expect(found.descriptors.map { $0.name } == ["finger", "time"])
    #expect(found.faults.isEmpty)
  }

  @Test func whatIsMeantForAnotherIsNotTaken() {
    let others = passed("41", "2")
    #expect(others.descriptors.isEmpty)
    #expect(
      others.faults == ["LISTEN_FDS is meant for process 41 and not for us, process 42; no passed socket is used"])
    #expect(passed(nil, "2") == passed(nil, nil))
  }

  @Test(arguments: ["x", "-1", "99999999", ""])
  func aWrongCountIsToldOnce(_ count: String) {
    let found = passed("42", count)
    #expect(found.descriptors.isEmpty)
    #expect(found.faults == ["LISTEN_FDS is '\(count)', which is no number of descriptors; no passed socket is used"])
  }

  @Test func aPidThatIsNoneIsTold() {
    #expect(passed("me", "1").faults == ["LISTEN_PID is 'me', which is no process id; no passed socket is used"])
  }

  @Test func tooFewNamesLeaveTheRestWithout() {
    let found = passed("42", "3", "one")
    #expect(found.descriptors.map { $0.name } == ["one", "", ""])
    #expect(
      found.faults == ["LISTEN_FDNAMES holds 1 names for 3 descriptors; the rest go without a name"])
    let many = passed("42", "1", "one:two:three")
    #expect(many.descriptors.map { $0.name } == ["one"])
    #expect(many.faults == ["LISTEN_FDNAMES holds 3 names for 1 descriptors; the names behind are not used"])
    #expect(passed("42", "2").faults.isEmpty, "no names at all is customary")
  }
}
