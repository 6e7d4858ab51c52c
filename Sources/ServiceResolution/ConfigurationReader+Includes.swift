import LinuxSystem
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
    switch names(in: request.path, checksWriters: checksWriters) {
    case .missing: reply.failure = ("include-missing", "does not exist")
    case .refused(let finding): reply.failure = (finding.id, finding.message)
    case .listed(let names):
      let base = request.path.hasSuffix("/") ? request.path : request.path + "/"
      let wanted = names.filter { counts($0) && (request.kind == .directory || !$0.utf8.contains(UInt8(ascii: "."))) }
      reply.read(wanted.map { base + $0 }, limit: request.limit, checksWriters: checksWriters)
    }
    return reply
  }

  private static func glob(_ request: IncludeRequest, checksWriters: Bool) -> IncludeReply {
    let isAbsolute = request.path.utf8.first == UInt8(ascii: "/")
    let components = request.path.split(separator: "/").map { GlobPattern($0) }
    if !components.contains(where: { $0.hasWildcards }) {
      let path = (isAbsolute ? "/" : "") + components.map { $0.literal }.joined(separator: "/")
      return file(path, checksWriters: checksWriters)
    }
    var reply = IncludeReply()
    var paths = [isAbsolute ? "/" : ""]
    for (place, component) in components.enumerated() {
      let isLast = place == components.count - 1
      var next: [String] = []
      for path in paths {
        for name in matches(of: component, in: path) {
          // One more than the limit shows that there were too many, and keeps a pattern like */*/*/* from exploding.
          if next.count > request.limit { break }
          next.append(path + name + (isLast ? "" : "/"))
        }
      }
      paths = next
    }
    reply.read(paths, limit: request.limit, checksWriters: checksWriters)
    return reply
  }

  private static func matches(of component: GlobPattern, in directory: String) -> [String] {
    if !component.hasWildcards { return [component.literal] }
    guard case .listed(let names) = names(in: directory.isEmpty ? "." : directory, checksWriters: false) else {
      return []
    }
    return names.filter(component.matches)
  }
}

extension IncludeReply {
  /// Reads the files at `paths`; what is no file is passed over.
  fileprivate mutating func read(_ paths: [String], limit: Int, checksWriters: Bool) {
    for path in paths {
      if files.count >= limit {
        isTruncated = true
        return
      }
      if case .found(let content, let status) = ConfigurationReader.contents(of: path, checksWriters: checksWriters) {
        files.append(File(path, content, status))
      }
    }
  }
}

extension IncludeReply.File {
  fileprivate init(_ path: String, _ content: SourceDocument.Content, _ status: FileStatus?) {
    self.init(path: path, identity: status?.identity ?? path, content: content)
  }
}
