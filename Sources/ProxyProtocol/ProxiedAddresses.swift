import NetworkAddresses

/// What a PROXY protocol header says of the connection behind it.
package enum ProxiedAddresses: Equatable, Sendable {
  /// The client and the address it has reached.
  case client(SocketEndpoint, destination: SocketEndpoint)
  /// The proxy speaks for itself (a health check), or does not say for whom.
  case unknown
}

/// What the first bytes of a connection are, as far as they have come.
package enum ProxyHeaderReading: Equatable, Sendable {
  /// The beginning of a header, if more comes.
  case incomplete
  /// No header begins so.
  case noHeader
  /// A header that breaks the rules: what it says must not be believed, nor may the connection be served.
  case malformed
  /// A whole header of so many bytes; what follows belongs to the server.
  case header(ProxiedAddresses, length: Int)
}
