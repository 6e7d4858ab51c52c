import Foundation
import Testing

/// What the two builds of the daemon load at run time.
@Suite struct LinkageTests {
  /// The names in the NEEDED entries of the ELF file at `path`.
  static func needed(by path: String) throws -> Set<String> {
    let result = try Command.run("readelf", "--dynamic", "--wide", path)
    try #require(result.status == 0, "readelf: \(result.errors)")
    return Set(
      result.output.split(separator: "\n").compactMap { line in
        guard line.contains("(NEEDED)"), let open = line.firstIndex(of: "["), let close = line.lastIndex(of: "]") else {
          return nil
        }
        return String(line[line.index(after: open)..<close])
      })
  }

  static let system: Set<String> = [
    "libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1",
  ]

  static let embedded = ProcessInfo.processInfo.environment["INETD_EMBEDDED_BINARY"] ?? Command.builtEmbedded

  @Test(.enabled(if: embedded != nil, "no Embedded build: Tests/run makes one"))
  func theInstalledDaemonLoadsLibcOnly() throws {
    let path = try #require(Self.embedded)
    let extra = try Self.needed(by: path).subtracting(Self.system)
    #expect(extra.isEmpty)
  }

  @Test func theOrdinaryDaemonAddsOnlyTheSwiftRuntime() throws {
    let runtime: Set<String> = [
      "libswiftCore.so", "libswift_Concurrency.so", "libswift_StringProcessing.so", "libswift_RegexParser.so",
      "libswiftSwiftOnoneSupport.so", "libswiftSynchronization.so", "libgcc_s.so.1", "libstdc++.so.6",
    ]
    let path = Checkout.root.appending(path: ".build/debug/inetd").path
    let extra = try Self.needed(by: path).subtracting(Self.system).subtracting(runtime)
    #expect(extra.isEmpty)
  }
}
