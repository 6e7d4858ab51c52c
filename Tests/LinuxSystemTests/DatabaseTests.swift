import CLinux
import NetworkAddresses
import Testing

@testable import LinuxSystem

@Suite struct DatabaseTests {
  @Test func rootIsKnownByNameAndNumber() throws {
    let root = try #require(try UserDatabase.user(named: "root"))
    #expect((root.uid, root.gid, root.home) == (0, 0, "/root"))
    #expect(try UserDatabase.user(id: 0) == root)
    #expect(try UserDatabase.group(named: "root") == GroupRecord(name: "root", gid: 0))
    #expect(try UserDatabase.group(id: 0)?.name == "root")
    #expect(UserDatabase.groups(of: "root", primary: 0).contains(0))
  }

  @Test func whoIsNotThereIsNil() throws {
    #expect(try UserDatabase.user(named: "no-such-user") == nil)
    #expect(try UserDatabase.user(named: "") == nil)
    #expect(try UserDatabase.user(id: 3_999_999_999) == nil)
    #expect(try UserDatabase.group(named: "no-such-group") == nil)
    #expect(try UserDatabase.group(id: 3_999_999_999) == nil)
  }

  @Test func numbersAreReadStrictly() {
    #expect(UserDatabase.number("0") == 0)
    #expect(UserDatabase.number("4294967294") == 4_294_967_294)
    for text in ["", "4294967295", "99999999999999999999999", "-1", "+1", " 1", "1 ", "0x1"] {
      #expect(UserDatabase.number(text) == nil, "\(text)")
    }
  }

  @Test func wellKnownServicesHaveTheirPorts() {
    #expect(NetworkDatabase.port(ofService: "domain", protocol: "udp") == 53)
    #expect(NetworkDatabase.port(ofService: "finger", protocol: "tcp") == 79)
    #expect(NetworkDatabase.port(ofService: "no-such-service", protocol: "tcp") == nil)
    #expect(NetworkDatabase.service(ofPort: 79, protocol: "tcp") == "finger")
    #expect(NetworkDatabase.service(ofPort: 1, protocol: "no-such-protocol") == nil)
  }

  @Test(arguments: [
    (UInt32(0x7f00_0000), "127.0.0.0/8"), (0x7f, "127.0.0.0/8"), (0x0a01, "10.1.0.0/16"),
    (0xc0a8_0100, "192.168.1.0/24"), (0xc0a8_0101, "192.168.1.1"), (0, "0.0.0.0/0"),
  ]) func aNetworksNumberIsAPrefix(_ number: UInt32, _ prefix: String) {
    #expect(NetworkDatabase.prefix(ofNetwork: number).description == prefix)
  }

  @Test func hostsAreResolved() throws {
    #expect(try NetworkDatabase.addresses(ofHost: "127.0.0.1") == [.loopback4])
    #expect(try NetworkDatabase.addresses(ofHost: "::1") == [.loopback6])
    #expect(try NetworkDatabase.addresses(ofHost: "localhost", family: .ipv4) == [.loopback4])
    do {
      _ = try NetworkDatabase.addresses(ofHost: "not a host name")
      Issue.record("resolved")
    } catch {
      #expect(error.description.hasPrefix("look up host not a host name: "))
    }
  }

  @Test func theLoopbackInterfaceHasItsAddress() throws {
    let index = try #require(NetworkInterfaces.index(of: "lo"))
    #expect(NetworkInterfaces.name(of: index) == "lo")
    #expect(NetworkInterfaces.index(of: "nonesuch0") == nil)
    #expect(NetworkInterfaces.name(of: 999_999) == nil)
    let loopback = InterfaceAddress(interface: "lo", address: .loopback4)
    #expect(try NetworkInterfaces.addresses(of: "lo").contains(loopback))
    #expect(try NetworkInterfaces.addresses().contains(loopback))
    #expect(try NetworkInterfaces.addresses(of: "nonesuch0").isEmpty)
  }
}
