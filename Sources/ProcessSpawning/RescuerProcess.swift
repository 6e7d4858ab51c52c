import CSpawn
import LinuxSystem

/// Which connection is being given to a server just now, in memory that the rescuer shares.
package struct FlightRecord {
  fileprivate let record: UnsafeMutablePointer<cspawn_flight>

  /// `place` has room for eight bytes and is aligned for them.
  package init(at place: UnsafeMutableRawPointer) { record = place.assumingMemoryBound(to: cspawn_flight.self) }

  /// The pid of the connection's server appears at `pidOffset` of the memory.
  package func set(_ connection: BorrowedDescriptor, pidOffset: UInt32) {
    record.pointee.pid_offset = pidOffset
    record.pointee.socket = connection.raw
  }

  /// No connection is.
  package func clear() { record.pointee.socket = -1 }
}

/// The process `inetd-rescuer` (see rescuer.h).
package enum RescuerProcess {
  /// What it knows of a connection: the byte that comes with it.
  package static func isFresh(_ kind: UInt8) -> Bool { kind == UInt8(CSPAWN_RESCUED_FRESH) }

  /// Starts it. `memory` is shared with it and holds `flight`; `poll` is the daemon's epoll instance, and rescued
  /// connections go to `outbox`, a connected unix socket that keeps messages apart. `daemon` is a pidfd of our own, and when
  /// `end` becomes readable it ends. All descriptors of ours are its own, too, until one of us ends. Returns its pid.
  @export(interface) package static func start(
    sharing memory: UnsafeRawPointer, _ flight: FlightRecord, poll: BorrowedDescriptor, outbox: BorrowedDescriptor,
    daemon: BorrowedDescriptor, end: BorrowedDescriptor
  ) throws(SystemError) -> Int32 {
    var rescue = cspawn_rescue()
    rescue.base = memory
    rescue.flight = UnsafePointer(flight.record)
    rescue.poll = poll.raw
    rescue.outbox = outbox.raw
    rescue.daemon = daemon.raw
    rescue.end = end.raw
    let pid = cspawn_start_rescuer(&rescue)
    if pid < 0 { throw SystemError("start the rescuer of connections", errno: -pid) }
    return pid
  }
}
