import NetworkAddresses
import ServiceModel

/// Why a place to listen cannot be read.
struct ListenAddressError: Error {
  let id: String
  let message: String
  var suggestion: String?
}

extension ListenAddress {
  /// Bytes that fit `sun_path` with its final NUL (unix(7)).
  static let longestPath = 107

  /// `PORT`, `ADDR:PORT`, `[V6%if]:PORT`, `A-B`, `/path`, `@abstract`, `vsock:CID:PORT`.
  static func parse(_ text: String) -> Result<ListenAddress, ListenAddressError> {
    if text.utf8.first == UInt8(ascii: "/") {
      return text.utf8.count <= longestPath
        ? .success(.unix(path: text))
        : failure("path-too-long", "the path of a unix socket is at most \(longestPath) bytes long (unix(7))")
    }
    if text.utf8.first == UInt8(ascii: "@") {
      let name = text.dropping(first: 1)
      if name.isEmpty { return failure("bad-address", "'@' needs a name behind it") }
      return name.utf8.count <= longestPath
        ? .success(.abstract(name: name))
        : failure("path-too-long", "the name of an abstract socket is at most \(longestPath) bytes long (unix(7))")
    }
    if text.utf8.starts(with: "vsock:".utf8) { return vsock(text) }
    return network(text)
  }

  private static func failure<T>(
    _ id: String, _ message: String, suggestion: String? = nil
  ) -> Result<T, ListenAddressError> {
    .failure(ListenAddressError(id: id, message: message, suggestion: suggestion))
  }

  private static func vsock(_ text: String) -> Result<ListenAddress, ListenAddressError> {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 3, let port = ValueText.integer(String(parts[2])), let port = UInt32(exactly: port) else {
      return failure("bad-address", "'\(text)' is not of the form vsock:CID:PORT")
    }
    if parts[1].utf8.elementsEqual("*".utf8) || parts[1].isEmpty { return .success(.vsock(cid: nil, port: port)) }
    guard let cid = ValueText.integer(String(parts[1])), let cid = UInt32(exactly: cid) else {
      return failure("bad-address", "'\(parts[1])' is not a number of a virtual machine (vsock(7))")
    }
    return .success(.vsock(cid: cid == .max ? nil : cid, port: port))
  }

  private static func network(_ text: String) -> Result<ListenAddress, ListenAddressError> {
    var hostText = ""
    var portText = text
    if text.utf8.first == UInt8(ascii: "[") {
      guard let close = text.utf8.lastIndex(of: UInt8(ascii: "]")) else {
        return failure("bad-address", "'\(text)' lacks the ']' behind the address")
      }
      let rest = text[text.utf8.index(after: close)...]
      guard rest.utf8.first == UInt8(ascii: ":") else {
        return failure("bad-address", "'\(text)' lacks the port", suggestion: "\(text[...close]):PORT")
      }
      hostText = String(text[...close])
      portText = String(rest).dropping(first: 1)
    } else if let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")) {
      hostText = String(text[..<colon])
      portText = String(text[text.utf8.index(after: colon)...])
      if hostText.utf8.contains(UInt8(ascii: ":")) {
        let near = IPAddress(hostText) == nil ? nil : "[\(hostText)]:\(portText)"
        return failure("bad-address", "an IPv6 address needs brackets before its port", suggestion: near)
      }
    } else if IPAddress(text) != nil {
      return failure("bad-address", "'\(text)' lacks the port", suggestion: "\(text):PORT")
    }
    switch ListenPort.parse(portText) {
    case .failure(let error): return .failure(error)
    case .success(let port):
      if hostText.isEmpty { return .success(.ip(host: .any, port: port)) }
      return ListenHost.parse(hostText).map { .ip(host: $0, port: port) }
    }
  }

  /// The text that gives this address in flat syntax.
  package var text: String {
    switch self {
    case .ip(.any, let port): port.text
    case .ip(.address(let address, let interface), let port) where address.family == .ipv6:
      "[\(address)\(interface.map { "%" + $0 } ?? "")]:\(port.text)"
    case .ip(let host, let port): "\(host.text):\(port.text)"
    case .unix(let path): path
    case .abstract(let name): "@" + name
    case .vsock(let cid, let port): "vsock:\(cid.map { "\($0)" } ?? "*"):\(port)"
    }
  }
}

extension ListenPort {
  static func parse(_ text: String) -> Result<ListenPort, ListenAddressError> {
    if text.isEmpty { return .failure(ListenAddressError(id: "bad-port", message: "the port is missing")) }
    if text.utf8.elementsEqual("*".utf8) { return .success(.assigned) }
    if text.withBytes({ $0.allSatisfy(ASCII.isDigit) }) { return number(text).map { .number($0) } }
    if let dash = text.utf8.firstIndex(of: UInt8(ascii: "-")) {
      let low = String(text[..<dash])
      let high = String(text[text.utf8.index(after: dash)...])
      if !low.isEmpty, !high.isEmpty, low.utf8.allSatisfy(ASCII.isDigit), high.utf8.allSatisfy(ASCII.isDigit) {
        return range(low, high, text)
      }
    }
    if ServiceName.isValid(text), !looksLikeAddress(text) { return .success(.service(text)) }
    return .failure(
      ListenAddressError(id: "bad-port", message: "'\(text)' is neither a port, a range of ports nor a service's name"))
  }

  /// Printed within a place to listen on, such a name would make another place of it.
  private static func looksLikeAddress(_ text: String) -> Bool {
    text.utf8.first == UInt8(ascii: "@") || text.utf8.contains { $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "]") }
  }

  private static func number(_ text: String) -> Result<UInt16, ListenAddressError> {
    if let value = ValueText.integer(text), let port = UInt16(exactly: value), port > 0 { return .success(port) }
    return .failure(ListenAddressError(id: "bad-port", message: "a port is 1 to 65535, not \(text)"))
  }

  /// More sockets than this for one service are a mistake, and would cost the others their descriptors.
  static let longestRange = 4096

  private static func range(_ low: String, _ high: String, _ text: String) -> Result<ListenPort, ListenAddressError> {
    switch (number(low), number(high)) {
    case (.failure(let error), _), (_, .failure(let error)): return .failure(error)
    case (.success(let first), .success(let last)):
      if first > last {
        return .failure(
          ListenAddressError(
            id: "bad-port", message: "the range '\(text)' ends before it begins", suggestion: "\(last)-\(first)"))
      }
      if last - first >= longestRange {
        return .failure(
          ListenAddressError(
            id: "too-many-ports", message: "'\(text)' is more than \(longestRange) ports, the most for one service"))
      }
      return .success(first == last ? .number(first) : .range(first...last))
    }
  }

  package var text: String {
    switch self {
    case .number(let port): "\(port)"
    case .range(let range): "\(range.lowerBound)-\(range.upperBound)"
    case .service(let name): name
    case .assigned: "*"
    }
  }
}

extension ListenHost {
  /// An address (IPv6 with or without brackets, with `%interface`), a host name, an interface, or `*` for all.
  static func parse(_ text: String) -> Result<ListenHost, ListenAddressError> {
    if text.utf8.elementsEqual("*".utf8) { return .success(.any) }
    var bare = text
    if text.utf8.first == UInt8(ascii: "["), text.utf8.last == UInt8(ascii: "]") {
      bare = text.dropping(first: 1, last: 1)
    }
    var interface: String?
    var numeric = bare
    if bare.offset(of: UInt8(ascii: "%")) != nil, let percent = bare.utf8.firstIndex(of: UInt8(ascii: "%")) {
      numeric = String(bare[..<percent])
      interface = String(bare[bare.utf8.index(after: percent)...])
    }
    if let address = IPAddress(numeric) {
      if let interface, interface.isEmpty || address.family == .ipv4 {
        return .failure(
          ListenAddressError(id: "bad-address", message: "'%' takes an interface and follows an IPv6 address"))
      }
      if address.isLinkLocal6 && interface == nil {
        return .failure(
          ListenAddressError(
            id: "bad-address", message: "a link-local address needs its interface", suggestion: "\(address)%eth0"))
      }
      return .success(.address(address, interface: interface))
    }
    let looksNumeric = bare.utf8.allSatisfy { ASCII.isDigit($0) || $0 == UInt8(ascii: ".") }
    if looksNumeric || bare.utf8.contains(UInt8(ascii: ":")) || !HostName.isValid(bare) {
      return .failure(
        ListenAddressError(id: "bad-address", message: "'\(text)' is neither an address, a host name nor an interface"))
    }
    return .success(.name(bare))
  }

  package var text: String {
    switch self {
    case .any: "*"
    case .address(let address, let interface): interface.map { "\(address)%\($0)" } ?? address.description
    case .name(let name): name
    }
  }
}

/// Names of /etc/services and ids of services.
enum ServiceName {
  /// Letters, digits and `- _ . +` and more of what /etc/services holds; no blank, colon, slash or control byte.
  static func isValid(_ text: String) -> Bool {
    if text.isEmpty || text.utf8.count > 255 { return false }
    return text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f && $0 != UInt8(ascii: ":") && $0 != UInt8(ascii: "/") }
  }
}
