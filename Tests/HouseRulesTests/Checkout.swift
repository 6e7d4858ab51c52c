import Foundation

/// The checkout these tests were built from: its files as the rules of the house see them.
enum Checkout {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// Every file below `directories` with one of `extensions`, as paths relative to the root, in a stable order.
  static func files(in directories: [String], extensions: Set<String>) throws -> [String] {
    try directories.flatMap { directory -> [String] in
      let paths = try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: directory).path)
      return paths.filter { path in
        extensions.contains(URL(filePath: path).pathExtension) && !path.contains(".build/")
      }.map { "\(directory)/\($0)" }
    }.sorted()
  }

  static func text(of path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  static func lines(of path: String) throws -> [Substring] {
    try text(of: path).split(separator: "\n", omittingEmptySubsequences: false)
  }

  /// The names of the modules that the Swift file at `path` imports.
  static func imports(of path: String) throws -> [String] {
    try lines(of: path).compactMap { line in
      let words = line.split(separator: " ")
      guard let index = words.firstIndex(of: "import"), index + 1 < words.count, !line.hasPrefix(" "),
        words[..<index].allSatisfy({ $0.hasPrefix("@") || ["public", "package", "internal", "private"].contains($0) })
      else { return nil }
      return String(words[index + 1].prefix { $0 != "." })
    }
  }
}
