import LinuxSystem

/// The inherited sockets that no service has claimed yet.
package struct InheritedSockets {
  /// How a service found its socket, for the log.
  package enum Match: Equatable {
    case name, address, equivalence, assignment

    package var words: String {
      switch self {
      case .name: "by its name"
      case .address: "by its address"
      case .equivalence: "as the same wildcard"
      case .assignment: "at the port that the kernel had chosen for it"
      }
    }
  }

  package private(set) var sockets: [InheritedSocket]

  package init(_ sockets: [InheritedSocket]) { self.sockets = sockets }

  package var isEmpty: Bool { sockets.isEmpty }

  /// Takes the socket that answers `match` for one wanted by the service `id`. All services are to ask by name before
  /// any asks by address, and so on.
  package mutating func claim(_ wanted: WantedSocket, for id: String, by match: Match) -> InheritedSocket? {
    let index =
      switch match {
      case .name:
        // Of several with the name, the one with the address.
        sockets.firstIndex { $0.origin == .unit && $0.name == id && wanted.isExactly($0) }
          ?? sockets.firstIndex { $0.origin == .unit && $0.name == id && wanted.couldBe($0) }
      case .address: sockets.firstIndex { wanted.isExactly($0) }
      case .equivalence: sockets.firstIndex { $0.origin == .unit && wanted.isEquivalent(to: $0) }
      case .assignment: sockets.firstIndex { $0.origin == .kept && $0.owner == id && wanted.isAssigned($0) }
      }
    return index.map { sockets.remove(at: $0) }
  }
}
