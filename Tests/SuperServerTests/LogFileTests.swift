import Foundation
import LinuxSystem
import Testing

@testable import SuperServer

/// A service's own log file and its limits.
@Suite struct LogFileTests {
  private let directory = FileManager.default.temporaryDirectory.appending(path: "inetd-log-\(UUID().uuidString)")
  private var path: String { directory.appending(path: "log").path }
  private let time = WallClock(seconds: 0).local

  init() throws { try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true) }

  private func now(_ seconds: Int64) -> MonotonicTime { MonotonicTime(nanoseconds: seconds * 1_000_000_000) }

  private var text: String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }

  private func remove() { try? FileManager.default.removeItem(at: directory) }

  @Test func saysOnceThatALimitIsReached() {
    defer { remove() }
    let file = LogFile(path: path, soft: 60, hard: 120)
    // 34 bytes a line with its stamp.
    let line = String(repeating: "x", count: 34 - LogFile.stamp(time).count - 1)
    let outcomes = (0..<6).map { _ in file.append(line, at: time, now: now(0)) }
    #expect(outcomes == [.written, .reachedSoftLimit, .written, .reachedHardLimit, .silent, .silent])
    #expect(text.split(separator: "\n").count == 3)
  }

  /// xinetd.conf(5): without a hard limit a hundredth more than the soft one, but at least 5K and at most 20K.
  @Test(arguments: [(1000, 1000 + 5120), (1_000_000, 1_010_000), (100_000_000, 100_020_480)])
  func theHardLimitFollowsFromTheSoftOne(_ soft: UInt64, _ hard: UInt64) throws {
    defer { remove() }
    try Data(count: Int(hard) - 40).write(to: URL(filePath: path))
    let file = LogFile(path: path, soft: soft, hard: nil)
    let stamp = LogFile.stamp(time).count + 1
    #expect(file.append(String(repeating: "x", count: 40 - stamp), at: time, now: now(0)) == .reachedSoftLimit)
    #expect(file.append("", at: time, now: now(0)) == .reachedHardLimit)
  }

  @Test func withoutLimitsThereAreNone() {
    defer { remove() }
    let file = LogFile(path: path, soft: nil, hard: nil)
    for _ in 0..<100 { #expect(file.append("line", at: time, now: now(0)) == .written) }
  }

  @Test func reopeningForgetsAndCountsAnew() throws {
    defer { remove() }
    let file = LogFile(path: path, soft: nil, hard: 30)
    #expect(file.append("one", at: time, now: now(0)) == .written)
    #expect(file.append("two", at: time, now: now(0)) == .reachedHardLimit)
    try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
    #expect(file.append("three", at: time, now: now(0)) == .silent)
    file.reopen()
    #expect(file.append("four", at: time, now: now(0)) == .written)
    #expect(text.hasSuffix(": four\n"))
  }

  /// What cannot be written is told once, tried again later, and told once more when it works.
  @Test func aFileThatCannotBeOpenedIsTriedAgain() throws {
    defer { remove() }
    let place = directory.appending(path: "missing")
    let file = LogFile(path: place.appending(path: "log").path, soft: nil, hard: nil)
    guard case .failed(let error) = file.append("lost", at: time, now: now(0)) else {
      Issue.record("opened a file in a directory that is not there")
      return
    }
    #expect(error.description.contains("missing/log"))
    #expect(file.append("lost", at: time, now: now(1)) == .silent)
    #expect(file.append("lost", at: time, now: now(11)) == .silent)
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    #expect(file.append("lost", at: time, now: now(12)) == .silent)
    #expect(file.append("kept", at: time, now: now(22)) == .recovered(lost: 4))
    #expect(file.append("kept", at: time, now: now(22)) == .written)
  }

  /// A FIFO that nobody reads must not hold anything up.
  @Test func aFIFOIsNotWaitedFor() {
    defer { remove() }
    #expect(mkfifo(path, 0o600) == 0)
    guard case .failed = LogFile(path: path, soft: nil, hard: nil).append("x", at: time, now: now(0)) else {
      Issue.record("wrote to a FIFO that nobody reads")
      return
    }
  }
}
