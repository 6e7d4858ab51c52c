import ControlProtocol
import EventLoop
import LinuxSystem
import NetworkAddresses
import ServiceModel

/// Whom the daemon serves now: by servers, and by itself. The longest come first: who has been there for days is what one
/// looks for.
///
/// Ten thousand may be there. So only their places are noted at first, 16 bytes for each, and the words are made when they
/// are asked for; who has gone by then is left out.
final class PeerList {
  private struct Entry {
    let startedAt: MonotonicTime
    /// A server's pid, or the place of a conversation in the loop.
    let number: Int32
    let isServer: Bool
  }

  private unowned(unsafe) let server: SuperServer
  private let now: MonotonicTime
  private var entries: [Entry] = []

  var count: Int { entries.count }

  /// Everybody, or the peers of the service that `id` names.
  init(of server: SuperServer, service id: String?) {
    self.server = server
    now = .now
    for instance in server.instances.all where id == nil || instance.service.definition.id == id {
      entries.append(Entry(startedAt: instance.startedAt, number: instance.pid, isServer: true))
    }
    for place in 0..<server.loop.placeCount {
      guard let facts = server.loop.conversation(at: place)?.facts else { continue }
      if id == nil || facts.service.definition.id == id {
        entries.append(Entry(startedAt: facts.startedAt, number: Int32(place), isServer: false))
      }
    }
    entries.sort { ($0.startedAt, $0.number) < ($1.startedAt, $1.number) }
  }

  /// Nil when the peer has gone meanwhile.
  func block(at index: Int) -> ControlBlock? {
    let entry = entries[index]
    return entry.isServer ? serverBlock(entry) : conversationBlock(entry)
  }

  private func serverBlock(_ entry: Entry) -> ControlBlock? {
    guard let instance = server.instances.instance(entry.number), instance.startedAt == entry.startedAt else {
      return nil
    }
    var block = ControlBlock([("id", instance.service.definition.id), ("kind", "server"), ("pid", "\(instance.pid)")])
    block.add("peer", instance.peer?.description)
    block.add("seconds", seconds(since: entry))
    return block
  }

  private func conversationBlock(_ entry: Entry) -> ControlBlock? {
    guard let facts = server.loop.conversation(at: Int(entry.number))?.facts, facts.startedAt == entry.startedAt else {
      return nil
    }
    var block = ControlBlock([("id", facts.service.definition.id), ("kind", facts.kind)])
    block.add("peer", facts.peer.unmappedEndpoint?.description)
    block.add("seconds", seconds(since: entry))
    if let traffic = facts.traffic {
      block.add("received", "\(traffic.received)")
      block.add("sent", "\(traffic.sent)")
    }
    return block
  }

  private func seconds(since entry: Entry) -> String { "\((now - entry.startedAt).wholeSeconds)" }
}
