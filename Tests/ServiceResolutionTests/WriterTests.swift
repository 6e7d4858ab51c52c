import Foundation
import ServiceConfiguration
import ServiceModel
import Testing

@testable import ServiceResolution

/// What others can write is not read as root, wherever it lies: whole sentences.
@Suite(.enabled(if: geteuid() == 0, "changes owners"))
struct WriterTests {
  let root: TemporaryDirectory

  init() throws { root = try TemporaryDirectory() }

  private static let service = "user = nobody\nserver = /bin/cat\nlisten = 7101\n"
  private static let included = "user = nobody\nserver = /bin/cat\nlisten = 7102\n"
  private static let rootByWriting = "who could become root by writing to it"
  private static let rootThatWay = "who could become root that way"

  /// What a load says of `d/start.conf` and what it includes, paths from the test's directory on.
  private func load(_ start: String? = nil, directories: [String] = ["d"], classic: String? = nil) throws -> [String] {
    if let start { try root.write(start + "\n" + Self.service, to: "d/start.conf") }
    var paths = ConfigurationPaths(
      classicFile: classic.map { root.path + "/" + $0 }, directories: directories.map { root.path + "/" + $0 })
    paths.classicFileMayBeMissing = false
    var options = LoadOptions()
    options.runsAsRoot = true
    let table = ConfigurationLoad.read(paths: paths, options: options)
    #expect(!table.isComplete || table.diagnostics.isEmpty)
    return table.diagnostics.map { finding in
      let place = finding.range.map { table.sources.describe($0) } ?? finding.subject ?? ""
      return "\(place): \(finding.severity.word): \(finding.fullMessage) [\(finding.id)]"
        .replacing(root.path + "/", with: "")
    }
  }

  /// How others can write something, and what is said of it.
  enum Writer: CaseIterable {
    case owner, group, everyone

    func open(_ path: String, mode: mode_t) {
      switch self {
      case .owner: chown(path, 1000, 0)
      case .group:
        chown(path, 0, 100)
        chmod(path, mode | 0o020)
      case .everyone: chmod(path, mode | 0o002)
      }
    }

    var words: String {
      switch self {
      case .owner: "belongs to user 1000, \(WriterTests.rootByWriting)"
      case .group: "can be written by group 100, \(WriterTests.rootThatWay)"
      case .everyone: "can be written by everyone, \(WriterTests.rootThatWay)"
      }
    }
  }

  @Test(arguments: Writer.allCases)
  func includedFiles(_ writer: Writer) throws {
    let path = try root.write(Self.included, to: "more/x.conf")
    #expect(try load("include = ../more/x.conf") == [])
    writer.open(path, mode: 0o644)
    let sentence = "more/x.conf: error: \(writer.words); file skipped [unsafe-file]"
    for start in ["include = ../more/x.conf", "include = ../more/*.conf", "includedir = ../more"] {
      #expect(try load(start) == ["d/../" + sentence], "\(start)")
    }
    try root.remove("d/start.conf")
    try root.write(".include more/x.conf\n", to: "inetd.conf")
    #expect(try load(directories: [], classic: "inetd.conf") == [sentence])
    try root.write("include \(path)\n", to: "d/start")
    #expect(try load() == [sentence])
  }

  /// A directory that others can write is not looked into, whether all of it is asked for or a pattern.
  @Test(arguments: Writer.allCases)
  func includedDirectories(_ writer: Writer) throws {
    try root.write(Self.included, to: "more/x.conf")
    writer.open(root.path + "/more", mode: 0o755)
    #expect(
      try load("includedir = ../more") == [
        "d/start.conf:1:14: error: '../more' \(writer.words); nothing is included [unsafe-directory]"
      ])
    #expect(
      try load("include = ../more/*.conf") == [
        "d/start.conf:1:11: error: '../more/*.conf' looks into 'd/../more/', which \(writer.words); nothing is "
          + "included [unsafe-directory]"
      ])
    #expect(try load("include = ../*/x.conf") == [], "nobody can add to what is listed here")
  }

  @Test(arguments: Writer.allCases)
  func filesAndDirectoriesOfServices(_ writer: Writer) throws {
    try root.write("x stream tcp nowait root /bin/cat cat\n", to: "inetd.conf")
    try root.write(Self.service, to: "d/a.conf")
    try root.write("nice = 1\n", to: "d/a.conf.d/b.conf")
    for name in ["inetd.conf", "d/a.conf", "d/a.conf.d/b.conf"] { writer.open(root.path + "/" + name, mode: 0o644) }
    #expect(
      Set(try load(classic: "inetd.conf"))
        == Set(
          ["d/a.conf", "d/a.conf.d/b.conf", "inetd.conf"].map {
            "\($0): error: \(writer.words); file skipped [unsafe-file]"
          }))
    writer.open(root.path + "/d", mode: 0o755)
    #expect(try load() == ["d: error: \(writer.words); directory skipped [unsafe-directory]"])
  }

  @Test func whatIsMissingOrSomethingElse() throws {
    try root.write("", to: "file")
    try root.makeDirectory(named: "directory")
    #expect(
      try load(directories: ["file"], classic: "nowhere.conf") == [
        "file: error: is not a directory; directory skipped [not-a-directory]",
        "nowhere.conf: error: does not exist; file skipped [missing-file]",
      ])
    #expect(
      try load(directories: [], classic: "directory") == [
        "directory: error: is a directory, not a file; file skipped [not-a-file]"
      ])
    let failures = [
      ("include = ../nowhere", 11, "'../nowhere' does not exist; nothing is included [include-missing]"),
      ("includedir = ../nowhere", 14, "'../nowhere' does not exist; nothing is included [include-missing]"),
      ("includedir = ../file", 14, "'../file' is not a directory; nothing is included [not-a-directory]"),
      ("include = ../directory", 11, "'../directory' is not a file; nothing is included [include-not-a-file]"),
    ]
    for (start, column, sentence) in failures {
      #expect(try load(start) == ["d/start.conf:1:\(column): error: \(sentence)"])
    }
  }
}
