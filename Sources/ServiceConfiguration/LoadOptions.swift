import ServiceModel

/// What the command line says about a load; the same files with the same options give the same table.
package struct LoadOptions: Equatable, Sendable {
  /// `-a ADDR`: where services without an address of their own listen.
  package var bindAddress: String?
  /// `-q N`: length of the accept queue of services that set none.
  package var backlog: Int?
  /// `-R N`: starts per minute of services that set no rate; nil or 0 = no limit.
  package var startsPerMinute: Int?
  /// `-l`: every service logs the peers it serves.
  package var logsConnections = false
  /// `-E`: servers get the daemon's whole environment.
  package var passesEnvironment = false
  /// Without root, user and group default to the daemon's own.
  package var runsAsRoot = true

  package init() {}

  /// Whether `text` can be a `bindAddress`: an address, an interface, a host name, or `*`.
  @export(interface) package static func isHost(_ text: String) -> Bool {
    if case .success = ListenHost.parse(text) { return true }
    return false
  }
}
