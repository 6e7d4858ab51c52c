/// Where a socket is, or who is at its other end: what `bind`, `accept` and `getpeername` speak of.
package enum SocketEndpoint: Hashable, Sendable {
  /// `scope` is the interface index of a link-local IPv6 address, else 0.
  case ip(IPAddress, port: UInt16, scope: UInt32 = 0)
  /// A path in the file system.
  case unix(path: String)
  /// A name in Linux's abstract namespace, without the leading NUL.
  case abstract(name: String)
  case vsock(cid: UInt32, port: UInt32)
  /// A unix peer that has not bound a name; most have not.
  case unnamed

  package var ip: IPAddress? {
    if case .ip(let address, _, _) = self { address } else { nil }
  }

  package var port: UInt16? {
    if case .ip(_, let port, _) = self { port } else { nil }
  }
}

extension SocketEndpoint: CustomStringConvertible {
  /// `1.2.3.4:80`, `[::1]:80`, `[fe80::1%2]:80`, `/run/x`, `@name`, `vsock:CID:PORT`, `unix` when unnamed.
  package var description: String {
    switch self {
    case .ip(let address, let port, let scope):
      if address.family == .ipv4 { return "\(address):\(port)" }
      return scope == 0 ? "[\(address)]:\(port)" : "[\(address)%\(scope)]:\(port)"
    case .unix(let path): return path
    case .abstract(let name): return "@" + name
    case .vsock(let cid, let port): return "vsock:\(cid):\(port)"
    case .unnamed: return "unix"
    }
  }
}
