import ServiceModel

/// One configuration file as it was found: its text, and what it stands for.
package struct SourceDocument: Sendable {
  /// The part a file plays in a load.
  package enum Role: Hashable, Sendable {
    /// inetd.conf: its services give way to drop-ins.
    case classicFile
    /// A file of a service directory.
    case dropIn
    /// A snippet of `BASE.conf.d`, merged over the drop-in file whose name is `BASE.conf` or `BASE`.
    case override(base: String)
  }

  package enum Content: Sendable {
    case bytes([UInt8])
    /// The file is there but must not or cannot be read: `id`, and the end of a sentence about it. It is skipped.
    case unreadable(id: String, message: String)
  }

  /// Absolute, or as the administrator gave it; used in messages and to resolve includes.
  package var path: String
  package var role: Role
  package var content: Content
  /// What identifies the file whatever name it is reached by; nil = its path.
  package var identity: String?

  package init(path: String, role: Role, content: Content, identity: String? = nil) {
    self.path = path
    self.role = role
    self.content = content
    self.identity = identity
  }
}

/// Everything the files of one load say, as written: services in the order of precedence, findings, and the texts.
package struct RawConfiguration: Sendable {
  package var services: [RawService] = []
  package var diagnostics: [Diagnostic] = []
  package var sources = SourceMap()
  /// False when a file could not be read, or a line was so broken that nobody can say which service it was about.
  package var isComplete = true

  package init() {}
}

/// What an `include` asks for.
package struct IncludeRequest: Hashable, Sendable {
  package enum Kind: UInt8, Sendable {
    /// One file, which must exist (xinetd's `include`).
    case file
    /// Every file that a pattern of glob(7) matches, sorted by name; none is fine.
    case glob
    /// The files of a directory whose names count, sorted by name (`includedir` of a flat file).
    case directory
    /// The same with xinetd's rule: no name with a dot, so that what xinetd left alone stays off.
    case xinetdDirectory
  }

  package var kind: Kind
  /// Already joined to the directory of the including file.
  package var path: String
  /// How much more this load may read.
  package var room: IncludeRoom

  package init(kind: Kind, path: String, room: IncludeRoom) {
    self.kind = kind
    self.path = path
    self.room = room
  }
}

/// What the includes of a load may still take, all together. Each is bounded for itself: a pattern can look at a whole
/// machine and find nothing, and a single file can be long.
package struct IncludeRoom: Hashable, Sendable {
  package var files: Int
  /// Names that are looked at: those in directories, and that of each include itself.
  package var names: Int
  package var bytes: Int

  package init(files: Int, names: Int, bytes: Int) {
    self.files = files
    self.names = names
    self.bytes = bytes
  }
}

/// The answer to an `IncludeRequest`.
package struct IncludeReply: Sendable {
  package struct File: Sendable {
    package var path: String
    /// What identifies the file whatever name it was reached by (device and inode, or the path): cycles are found by it.
    package var identity: String
    package var content: SourceDocument.Content
    package init(path: String, identity: String, content: SourceDocument.Content) {
      self.path = path
      self.identity = identity
      self.content = content
    }
  }

  package var files: [File] = []
  /// Why the request as a whole failed: `id`, and the end of a sentence such as `does not exist`.
  package var failure: (id: String, message: String)?
  /// Names in directories that were looked at.
  package var names = 0
  /// The room that was not enough, so that something may be missing in `files`.
  package var lack: Lack?

  package enum Lack: UInt8, Sendable { case files, names, bytes }

  package init() {}
}
