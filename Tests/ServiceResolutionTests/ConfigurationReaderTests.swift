import Foundation
import ServiceConfiguration
import ServiceModel
import Testing

@testable import ServiceResolution

@Suite struct ConfigurationReaderTests {
  let root: TemporaryDirectory

  init() throws { root = try TemporaryDirectory() }

  private func read(
    classic: String? = nil, _ directories: [String] = ["low", "high"], checksWriters: Bool = false
  ) -> ConfigurationReader {
    var paths = ConfigurationPaths(
      classicFile: classic.map { root.path + "/" + $0 }, directories: directories.map { root.path + "/" + $0 })
    paths.classicFileMayBeMissing = false
    var reader = ConfigurationReader(paths: paths, checksWriters: checksWriters)
    reader.read()
    return reader
  }

  /// `path text` of each document, the path from the test's directory on; `!id` for one that is not to be read.
  private func shown(_ reader: ConfigurationReader) -> [String] {
    reader.documents.map { document in
      let path = document.path.replacing(root.path + "/", with: "")
      switch document.content {
      case .bytes(let bytes): return path + " " + String(decoding: bytes, as: UTF8.self)
      case .unreadable(let id, _): return path + " !" + id
      }
    }
  }

  private func findings(_ reader: ConfigurationReader) -> [String] {
    reader.diagnostics.map {
      "\(($0.subject ?? "").replacing(root.path + "/", with: "")) \($0.severity.word) \($0.id)"
    }
  }

  @Test func highestDirectoryWinsAndNamesAreSorted() throws {
    try root.write("low a", to: "low/a.conf")
    try root.write("low b", to: "low/b.conf")
    try root.write("low Z", to: "low/Z.conf")
    try root.write("high b", to: "high/b.conf")
    try root.write("high c", to: "high/c")
    try root.write("classic", to: "inetd.conf")
    let reader = read(classic: "inetd.conf")
    #expect(
      shown(reader) == [
        "inetd.conf classic", "low/Z.conf low Z", "low/a.conf low a", "high/b.conf high b", "high/c high c",
      ])
    #expect(reader.documents.map { $0.role } == [.classicFile, .dropIn, .dropIn, .dropIn, .dropIn])
    #expect(findings(reader) == [])
  }

  @Test func emptyFileAndNullLinkMask() throws {
    for name in ["a.conf", "b.conf", "c.conf"] { try root.write("low", to: "low/" + name) }
    try root.write("", to: "high/a.conf")
    try root.link("high/b.conf", to: "/dev/null")
    let reader = read()
    #expect(shown(reader) == ["low/c.conf low"])
    #expect(findings(reader) == [])
    #expect(reader.isComplete)
  }

  @Test(arguments: [
    ("a.conf", true), ("telnet", true), (".a.conf", false), ("a.conf~", false), ("a~", false), ("a.dpkg-old", false),
    ("a.conf.bak", false), ("a.rpmsave", false), ("a.conf.d", false), (".", false), ("", false), ("README", true),
  ])
  func namesThatCount(name: String, counts: Bool) {
    #expect(ConfigurationReader.counts(name) == counts)
  }

  @Test func snippetsFollowTheirFile() throws {
    try root.write("base", to: "low/a.conf")
    try root.write("low 1", to: "low/a.conf.d/1.conf")
    try root.write("low 2", to: "low/a.conf.d/2.conf")
    try root.write("high 1", to: "high/a.conf.d/1.conf")
    try root.write("", to: "high/a.conf.d/2.conf")
    try root.write("high 0", to: "high/a.conf.d/0.conf")
    try root.write("no", to: "high/a.conf.d/x.bak")
    let reader = read()
    #expect(
      shown(reader) == ["low/a.conf base", "high/a.conf.d/0.conf high 0", "high/a.conf.d/1.conf high 1"])
    #expect(reader.documents.last?.role == .override(base: "a"))
  }

  @Test func snippetsBelowTheirFileDoNotCount() throws {
    try root.write("high", to: "high/a.conf")
    try root.write("low 1", to: "low/a.conf.d/1.conf")
    #expect(shown(read()) == ["high/a.conf high"])
  }

  @Test func missingDirectoryIsNoError() throws {
    let reader = read(["nowhere"])
    #expect(shown(reader) == [])
    #expect(findings(reader) == [])
    #expect(reader.isComplete)
  }

  @Test func namedClassicFileMustExist() {
    #expect(shown(read(classic: "nowhere.conf")) == ["nowhere.conf !missing-file"])
    var paths = ConfigurationPaths(classicFile: root.path + "/nowhere.conf", directories: [])
    paths.classicFileMayBeMissing = true
    var reader = ConfigurationReader(paths: paths, checksWriters: false)
    reader.read()
    #expect(shown(reader) == [])
  }

  @Test func whatIsNoFile() throws {
    try root.makeDirectory(named: "high/dir")
    try root.link("high/dangling", to: "/nowhere/at/all")
    mkfifo(root.path + "/high/fifo", 0o644)
    try root.makeDirectory(named: "classic.conf")
    let reader = read(classic: "classic.conf")
    #expect(shown(reader) == ["classic.conf !not-a-file"])
    #expect(
      findings(reader) == [
        "high/dangling warning not-a-file", "high/dir warning not-a-file", "high/fifo warning not-a-file",
      ])
  }

  @Test func linksAreFollowed() throws {
    try root.write("there", to: "elsewhere/x")
    try root.makeDirectory(named: "high")
    try root.link("high/x", to: "../elsewhere/x")
    #expect(shown(read()) == ["high/x there"])
  }

  @Test func largeFileIsRefused() throws {
    try root.write([UInt8](repeating: 10, count: ConfigurationLoader.maximumFileSize + 1), to: "high/a")
    try root.write([UInt8](repeating: 35, count: ConfigurationLoader.maximumFileSize), to: "high/b")
    let reader = read()
    #expect(shown(reader).map { $0.prefix(23) } == ["high/a !file-too-large", "high/b ################"])
  }

  @Test(.enabled(if: geteuid() == 0, "changes owners"))
  func rootDoesNotReadWhatOthersWrite() throws {
    try root.write("ok", to: "high/a", mode: 0o644)
    try root.write("world", to: "high/b", mode: 0o646)
    chown(try root.write("group", to: "high/c", mode: 0o664), 0, 100)
    try root.write("root's group", to: "high/d", mode: 0o664)
    chown(try root.write("owner", to: "high/e", mode: 0o600), 1000, 0)
    #expect(
      shown(read(checksWriters: true))
        == ["high/a ok", "high/b !unsafe-file", "high/c !unsafe-file", "high/d root's group", "high/e !unsafe-file"])
    #expect(shown(read(checksWriters: false)).filter { $0.contains("!") } == [])
    try root.makeDirectory(named: "high", mode: 0o777)
    let reader = read(checksWriters: true)
    #expect(shown(reader) == [])
    #expect(findings(reader) == ["high error unsafe-directory"])
    #expect(!reader.isComplete)
  }

  @Test func unreadableDirectory() throws {
    try root.write("x", to: "file")
    let reader = read(["file"])
    #expect(findings(reader) == ["file error not-a-directory"])
    #expect(!reader.isComplete)
  }

  // MARK: Includes

  private func include(
    _ kind: IncludeRequest.Kind, _ path: String, files: Int = 100, names: Int = 1000, bytes: Int = 1 << 20
  ) -> IncludeReply {
    let room = IncludeRoom(files: files, names: names, bytes: bytes)
    return ConfigurationReader.include(
      IncludeRequest(kind: kind, path: root.path + "/" + path, room: room), checksWriters: false)
  }

  @Test func includedFiles() throws {
    for name in ["d/a.conf", "d/b", "d/c.bak", "d/.d", "e/a.conf"] { try root.write(name, to: name) }
    try root.makeDirectory(named: "d/sub")
    func names(_ reply: IncludeReply) -> [String] { reply.files.map { $0.path.replacing(root.path + "/", with: "") } }
    #expect(names(include(.directory, "d")) == ["d/a.conf", "d/b"])
    #expect(names(include(.xinetdDirectory, "d")) == ["d/b"])
    #expect(names(include(.directory, "d/")) == ["d/a.conf", "d/b"])
    #expect(names(include(.glob, "d/*")) == ["d/a.conf", "d/b", "d/c.bak"])
    #expect(names(include(.glob, "?/a.*")) == ["d/a.conf", "e/a.conf"])
    #expect(names(include(.glob, "*/a.conf", files: 1)) == ["d/a.conf"])
    #expect(include(.glob, "*/a.conf", files: 1).lack == .files)
    #expect(include(.glob, "*/a.conf").lack == nil)
    #expect(names(include(.glob, "none/*")) == [])
    #expect(include(.glob, "none/*").failure == nil)
    #expect(include(.glob, "none").failure?.id == "include-missing")
    #expect(include(.file, "d").failure?.id == "include-not-a-file")
    #expect(include(.directory, "none").failure?.id == "include-missing")
    #expect(names(include(.file, "d/c.bak")) == ["d/c.bak"])
  }

  @Test func identityIsTheFilesNotTheNames() throws {
    try root.write("x", to: "a")
    try root.link("b", to: "a")
    #expect(include(.file, "a").files.first?.identity == include(.file, "b").files.first?.identity)
  }

  @Test func manyFiles() throws {
    for number in 0..<1000 { try root.write("user = root\n", to: "high/s\(number).conf") }
    #expect(read().documents.count == 1000)
  }
}
