import ControlProtocol

/// What goes to one client of the control socket, made while it is sent: what five thousand services have to say takes
/// long to write down, and the loop has others to serve meanwhile.
final class ReplyPortions {
  /// Services or peers of one portion.
  private static let portion = 64

  private var next: () -> [UInt8]?

  private init(_ next: @escaping () -> [UInt8]?) { self.next = next }

  /// The next bytes; nil at the end.
  func take() -> [UInt8]? { next() }

  /// A reply that is complete.
  static func whole(_ reply: ControlReply) -> ReplyPortions {
    var rest: [UInt8]? = reply.bytes
    return ReplyPortions {
      defer { rest = nil }
      return rest
    }
  }

  /// `first`, a block for each of the services that are there now, `last`.
  static func blocks(
    _ first: [ControlBlock], of services: [ServiceRuntime], _ last: [ControlBlock],
    _ block: @escaping (ServiceRuntime) -> ControlBlock
  ) -> ReplyPortions {
    blocks(first, count: services.count, last) { block(services[$0]) }
  }

  /// `first`, a block for each of `count` things unless it is nil, `last`.
  static func blocks(
    _ first: [ControlBlock] = [], count: Int, _ last: [ControlBlock] = [], _ block: @escaping (Int) -> ControlBlock?
  ) -> ReplyPortions {
    var place = -1
    return ReplyPortions {
      var bytes: [UInt8] = []
      if place < 0 {
        for block in first { block.append(to: &bytes) }
        place = 0
      }
      if place > count { return nil }
      let end = min(place + ReplyPortions.portion, count)
      for index in place..<end { block(index)?.append(to: &bytes) }
      place = end
      if end == count {
        bytes += ControlReply(blocks: last).bytes
        place += 1
      }
      return bytes
    }
  }

  /// One block whose only value is a report of the daemon's figures.
  static func metrics(_ report: MetricsReport) -> ReplyPortions {
    var hasBegun = false
    return ReplyPortions {
      if report.isComplete { return nil }
      var bytes: [UInt8] = []
      if !hasBegun { bytes += "text = \"".utf8 }
      hasBegun = true
      ControlText.appendEscaped(report.next(), to: &bytes)
      if report.isComplete {
        bytes += "\"\n\n".utf8
        bytes += ControlReply().bytes
      }
      return bytes
    }
  }
}
