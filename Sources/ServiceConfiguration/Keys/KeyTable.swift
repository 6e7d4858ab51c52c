import ServiceModel

/// Every key of the configuration, in the order they are printed.
package enum KeyTable {
  package static let keys: [ConfigurationKey] =
    identityKeys.map { $0.inGroup(.identity) }
    + socketKeys.map { $0.inGroup(.sockets) }
    + serverKeys.map { $0.inGroup(.server) }
    + accessKeys.map { $0.inGroup(.access) }
    + limitKeys.map { $0.inGroup(.limits) }
    + loggingKeys.map { $0.inGroup(.logging) }
    + timeoutKeys.map { $0.inGroup(.timeouts) }
    + sandboxKeys.map { $0.inGroup(.sandbox) }

  /// One bit for each key with values that are not acted on.
  static let inactive: KeySet = {
    var set = KeySet()
    for (index, key) in keys.enumerated() {
      switch key.effect {
      case .active, .ignored: break
      case .notYet, .notYetFor: set.insert(index)
      }
    }
    return set
  }()

  private static let indexByName: [String: Int] = {
    var index: [String: Int] = [:]
    for (number, key) in keys.enumerated() { index[key.name] = number }
    return index
  }()

  /// The row of a key, whatever the case it is written in.
  package static func key(named name: String) -> ConfigurationKey? { index(of: name).map { keys[$0] } }

  static func index(of name: String) -> Int? { indexByName[name] ?? indexByName[ASCII.lowercased(name)] }

  /// The key somebody probably meant.
  package static func nearest(to name: String) -> ConfigurationKey? {
    NearMiss.nearest(to: name, among: keys.map { $0.name }).flatMap { key(named: $0) }
  }
}

/// Rows of the key table, one bit each: there are fewer than 128.
struct KeySet {
  private var low: UInt64 = 0
  private var high: UInt64 = 0

  /// False when it was there already.
  @discardableResult mutating func insert(_ index: Int) -> Bool {
    let bit: UInt64 = 1 << UInt64(index & 63)
    let isNew = (index < 64 ? low : high) & bit == 0
    if index < 64 { low |= bit } else { high |= bit }
    return isNew
  }

  func isDisjoint(with other: KeySet) -> Bool { low & other.low == 0 && high & other.high == 0 }
}
