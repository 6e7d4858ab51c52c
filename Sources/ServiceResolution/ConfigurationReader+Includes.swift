import LinuxSystem
import NetworkAddresses
import ServiceConfiguration
import ServiceModel

extension ConfigurationReader {
  /// Answers a request of a file for other files.
  package static func include(_ request: IncludeRequest, checksWriters: Bool) -> IncludeReply {
    switch request.kind {
    case .file: return file(request.path, checksWriters: checksWriters)
    case .directory, .xinetdDirectory: return directory(request, checksWriters: checksWriters)
    case .glob: return glob(request, checksWriters: checksWriters)
    }
  }

  private static func file(_ path: String, checksWriters: Bool) -> IncludeReply {
    var reply = IncludeReply()
    switch contents(of: path, checksWriters: checksWriters) {
    case .missing: reply.failure = ("include-missing", "does not exist")
    case .found(let content, let status): reply.files = [IncludeReply.File(path, content, status)]
    case .special: reply.failure = ("include-not-a-file", "is not a file")
    }
    return reply
  }

  private static func directory(_ request: IncludeRequest, checksWriters: Bool) -> IncludeReply {
    var reply = IncludeReply()
    switch names(in: request.path, limit: request.room.names, checksWriters: checksWriters) {
    case .missing: reply.failure = ("include-missing", "does not exist")
    case .refused(let finding): reply.failure = (finding.id, finding.message)
    case .listed(let names):
      reply.count(names, room: request.room)
      let base = request.path.hasSuffix("/") ? request.path : request.path + "/"
      let wanted = names.filter { counts($0) && (request.kind == .directory || !$0.utf8.contains(UInt8(ascii: "."))) }
      reply.read(wanted.map { base + $0 }, room: request.room, checksWriters: checksWriters)
    }
    return reply
  }

  private static func glob(_ request: IncludeRequest, checksWriters: Bool) -> IncludeReply {
    let isAbsolute = request.path.utf8.first == UInt8(ascii: "/")
    let components = request.path.pieces(separatedBy: UInt8(ascii: "/")).map { GlobPattern($0) }
    if !components.contains(where: { $0.hasWildcards }) {
      let path = (isAbsolute ? "/" : "") + components.map { $0.literal }.joined(separator: "/")
      return file(path, checksWriters: checksWriters)
    }
    var reply = IncludeReply()
    var paths = [isAbsolute ? "/" : ""]
    for (place, component) in components.enumerated() {
      let end = place == components.count - 1 ? "" : "/"
      if component.hasWildcards {
        paths = paths.flatMap { path in
          reply.matches(of: component, in: path, room: request.room, checksWriters: checksWriters).map {
            path + $0 + end
          }
        }
      } else {
        paths = paths.map { $0 + component.literal + end }
      }
    }
    if reply.failure == nil { reply.read(paths, room: request.room, checksWriters: checksWriters) }
    return reply
  }
}

extension IncludeReply {
  /// Notes that `names` were looked at; of more than there is room for the last one is not.
  fileprivate mutating func count(_ names: [String], room: IncludeRoom) {
    self.names += names.count
    if self.names > room.names { lack = .names }
  }

  /// The names in a directory that a pattern's component matches; none once there is no room for looking, or a directory
  /// must not be believed.
  fileprivate mutating func matches(
    of component: GlobPattern, in directory: String, room: IncludeRoom, checksWriters: Bool
  ) -> [String] {
    if lack != nil || failure != nil { return [] }
    let listing = ConfigurationReader.names(
      in: directory.isEmpty ? "." : directory, limit: room.names - names, checksWriters: checksWriters)
    switch listing {
    case .listed(let names):
      count(names, room: room)
      return names.filter(component.matches)
    case .refused(let finding) where finding.id == "unsafe-directory":
      failure = (finding.id, "looks into '\(directory)', which \(finding.message)")
      return []
    case .missing, .refused: return []
    }
  }

  /// Reads the files at `paths`; what is no file is passed over without being opened, which a device or a FIFO notices.
  fileprivate mutating func read(_ paths: [String], room: IncludeRoom, checksWriters: Bool) {
    var bytes = 0
    for path in paths {
      guard let status = try? FileSystem.status(of: path), status.kind == .regular || status.isNull else { continue }
      if files.count >= room.files || bytes > room.bytes {
        lack = bytes > room.bytes ? .bytes : .files
        return
      }
      guard case .found(let content, let status) = ConfigurationReader.contents(of: path, checksWriters: checksWriters)
      else { continue }
      if case .bytes(let text) = content { bytes += text.count }
      files.append(File(path, content, status))
    }
  }
}

extension IncludeReply.File {
  fileprivate init(_ path: String, _ content: SourceDocument.Content, _ status: FileStatus?) {
    self.init(path: path, identity: status?.identity ?? path, content: content)
  }
}
