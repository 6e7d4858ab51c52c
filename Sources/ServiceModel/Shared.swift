/// A value kept on the heap and shared by its copies until one of them changes it.
///
/// A service has a hundred properties and sets five: with its parts shared, a hundred thousand services that leave a
/// part at its default hold it once, and comparing two of them compares references first.
@propertyWrapper
package struct Shared<Value> {
  @usableFromInline final class Storage {
    @usableFromInline var value: Value
    @inlinable init(_ value: Value) { self.value = value }
  }

  @usableFromInline var storage: Storage

  @inlinable package init(wrappedValue: Value) { storage = Storage(wrappedValue) }

  /// Reading lends the value: copying a definition with all its parts for a look at one of them would cost more than
  /// everything else that is done with it.
  @inlinable package var wrappedValue: Value {
    _read { yield storage.value }
    _modify {
      if !isKnownUniquelyReferenced(&storage) { storage = Storage(storage.value) }
      yield &storage.value
    }
  }
}

extension Shared: Equatable where Value: Equatable {
  package static func == (a: Self, b: Self) -> Bool { a.storage === b.storage || a.storage.value == b.storage.value }

  /// Equal values in two places.
  func canShare(with other: Self) -> Bool { storage !== other.storage && storage.value == other.storage.value }

  /// Takes over the storage of an equal value; false where the values differ.
  @discardableResult package mutating func share(with other: Self) -> Bool {
    if self != other { return false }
    storage = other.storage
    return true
  }
}

// Storage that has two owners is never changed: whoever wants a change takes a copy first.
extension Shared: @unchecked Sendable where Value: Sendable {}
