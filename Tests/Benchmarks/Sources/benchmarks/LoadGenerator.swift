import Foundation

/// What a load program measured; what it does not count is missing.
struct LoadResult: Codable {
  var exchanges: Double?
  var bytes: Double?
  let failures: Int
  var lost: Double?
  let seconds: Double
  var p50: Double?
  var p99: Double?

  var rate: Double { (exchanges ?? 0) / seconds }
  var gigabytes: Double { (bytes ?? 0) / 1e9 }
}

/// Runs the load programs; see Programs.
struct LoadGenerator {
  private let options: Options

  init(_ options: Options) { self.options = options }

  /// Connections: `close`, `echo` or `ping`.
  func connections(_ mode: String, _ place: Place, clients: Int, seconds: Double) throws -> LoadResult {
    try finish(begin("load", [mode, place.address, "\(place.port)", "\(clients)", "\(seconds)"]))
  }

  func run(_ program: String, _ arguments: [String]) throws -> LoadResult { try finish(begin(program, arguments)) }

  /// A load that goes on while something else is looked at.
  struct Running {
    let program: ChildProgram
    let output: String
  }

  func begin(_ program: String, _ arguments: [String]) throws -> Running {
    let output = FileManager.default.temporaryDirectory.appending(path: "inetd-load-\(UUID().uuidString)").path
    return Running(program: try ChildProgram([options.program(program)] + arguments, output: output), output: output)
  }

  func finish(_ running: Running) throws -> LoadResult {
    defer { try? FileManager.default.removeItem(atPath: running.output) }
    let status = running.program.wait()
    guard status == 0 else { throw Trouble("the load program ends with status \(status)") }
    return try JSONDecoder().decode(LoadResult.self, from: Data(contentsOf: URL(filePath: running.output)))
  }
}
