import Foundation
import Testing

/// What monitoring gets, judged by the parsers of those who will read it.
@Suite struct MetricsTests {
  /// Python with prometheus_client, unpacked by Tests/prepare; nil when it is not there.
  private static let python: String? = {
    let place = Checkout.root.appending(path: ".build/python")
    let isThere = FileManager.default.fileExists(atPath: place.appending(path: "prometheus_client").path)
    return isThere && Checkout.debian("python3-minimal", "/usr/bin/python3") != nil ? place.path : nil
  }()

  private static let promtool = Checkout.debian("prometheus", "/usr/bin/promtool")

  /// A service of every kind, used in every way.
  private func busyDaemon(_ build: DaemonBuild) throws -> (Operations, scrape: Service) {
    let operations = try Operations(build)
    let good = try operations.probes.service("good", "report")
    let quoted = try operations.probes.service("quoted", "hold")
    var broken = try operations.probes.service("broken", "report")
    broken.server = try operations.scratch.write("no-program", "#!/nonexistent\n", mode: 0o755)
    let exits = try operations.probes.service("exits", "hold", "3")
    let guarded = try operations.probes.service("guarded", "hold", keys: [("no_access", "127.0.0.9")])
    let off = try operations.probes.service("off", "hold", keys: [("disable", "yes")])
    var scrape = try operations.probes.service("metrics")
    scrape.server = "internal"
    scrape.port = "\(try Ports.free())"
    try operations.start([good, quoted, broken, exits, guarded, off, scrape])
    _ = try operations.probes.report(good)
    _ = try operations.probes.connect(broken).receiveToEnd()
    try operations.probes.connectGreeted(exits).client.finishSending()
    let victim = try operations.probes.connectGreeted(quoted)
    try operations.run("kill", "--signal", "KILL", "\(victim.pid)")
    #expect(try operations.probes.connect(guarded, from: "127.0.0.9").isClosedSilently())
    try operations.run("reload")
    try operations.daemon.waitForServersToEnd()
    try operations.probes.synchronise()
    return (operations, scrape)
  }

  @Test(arguments: DaemonBuild.present)
  func everyFigureIsThere(_ build: DaemonBuild) throws {
    let (operations, scrape) = try busyDaemon(build)
    let response = try get("/metrics", scrape)
    #expect(response.head.hasPrefix("HTTP/1.1 200 OK\r\n"))
    #expect(
      response.head.contains("Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n"))
    #expect(response.head.contains("Content-Length: \(response.body.utf8.count)\r\n"))
    let samples = Set(response.body.split(separator: "\n").map(String.init))
    for line in [
      "inetd_accepted_total{service=\"good\"} 1", "inetd_started_total{service=\"good\"} 1",
      "inetd_refused_total{service=\"guarded\",reason=\"address\"} 1",
      "inetd_failed_total{service=\"broken\",stage=\"execute\"} 1",
      "inetd_failed_total{service=\"good\",stage=\"execute\"} 0",
      "inetd_active{service=\"good\"} 0",
      "inetd_exits_total{service=\"good\",status=\"success\"} 1",
      "inetd_exits_total{service=\"exits\",status=\"failure\"} 1",
      "inetd_exits_total{service=\"quoted\",status=\"signal\"} 1",
      "inetd_spawn_latency_seconds_count{service=\"good\"} 1",
      "inetd_duration_seconds_bucket{service=\"good\",le=\"+Inf\"} 1",
      "inetd_state{service=\"good\",inetd_state=\"serving\"} 1",
      "inetd_state{service=\"good\",inetd_state=\"paused\"} 0",
      "inetd_state{service=\"off\",inetd_state=\"disabled\"} 1",
      "inetd_reloads_total 1", "inetd_configuration_errors 0", "inetd_denied_sources 0",
    ] {
      #expect(samples.contains(line), "no \(line) in\n\(response.body)")
    }
    let words = [
      "inetd_open_descriptors ", "inetd_loop_lag_seconds_count ", "inetd_sent_bytes_total{service=\"zz-sync\"} ",
    ]
    for word in words {
      #expect(samples.contains { $0.hasPrefix(word) }, "no \(word) in\n\(response.body)")
    }
    #expect(response.body.hasSuffix("\n# EOF\n"))
    // The same over the control socket.
    let text = try operations.run("metrics")
    #expect(text.output.hasPrefix("# TYPE inetd_state stateset\n") && text.output.hasSuffix("# EOF\n"))
    let json = try operations.json("metrics")
    #expect((json[0]["text"] as? String)?.hasSuffix("# EOF\n") == true)
  }

  @Test(arguments: DaemonBuild.present)
  func othersRequestsAreRefused(_ build: DaemonBuild) throws {
    let (operations, scrape) = try busyDaemon(build)
    defer { withExtendedLifetime(operations) {} }
    #expect(try get("/", scrape).head.hasPrefix("HTTP/1.1 404 Not Found\r\n"))
    #expect(try get("/metrics", scrape, method: "POST").head.hasPrefix("HTTP/1.1 405 Method Not Allowed\r\n"))
    let head = try get("/metrics", scrape, method: "HEAD")
    #expect(head.head.hasPrefix("HTTP/1.1 200 OK\r\n") && head.body == "")
  }

  @Test(.enabled(if: MetricsTests.python != nil, "prometheus_client is not there"), arguments: DaemonBuild.present)
  func prometheusClientAcceptsEverything(_ build: DaemonBuild) throws {
    let (operations, scrape) = try busyDaemon(build)
    let file = try operations.scratch.write("metrics.txt", try get("/metrics", scrape).body)
    let program = """
      import sys
      from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
      families = {f.name: f for f in parse(open(sys.argv[1]).read())}
      print(len(families), families["inetd_duration_seconds"].type, families["inetd_accepted"].type)
      services = {s.labels["service"] for f in families.values() for s in f.samples if "service" in s.labels}
      print(sorted(services))
      """
    var environment = ChildProcess.plainEnvironment
    environment["PYTHONPATH"] = Self.python!
    let parsed = try ChildProcess.run("python3", "-c", program, file, environment: environment)
    #expect(parsed.succeeded, "\(parsed.errors)")
    #expect(parsed.output.hasPrefix("21 histogram counter\n"), "\(parsed)")
    #expect(
      parsed.output.contains("['broken', 'exits', 'good', 'guarded', 'metrics', 'off', 'quoted', 'zz-sync']"),
      "\(parsed.output)")
  }

  /// promtool reads OpenMetrics where it fills a database; it wants a time behind each sample.
  @Test(.enabled(if: MetricsTests.promtool != nil, "promtool is not there"), arguments: DaemonBuild.present)
  func prometheusItselfReadsIt(_ build: DaemonBuild) throws {
    let (operations, scrape) = try busyDaemon(build)
    let lines = try get("/metrics", scrape).body.split(separator: "\n").map {
      $0.hasPrefix("#") ? $0 : $0 + " 1700000000"
    }
    let file = try operations.scratch.write("metrics.txt", lines.joined(separator: "\n") + "\n")
    let result = try ChildProcess.run(
      Self.promtool!, "tsdb", "create-blocks-from", "openmetrics", file, operations.scratch("tsdb"))
    #expect(result.succeeded, "\(result.output)\(result.errors)")
  }

  @Test(.enabled(if: MetricsTests.promtool != nil, "promtool is not there"))
  func exampleAlertsAreRules() throws {
    let file = Checkout.root.appending(path: "config/examples/alerts.yml").path
    let result = try ChildProcess.run(Self.promtool!, "check", "rules", file)
    #expect(result.succeeded, "\(result.output)\(result.errors)")
    #expect(result.output.contains("rules found"), "\(result.output)")
  }

  /// Every series that the example alerts ask for exists.
  @Test(arguments: DaemonBuild.present)
  func exampleAlertsKnowTheFigures(_ build: DaemonBuild) throws {
    let (operations, _) = try busyDaemon(build)
    let rules = try #require(ProcessFacts.read(Checkout.root.appending(path: "config/examples/alerts.yml").path))
    let names = Set(rules.matches(of: #/inetd_[a-z_]+/#).map { String($0.0) })
    #expect(names.count > 5)
    let metrics = try operations.run("metrics").output
    for name in names { #expect(metrics.contains("\n\(name)"), "no \(name)") }
  }

  /// A thousand services are more than one portion: the report is whole all the same, and others are served meanwhile.
  @Test(arguments: DaemonBuild.present)
  func longReportsComeInPortions(_ build: DaemonBuild) throws {
    let operations = try Operations(build)
    let text = (0..<1000).map {
      "[service s\($0)]\nlisten = @\(operations.scratch.path)-\($0)\nserver = /bin/cat\nuser = root\n"
    }
    try operations.scratch.write("inetd.d/many.conf", text.joined())
    var scrape = try operations.probes.service("metrics")
    scrape.server = "internal"
    try operations.start([scrape])
    let response = try get("/metrics", scrape)
    #expect(response.body.hasSuffix("\n# EOF\n"))
    #expect(!response.head.contains("Content-Length"))
    for number in [0, 500, 999] { #expect(response.body.contains("inetd_accepted_total{service=\"s\(number)\"} 0\n")) }
    let families = response.body.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }
    #expect(Set(families).count == families.count, "no family is announced twice")
  }

  private func get(_ path: String, _ service: Service, method: String = "GET") throws -> (head: String, body: String) {
    let client = try Client(.stream, "127.0.0.1", UInt16(service.port)!)
    try client.send("\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n")
    let text = try client.receiveText()
    let end = try #require(text.range(of: "\r\n\r\n"), "\(text)")
    return (String(text[..<end.upperBound]), String(text[end.upperBound...]))
  }
}
