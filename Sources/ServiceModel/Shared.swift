/// A value kept on the heap and shared by its copies until one of them changes it.
///
/// A service has a hundred properties and sets five: with its parts shared, a hundred thousand services that leave a
/// part at its default hold it once, and comparing two of them compares references first.
@propertyWrapper
package struct Shared<Value> {
  private final class Storage {
    var value: Value
    init(_ value: Value) { self.value = value }
  }

  private var storage: Storage

  package init(wrappedValue: Value) { storage = Storage(wrappedValue) }

  package var wrappedValue: Value {
    get { storage.value }
    set {
      if isKnownUniquelyReferenced(&storage) {
        storage.value = newValue
      } else {
        storage = Storage(newValue)
      }
    }
    _modify {
      if !isKnownUniquelyReferenced(&storage) { storage = Storage(storage.value) }
      yield &storage.value
    }
  }
}

extension Shared: Equatable where Value: Equatable {
  package static func == (a: Self, b: Self) -> Bool { a.storage === b.storage || a.storage.value == b.storage.value }

  /// Takes over the storage of an equal value.
  package mutating func share(with other: Self) {
    if storage !== other.storage && storage.value == other.storage.value { storage = other.storage }
  }
}

// Storage that has two owners is never changed: whoever wants a change takes a copy first.
extension Shared: @unchecked Sendable where Value: Sendable {}
