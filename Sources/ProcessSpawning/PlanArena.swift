/// A null-terminated array of C strings.
struct StringTable {
  let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  /// Entries without the final null.
  let count: Int
}

/// One block of memory from which a plan's texts and tables are cut. Everything is freed at once.
final class PlanArena {
  private let start: UnsafeMutableRawPointer
  private let capacity: Int
  private var used = 0

  init(capacity: Int) {
    self.capacity = capacity
    start = .allocate(byteCount: capacity, alignment: 16)
  }

  deinit { start.deallocate() }

  func allocate<Element>(_: Element.Type, count: Int) -> UnsafeMutablePointer<Element> {
    let alignment = MemoryLayout<Element>.alignment
    let offset = (used + alignment - 1) / alignment * alignment
    used = offset + count * MemoryLayout<Element>.stride
    precondition(used <= capacity, "the plan's size was computed too small")
    return (start + offset).bindMemory(to: Element.self, capacity: count)
  }

  func array<Element>(_ elements: [Element]) -> UnsafeMutablePointer<Element> {
    let result = allocate(Element.self, count: elements.count)
    for (index, element) in elements.enumerated() { (result + index).initialize(to: element) }
    return result
  }

  /// The text with a final NUL. A NUL inside would cut it: the configuration's parsers refuse such.
  func string(_ text: String) -> UnsafePointer<CChar> { UnsafePointer(string(Array(text.utf8))) }

  private func string(_ bytes: [UInt8]) -> UnsafeMutablePointer<CChar> {
    let result = allocate(CChar.self, count: bytes.count + 1)
    for (index, byte) in bytes.enumerated() { result[index] = CChar(bitPattern: byte) }
    result[bytes.count] = 0
    return result
  }

  /// The texts as a null-terminated table; nil leaves a null to be filled in.
  func table(_ texts: [[UInt8]?]) -> StringTable {
    let pointers = allocate(UnsafeMutablePointer<CChar>?.self, count: texts.count + 1)
    for (index, text) in texts.enumerated() { (pointers + index).initialize(to: text.map { string($0) }) }
    (pointers + texts.count).initialize(to: nil)
    return StringTable(pointers: pointers, count: texts.count)
  }
}
