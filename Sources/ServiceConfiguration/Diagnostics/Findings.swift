import ServiceModel

/// The findings of one load, in the order they were made.
final class Findings {
  private(set) var diagnostics: [Diagnostic] = []

  func add(_ diagnostic: Diagnostic) { diagnostics.append(diagnostic) }

  /// Completes the findings made since `start`: an error that does not say what follows costs the service.
  func conclude(since start: Int, outcome: String) {
    for index in start..<diagnostics.count
    where diagnostics[index].severity == .error && diagnostics[index].outcome == nil {
      diagnostics[index].outcome = outcome
    }
  }
}
