import Foundation
import Testing

/// RPC services and a real rpcbind: rpcinfo and real clients see what the daemon listens on.
@Suite(.enabled(if: RPCHost.hasPrograms, "needs root, namespaces, rpcbind, rstatd and rusersd, see Tests/prepare"))
struct RPCTests {
  static let rstat: UInt32 = 100_001
  static let rusers: UInt32 = 100_002

  private func install(_ name: String, in scratch: Scratch) throws -> String {
    let (package, path) = try #require(RPCHost.servers.first { $0.0 == name })
    return try scratch.install(try #require(Checkout.debian(package, path)))
  }

  /// The lines that Debian's own packages give to update-inetd, and the same in the other syntaxes.
  private func write(_ syntax: Syntax, in scratch: Scratch) throws {
    let rstatd = try install("rstatd", in: scratch)
    let rusersd = try install("rusersd", in: scratch)
    switch syntax {
    case .classic:
      try scratch.write(
        Daemon.classicName,
        "rstatd/1-5\tdgram\trpc/udp\twait\tnobody\t/usr/sbin/tcpd\t\(rstatd)\n"
          + "rusersd/2-3\tdgram\trpc/udp\twait\tnobody\t/usr/sbin/tcpd\t\(rusersd)\n")
    case .xinetd:
      for (name, versions, server) in [("rstatd", "1-5", rstatd), ("rusersd", "2-3", rusersd)] {
        try scratch.write(
          "\(Daemon.directoryName)/\(name)",
          "service \(name)\n{\n\ttype = RPC\n\trpc_version = \(versions)\n\tsocket_type = dgram\n\tprotocol = udp\n"
            + "\twait = yes\n\tuser = nobody\n\tserver = \(server)\n}\n")
      }
    case .flat:
      for (name, number, versions, server) in [
        ("rstatd", Self.rstat, "1-5", rstatd), ("rusersd", Self.rusers, "2-3", rusersd),
      ] {
        try scratch.write(
          "\(Daemon.directoryName)/\(name).conf",
          "type = RPC UNLISTED\nrpc_number = \(number)\nrpc_version = \(versions)\nsocket_type = dgram\nwait = yes\n"
            + "user = nobody\nserver = \(server)\n")
      }
    }
  }

  private func remove(_ name: String, _ syntax: Syntax, in scratch: Scratch) throws {
    if syntax != .classic {
      return try scratch.remove("\(Daemon.directoryName)/\(name)\(syntax == .flat ? ".conf" : "")")
    }
    let lines = try String(contentsOfFile: scratch(Daemon.classicName), encoding: .utf8).split(separator: "\n")
    try scratch.write(Daemon.classicName, lines.filter { !$0.hasPrefix(name) }.joined(separator: "\n") + "\n")
  }

  @Test(arguments: Variant.all)
  func realClientsFindRealServers(_ variant: Variant) throws {
    let host = try RPCHost()
    try host.startRpcbind()
    let scratch = try Scratch()
    try write(variant.syntax, in: scratch)
    let daemon = try Daemon(variant.build, in: scratch, prefix: host.prefix)

    try Deadline.poll("all versions are registered") {
      try host.entries(of: Self.rstat).count == 10 && host.entries(of: Self.rusers).count == 4
    }
    let entries = try host.entries(of: Self.rstat)
    for netid in ["udp", "udp6"] {
      let ports = Set(entries.filter { $0.contains(" \(netid) ") }.map { $0.split(separator: " ")[2] })
      #expect(ports.count == 1, "one port for all versions of \(netid): \(entries)")
    }
    let load = try host.run("rup", "127.0.0.1")
    #expect(load.output.contains(" load "), "\(load)")
    let users = try host.run("rusers", "-a", "-l", "127.0.0.1")
    #expect(users.succeeded && !users.errors.contains("not registered"), "\(users)")

    try remove("rusersd", variant.syntax, in: scratch)
    try daemon.reload()
    try Deadline.poll("what is removed is unregistered") { try host.entries(of: Self.rusers).isEmpty }
    #expect(try host.entries(of: Self.rstat) == entries, "what stays is not touched")

    #expect(try daemon.stop() == .exited(0))
    #expect(try host.entries(of: Self.rstat).isEmpty, "what ends is unregistered before it has ended")
  }

  /// A number that /etc/rpc does not know, at a port that the file fixes; a second range on both families of one socket.
  @Test(arguments: DaemonBuild.present)
  func numbersAndFixedPorts(_ build: DaemonBuild) throws {
    let host = try RPCHost()
    try host.startRpcbind()
    let scratch = try Scratch()
    try scratch.write(
      "\(Daemon.directoryName)/custom",
      """
      service custom
      {
      \ttype = RPC UNLISTED
      \trpc_number = 536871001
      \trpc_version = 7
      \tsocket_type = stream
      \tprotocol = tcp
      \tport = 4045
      \twait = no
      \tuser = root
      \tserver = /bin/cat
      }

      """)
    try scratch.write(Daemon.classicName, "536871002/2-3 stream rpc/tcp46 nowait root /bin/cat cat\n")
    let daemon = try Daemon(build, in: scratch, prefix: host.prefix)
    try Deadline.poll("both are registered") {
      try host.entries(of: 536_871_001) == ["7 tcp 4045", "7 tcp6 4045"] && host.entries(of: 536_871_002).count == 4
    }
    let dual = try host.entries(of: 536_871_002)
    let ports = Set(dual.map { $0.split(separator: " ")[2] })
    #expect(ports.count == 1, "one socket for both families: \(dual)")

    // A port that changes is one entry gone and one come, not two.
    let text = try String(contentsOfFile: scratch("\(Daemon.directoryName)/custom"), encoding: .utf8)
    try scratch.write("\(Daemon.directoryName)/custom", text.replacingOccurrences(of: "4045", with: "4046"))
    try daemon.reload()
    try Deadline.poll("the new port is registered") {
      try host.entries(of: 536_871_001) == ["7 tcp 4046", "7 tcp6 4046"]
    }
    #expect(try host.entries(of: 536_871_002) == dual)
  }

  /// The daemon comes before rpcbind, and outlives it.
  @Test(arguments: DaemonBuild.present)
  func rpcbindComesLateAndIsRestarted(_ build: DaemonBuild) throws {
    let host = try RPCHost()
    let scratch = try Scratch()
    try scratch.write(Daemon.classicName, "536871003/1 stream rpc/tcp4 nowait root /bin/cat cat\n")
    let daemon = try Daemon(build, in: scratch, prefix: host.prefix)
    try daemon.log.wait(
      containing: "536871003/rpc/tcp4: cannot register RPC program 536871003 version 1 on tcp port")
    try host.startRpcbind()
    try daemon.log.wait(containing: "536871003/rpc/tcp4: registered RPC program 536871003 version 1 on tcp port")
    let entries = try host.entries(of: 536_871_003)
    #expect(entries.count == 1)

    try host.endRpcbind()
    try host.startRpcbind()
    #expect(try host.entries(of: 536_871_003).isEmpty)
    // Nobody tells the daemon; it asks now and then.
    try daemon.log.wait(containing: "rpcbind had forgotten RPC program 536871003", seconds: 60)
    #expect(try host.entries(of: 536_871_003) == entries)

    // A reload asks at once.
    try host.endRpcbind()
    try host.startRpcbind()
    try daemon.reload()
    try Deadline.poll("registered after the reload", seconds: 10) { try host.entries(of: 536_871_003) == entries }

    // Without rpcbind the daemon still ends.
    try host.endRpcbind()
    #expect(try daemon.stop() == .exited(0))
  }

  /// Two super-servers for one program: the one that comes later is found, the other says so and does not fight.
  @Test(arguments: DaemonBuild.present)
  func theLaterServerIsFound(_ build: DaemonBuild) throws {
    let host = try RPCHost()
    try host.startRpcbind()
    let scratches = [try Scratch(), try Scratch()]
    for scratch in scratches {
      try scratch.write(Daemon.classicName, "536871004/1 stream rpc/tcp4 nowait root /bin/cat cat\n")
    }
    let first = try Daemon(build, in: scratches[0], prefix: host.prefix)
    try first.log.wait(containing: "registered RPC program 536871004")
    let before = try host.entries(of: 536_871_004)
    let second = try Daemon(build, in: scratches[1], prefix: host.prefix)
    try second.log.wait(containing: "registered RPC program 536871004 version 1 on tcp port")
    try Deadline.poll("the second has taken its place") {
      let now = try host.entries(of: 536_871_004)
      return now.count == 1 && now != before
    }
    let after = try host.entries(of: 536_871_004)
    try first.reload()
    try first.log.wait(containing: "another server has registered 536871004 at port")
    #expect(try host.entries(of: 536_871_004) == after)
    // Its end does not take the other's entry away.
    #expect(try first.stop() == .exited(0))
    #expect(try host.entries(of: 536_871_004) == after)
  }

  /// A daemon that executes itself anew keeps its entries, and an installation without inetd-rpc says what is missing.
  @Test(arguments: DaemonBuild.present)
  func anExecutionKeepsTheEntries(_ build: DaemonBuild) throws {
    let host = try RPCHost()
    try host.startRpcbind()
    let scratch = try Scratch()
    try scratch.write(Daemon.classicName, "536871005/1 stream rpc/tcp4 nowait root /bin/cat cat\n")
    let daemon = try Daemon(build, in: scratch, prefix: host.prefix)
    try daemon.log.wait(containing: "registered RPC program 536871005")
    let entries = try host.entries(of: 536_871_005)
    let before = daemon.log.lines.count
    try daemon.reexecute()
    try daemon.log.wait(containing: "registered RPC program 536871005", after: before)
    #expect(try host.entries(of: 536_871_005) == entries)
  }

  @Test(arguments: DaemonBuild.present)
  func aMissingHelperIsNamed(_ build: DaemonBuild) throws {
    let host = try RPCHost()
    let scratch = try Scratch()
    try scratch.write(Daemon.classicName, "536871006/1 stream rpc/tcp4 nowait root /bin/cat cat\n")
    // Installed without its companions; those of an installed package would be found.
    guard !FileManager.default.fileExists(atPath: "/usr/libexec/inetd/inetd-rpc") else { return }
    let daemon = try Daemon(build, in: scratch, user: 0, prefix: host.prefix)
    try daemon.log.wait(containing: "inetd-rpc does not start: cannot execute: No such file or directory")
  }
}
