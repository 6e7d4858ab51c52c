import Foundation

/// What the load program measured.
struct LoadResult: Codable {
  let exchanges: Int
  let failures: Int
  let seconds: Double
  let p50: Int
  let p99: Int

  var rate: Double { Double(exchanges) / seconds }
}

/// Runs the load program; see Programs/load.c.
struct LoadGenerator {
  let program: String

  func run(_ mode: String, _ place: Place, clients: Int, seconds: Double) throws -> LoadResult {
    let output = FileManager.default.temporaryDirectory.appending(path: "inetd-load-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: output) }
    let words = [program, mode, place.address, "\(place.port)", "\(clients)", "\(seconds)"]
    let status = try ChildProgram(words, output: output.path).wait()
    guard status == 0 else { throw Trouble("load ends with status \(status)") }
    return try JSONDecoder().decode(LoadResult.self, from: Data(contentsOf: output))
  }
}
