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

  /// Four times as many places as there can be keys.
  private static let placeCount = 512

  /// The keys' numbers where their names lead; -1 = free. A million settings of a long inetd.conf are looked up here,
  /// which a dictionary's hash made to withstand attackers makes slow.
  private static let places: [Int16] = {
    var places = [Int16](repeating: -1, count: placeCount)
    for (number, key) in keys.enumerated() {
      var place = firstPlace(of: key.name)
      while places[place] >= 0 { place = (place + 1) % placeCount }
      places[place] = Int16(number)
    }
    return places
  }()

  /// Fowler, Noll and Vo's hash, variant 1a.
  private static func firstPlace(of name: String) -> Int {
    var hash: UInt32 = 2_166_136_261
    for byte in name.utf8 { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
    return Int(hash >> 9 ^ hash) % placeCount
  }

  private static func find(_ name: String) -> Int? {
    var place = firstPlace(of: name)
    while places[place] >= 0 {
      let number = Int(places[place])
      if keys[number].name == name { return number }
      place = (place + 1) % placeCount
    }
    return nil
  }

  /// The row of a key, whatever the case it is written in.
  package static func key(named name: String) -> ConfigurationKey? { number(of: name).map { self[$0] } }

  /// A key's number, whatever the case its name is written in.
  static func number(of name: String) -> KeyNumber? {
    (find(name) ?? find(ASCII.lowercased(name))).map { KeyNumber(row: $0) }
  }

  static subscript(number: KeyNumber) -> ConfigurationKey { keys[Int(number.row)] }

  /// The key somebody probably meant.
  package static func nearest(to name: String) -> ConfigurationKey? {
    NearMiss.nearest(to: name, among: keys.lazy.map { $0.name }).flatMap { key(named: $0) }
  }
}

extension KeyOrigins {
  /// The place of a key's value by the key's name, which must be the table's.
  package subscript(name: String) -> SourceRange? { KeyTable.number(of: name).flatMap { self[$0] } }
}

extension ServiceEntry {
  /// The place to name in a message about `key`.
  package func range(of key: String) -> SourceRange { origins[key] ?? location }
}
