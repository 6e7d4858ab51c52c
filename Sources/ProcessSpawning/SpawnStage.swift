import CSpawn

/// A step between clone and execve: where a server's start can fail. The list is that of CSpawn.h.
package struct SpawnStage: Equatable, Hashable, Sendable {
  package let rawValue: Int32

  init?(rawValue: Int32) {
    guard rawValue > 0, cspawn_stage_phrase(rawValue) != nil else { return nil }
    self.rawValue = rawValue
  }

  /// All steps in the order they happen.
  package static var all: [SpawnStage] {
    (1..<Int32(CSPAWN_STAGE_COUNT.rawValue)).compactMap { SpawnStage(rawValue: $0) }
  }

  /// One word for machines: `groups`, `execute`.
  package var identifier: String { String(cString: cspawn_stage_identifier(rawValue)) }

  /// A verb phrase for people, to complete "cannot ...": `set the group list`, `change to user`, `execute`.
  package var phrase: String { String(cString: cspawn_stage_phrase(rawValue)) }

  package static let execute = SpawnStage(rawValue: Int32(CSPAWN_STAGE_EXECUTE.rawValue))!
}
