import Foundation
import Testing

/// On which addresses a service answers, and with how many sockets.
@Suite struct FamilyTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    let sockets: Int
    let answers: [String]
    var testDescription: String { name }
  }

  static let cases = [
    Case(name: "tcp", sockets: 2, answers: ["127.0.0.1", "::1"]),
    Case(name: "tcp4", sockets: 1, answers: ["127.0.0.1"]),
    Case(name: "tcp6", sockets: 1, answers: ["::1"]),
    Case(name: "tcp46", sockets: 1, answers: ["127.0.0.1", "::1"]),
    Case(name: "udp", sockets: 2, answers: ["127.0.0.1", "::1"]),
    Case(name: "udp4", sockets: 1, answers: ["127.0.0.1"]),
    Case(name: "udp6", sockets: 1, answers: ["::1"]),
    Case(name: "udp46", sockets: 1, answers: ["127.0.0.1", "::1"]),
  ]

  @Test(.enabled(if: Ports.loopbacks.count == 2, "needs IPv6"), arguments: DaemonBuild.present, cases)
  func protocolsChooseTheFamily(_ build: DaemonBuild, _ family: Case) throws {
    let setup = try ProbeServices(build)
    let kind: Client.Kind = family.name.hasPrefix("udp") ? .datagram : .stream
    let port = try Ports.free()
    let user = Service.ownUser
    let line =
      kind == .stream
      ? "\(port)\tstream\t\(family.name)\tnowait\t\(user)\t\(setup.probe)\tprobe-server hold\n"
      : "\(port)\tdgram\t\(family.name)\twait\t\(user)\t\(setup.probe)\tprobe-server datagram 1\n"
    try setup.scratch.write(Daemon.classicName, line)
    try setup.start([])
    #expect(ProcessFacts.socketInodes(of: setup.daemon.pid, port: port, kind).count == family.sockets)
    for host in Ports.loopbacks {
      if kind == .datagram {
        let client = try Client(.datagram, host, port)
        try client.send("hello")
        if family.answers.contains(host) {
          #expect(String(decoding: try client.receive(), as: UTF8.self).hasSuffix(" hello"), "\(host)")
        } else {
          // On the loopback the kernel has said at once that nobody is there: nothing else could come later.
          #expect(client.receiveNow() == nil && errno == ECONNREFUSED, "\(host)")
        }
      } else if family.answers.contains(host) {
        #expect(try Client(.stream, host, port).receivePid() > 0, "\(host)")
      } else {
        #expect(throws: Failure.self, "\(host)") { try Client(.stream, host, port) }
      }
    }
  }

  /// A peer that comes over IPv4 to a dual socket is an IPv4 peer, in the environment and for the lists.
  @Test(.enabled(if: Ports.loopbacks.count == 2, "needs IPv6"), arguments: DaemonBuild.present)
  func mappedAddressesAreIPv4(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    var service = try setup.service("dual", "report", keys: [("only_from", "127.0.0.1 ::1")])
    service.protocolName = "tcp46"
    try setup.start([service])
    let mapped = try setup.report(service).environment
    #expect(mapped["REMOTE_ADDR"] == "127.0.0.1")
    #expect(mapped["TCPLOCALIP"] == "127.0.0.1")
    let native = try ProbeReport(Client(.stream, "::1", UInt16(service.port)!).receiveText()).environment
    #expect(native["REMOTE_ADDR"] == "::1")
    #expect(try setup.connect(service, from: "127.0.0.2").isClosedSilently())
  }
}
