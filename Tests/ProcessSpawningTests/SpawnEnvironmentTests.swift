import LinuxSystem
import NetworkAddresses
import ProcessSpawning
import Testing

/// Arguments and environment, as the server sees them.
@Suite struct SpawnEnvironmentTests {
  static let ipv4 = ConnectionContext(
    remote: .ip(IPAddress(ipv4: 0xc000_0201), port: 40001), local: .ip(IPAddress(ipv4: 0x0a00_0001), port: 79))
  static let ipv6 = ConnectionContext(
    remote: .ip(IPAddress(ipv6: 0x2001_0db8 << 96 | 0xff), port: 65535, scope: 2),
    local: .ip(.loopback6, port: 1))
  static let mapped = ConnectionContext(
    remote: .ip(IPAddress(ipv6: 0xffff_c000_0201), port: 9), local: .ip(IPAddress(ipv6: 0xffff_0a00_0001), port: 10))
  static let unix = ConnectionContext(
    remote: .unnamed, local: .unix(path: "/run/x"), credentials: PeerCredentials(pid: 12, uid: 0, gid: 100))

  static func environment(_ context: ConnectionContext, _ change: (inout SpawnParameters) -> Void) throws
    -> [String: String]
  {
    var parameters = probeParameters("report")
    change(&parameters)
    return try Launch(try Spawner(), parameters, context: context).environment
  }

  @Test func anIPConnectionIsDescribedInAllDialects() throws {
    let environment = try Self.environment(Self.ipv4) { $0.variables = .all }
    #expect(
      environment == [
        "REMOTE_ADDR": "192.0.2.1", "REMOTE_PORT": "40001", "REMOTE_HOST": "192.0.2.1", "PROTO": "TCP",
        "TCPREMOTEIP": "192.0.2.1", "TCPREMOTEPORT": "40001", "TCPLOCALIP": "10.0.0.1", "TCPLOCALPORT": "79",
      ])
  }

  @Test func anIPv6AddressHasNoBracketsAndNoScope() throws {
    let environment = try Self.environment(Self.ipv6) { $0.variables = .systemd }
    #expect(environment == ["REMOTE_ADDR": "2001:db8::ff", "REMOTE_PORT": "65535"])
  }

  @Test func aMappedAddressIsTheIPv4AddressItStandsFor() throws {
    let environment = try Self.environment(Self.mapped) { $0.variables = [.remoteAddr, .tcpLocalIP] }
    #expect(environment == ["REMOTE_ADDR": "192.0.2.1", "TCPLOCALIP": "10.0.0.1"])
  }

  @Test func aUnixPeerIsDescribedByItsProcess() throws {
    let environment = try Self.environment(Self.unix) { $0.variables = .all }
    #expect(environment == ["REMOTE_PID": "12", "REMOTE_UID": "0", "REMOTE_GID": "100"])
  }

  @Test func whatIsNotKnownIsNotSet() throws {
    #expect(try Self.environment(.none) { $0.variables = .all } == [:])
    #expect(try Self.environment(Self.ipv4) { $0.variables = [] } == [:])
  }

  @Test func theLastOfEqualNamesWinsAlsoOverTheConnection() throws {
    let environment = try Self.environment(Self.ipv4) {
      $0.variables = .systemd
      $0.environment = ["PATH=/bin", "REMOTE_ADDR=hidden", "PATH=/usr/bin", "EMPTY=", "REMOTE_ADDRESS=x"]
    }
    #expect(
      environment == [
        "PATH": "/usr/bin", "REMOTE_ADDR": "hidden", "REMOTE_PORT": "40001", "EMPTY": "", "REMOTE_ADDRESS": "x",
      ])
  }

  @Test func templatesAreFilledIn() throws {
    var parameters = probeParameters("report", "%a:%p", "%l-%q-%s-%%", "100%", "%z%", "%%a", "")
    parameters.environment = ["PEER=<%a>", "PLAIN=%%"]
    parameters.expandsTemplates = true
    let launch = try Launch(try Spawner(), parameters, context: Self.ipv4)
    #expect(
      launch.arguments == [
        "probe-server", "report", "192.0.2.1:40001", "10.0.0.1-79-probe-%", "100%", "%z%", "%a", "",
      ])
    #expect(launch.environment == ["PEER": "<192.0.2.1>", "PLAIN": "%"])
  }

  @Test func withoutTemplatesAPercentSignIsOne() throws {
    let launch = try Launch(try Spawner(), probeParameters("report", "%a", "%%"), context: Self.ipv4)
    #expect(launch.arguments == ["probe-server", "report", "%a", "%%"])
  }

  @Test func aFieldThatIsNotKnownIsEmpty() throws {
    var parameters = probeParameters("report", "[%a][%p]")
    parameters.expandsTemplates = true
    #expect(try Launch(try Spawner(), parameters).arguments == ["probe-server", "report", "[][]"])
  }

  @Test func longTablesAndTextsFindRoom() throws {
    let many = (0..<500).map { "%a-\($0)-" + String(repeating: "x", count: 100) }
    var parameters = probeParameters("report")
    parameters.arguments += many
    parameters.environment = (0..<500).map { "V\($0)=%a%l%p%q" }
    parameters.expandsTemplates = true
    parameters.variables = .all
    let spawner = try Spawner()
    // The second start finds the slot that the first has grown.
    for _ in 0..<2 {
      let launch = try Launch(spawner, parameters, context: Self.ipv6)
      #expect(launch.arguments.count == 502)
      #expect(launch.arguments.last == "2001:db8::ff-499-" + String(repeating: "x", count: 100))
      #expect(launch.environment.count == 508)
      #expect(launch.environment["V499"] == "2001:db8::ff::1655351")
    }
  }

  @Test func longUnixNamesAreCutNotOverrun() throws {
    var parameters = probeParameters("report", "%a|%l")
    parameters.expandsTemplates = true
    let path = "/" + String(repeating: "p", count: 106)
    let context = ConnectionContext(
      remote: .unix(path: path), local: .abstract(name: String(repeating: "n", count: 107)))
    let arguments = try Launch(try Spawner(), parameters, context: context).arguments
    #expect(arguments.last == path + "|@" + String(repeating: "n", count: 107))
  }
}
