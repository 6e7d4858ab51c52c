import LinuxSystem

/// What a child that has ended was.
package enum SpawnOutcome: Equatable, Sendable {
  /// The server ran and ended so.
  case ended(ExitStatus)
  /// The server never ran.
  case failed(SpawnStage, errno: Int32)
}
