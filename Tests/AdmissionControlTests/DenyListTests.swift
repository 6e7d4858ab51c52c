import NetworkAddresses
import ServiceModel
import Testing

@testable import AdmissionControl

@Suite struct DenyListTests {
  private let address = IPAddress(ipv4: 0xc000_0201)

  @Test func entriesEndByThemselves() {
    var list = DenyList()
    list.add(IPPrefix(address), until: 100)
    let during = list.contains(address, now: 99)
    let after = list.contains(address, now: 100)
    #expect(during && !after)
    #expect(list.isEmpty, "what has ended is forgotten")
  }

  @Test func mappedAddressesAreTheirIPv4Selves() {
    var list = DenyList()
    list.add(IPPrefix(address), until: nil)
    let found = list.contains(IPAddress(ipv6: 0xffff_c000_0201), now: .max - 1)
    #expect(found)
  }

  @Test func mappedEntriesHoldWhomTheyName() {
    var list = DenyList()
    list.add(IPPrefix(IPAddress(ipv6: 0xffff_c000_0201)), until: nil)
    list.add(IPPrefix(IPAddress(ipv6: 0xffff_0a00_0000), length: 104), until: nil)
    let found = [address, IPAddress(ipv4: 0x0a01_0203), IPAddress(ipv4: 0x0b01_0203)].map { list.contains($0, now: 0) }
    #expect(found == [true, true, false])
    let removed = list.remove(IPPrefix(IPAddress(ipv6: 0xffff_0a00_0000), length: 104))
    #expect(removed && list.count == 1)
  }

  @Test func networksAreFoundWhateverTheirLength() {
    var list = DenyList()
    list.add(IPPrefix(address, length: 24), until: nil)
    list.add(IPPrefix(IPAddress(ipv6: 0x2001_0db8 << 96), length: 64), until: nil)
    let results = [
      list.contains(IPAddress(ipv4: 0xc000_02ff), now: 0), list.contains(IPAddress(ipv4: 0xc000_03ff), now: 0),
      list.contains(IPAddress(ipv6: 0x2001_0db8 << 96 | 77), now: 0),
    ]
    #expect(results == [true, false, true])
    let wasThere = list.remove(IPPrefix(address, length: 24))
    #expect(wasThere)
    let removed = list.contains(IPAddress(ipv4: 0xc000_02ff), now: 0)
    #expect(!removed)
  }

  @Test func aFullListForgetsWhatEndsSoonest() {
    var list = DenyList(limit: 8)
    for number in 0..<8 { list.add(IPPrefix(IPAddress(ipv4: UInt32(number))), until: UInt64(1000 + number)) }
    list.add(IPPrefix(IPAddress(ipv4: 100)), until: 5000)
    #expect(list.count <= 8)
    let kept = [7, 100].map { list.contains(IPAddress(ipv4: UInt32($0)), now: 0) }
    let gone = list.contains(IPAddress(ipv4: 0), now: 0)
    #expect(kept == [true, true] && !gone)
  }

  @Test func laterEndsReplaceEarlierOnes() {
    var list = DenyList()
    list.add(IPPrefix(address), until: 100)
    list.add(IPPrefix(address), until: 50)
    let still = list.contains(address, now: 60)
    #expect(still)
  }
}

@Suite struct AccessIntervalTests {
  @Test func intervalsMayWrapMidnightAndEndAt24() {
    let night = AccessInterval(start: 22 * 60, end: 6 * 60)
    #expect(night.contains(23 * 60) && night.contains(0) && !night.contains(6 * 60) && !night.contains(12 * 60))
    let evening = AccessInterval(start: 18 * 60, end: 24 * 60)
    #expect(evening.contains(1439) && !evening.contains(0))
  }

  @Test func outsideOfItsTimesAServiceRefuses() {
    var access = AccessDefinition()
    access.times = [AccessInterval(start: 60, end: 120)]
    access.maxLoad = 250
    let controller = AdmissionController(access: access, limits: LimitDefinition())
    func judge(_ minute: Int, _ load: Int?) -> Admission {
      controller.judge(.loopback4, now: 0, in: Surroundings(minuteOfDay: minute, load: load))
    }
    let asks = controller.needsSurroundings
    #expect(asks)
    #expect(judge(59, 0) == .refused(.time))
    #expect(judge(60, 251) == .refused(.load))
    #expect(judge(60, 250) == .accepted(needsGate: false))
    #expect(judge(60, nil) == .accepted(needsGate: false))
  }
}
