import ProcessSpawning

/// Where a start can fail, as it is counted: a small number of fixed words.
package struct FailureStage: Equatable, Sendable {
  /// Its place in a table of counts.
  let place: Int
  /// One word for machines.
  package let word: String

  /// The kernel gave no process, socket or memory for it.
  package static let process = FailureStage(place: 0, word: "process")
  /// No address of a redirect's target answered.
  package static let redirect = FailureStage(place: 1, word: "redirect")
  /// A step between the start of the process and its program.
  package static func step(_ stage: SpawnStage) -> FailureStage {
    FailureStage(place: 1 + Int(stage.rawValue), word: stage.identifier)
  }

  package static let all = [process, redirect] + SpawnStage.all.map(step)

  /// Reported also while it has not happened: what an alert waits for should be there before.
  var isUsual: Bool { self == .process || place == FailureStage.execute.place }
  private static let execute = step(.execute)
}
