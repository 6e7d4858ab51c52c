/// The layers of the house as architecture has them: which target stands on which floor, and what it may touch.
struct House {
  struct Room {
    let floor: Int
    /// No kernel, no clock, no file: time and file contents come in as parameters.
    let isPure: Bool
    /// Modules from outside the house, beyond Swift's own library.
    let outside: Set<String>

    static func pure(_ floor: Int) -> Room { Room(floor: floor, isPure: true, outside: []) }
    static func system(_ floor: Int, outside: Set<String> = []) -> Room {
      Room(floor: floor, isPure: false, outside: outside)
    }
  }

  /// A new target gets its line here together with its lines in Package.swift.
  static let rooms: [String: Room] = [
    "CLinux": .system(0), "CSpawn": .system(0), "CWrap": .system(0), "CTirpc": .system(0),
    "CRpcbind": .system(0), "CSeccomp": .system(0),
    "NetworkAddresses": .pure(0),
    "ServiceModel": .pure(1),
    "LinuxSystem": .system(1),
    "ServiceConfiguration": .pure(2),
    "AdmissionControl": .pure(2),
    "ControlProtocol": .pure(2),
    "GateProtocol": .pure(2),
    "RegistrationProtocol": .pure(2),
    "ProxyProtocol": .pure(2),
    "EventLoop": .system(2),
    "ProcessSpawning": .system(2),
    "SystemdIntegration": .system(2),
    "ServiceResolution": .system(3),
    "SuperServer": .system(4),
    "inetd": .system(5),
    "inetd-gate": .system(5),
    "inetd-generator": .system(5),
    "inetd-rpc": .system(5),
    "inetctl": .system(5, outside: ["ArgumentParser", "FoundationEssentials", "Glibc"]),
  ]

  /// C modules with a single way in.
  static let onlyImporter = [
    "CSpawn": "ProcessSpawning", "CWrap": "inetd-gate",
    "CRpcbind": "inetd-rpc", "CSeccomp": "inetd-gate",
  ]

  /// The one place that vouches for its own safety: a value shared until it differs, never changed while shared.
  static let vouchesForItself = "Sources/ServiceModel/Shared.swift"

  /// What of the clock Swift itself offers without an import.
  static let clockWords = ["ContinuousClock", "SuspendingClock", "Task.sleep"]
}
