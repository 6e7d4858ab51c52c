/// Code that reads bytes which somebody else chose, and what must hold whatever they are. A broken promise traps: under
/// the fuzzer that is a finding, in the replayed cases a failed test.
package struct FuzzTarget: Sendable {
  /// The name of its directories below Tests/Fuzz/Corpus and Tests/Fuzz/Cases, and of the command's argument.
  package let name: String
  /// Bytes of an input at most: what the daemon itself would look at, or what keeps a run short.
  package let longestInput: Int
  package let run: @Sendable ([UInt8]) -> Void

  package init(_ name: String, longestInput: Int, _ run: @escaping @Sendable ([UInt8]) -> Void) {
    self.name = name
    self.longestInput = longestInput
    self.run = run
  }

  /// All targets, in the order in which they are run.
  package static let all: [FuzzTarget] = configuration + protocols + stored

  package static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }
}
