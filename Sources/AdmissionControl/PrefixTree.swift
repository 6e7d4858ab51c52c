import NetworkAddresses

/// A set of address blocks that answers "which is the most specific block holding this address" in at most as many
/// steps as blocks lie inside each other, whatever their number.
///
/// A path-compressed binary trie (a radix tree): each node stands for one block and skips all bits that no two members
/// differ in. Nodes live in one array, so that 10,000 entries are one allocation and stay close in the cache.
package struct PrefixTree: Equatable, Sendable {
  private struct Node: Equatable, Sendable {
    var prefix: IPPrefix
    /// A member, or only a fork where two members part.
    var isMember: Bool
    var zero: Int32 = -1
    var one: Int32 = -1
  }

  private var nodes: [Node] = []
  private var root4: Int32 = -1
  private var root6: Int32 = -1

  package init() {}

  package init(_ prefixes: some Sequence<IPPrefix>) {
    for prefix in prefixes { insert(prefix) }
  }

  package var isEmpty: Bool { nodes.isEmpty }

  /// The length of the longest member that holds `address`, or nil when none does.
  package func longestMatch(_ address: IPAddress) -> Int? {
    var index = address.family == .ipv4 ? root4 : root6
    var best: Int?
    while index >= 0 {
      let node = nodes[Int(index)]
      guard node.prefix.contains(address) else { break }
      if node.isMember { best = node.prefix.length }
      if node.prefix.length == address.family.width { break }
      index = PrefixTree.bit(node.prefix.length, of: address) ? node.one : node.zero
    }
    return best
  }

  package mutating func insert(_ prefix: IPPrefix) {
    let root = prefix.base.family == .ipv4 ? root4 : root6
    let top = inserting(prefix, below: root)
    if prefix.base.family == .ipv4 { root4 = top } else { root6 = top }
  }

  /// Inserts below `start` and returns the node that now stands there.
  private mutating func inserting(_ prefix: IPPrefix, below start: Int32) -> Int32 {
    var parent: Int32 = -1
    var parentBit = false
    var index = start
    while index >= 0 {
      let node = nodes[Int(index)]
      let shared = PrefixTree.sharedLength(node.prefix, prefix)
      if shared < node.prefix.length {
        let replacement = split(index, at: shared, adding: prefix)
        return attach(replacement, to: parent, parentBit, start: start)
      }
      if node.prefix.length == prefix.length {
        nodes[Int(index)].isMember = true
        return start
      }
      parent = index
      parentBit = PrefixTree.bit(node.prefix.length, of: prefix.base)
      index = parentBit ? node.one : node.zero
    }
    return attach(append(Node(prefix: prefix, isMember: true)), to: parent, parentBit, start: start)
  }

  /// Puts a node above `index` at `shared` bits: the new member itself, or a fork with the new member beside the old.
  private mutating func split(_ index: Int32, at shared: Int, adding prefix: IPPrefix) -> Int32 {
    let old = nodes[Int(index)].prefix
    var above = Node(prefix: IPPrefix(prefix.base, length: shared), isMember: prefix.length == shared)
    if PrefixTree.bit(shared, of: old.base) { above.one = index } else { above.zero = index }
    if !above.isMember {
      let leaf = append(Node(prefix: prefix, isMember: true))
      if PrefixTree.bit(shared, of: prefix.base) { above.one = leaf } else { above.zero = leaf }
    }
    return append(above)
  }

  private mutating func attach(_ node: Int32, to parent: Int32, _ bit: Bool, start: Int32) -> Int32 {
    if parent < 0 { return node }
    if bit { nodes[Int(parent)].one = node } else { nodes[Int(parent)].zero = node }
    return start
  }

  private mutating func append(_ node: Node) -> Int32 {
    nodes.append(node)
    return Int32(nodes.count - 1)
  }

  /// Bit `index` of an address, counted from its most significant one.
  private static func bit(_ index: Int, of address: IPAddress) -> Bool {
    address.bits >> UInt128(address.family.width - 1 - index) & 1 == 1
  }

  /// How many leading bits two blocks of one family share, at most the shorter one's length.
  private static func sharedLength(_ a: IPPrefix, _ b: IPPrefix) -> Int {
    let differing = a.base.bits ^ b.base.bits
    let leading = differing.leadingZeroBitCount - (128 - a.base.family.width)
    return min(leading, a.length, b.length)
  }
}
