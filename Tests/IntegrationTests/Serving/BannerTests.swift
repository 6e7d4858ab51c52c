import Foundation
import Testing

/// Banners that are not what they should be: the service keeps serving, the log says so once.
@Suite struct BannerTests {
  @Test(arguments: DaemonBuild.present, ["missing", "huge", "FIFO", "directory"])
  func aBadBannerCostsTheBanner(_ build: DaemonBuild, _ kind: String) throws {
    let setup = try ProbeServices(build)
    let path = setup.scratch("banner")
    switch kind {
    case "huge": try setup.scratch.write("banner", bytes: [UInt8](repeating: 65, count: 1 << 20))
    case "FIFO": #expect(mkfifo(path, 0o600) == 0)
    case "directory": _ = try setup.scratch.makeDirectory("banner")
    default: break
    }
    let keys = ["banner", "banner_success", "banner_fail"].map { ($0, path) }
    let service = try setup.service("bannered", "hold", keys: keys + [("no_access", "127.0.0.2")])
    try setup.start([service])
    for _ in 0..<3 {
      _ = try setup.connectGreeted(service)
      #expect(try setup.connect(service, from: "127.0.0.2").isClosedSilently())
    }
    let complaints = setup.daemon.log.lines.filter { $0.contains(path) }
    #expect(complaints.count == 3, "one for each of the three keys: \(complaints)")
    #expect(complaints.allSatisfy { $0.contains("this banner is not sent") })
  }

  /// banner always, then the checks, then banner_fail or banner_success.
  @Test(arguments: DaemonBuild.present, [Syntax.xinetd, .flat])
  func theOrderIsXinetds(_ build: DaemonBuild, _ syntax: Syntax) throws {
    let setup = try ProbeServices(Variant(build: build, syntax: syntax))
    let keys = try ["banner", "banner_success", "banner_fail"].map { ($0, try setup.scratch.write($0, "<\($0)>")) }
    let service = try setup.service("bannered", "fail", "0", keys: keys + [("no_access", "127.0.0.2")])
    try setup.start([service])
    #expect(try setup.connect(service).receiveText() == "<banner><banner_success>")
    #expect(try setup.connect(service, from: "127.0.0.2").receiveText() == "<banner><banner_fail>")
  }

  /// The longest banner that is sent, to a peer who sends at the same time, arrives whole.
  @Test(arguments: DaemonBuild.present)
  func aLongBannerArrivesWhole(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let text = String(repeating: "0123456789abcde\n", count: 1024)
    let path = try setup.scratch.write("banner", text)
    let service = try setup.service(
      "bannered", "hold", keys: [("banner_fail", path), ("only_from", "10.0.0.0/8")])
    try setup.start([service])
    for _ in 0..<20 {
      let client = try setup.connect(service)
      try client.send("hello? hello?\r\n")
      #expect(try client.receiveText() == text)
    }
  }
}
