import CLinux
import EventLoop
import LinuxSystem
import Testing

@Suite struct EventLoopTests {
  @Test func aSourceHearsWhatItWatchesFor() throws {
    let loop = try EventLoop()
    let pipe = try FileDescriptor.pipe(nonblocking: true)
    let source = Recorder()
    try loop.add(source, pipe.reader.borrowed, .readable)
    #expect(source.isRegistered && loop.sourceCount == 1)

    try loop.runBatch(limit: .zero)
    #expect(source.events == [])
    try pipe.writer.borrowed.writeAll("x")
    try loop.runBatch(limit: .seconds(20))
    #expect(source.events == [.readable])
    // Level-triggered: what was not read is reported again.
    try loop.runBatch(limit: .seconds(20))
    #expect(source.events == [.readable, .readable])

    try loop.modify(source, [])
    try loop.runBatch(limit: .zero)
    #expect(source.events.count == 2)
    try loop.modify(source, .readable)
    try loop.runBatch(limit: .seconds(20))
    #expect(source.events.count == 3)

    loop.remove(source)
    loop.remove(source)
    try loop.runBatch(limit: .zero)
    #expect(source.events.count == 3)
    #expect(!source.isRegistered && loop.sourceCount == 0)
  }

  @Test func theEndOfAStreamIsReported() throws {
    let loop = try EventLoop()
    let source = Recorder()
    let reader: FileDescriptor
    do {
      let pipe = try FileDescriptor.pipe(nonblocking: true)
      reader = pipe.takeReader()
    }
    try loop.add(source, reader.borrowed, .readable)
    try loop.runBatch(limit: .seconds(20))
    #expect(source.events.first?.contains(.hangUp) == true)
  }

  @Test func anEventFetchedForARemovedSourceIsDropped() throws {
    let loop = try EventLoop()
    let first = try FileDescriptor.pipe(nonblocking: true)
    let second = try FileDescriptor.pipe(nonblocking: true)
    let replacement = Recorder()
    let idle = try FileDescriptor.pipe(nonblocking: true)
    let pair = [Recorder(), Recorder()]
    for (index, source) in pair.enumerated() {
      // Whoever is first removes the other, whose place in the table is taken at once by a third.
      source.action = {
        loop.remove(pair[1 - index])
        pair[0].action = {}
        pair[1].action = {}
        do { try loop.add(replacement, idle.reader.borrowed, .readable) } catch { Issue.record("\(error)") }
      }
    }
    try loop.add(pair[0], first.reader.borrowed, .readable)
    try loop.add(pair[1], second.reader.borrowed, .readable)
    try first.writer.borrowed.writeAll("x")
    try second.writer.borrowed.writeAll("x")
    try loop.runBatch(limit: .seconds(20))
    #expect(pair[0].events.count + pair[1].events.count == 1)
    #expect(replacement.events.isEmpty, "the event was not for it")
  }

  @Test func aSourceMayRemoveItselfAndIsThenFree() throws {
    let loop = try EventLoop()
    let pipe = try FileDescriptor.pipe(nonblocking: true)
    try pipe.writer.borrowed.writeAll("x")
    weak var observed: Recorder?
    do {
      let source = Recorder()
      source.action = { [unowned source] in loop.remove(source) }
      observed = source
      try loop.add(source, pipe.reader.borrowed, .readable)
    }
    #expect(observed != nil, "the loop keeps a registered source")
    try loop.runBatch(limit: .seconds(20))
    #expect(observed == nil)
  }

  @Test func aDescriptorThatCannotBeWatchedIsRefused() throws {
    let loop = try EventLoop()
    let file = try FileDescriptor.open("/etc/passwd")
    let source = Recorder()
    do throws(SystemError) {
      try loop.add(source, file.borrowed, .readable)
      Issue.record("a regular file is always ready")
    } catch {
      #expect(error.description == "watch descriptor \(file.raw): Operation not permitted")
    }
    #expect(!source.isRegistered && loop.sourceCount == 0)
  }

  @Test func manySourcesShareTheBatches() throws {
    let loop = try EventLoop()
    let pipe = try FileDescriptor.pipe(nonblocking: true)
    try pipe.writer.borrowed.writeAll("x")
    var copies: [Copy] = []
    // More than one batch holds: every one gets its turn all the same.
    for _ in 0..<300 {
      let copy = Copy(try pipe.reader.borrowed.duplicate())
      try loop.add(copy, copy.descriptor.borrowed, .readable)
      copies.append(copy)
    }
    for _ in 0..<3 { try loop.runBatch(limit: .seconds(20)) }
    #expect(copies.allSatisfy { $0.events >= 1 })
  }

  @Test func stopEndsAfterTheBatch() throws {
    let loop = try EventLoop()
    let pipe = try FileDescriptor.pipe(nonblocking: true)
    try pipe.writer.borrowed.writeAll("x")
    let source = Recorder()
    var order: [String] = []
    source.action = {
      order.append("event")
      loop.afterBatch {
        order.append("after")
        loop.afterBatch { order.append("after that") }
      }
      loop.stop()
    }
    loop.batchEnded = { order.append("end") }
    try loop.add(source, pipe.reader.borrowed, .readable)
    try loop.run()
    #expect(order == ["event", "after", "after that", "end"])
  }

  @Test func beforeSleepComesLastAndOnce() throws {
    let loop = try EventLoop()
    var order: [String] = []
    loop.beforeSleep { order.append("sleep") }
    loop.afterBatch { order.append("after") }
    loop.batchEnded = { order.append("end") }
    // A batch that does not sleep, because something waits; then two that do.
    try loop.runBatch(limit: .milliseconds(1))
    #expect(order == ["after", "end"])
    for _ in 0..<2 { try loop.runBatch(limit: .milliseconds(1)) }
    #expect(order == ["after", "end", "sleep", "end", "end"])
  }
}

private final class Recorder: EventSource {
  var events: [EventSet] = []
  var action: () -> Void = {}

  override func handle(_ events: EventSet) {
    self.events.append(events)
    action()
  }
}

private final class Copy: EventSource {
  let descriptor: FileDescriptor
  var events = 0

  init(_ descriptor: consuming FileDescriptor) {
    self.descriptor = descriptor
    super.init()
  }

  override func handle(_: EventSet) { events += 1 }
}
