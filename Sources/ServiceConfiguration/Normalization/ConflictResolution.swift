import NetworkAddresses
import ServiceModel

/// Settles which of several services gets a name or a socket: a drop-in beats inetd.conf, a later line of inetd.conf an
/// earlier one, the first of two drop-ins the second.
struct ConflictResolution {
  let findings: Findings
  private(set) var rejected: [RejectedService] = []
  private var candidates: [Normalizer.Candidate]
  private var isOut: [Bool]
  private var held = ClaimTable()

  init(_ candidates: [Normalizer.Candidate], findings: Findings) {
    self.candidates = candidates
    self.findings = findings
    isOut = Array(repeating: false, count: candidates.count)
  }

  /// The services that are left, in file order.
  mutating func takeEntries() -> [ServiceEntry] {
    var entries: [ServiceEntry] = []
    entries.reserveCapacity(candidates.count)
    for (index, candidate) in candidates.enumerated() where !isOut[index] { entries.append(candidate.entry) }
    candidates = []
    return entries
  }

  mutating func resolve(servicePort: (String, TransportProtocol) -> UInt16?) {
    let order = precedence
    resolveNames(order)
    var numbers = ClaimNumbers()
    var claims: [SocketClaim] = []
    claims.reserveCapacity(candidates.count)
    var sockets = 0
    for index in candidates.indices where !isOut[index] && candidates[index].entry.definition.enabled {
      let count = candidates[index].entry.definition.socket.addresses.reduce(0) { $0 + $1.portCount }
      if sockets + count > ConflictResolution.mostSockets {
        leaveOut(index)
        continue
      }
      sockets += count
      numbers.append(
        candidates[index].entry.definition.socket, owner: Int32(index), to: &claims, servicePort: servicePort)
    }
    let contested = claims.contestedOwners()
    if contested.isEmpty { return }
    var wanted: [Int32: [SocketClaim]] = [:]
    for claim in claims where contested.contains(claim.owner) { wanted[claim.owner, default: []].append(claim) }
    for index in order { if let claims = wanted[Int32(index)] { claimSockets(claims, of: index) } }
  }

  /// The strongest first.
  private var precedence: [Int] {
    let dropIns = candidates.indices.filter { candidates[$0].entry.isDropIn }
    return dropIns + candidates.indices.reversed().filter { !candidates[$0].entry.isDropIn }
  }

  /// Each is a descriptor and kernel memory; a mistyped range must not take what the others need.
  private static let mostSockets = 262_144

  private mutating func leaveOut(_ index: Int) {
    isOut[index] = true
    let entry = candidates[index].entry
    findings.add(
      Diagnostic(
        .error, "too-many-sockets", "with this service there are more than \(ConflictResolution.mostSockets) sockets",
        at: entry.location, outcome: "service skipped"))
    rejected.append(RejectedService(id: entry.definition.id, location: entry.location))
  }

  // MARK: Names

  private mutating func resolveNames(_ order: [Int]) {
    var holders: [String: Int] = [:]
    holders.reserveCapacity(order.count)
    // A disabled service shadows nothing: those that are on choose first.
    for isOn in [true, false] {
      for index in order where candidates[index].entry.definition.enabled == isOn {
        let id = candidates[index].entry.definition.id
        guard let holder = holders[id] else {
          holders[id] = index
          continue
        }
        isOut[index] = true
        if isOn || candidates[holder].entry.definition.enabled == false { reportName(id, index, holder) }
      }
    }
  }

  private mutating func reportName(_ id: String, _ loser: Int, _ winner: Int) {
    // Two that are off, as Debian's xinetd has them, are no error yet.
    let isError =
      candidates[loser].entry.isDropIn && candidates[winner].entry.isDropIn
      && candidates[loser].entry.definition.enabled
    findings.add(
      Diagnostic(
        isError ? .error : .warning, "duplicate-id",
        isError ? "there is already a service '\(id)'; give this one an 'id' of its own" : "'\(id)' is defined twice",
        at: candidates[loser].entry.location,
        notes: [note(of: winner)], outcome: isError ? "service skipped" : "this one is ignored"))
  }

  private func note(of winner: Int) -> Diagnostic.Note {
    Diagnostic.Note(
      "'\(candidates[winner].entry.definition.id)' is defined here", at: candidates[winner].entry.location)
  }

  // MARK: Sockets

  private mutating func claimSockets(_ wanted: [SocketClaim], of index: Int) {
    var lost: [(claim: SocketClaim, owner: Int)] = []
    for claim in wanted {
      if let owner = held.owner(of: claim), !sharesPort(index, Int(owner)) { lost.append((claim, Int(owner))) }
    }
    if let first = lost.first, !settleFamilies(index, lost) {
      return lose(index, to: first.owner, first.claim)
    }
    reportOverlap(index, wanted)
    for claim in wanted where candidates[index].entry.definition.socket.families.includes(claim.family) {
      held.insert(claim)
    }
  }

  private func sharesPort(_ a: Int, _ b: Int) -> Bool {
    candidates[a].entry.definition.socket.options.reusePort && candidates[b].entry.definition.socket.options.reusePort
  }

  /// `tcp` beside `tcp6` for one port means one family each, as the BSDs write it: who asked for both gives one up.
  private mutating func settleFamilies(_ index: Int, _ lost: [(claim: SocketClaim, owner: Int)]) -> Bool {
    guard let family = lost[0].claim.family, lost.allSatisfy({ $0.claim.family == family && $0.claim.isWildcard })
    else { return false }
    let owner = lost[0].owner
    let mine = candidates[index].entry.definition.socket.families
    let theirs = candidates[owner].entry.definition.socket.families
    if lost.contains(where: { $0.owner != owner }) { return false }
    if mine == .both && theirs == FamilySelection(family) {
      narrow(index, awayFrom: family, because: owner)
      return true
    }
    if theirs == .both && mine == FamilySelection(family) {
      narrow(owner, awayFrom: family, because: index)
      return true
    }
    return false
  }

  private mutating func narrow(_ index: Int, awayFrom family: IPFamily, because other: Int) {
    candidates[index].entry.definition.socket.families = family == .ipv4 ? .ipv6 : .ipv4
    let kept = family == .ipv4 ? "IPv6" : "IPv4"
    findings.add(
      Diagnostic(
        .warning, "narrowed-family",
        "'\(candidates[index].entry.definition.id)' leaves \(family == .ipv4 ? "IPv4" : "IPv6") to "
          + "'\(candidates[other].entry.definition.id)' and listens on \(kept) only",
        at: candidates[index].entry.location, notes: [note(of: other)]))
  }

  private mutating func lose(_ loser: Int, to winner: Int, _ claim: SocketClaim) {
    isOut[loser] = true
    let entry = candidates[loser].entry
    let isError = entry.isDropIn && candidates[winner].entry.isDropIn
    let id = candidates[winner].entry.definition.id
    let message =
      isError
      ? "'\(entry.definition.id)' and '\(id)' want the same socket"
      : candidates[winner].entry.isDropIn
        ? "'\(id)' of a service directory has the same socket" : "a later line has the same socket"
    findings.add(
      Diagnostic(
        isError ? .error : .warning, "duplicate-socket", message, at: entry.location, notes: [note(of: winner)],
        outcome: isError ? "service skipped" : "this line is ignored"))
    if isError { rejected.append(RejectedService(id: entry.definition.id, location: entry.location)) }
  }

  /// Linux gives a port on all addresses and on one of them to one listener only (bind(2), EADDRINUSE).
  private func reportOverlap(_ index: Int, _ wanted: [SocketClaim]) {
    for claim in wanted {
      guard let owner = held.overlap(of: claim), owner != Int32(index), !sharesPort(index, Int(owner)) else {
        continue
      }
      let entry = candidates[index].entry
      findings.add(
        Diagnostic(
          .warning, "overlapping-socket",
          "'\(entry.definition.id)' and '\(candidates[Int(owner)].entry.definition.id)' want the same port, one of them "
            + "on all addresses; Linux gives it to the first that asks, the other waits",
          at: entry.location, notes: [note(of: Int(owner))]))
      return
    }
  }
}

extension FamilySelection {
  init(_ family: IPFamily) { self = family == .ipv4 ? .ipv4 : .ipv6 }

  /// Whether a socket of `family` belongs to it; nil = not a socket of the Internet.
  func includes(_ family: IPFamily?) -> Bool {
    switch self {
    case .both, .dual: true
    case .ipv4: family != .ipv6
    case .ipv6: family != .ipv4
    }
  }
}
