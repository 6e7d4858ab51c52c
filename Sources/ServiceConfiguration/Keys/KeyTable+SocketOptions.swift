import NetworkAddresses
import ServiceModel

extension KeyTable {
  private static let largestBuffer = UInt64(Int32.max)

  static let optionKeys: [ConfigurationKey] = [
    .number(
      "backlog", 1...Int(Int32.max), default: "net.core.somaxconn", "length of the queue of connections to accept",
      get: { $0.socket.options.backlog }, set: { $0.socket.options.backlog = $1 }),
    .size(
      "send_buffer", 1...largestBuffer, default: "the kernel's", "bytes to buffer for sending (SO_SNDBUF)",
      get: { $0.socket.options.sendBuffer.map { UInt64($0) } }, set: { $0.socket.options.sendBuffer = Int($1) }),
    .size(
      "receive_buffer", 1...largestBuffer, default: "the kernel's", "bytes to buffer for receiving (SO_RCVBUF)",
      get: { $0.socket.options.receiveBuffer.map { UInt64($0) } },
      set: { $0.socket.options.receiveBuffer = Int($1) }),
    ConfigurationKey(
      "tos", "N | 0xHH", default: "the kernel's", "type of service or traffic class (IP_TOS, IPV6_TCLASS)",
      apply: { draft, reader in
        if let value = reader.integerOrHex(0...255) { draft.definition.socket.options.tos = UInt8(value) }
      },
      words: { $0.socket.options.tos.map { ["\($0)"] } }),
    .number(
      "ttl", 1...255, default: "the kernel's", "time to live, hop limit (IP_TTL, IPV6_UNICAST_HOPS)",
      get: { $0.socket.options.ttl.map { Int($0) } }, set: { $0.socket.options.ttl = UInt8($1) }),
    ConfigurationKey(
      "mark", "N | 0xHH", default: "none", "mark of the packets for routing and filters (SO_MARK)",
      apply: { draft, reader in
        if let value = reader.integerOrHex(0...Int(UInt32.max)) { draft.definition.socket.options.mark = UInt32(value) }
      },
      words: { $0.socket.options.mark.map { ["\($0)"] } }),
    .number(
      "priority", 0...Int(Int32.max), default: "0", "priority of the packets in the queue (SO_PRIORITY)",
      get: { $0.socket.options.priority }, set: { $0.socket.options.priority = $1 }),
    ConfigurationKey(
      "congestion", "NAME", default: "the kernel's", "TCP congestion control (TCP_CONGESTION)",
      apply: { draft, reader in
        guard let word = reader.single() else { return }
        if ServiceName.isValid(word.text) && word.text.utf8.count < 16 {
          draft.definition.socket.options.congestion = word.text
        } else {
          reader.fail("bad-name", "the name of a congestion control has 1 to 15 bytes", at: word)
        }
      },
      words: { $0.socket.options.congestion.map { [$0] } }),
    ConfigurationKey(
      "bind_device", "INTERFACE", default: "any", "the only interface to take traffic from (SO_BINDTODEVICE)",
      isRestriction: true,
      apply: { draft, reader in
        guard let word = reader.single() else { return }
        if ServiceName.isValid(word.text) && word.text.utf8.count < 16 {
          draft.definition.socket.options.bindDevice = word.text
        } else {
          reader.fail("bad-name", "the name of an interface has 1 to 15 bytes", at: word)
        }
      },
      words: { $0.socket.options.bindDevice.map { [$0] } }),
    .optionalFlag(
      "freebind", default: "when the address is missing", "whether to bind addresses the host does not have (yet)",
      get: { $0.socket.options.freebind }, set: { $0.socket.options.freebind = $1 }),
    .flag(
      "transparent", "take connections to addresses that are not the host's (IP_TRANSPARENT)",
      get: { $0.socket.options.transparent }, set: { $0.socket.options.transparent = $1 }),
    .flag(
      "broadcast", "may send to broadcast addresses (SO_BROADCAST)", get: { $0.socket.options.broadcast },
      set: { $0.socket.options.broadcast = $1 }),
    ConfigurationKey(
      "multicast_group", "ADDRESS[%INTERFACE]...", default: "none", "groups to join", operators: .all,
      apply: applyMulticastGroups,
      words: { $0.socket.options.multicastGroups.isEmpty ? nil : $0.socket.options.multicastGroups }),
    .flag(
      "reuse_port", "share the port with other sockets of this user (SO_REUSEPORT)",
      get: { $0.socket.options.reusePort }, set: { $0.socket.options.reusePort = $1 }),
    .time(
      "defer_accept", default: "none", "how long the kernel waits for the first byte (TCP_DEFER_ACCEPT)",
      get: { $0.socket.options.deferAccept }, set: { $0.socket.options.deferAccept = $1 }),
    .number(
      "fast_open", 0...65_535, default: "none", "length of the queue of TCP fast open",
      get: { $0.socket.options.fastOpen }, set: { $0.socket.options.fastOpen = $1 }),
    ConfigurationKey(
      "keepalive", "yes | no | IDLE [INTERVAL [COUNT]]", default: "no", "probe idle TCP connections (SO_KEEPALIVE)",
      apply: applyKeepalive, words: keepaliveWords),
    ConfigurationKey(
      "accept_filter", "NAME", default: "none", "accept filter of the BSDs; Linux has none, see defer_accept",
      effect: .ignored,
      apply: { draft, reader in
        if let word = reader.single() { draft.definition.socket.options.acceptFilter = word.text }
      },
      words: { $0.socket.options.acceptFilter.map { [$0] } }),
  ]

  @Sendable private static func applyMulticastGroups(_ draft: inout ServiceDraft, _ reader: inout SettingReader) {
    var items: [(word: RawWord, value: String)] = []
    for word in reader.words {
      if case .success(.address(let address, let interface)) = ListenHost.parse(word.text), address.isMulticast {
        items.append((word, "\(address)" + (interface.map { "%" + $0 } ?? "")))
      } else if let percent = word.text.utf8.firstIndex(of: UInt8(ascii: "%")),
        let address = IPAddress(String(word.text[..<percent])), address.isMulticast
      {
        items.append((word, "\(address)\(word.text[percent...])"))
      } else {
        reader.fail("bad-address", "'\(word.text)' is not a multicast address", at: word)
      }
    }
    let groups = draft.definition.socket.options.multicastGroups
    draft.definition.socket.options.multicastGroups = reader.edited(groups, additive: false, items) { $0 == $1 }
  }

  @Sendable private static func applyKeepalive(_ draft: inout ServiceDraft, _ reader: inout SettingReader) {
    guard let words = reader.words(1...3, "yes, no, or IDLE [INTERVAL [COUNT]]") else { return }
    if words.count == 1, let isOn = ValueText.boolean(words[0].text) {
      draft.definition.socket.options.keepalive = isOn ? Keepalive() : nil
      if !isOn { draft.flags.remove(.keepalive) }
      return
    }
    var keepalive = Keepalive()
    keepalive.idle = reader.time(words[0], 1...32_767)
    if words.count > 1 { keepalive.interval = reader.time(words[1], 1...32_767) }
    if words.count > 2 { keepalive.count = reader.integer(words[2], 1...127) }
    draft.definition.socket.options.keepalive = keepalive
  }

  @Sendable private static func keepaliveWords(_ definition: ServiceDefinition) -> [String]? {
    guard let keepalive = definition.socket.options.keepalive else { return nil }
    guard let idle = keepalive.idle else { return ["yes"] }
    var words = [ValueText.time(idle)]
    if let interval = keepalive.interval { words.append(ValueText.time(interval)) }
    if let count = keepalive.count { words.append("\(count)") }
    return words
  }
}
