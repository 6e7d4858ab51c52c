import CTestSupport
import Foundation
import Testing

/// The daemon's sockets as the kernel has them.
@Suite struct SocketOptionTests {
  /// A copy of one of the daemon's sockets, to be asked.
  final class Copy {
    let descriptor: Int32

    /// The socket of `pid` that `isWanted`.
    init(of pid: pid_t, where isWanted: (Copy) -> Bool) throws {
      for (number, target) in ProcessFacts.descriptors(of: pid) where target.hasPrefix("socket:") {
        let copy = try Copy(pid, Int32(number))
        if isWanted(copy) {
          descriptor = dup(copy.descriptor)
          return
        }
      }
      throw Failure("the daemon has no such socket")
    }

    private init(_ pid: pid_t, _ number: Int32) throws {
      descriptor = test_copy_descriptor(pid, number)
      guard descriptor >= 0 else { throw Failure("pidfd_getfd: \(errorText())") }
    }

    deinit { close(descriptor) }

    func option(_ level: Int32, _ number: Int32) -> Int32 {
      var value: Int32 = -1
      var length = socklen_t(4)
      return getsockopt(descriptor, level, number, &value, &length) == 0 ? value : -errno
    }

    func text(_ level: Int32, _ number: Int32) -> String {
      var bytes = [UInt8](repeating: 0, count: 64)
      var length = socklen_t(64)
      guard getsockopt(descriptor, level, number, &bytes, &length) == 0 else { return errorText() }
      return String(decoding: bytes[..<Int(length)].prefix { $0 != 0 }, as: UTF8.self)
    }

    var port: UInt16 {
      var name = SocketName()
      return name.fill { getsockname(descriptor, $0, $1) } == 0 && [AF_INET, AF_INET6].contains(name.family)
        ? name.port : 0
    }

    var family: Int32 { option(SOL_SOCKET, SO_DOMAIN) }
  }

  private static let tcp = Int32(IPPROTO_TCP)
  private static let ip = Int32(IPPROTO_IP)
  private static let ip6 = Int32(IPPROTO_IPV6)
  private static let isRoot = getuid() == 0

  private static func socket(_ daemon: Daemon, _ port: String, family: Int32 = AF_INET) throws -> Copy {
    try Copy(of: daemon.pid) { $0.port == UInt16(port) && $0.family == family }
  }

  @Test(.enabled(if: isRoot, "looking into the daemon takes root"), arguments: DaemonBuild.present)
  func streamsHaveTheirOptions(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let keys = [
      ("backlog", "17"), ("send_buffer", "96k"), ("receive_buffer", "160k"), ("tos", "0x10"), ("ttl", "33"),
      ("mark", "0x2a"), ("priority", "3"), ("congestion", "reno"), ("bind_device", "lo"), ("freebind", "yes"),
      ("transparent", "yes"), ("reuse_port", "yes"), ("defer_accept", "5"), ("fast_open", "21"),
      ("keepalive", "60 7 4"), ("flags", "NODELAY"),
    ]
    let service = try setup.service("stream", "report", keys: keys)
    try setup.start([service])
    let socket = try Self.socket(setup.daemon, service.port)
    // The kernel doubles buffers, for its own book-keeping (socket(7)).
    #expect(socket.option(SOL_SOCKET, SO_SNDBUF) == 2 * 96 << 10)
    #expect(socket.option(SOL_SOCKET, SO_RCVBUF) == 2 * 160 << 10)
    #expect(socket.option(Self.ip, IP_TOS) == 0x10)
    #expect(socket.option(Self.ip, IP_TTL) == 33)
    #expect(socket.option(SOL_SOCKET, SO_MARK) == 0x2a)
    #expect(socket.option(SOL_SOCKET, SO_PRIORITY) == 3)
    #expect(socket.text(Self.tcp, TCP_CONGESTION) == "reno")
    #expect(socket.text(SOL_SOCKET, SO_BINDTODEVICE) == "lo")
    #expect(socket.option(Self.ip, IP_FREEBIND) == 1)
    #expect(socket.option(Self.ip, IP_TRANSPARENT) == 1)
    #expect(socket.option(SOL_SOCKET, SO_REUSEPORT) == 1)
    #expect(socket.option(Self.tcp, TCP_DEFER_ACCEPT) >= 5)
    #expect(socket.option(Self.tcp, TCP_FASTOPEN) == 21)
    #expect(socket.option(SOL_SOCKET, SO_KEEPALIVE) == 1)
    #expect(socket.option(Self.tcp, TCP_KEEPIDLE) == 60)
    #expect(socket.option(Self.tcp, TCP_KEEPINTVL) == 7)
    #expect(socket.option(Self.tcp, TCP_KEEPCNT) == 4)
    #expect(socket.option(Self.tcp, TCP_NODELAY) == 1)
    // For a listener tcpi_sacked is the length of its queue (net/ipv4/tcp.c, tcp_get_info).
    var information = tcp_info()
    var length = socklen_t(MemoryLayout<tcp_info>.size)
    #expect(getsockopt(socket.descriptor, Self.tcp, TCP_INFO, &information, &length) == 0)
    #expect(information.tcpi_sacked == 17)
  }

  @Test(.enabled(if: isRoot, "looking into the daemon takes root"), arguments: DaemonBuild.present)
  func ipv6AndDatagramsHaveTheirs(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    var six = try setup.service(
      "six", "report", keys: [("tos", "8"), ("ttl", "9"), ("freebind", "yes"), ("transparent", "yes")])
    six.protocolName = "tcp6"
    var dgram = try setup.service(
      "dgram", "datagram", keys: [("broadcast", "yes"), ("multicast_group", "239.255.77.7%lo 239.255.77.8")])
    dgram.socketType = "dgram"
    dgram.protocolName = "udp4"
    let plain = try setup.service("plain", "report")
    let hasIPv6 = Ports.loopbacks.contains("::1")
    try setup.start(hasIPv6 ? [six, dgram, plain] : [dgram, plain])
    if hasIPv6 {
      let socket = try Self.socket(setup.daemon, six.port, family: AF_INET6)
      #expect(socket.option(Self.ip6, IPV6_TCLASS) == 8)
      #expect(socket.option(Self.ip6, IPV6_UNICAST_HOPS) == 9)
      #expect(socket.option(Self.ip6, IPV6_FREEBIND) == 1)
      #expect(socket.option(Self.ip6, IPV6_TRANSPARENT) == 1)
      #expect(socket.option(Self.ip6, IPV6_V6ONLY) == 1)
    }
    let datagrams = try Self.socket(setup.daemon, dgram.port)
    #expect(datagrams.option(SOL_SOCKET, SO_BROADCAST) == 1)
    // Groups are in hexadecimal, in network order.
    let groups = try #require(ProcessFacts.read("/proc/net/igmp"))
    #expect(groups.contains("074DFFEF") && groups.contains("084DFFEF"))
    // And nothing is set that nobody asked for.
    let untouched = try Self.socket(setup.daemon, plain.port)
    #expect(untouched.option(SOL_SOCKET, SO_KEEPALIVE) == 0)
    #expect(untouched.option(SOL_SOCKET, SO_REUSEPORT) == 0)
    #expect(untouched.option(Self.ip, IP_TRANSPARENT) == 0)
    #expect(untouched.option(Self.tcp, TCP_NODELAY) == 0)
  }

  /// Multipath TCP and sockets of virtual machines, where the kernel speaks them.
  @Test(.enabled(if: isRoot, "looking into the daemon takes root"), arguments: DaemonBuild.present)
  func otherTransportsAreWhatTheySay(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    var multipath = try setup.service("multipath", "report")
    multipath.protocolName = "mptcp4"
    let port = Int.random(in: 100_000..<2_000_000_000)
    try setup.start([multipath])
    try setup.scratch.write(
      "\(Daemon.directoryName)/machine.conf",
      "listen = vsock:*:\(port)\nprotocol = tcp\nuser = \(Service.ownUser)\nserver = \(setup.probe)\n")
    try setup.daemon.reload()
    func speaks(_ family: Int32, _ number: Int32) -> Bool {
      let descriptor = Glibc.socket(family, Client.Kind.stream.type, number)
      defer { close(descriptor) }
      return descriptor >= 0
    }
    if speaks(AF_INET, 262) {
      let socket = try Self.socket(setup.daemon, multipath.port)
      #expect(socket.option(SOL_SOCKET, SO_PROTOCOL) == 262)
      #expect(try setup.report(multipath)["env.REMOTE_ADDR"] == "127.0.0.1", "a plain client is served too")
    } else {
      try setup.daemon.log.wait(containing: "multipath")
    }
    if speaks(AF_VSOCK, 0) {
      _ = try Copy(of: setup.daemon.pid) { $0.family == AF_VSOCK && $0.option(SOL_SOCKET, SO_ACCEPTCONN) == 1 }
    }
  }

  /// Port ranges, several places, names of interfaces and abstract names: one service, many sockets.
  @Test(arguments: DaemonBuild.present)
  func oneServiceHasManySockets(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let first = try Self.freeRange(of: 3)
    let other = try Ports.free()
    let byInterface = try Ports.free()
    let name = "inetd-test-\(UUID().uuidString)"
    try setup.start([])
    let common = "user = \(Service.ownUser)\nserver = \(setup.probe)\nserver_args = report\n"
    try setup.scratch.write(
      "\(Daemon.directoryName)/many.conf",
      "listen = \(first)-\(first + 2) 127.0.0.1:\(other)\nprotocol = tcp\n" + common)
    try setup.scratch.write(
      "\(Daemon.directoryName)/inner.conf", "port = \(byInterface)\nbind = lo\nprotocol = tcp\n" + common)
    try setup.scratch.write("\(Daemon.directoryName)/named.conf", "listen = @\(name)\n" + common)
    try setup.daemon.reload()
    for port in [first, first + 1, first + 2, other] {
      let report = try ProbeReport(Client(.stream, "127.0.0.1", port).receiveText())
      #expect(report["env.TCPLOCALPORT"] == "\(port)")
      #expect(report["env.INETD_SERVICE"] == "many")
    }
    #expect(throws: Failure.self) { try Client(.stream, "127.0.0.1", first + 3) }
    for host in Ports.loopbacks {
      #expect(try ProbeReport(Client(.stream, host, byInterface).receiveText())["env.INETD_SERVICE"] == "inner")
    }
    // The interface's own addresses, not all that lead to this machine.
    #expect(throws: Failure.self) { try Client(.stream, "127.0.0.99", byInterface) }
    #expect(try ProbeReport(Client(unix: "@\(name)").receiveText())["env.INETD_SERVICE"] == "named")
  }

  /// The first of so many free ports in a row, with a free one behind them.
  private static func freeRange(of count: UInt16) throws -> UInt16 {
    for _ in 0..<1000 {
      let first = UInt16.random(in: 16_000..<31_000)
      if (first...(first + count)).allSatisfy({ Ports.isFree($0, .stream) }) { return first }
    }
    throw Failure("no free ports in a row")
  }
}
