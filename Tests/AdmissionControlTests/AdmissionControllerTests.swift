import NetworkAddresses
import ServiceModel
import Testing

@testable import AdmissionControl

private let second: UInt64 = 1_000_000_000

private func address(_ text: String) -> IPAddress {
  guard let address = IPAddress(text) else { preconditionFailure("not an address: \(text)") }
  return address
}

private func block(_ text: String, _ length: Int) -> AccessPattern { .prefix(IPPrefix(address(text), length: length)) }

@Suite struct AccessListTests {
  private func judge(_ only: [AccessPattern]?, _ no: [AccessPattern], _ peer: String) -> AccessVerdict {
    var definition = AccessDefinition()
    definition.onlyFrom = only
    definition.noAccess = no
    return AccessList(definition).judge(address(peer))
  }

  @Test func withoutListsEveryoneIsAllowed() {
    #expect(judge(nil, [], "192.0.2.1") == .allowed)
    #expect(AccessList(AccessDefinition()).allowsEveryone)
  }

  @Test func emptyOnlyFromMeansNobody() { #expect(judge([], [], "127.0.0.1") == .refused) }

  @Test func moreSpecificListWins() {
    #expect(judge([block("10.0.0.0", 8)], [block("10.1.0.0", 16)], "10.1.2.3") == .refused)
    #expect(judge([block("10.1.2.0", 24)], [block("10.1.0.0", 16)], "10.1.2.3") == .allowed)
    #expect(judge([block("10.1.0.0", 16)], [block("10.1.0.0", 16)], "10.1.2.3") == .refused)
    #expect(judge(nil, [block("0.0.0.0", 0)], "10.1.2.3") == .refused)
    #expect(judge(nil, [block("0.0.0.0", 0)], "::1") == .allowed)
  }

  @Test func namesAreLeftToTheGate() {
    #expect(judge([.host("example.org")], [], "192.0.2.1") == .needsName)
    #expect(judge([block("192.0.2.0", 24), .host("example.org")], [], "192.0.2.1") == .allowed)
    #expect(judge([block("192.0.2.0", 24)], [.domain("example.org")], "192.0.2.1") == .needsName)
    #expect(judge([.host("example.org")], [block("192.0.2.0", 24)], "192.0.2.1") == .needsName)
  }
}

@Suite struct AdmissionControllerTests {
  private func controller(_ change: (inout LimitDefinition) -> Void) -> AdmissionController {
    var limits = LimitDefinition()
    change(&limits)
    return AdmissionController(access: AccessDefinition(), limits: limits)
  }

  @Test func queueClosesTheIntakeAndRefuseDoesNot() {
    var queueing = controller { $0.instances = .count(1) }
    #expect(queueing.intake(now: 0) == .open)
    #expect({ queueing.started(.loopback4, now: 0) }() == true)
    #expect(queueing.intake(now: 0) == .full)
    queueing.ended(.loopback4)
    #expect(queueing.intake(now: 0) == .open)

    var refusing = controller {
      $0.instances = .count(1)
      $0.overflow = .refuse
    }
    #expect({ refusing.started(.loopback4, now: 0) }() == true)
    #expect(refusing.intake(now: 0) == .open)
    #expect(refusing.judge(.loopback4, now: 0) == .refused(.instances))
  }

  @Test func rateServesItsNumberAndHealsByItself() {
    var controller = controller { $0.rate = StartRate(count: 3, seconds: 60) }
    for _ in 0..<3 {
      #expect(controller.intake(now: second) == .open)
      #expect({ controller.started(.loopback4, now: second) }() == true)
      controller.ended(.loopback4)
    }
    #expect(controller.intake(now: second) == .limited(until: 21 * second, .rate))
    #expect(controller.intake(now: 21 * second) == .open)
  }

  @Test func sourcesAreCountedByPrefix() {
    var controller = controller { $0.perSource = .count(1) }
    #expect({ controller.started(address("2001:db8:0:1::1"), now: 0) }() == true)
    #expect(controller.judge(address("2001:db8:0:1:ffff::2"), now: 0) == .refused(.perSource))
    #expect(controller.judge(address("2001:db8:0:2::1"), now: 0) == .accepted(needsGate: false))
    controller.ended(address("2001:db8:0:1::1"))
    #expect(controller.judge(address("2001:db8:0:1:ffff::2"), now: 0) == .accepted(needsGate: false))
  }

  @Test func aFastSourceDoesNotSlowOthers() {
    var controller = controller { $0.sourceRate = StartRate(count: 1, seconds: 10) }
    #expect({ controller.started(address("192.0.2.1"), now: second) }() == true)
    controller.ended(address("192.0.2.1"))
    #expect(controller.judge(address("192.0.2.1"), now: 2 * second) == .refused(.sourceRate))
    #expect(controller.judge(address("192.0.2.2"), now: 2 * second) == .accepted(needsGate: false))
    #expect(controller.judge(address("192.0.2.1"), now: 11 * second) == .accepted(needsGate: false))
  }

  @Test func reloadIsNoWayAroundALimit() {
    var controller = controller { $0.instances = .count(2) }
    #expect({ controller.started(address("192.0.2.1"), now: 0) }() == true)
    var limits = LimitDefinition()
    limits.instances = .count(1)
    limits.perSource = .count(1)
    controller.update(access: AccessDefinition(), limits: limits, livePeers: [address("192.0.2.1")], now: 0)
    #expect(controller.intake(now: 0) == .full)
    controller.ended(address("192.0.2.1"))
    #expect(controller.intake(now: 0) == .open)
    #expect(controller.live == 0)
  }

  @Test func peersWithoutAddressPassUnlessOnlyFromIsSet() {
    #expect(controller { _ in }.judge(nil, now: 0) == .accepted(needsGate: false))
    var access = AccessDefinition()
    access.onlyFrom = [block("0.0.0.0", 0)]
    let restricted = AdmissionController(access: access, limits: LimitDefinition())
    #expect(restricted.judge(nil, now: 0) == .refused(.address))
  }
}

@Suite struct SourceTableTests {
  @Test func oldestIdleSourceMakesRoomAndLiveOnesStay() {
    var table = SourceTable(limit: 3)
    let sources = (1...5).map { IPPrefix(IPAddress(ipv4: UInt32($0))) }
    let shape = TokenBucket.Shape(count: 1, seconds: 1000)
    for source in sources[0..<3] { #expect({ table.start(source, shape, now: 1) }() == true) }
    #expect({ table.start(sources[3], shape, now: 1) }() == false)
    table.end(sources[1])
    table.end(sources[0])
    #expect({ table.start(sources[3], shape, now: 2) }() == true)
    #expect(table.count == 3)
    #expect(table.live(sources[0]) == 0 && !table.hasToken(sources[0], shape, now: 2))
    #expect(table.hasToken(sources[1], shape, now: 2), "the oldest idle source was forgotten")
    #expect(table.live(sources[2]) == 1)
  }

  @Test func returningSourceIsFoundAgain() {
    var table = SourceTable(limit: 2)
    let source = IPPrefix(.loopback4)
    for _ in 0..<100 {
      #expect({ table.start(source, nil, now: 0) }() == true)
      table.end(source)
    }
    #expect(table.count == 1)
  }
}
