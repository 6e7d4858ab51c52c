import Foundation

/// Runs a program of the machine to its end and keeps what it said.
enum Command {
  struct Result {
    let status: Int32
    let output: String
    let errors: String
  }

  /// The Embedded build where `config/package/build-release` leaves it, if there is one.
  static var builtEmbedded: String? {
    let path = Checkout.root.appending(path: ".build/embedded/release/inetd").path
    return FileManager.default.isExecutableFile(atPath: path) ? path : nil
  }

  /// Runs `words` from the root of the checkout. Output goes through files, so that no pipe can fill up.
  static func run(_ words: String...) throws -> Result { try run(words) }

  static func run(_ words: [String]) throws -> Result {
    let directory = FileManager.default.temporaryDirectory.appending(path: "inetd-rules-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: directory) }
    let output = directory.appending(path: "out")
    let errors = directory.appending(path: "err")
    for url in [output, errors] { try Data().write(to: url) }

    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = words
    process.currentDirectoryURL = Checkout.root
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    process.waitUntilExit()
    return Result(
      status: process.terminationStatus, output: try String(contentsOf: output, encoding: .utf8),
      errors: try String(contentsOf: errors, encoding: .utf8))
  }
}
