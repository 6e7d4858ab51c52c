import Testing

/// Both dimensions in which a test of the daemon is repeated.
struct Variant: CustomTestStringConvertible {
  let build: DaemonBuild
  let syntax: Syntax

  static let all = DaemonBuild.present.flatMap { build in Syntax.allCases.map { Variant(build: build, syntax: $0) } }

  var testDescription: String { "\(build.rawValue), \(syntax.rawValue)" }
}
