import Foundation
import Testing

/// What the README says of reloads and restarts of openbsd-inetd and xinetd.
@Suite(.enabled(if: Peer.canRun, "openbsd-inetd and xinetd are not there, or cannot run here"))
struct PeerReloadTests {
  /// One service to be changed and one to be left alone.
  private func started(_ kind: Peer.Kind) throws -> (Peer, changed: Service, other: Service) {
    let peer = try Peer(kind)
    let changed = try peer.service("changed", "hold"), other = try peer.service("other", "hold")
    try peer.start(peer.text([changed, other]), listeningOn: other.port)
    return (peer, changed, other)
  }

  @Test(arguments: Peer.Kind.allCases)
  func aMistakeInAReloadEndsTheService(_ kind: Peer.Kind) throws {
    let (peer, wrong, right) = try started(kind)
    #expect(peer.serves(wrong))
    var mistaken = wrong
    mistaken.user = "nobodi-of-that-name"
    try peer.write(peer.text([mistaken, right]))
    peer.reload()
    try Deadline.poll("\(kind) serves it no more: \(peer.log)") { !peer.serves(wrong) }
    #expect(peer.serves(right))
  }

  /// Neither touches what stays. openbsd-inetd leaves all servers alone; xinetd kills those of a service that has gone,
  /// or that now has a mistake.
  @Test(arguments: Peer.Kind.allCases)
  func aReloadAndRunningServers(_ kind: Peer.Kind) throws {
    let (peer, gone, stays) = try started(kind)
    let ofGone = try peer.conversation(gone).client, ofStays = try peer.conversation(stays).client
    let sockets = peer.inodes(stays.port)
    try peer.write(peer.text([stays]))
    peer.reload()
    try Deadline.poll("\(kind) has read its file: \(peer.log)") { !peer.listens(gone.port) }
    if kind == .xinetd { #expect(ofGone.isClosedSilently()) } else { #expect(ofGone.goesOn()) }
    #expect(ofStays.goesOn())
    #expect(peer.inodes(stays.port) == sockets)
  }

  @Test(arguments: Peer.Kind.allCases)
  func halfAFileIsRead(_ kind: Peer.Kind) throws {
    let (peer, second, first) = try started(kind)
    let text = peer.text([first, second])
    try peer.write(String(text.prefix(peer.text([first]).count + 20)))
    peer.reload()
    try Deadline.poll("\(kind) has lost the second service: \(peer.log)") { !peer.listens(second.port) }
    #expect(peer.serves(first))
  }

  @Test(arguments: Peer.Kind.allCases)
  func whoComesDuringARestartIsRefused(_ kind: Peer.Kind) throws {
    let (peer, _, service) = try started(kind)
    #expect(peer.serves(service))
    #expect(try peer.stop() == .exited(0))
    #expect(throws: Failure.self) { try peer.connect(service) }
    try peer.start(peer.text([service]), listeningOn: service.port)
    #expect(peer.serves(service))
  }

  /// The new openbsd-inetd cannot have the socket that an earlier one's server still waits on; the new xinetd does not
  /// count the earlier one's server.
  @Test(arguments: Peer.Kind.allCases)
  func aRestartForgetsRunningServers(_ kind: Peer.Kind) throws {
    let peer = try Peer(kind)
    var held = try peer.service("held", kind == .openbsd ? "converse" : "hold")
    let other = try peer.service("other", "hold")
    held.wait = kind == .openbsd
    if kind == .xinetd { held.keys = [("instances", "1")] }
    let text = peer.text([held, other])
    try peer.start(text, listeningOn: other.port)
    let (client, server) = try peer.conversation(held)
    if kind == .xinetd { #expect(!peer.serves(held)) }
    #expect(try peer.stop() == .exited(0))
    try peer.start(text, listeningOn: other.port)
    #expect(ProcessFacts.exists(server))
    if kind == .xinetd {
      #expect(peer.serves(held))
    } else {
      #expect(!peer.listens(held.port))
      try Deadline.poll("it says so: \(peer.log)") {
        peer.log.contains("\(held.port)/tcp: bind: Address already in use")
      }
    }
    withExtendedLifetime(client) {}
  }
}
