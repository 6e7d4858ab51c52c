import Foundation
import ServiceConfiguration
import ServiceModel
import Testing

@testable import ServiceResolution

/// What a pattern may cost: names that are looked at, files and bytes that are read.
@Suite struct IncludeBoundsTests {
  let root: TemporaryDirectory

  init() throws { root = try TemporaryDirectory() }

  private func include(
    _ path: String, _ kind: IncludeRequest.Kind = .glob, files: Int = 100, names: Int = 100, bytes: Int = 1 << 20
  ) -> IncludeReply {
    ConfigurationReader.include(
      IncludeRequest(
        kind: kind, path: path.hasPrefix("/") ? path : root.path + "/" + path,
        room: IncludeRoom(files: files, names: names, bytes: bytes)),
      checksWriters: false)
  }

  /// Five directories of five each of five each: 155 names, of which no more than asked for are looked at.
  @Test func namesAreBounded() throws {
    for number in 0..<125 { try root.makeDirectory(named: "\(number / 25)/\(number / 5 % 5)/\(number % 5)") }
    let whole = include("*/*/*", names: 155)
    #expect(whole.names == 155 && whole.lack == nil)
    for room in [1, 4, 5, 6, 30, 154] {
      let reply = include("*/*/*", names: room)
      // One more than there is room for shows that there are more.
      #expect(reply.names == room + 1 && reply.lack == .names, "\(room): \(reply.names)")
    }
    #expect(include("*/3/*", names: 30).names == 30, "what is written out is not looked for")
  }

  /// The same for the files of a directory.
  @Test func namesOfADirectoryAreBounded() throws {
    for number in 0..<20 { try root.write("", to: "d/\(number)") }
    #expect(include("d", .directory, names: 20).lack == nil)
    let reply = include("d", .directory, names: 5)
    #expect(reply.names == 6 && reply.lack == .names)
  }

  @Test func bytesAreBounded() throws {
    for number in 0..<20 { try root.write([UInt8](repeating: 35, count: 1000), to: "d/f\(number)") }
    for (kind, path) in [(IncludeRequest.Kind.glob, "d/*"), (.directory, "d")] {
      let reply = include(path, kind, bytes: 4500)
      #expect(reply.files.count == 5 && reply.lack == .bytes)
      #expect(include(path, kind, bytes: 20_000).lack == nil)
    }
  }

  /// Every descriptor of every process, as a joke has it: what cannot be read is not even opened, and what is looked at
  /// is counted.
  @Test func everyDescriptorOfTheMachine() {
    let reply = include("/proc/*/task/*/fd/*", names: 500, bytes: 1 << 16)
    #expect(reply.names <= 501)
    let bytes = reply.files.reduce(0) { sum, file in
      if case .bytes(let text) = file.content { sum + text.count } else { sum }
    }
    #expect(bytes <= 1 << 16 + ConfigurationLoader.maximumFileSize)
  }

  /// A FIFO whose writer waits for a reader must not take us for one.
  @Test func whatIsNoFileIsNotOpened() throws {
    mkfifo(root.path + "/pipe", 0o600)
    try root.write("x", to: "file")
    let before = try opens(of: root.path + "/pipe") { #expect(include("*").files.count == 1) }
    #expect(before == 0)
    let after = try opens(of: root.path + "/file") { #expect(include("*").files.count == 1) }
    #expect(after == 1)
  }

  /// How often a file is opened meanwhile (inotify(7)).
  private func opens(of path: String, _ action: () -> Void) throws -> Int {
    let watch = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
    try #require(watch >= 0)
    defer { close(watch) }
    try #require(inotify_add_watch(watch, path, UInt32(IN_OPEN)) >= 0)
    action()
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = read(watch, &buffer, buffer.count)
    return max(count, 0) / MemoryLayout<inotify_event>.size
  }
}
