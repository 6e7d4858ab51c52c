import ServiceModel

extension ConfigurationLoader {
  mutating func include(_ directive: IncludeDirective, isDropIn: Bool, _ emit: (RawService) -> Void) {
    let path = directive.path
    guard chain.count <= ConfigurationLoader.maximumDepth else {
      return fail(.includeTooDeep(path, limit: ConfigurationLoader.maximumDepth))
    }
    room.names -= 1
    guard room.names > 0 else { return fail(.noRoom(.names, path)) }
    guard room.files > 0 else { return fail(.noRoom(.files, path)) }
    let target = ConfigurationLoader.join(path.text, to: chain.last?.path ?? "")
    let reply = includes(IncludeRequest(kind: directive.kind, path: target, room: room))
    room.names -= reply.names
    if let failure = reply.failure {
      return fail(.includeFailed(path, id: failure.id, failure.message))
    }
    for file in reply.files where !read(file, directive, isDropIn: isDropIn, emit) { return }
    if let lack = reply.lack { fail(.noRoom(lack, path)) }
  }

  /// Reads one included file; false when no further one may be read.
  private mutating func read(
    _ file: IncludeReply.File, _ directive: IncludeDirective, isDropIn: Bool, _ emit: (RawService) -> Void
  ) -> Bool {
    room.files -= 1
    if case .bytes(let bytes) = file.content { room.bytes -= bytes.count }
    if room.files < 0 || room.bytes < 0 {
      fail(.noRoom(room.files < 0 ? .files : .bytes, directive.path))
      return false
    }
    if let first = chain.firstIndex(where: { $0.identity == file.identity || $0.path == file.path }) {
      // Nothing is missing from what is read: the file has had its turn.
      report(.includeCycle(directive.path, file: file.path, chain: chainNotes(from: first)))
      return true
    }
    let link = ChainLink(path: file.path, identity: file.identity, site: directive.path.range)
    read(file.content, link, isDropIn: isDropIn, defaultHosts: directive.defaultHosts, emit)
    return true
  }

  /// The sites of the includes that lead from the file `first` of the chain to the one being read.
  private func chainNotes(from first: Int) -> [Diagnostic.Note] {
    chain[(first + 1)...].map { Diagnostic.Note("'\($0.path)' is included here", at: $0.site) }
  }

  private mutating func fail(_ finding: Diagnostic) {
    report(finding)
    result.isComplete = false
  }

  /// `path`, relative to the directory of `file` when it is not absolute.
  static func join(_ path: String, to file: String) -> String {
    if path.utf8.first == UInt8(ascii: "/") { return path }
    guard let slash = file.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path }
    return String(file[...slash]) + path
  }
}
