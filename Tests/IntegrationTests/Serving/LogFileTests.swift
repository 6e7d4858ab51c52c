import Foundation
import Testing

/// `log_type = FILE`: its limits, and files that cannot be written.
@Suite struct LogFileTests {
  private func lines(_ path: String) -> [Substring] { (ProcessFacts.read(path) ?? "").split(separator: "\n") }

  private func start(_ build: DaemonBuild, _ type: (Scratch) -> String) throws -> (ProbeServices, Service) {
    let setup = try ProbeServices(build)
    let service = try setup.service(
      "filed", "hold", keys: [("log_type", type(setup.scratch)), ("only_from", "127.0.0.1")])
    try setup.start([service])
    return (setup, service)
  }

  private func refuse(_ setup: ProbeServices, _ service: Service, _ count: Int) throws {
    for _ in 0..<count { #expect(try setup.connect(service, from: "127.0.0.2").isClosedSilently()) }
    try setup.synchronise()
  }

  @Test(arguments: DaemonBuild.present)
  func limitsAreToldOnceAndEndWithAReload(_ build: DaemonBuild) throws {
    let (setup, service) = try start(build) { "FILE \($0("service.log")) 150 300" }
    let path = setup.scratch("service.log")
    try refuse(setup, service, 12)
    let size = ProcessFacts.read(path)?.utf8.count ?? 0
    #expect((150...300).contains(size), "\(size)")
    try setup.daemon.log.wait(containing: "hard limit")
    let warnings = setup.daemon.log.lines.filter { $0.contains("soft limit") }
    let errors = setup.daemon.log.lines.filter { $0.contains("hard limit") }
    #expect(warnings.count == 1 && errors.count == 1, "\(setup.daemon.log.text)")

    // Rotated: the old file is left alone, a new one begins with the reload.
    try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
    try refuse(setup, service, 1)
    #expect(!FileManager.default.fileExists(atPath: path))
    try setup.daemon.reload()
    try refuse(setup, service, 1)
    try Deadline.poll("a line in the new file") { lines(path).count == 1 }
    #expect(ProcessFacts.read(path + ".1")?.utf8.count == size)
    // Still served, all the time.
    _ = try setup.connectGreeted(service)
  }

  @Test(arguments: DaemonBuild.present, ["missing/service.log", "directory"])
  func aFileThatCannotBeOpenedIsToldOnce(_ build: DaemonBuild, _ name: String) throws {
    let (setup, service) = try start(build) { "FILE \($0(name))" }
    if name == "directory" { _ = try setup.scratch.makeDirectory(name) }
    try refuse(setup, service, 5)
    try setup.daemon.log.wait(containing: setup.scratch(name))
    let complaints = setup.daemon.log.lines.filter { $0.contains(setup.scratch(name)) }
    #expect(complaints.count == 1, "\(complaints)")
    _ = try setup.connectGreeted(service)
  }
}
