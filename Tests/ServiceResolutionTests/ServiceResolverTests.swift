import Foundation
import LinuxSystem
import NetworkAddresses
import ServiceModel
import Testing

@testable import ServiceResolution

@Suite struct ServiceResolverTests {
  private static let isRoot = geteuid() == 0
  private let place = SourceRange(file: SourceFileID(index: 0), line: 1, column: 1)

  private func entry(_ change: (inout ServiceDefinition) -> Void) -> ServiceEntry {
    var definition = ServiceDefinition(id: "x", handler: .builtin(.echo))
    definition.socket.addresses = [.ip(host: .any, port: .number(7))]
    change(&definition)
    return ServiceEntry(definition: definition, location: place)
  }

  private func resolve(
    asRoot: Bool = true, _ change: (inout ServiceDefinition) -> Void
  ) -> (service: ResolvedService?, ids: [String], findings: [Diagnostic]) {
    var resolver = ServiceResolver(lookup: NameLookup(), runsAsRoot: asRoot)
    let service = resolver.resolve(entry(change))
    return (service, resolver.findings.map { $0.id }, resolver.findings)
  }

  private func endpoints(_ change: (inout ServiceDefinition) -> Void) -> [String] {
    resolve(change).service?.listeners.map { $0.endpoint.description } ?? ["none"]
  }

  // MARK: Labels

  @Test(.enabled(if: !SecurityContext.isAvailable, "this host has SELinux"))
  func labelsNeedSELinux() {
    let result = resolve { $0.process.takesPeerLabel = true }
    #expect(result.ids == ["no-selinux"])
    #expect(result.findings.allSatisfy { $0.severity == .warning })
    #expect(result.service != nil)
  }

  // MARK: Listeners

  @Test func families() {
    #expect(endpoints { _ in } == ["0.0.0.0:7", "[::]:7"])
    #expect(endpoints { $0.socket.families = .ipv4 } == ["0.0.0.0:7"])
    #expect(endpoints { $0.socket.families = .ipv6 } == ["[::]:7"])
    let both = resolve { _ in }.service?.listeners ?? []
    #expect(both.allSatisfy { $0.isFamilyOptional && !$0.isDualStack })
    let dual = resolve { $0.socket.families = .dual }.service?.listeners ?? []
    #expect(dual.map { $0.isDualStack } == [true])
    #expect(dual.first?.isFamilyOptional == false)
  }

  @Test func literalAddresses() {
    let loopback = ListenHost.address(.loopback6)
    #expect(endpoints { $0.socket.addresses = [.ip(host: loopback, port: .number(9))] } == ["[::1]:9"])
    let result = resolve {
      $0.socket.families = .ipv4
      $0.socket.addresses = [.ip(host: loopback, port: .number(9))]
    }
    #expect(result.ids == ["wrong-family"])
    #expect(result.service == nil)
  }

  @Test func scopes() throws {
    let address = try #require(IPAddress("fe80::1"))
    let known = resolve { $0.socket.addresses = [.ip(host: .address(address, interface: "lo"), port: .number(9))] }
    #expect(known.service?.listeners.first?.endpoint.description == "[fe80::1%1]:9")
    let unknown = resolve {
      $0.socket.addresses = [.ip(host: .address(address, interface: "none0"), port: .number(9))]
    }
    #expect(unknown.ids == ["missing-interface"])
    #expect(unknown.service?.listeners.first?.interface == "none0")
  }

  @Test func interfacesAndHosts() {
    #expect(endpoints { $0.socket.addresses = [.ip(host: .name("lo"), port: .number(9))] }.contains("127.0.0.1:9"))
    #expect(
      endpoints { $0.socket.addresses = [.ip(host: .name("localhost"), port: .number(9))] }.contains("127.0.0.1:9"))
    let result = resolve { $0.socket.addresses = [.ip(host: .name("no.such.host.invalid"), port: .number(9))] }
    #expect(result.ids == ["unknown-address"])
    #expect(result.service == nil)
  }

  @Test func ports() {
    #expect(
      endpoints {
        $0.socket.families = .ipv4
        $0.socket.addresses = [.ip(host: .any, port: .range(20...22)), .ip(host: .any, port: .number(21))]
      } == ["0.0.0.0:20", "0.0.0.0:21", "0.0.0.0:22"])
    #expect(endpoints { $0.socket.addresses = [.ip(host: .any, port: .service("finger"))] }.first == "0.0.0.0:79")
    #expect(endpoints { $0.socket.addresses = [.ip(host: .any, port: .assigned)] }.first == "0.0.0.0:0")
    let unknown = resolve { $0.socket.addresses = [.ip(host: .any, port: .service("fingr"))] }
    #expect(unknown.ids == ["unknown-service"])
    #expect(unknown.findings.first?.suggestion == "finger")
    let all = resolve { $0.socket.addresses = [.ip(host: .any, port: .range(1...65_535))] }
    #expect(all.ids == ["too-many-sockets"])
    let manyRanges = resolve {
      $0.socket.addresses = (0..<100).map {
        .ip(host: .any, port: .range(UInt16($0) * 600 + 1...UInt16($0) * 600 + 600))
      }
    }
    #expect(manyRanges.ids == ["too-many-sockets"])
  }

  @Test func otherSockets() {
    #expect(endpoints { $0.socket.addresses = [.unix(path: "/run/x")] } == ["/run/x"])
    #expect(endpoints { $0.socket.addresses = [.abstract(name: "x")] } == ["@x"])
    #expect(
      endpoints { $0.socket.addresses = [.vsock(cid: nil, port: 5), .vsock(cid: 3, port: 6)] }
        == ["vsock:4294967295:5", "vsock:3:6"])
    let long = String(repeating: "p", count: 107)
    #expect(resolve { $0.socket.addresses = [.unix(path: "/" + long)] }.ids == ["socket-path-too-long"])
    #expect(resolve { $0.socket.addresses = [.unix(path: "/" + long.dropLast())] }.ids == [])
  }

  @Test func tcpmuxServicesHaveNoSocket() {
    #expect(endpoints { $0.tcpmux = .plain } == [])
  }

  // MARK: Accounts

  @Test(.enabled(if: isRoot, "becomes other users"))
  func credentials() throws {
    let nobody = try #require(try UserDatabase.user(named: "nobody"))
    func credentials(_ change: @escaping (inout ProcessDefinition) -> Void) -> ServiceCredentials? {
      resolve {
        $0.handler = .program(ProgramDefinition(path: "/bin/sh"))
        change(&$0.process)
      }.service?.credentials
    }
    let named = credentials { $0.user = .name("nobody") }
    #expect(named?.uid == nobody.uid)
    #expect(named?.gid == nobody.gid)
    #expect(named?.groups.first == nobody.gid)
    #expect(named?.home == nobody.home)
    #expect(named?.changesIdentity == true)
    let grouped = credentials {
      $0.user = .name("nobody")
      $0.group = .name("daemon")
      $0.supplementaryGroups = false
    }
    #expect(grouped?.gid == 1)
    #expect(grouped?.groups == [])
    let number = credentials { $0.user = .id(54_321) }
    #expect(number?.uid == 54_321)
    #expect(number?.gid == 54_321)
    #expect(number?.userName == "54321")
    let own = credentials { _ in }
    #expect(own?.uid == 0)
    #expect(own?.changesIdentity == false)
  }

  @Test func unknownAccounts() {
    let user = resolve {
      $0.handler = .program(ProgramDefinition(path: "/bin/sh"))
      $0.process.user = .name("nobdy")
    }
    #expect(user.ids == ["unknown-user"])
    #expect(user.findings.first?.suggestion == "nobody")
    #expect(user.findings.first?.message == "user 'nobdy' does not exist")
    #expect(user.findings.first?.outcome == "service skipped")
    let group = resolve {
      $0.handler = .program(ProgramDefinition(path: "/bin/sh"))
      $0.process.group = .name("daemn")
    }
    #expect(group.ids == ["unknown-group"])
    #expect(group.findings.first?.suggestion == "daemon")
  }

  @Test func withoutRootNobodyBecomesSomebodyElse() {
    let other: UInt32 = geteuid() == 65_534 ? 1 : 65_534
    let result = resolve(asRoot: false) {
      $0.handler = .program(ProgramDefinition(path: "/bin/sh"))
      $0.process.user = .id(other)
    }
    #expect(result.ids == ["needs-root"])
    let own = resolve(asRoot: false) {
      $0.handler = .program(ProgramDefinition(path: "/bin/sh"))
      $0.process.user = .id(geteuid())
    }
    #expect(own.ids == [])
    #expect(own.service?.credentials?.changesIdentity == false)
  }

  @Test func socketOwners() {
    let result = resolve {
      $0.socket.addresses = [.unix(path: "/run/x")]
      $0.socket.owner = .name("nobody")
      $0.socket.group = .id(77)
      $0.socket.mode = 0o600
    }
    #expect(result.service?.ownership.uid == 65_534)
    #expect(result.service?.ownership.gid == 77)
    #expect(result.service?.ownership.mode == 0o600)
    #expect(resolve { $0.socket.owner = .name("nobdy") }.ids == ["unknown-user"])
  }

  // MARK: Programs and names

  @Test(
    arguments: [
      ("/bin/sh", nil), ("/no/such/program", "No such file or directory"), ("/etc/passwd", "Permission denied"),
      ("/tmp", "Permission denied"), ("/etc/passwd/x", "Not a directory"),
    ] as [(String, String?)])
  func programs(path: String, reason: String?) {
    let result = resolve { $0.handler = .program(ProgramDefinition(path: path)) }
    #expect(result.findings.first?.message == reason.map { "cannot execute '\(path)': \($0)" })
    #expect((result.service == nil) == (reason != nil))
  }

  @Test func nearProgramIsSuggested() {
    let result = resolve { $0.handler = .program(ProgramDefinition(path: "/bin/chmodd")) }
    #expect(result.ids == ["unusable-program"])
    #expect(result.findings.first?.suggestion == "/bin/chmod")
  }

  @Test func localhostIsTheLoopback() {
    let result = resolve { $0.access.onlyFrom = [.host("localhost"), .host("a.example"), .domain("example")] }
    #expect(
      result.service?.definition.access.onlyFrom == [
        .prefix(IPPrefix(.loopback4)), .prefix(IPPrefix(.loopback6)), .host("a.example"), .domain("example"),
      ])
  }

  @Test func disabledServicesAreOnlyWarnedAbout() {
    var table = ServiceTable()
    table.entries = [
      entry {
        $0.enabled = false
        $0.handler = .program(ProgramDefinition(path: "/no/such/program"))
      },
      entry {
        $0.id = "y"
        $0.handler = .program(ProgramDefinition(path: "/no/such/program"))
      },
    ]
    var resolver = ServiceResolver(lookup: NameLookup(), runsAsRoot: true)
    #expect(resolver.resolve(&table).isEmpty)
    #expect(table.entries.map { $0.definition.id } == ["x"])
    #expect(table.rejected.map { $0.id } == ["y"])
    #expect(table.diagnostics.map { $0.severity } == [.warning, .error])
  }

  @Test func portOfTheOtherProtocol() {
    let lookup = NameLookup(servicesText: Array("only-tcp 4711/tcp\nboth 4712/tcp\nboth 4713/udp\n".utf8))
    func ports(_ name: String, _ transport: TransportProtocol) -> (UInt16?, [String]) {
      var resolver = ServiceResolver(lookup: lookup, runsAsRoot: true)
      let service = resolver.resolve(
        entry {
          $0.socket.transport = transport
          $0.socket.type = transport == .udp ? .dgram : .stream
          $0.socket.addresses = [.ip(host: .any, port: .service(name))]
        })
      return (service?.listeners.first?.endpoint.port, resolver.findings.map { $0.id })
    }
    #expect(ports("both", .udp) == (4713, []))
    #expect(ports("only-tcp", .tcp) == (4711, []))
    #expect(ports("only-tcp", .udp) == (4711, ["port-of-other-protocol"]))
    #expect(ports("finger", .udp) == (79, []) || ports("finger", .udp) == (79, ["port-of-other-protocol"]))
    #expect(ports("nowhere-to-be-found", .tcp) == (nil, ["unknown-service"]))
  }

  @Test func namedAddressesGiveWay() {
    func service(_ id: String, _ hosts: [ListenHost]) -> ServiceEntry {
      var definition = ServiceDefinition(id: id, handler: .builtin(.echo))
      definition.socket.families = .ipv4
      definition.socket.addresses = hosts.map { .ip(host: $0, port: .number(7)) }
      let place = SourceRange(file: SourceFileID(index: 0), line: Int(id.utf8.first ?? 0), column: 1)
      return ServiceEntry(definition: definition, location: place)
    }
    var table = ServiceTable()
    table.entries = [
      service("a", [.name("localhost")]), service("b", [.address(.loopback4)]),
      service("c", [.name("lo"), .address(IPAddress(ipv4: 0x7f00_0002))]),
    ]
    var resolver = ServiceResolver(lookup: NameLookup(), runsAsRoot: true)
    let services = resolver.resolve(&table)
    #expect(services.map { $0.definition.id } == ["b", "c"])
    #expect(services.map { $0.listeners.map { $0.endpoint.description } } == [["127.0.0.1:7"], ["127.0.0.2:7"]])
    #expect(table.rejected.map { $0.id } == ["a"])
    #expect(table.entries.map { $0.definition.id } == ["b", "c"])
    #expect(table.diagnostics.map { $0.message }.first == "'a' and 'b' both listen on 127.0.0.1:7")
    #expect(table.diagnostics.map { $0.outcome } == ["left to 'b'", "left to 'b'"])
  }

  @Test func configuredNamesStayAsWritten() {
    var table = ServiceTable()
    table.entries = [entry { $0.access.onlyFrom = [.host("localhost")] }]
    var resolver = ServiceResolver(lookup: NameLookup(), runsAsRoot: true)
    let services = resolver.resolve(&table)
    #expect(table.entries.first?.definition.access.onlyFrom == [.host("localhost")])
    #expect(services.first?.definition.access.onlyFrom?.count == 2)
  }

  @Test func servicesFileIsRead() {
    let text = "# c\nfinger\t79/tcp\nauth 113/tcp authentication tap ident # c\nbad x/tcp\nbad2 70000/tcp\nshort\n"
    let ports = NameLookup.ports(in: Array(text.utf8))
    #expect(ports == ["finger/tcp": 79, "auth/tcp": 113, "authentication/tcp": 113, "tap/tcp": 113, "ident/tcp": 113])
  }
}
