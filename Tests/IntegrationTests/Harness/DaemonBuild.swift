import Foundation
import Testing

/// The two builds of the daemon. Every test of its behaviour runs against both.
enum DaemonBuild: String, CaseIterable, CustomTestStringConvertible {
  /// `swift build`: checked, debuggable.
  case ordinary
  /// `config/package/build-release`: what is installed. `INETD_EMBEDDED_BINARY` says where it is.
  case embedded

  /// The builds that exist in this run.
  static let present: [DaemonBuild] = allCases.filter { $0.path != nil }

  var testDescription: String { rawValue }

  var path: String? {
    switch self {
    case .ordinary: Checkout.product("inetd")
    case .embedded: ProcessInfo.processInfo.environment["INETD_EMBEDDED_BINARY"]
    }
  }
}

/// Where the checkout and its products are.
enum Checkout {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// An executable that `swift build` made; INETD_PRODUCTS names another directory of them (Tests/sanitize).
  static func product(_ name: String) -> String {
    let other = ProcessInfo.processInfo.environment["INETD_PRODUCTS"]
    return other.map { "\($0)/\(name)" } ?? root.appending(path: ".build/debug/\(name)").path
  }

  /// A program of a Debian package: installed, or unpacked by Tests/prepare.
  static func debian(_ package: String, _ path: String) -> String? {
    let unpacked = root.appending(path: ".build/debian/\(package)\(path)").path
    return [path, unpacked].first { FileManager.default.isExecutableFile(atPath: $0) }
  }
}
