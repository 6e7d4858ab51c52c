import NetworkAddresses
import ServiceModel
import ServiceResolution
import Testing

@testable import SuperServer

@Suite struct ReloadPlanTests {
  private func service(_ id: String, _ change: (inout ServiceDefinition) -> Void = { _ in }) -> ResolvedService {
    var definition = ServiceDefinition(id: id, handler: .builtin(.echo))
    change(&definition)
    let location = SourceRange(file: SourceFileID(index: 0), line: 1, column: 1)
    return ResolvedService(
      entry: ServiceEntry(definition: definition, location: location), listeners: [], credentials: nil)
  }

  private func changes(
    from old: [ResolvedService], to new: [ResolvedService], rejected: [String] = [], isComplete: Bool = true,
    canGoOn: Bool = true
  ) -> [ReloadPlan.Change] {
    var table = ServiceTable()
    table.isComplete = isComplete
    table.rejected = rejected.map {
      RejectedService(id: $0, location: SourceRange(file: SourceFileID(index: 0), line: 1, column: 1))
    }
    let running = Dictionary(uniqueKeysWithValues: old.map { ($0.definition.id, $0) })
    let load = ConfigurationLoad(table: table, services: new)
    return ReloadPlan(running: running, order: old.map(\.definition.id), load: load, canGoOn: { _ in canGoOn }).changes
  }

  @Test func theDifferenceIsWhatChanged() {
    let new = [service("a"), service("b") { $0.limits.instances = .count(1) }, service("d")]
    #expect(
      changes(from: [service("a"), service("b"), service("c")], to: new)
        == [.keep(id: "a"), .update(id: "b"), .add(id: "d"), .remove(id: "c")])
  }

  @Test func aServiceInErrorStaysAsItWas() {
    #expect(changes(from: [service("a")], to: [], rejected: ["a"]) == [.keepStale(id: "a")])
    #expect(changes(from: [], to: [], rejected: ["new"]) == [])
  }

  @Test func aServiceInErrorWithoutAProgramGoes() {
    #expect(changes(from: [service("a")], to: [], rejected: ["a"], canGoOn: false) == [.remove(id: "a")])
    #expect(
      changes(from: [service("a")], to: [], rejected: ["a"], isComplete: false, canGoOn: false)
        == [.keepStale(id: "a")])
  }

  @Test func whatCouldNotBeReadTakesNothingAway() {
    #expect(
      changes(from: [service("a"), service("b")], to: [service("a")], isComplete: false)
        == [.keep(id: "a"), .keepStale(id: "b")])
  }

  @Test func aMoveToAnotherFileIsNoChange() {
    var moved = service("a")
    moved.entry.location = SourceRange(file: SourceFileID(index: 3), line: 9, column: 2)
    #expect(changes(from: [service("a")], to: [moved]) == [.keep(id: "a")])
  }
}
