import ServiceModel

/// Reads the documents of one load, and what they include, into services as written.
///
/// Pure: files come in as bytes, and included ones through `includes`. Bounded whatever the files say.
package struct ConfigurationLoader {
  package static let maximumFileSize = 16 << 20
  static let maximumDepth = 32
  /// What all includes of a load may take.
  static let maximumIncludes = IncludeRoom(files: 16_384, names: 100_000, bytes: 64 << 20)
  /// Per file and severity, so that a file that is no configuration at all does not fill the log.
  static let maximumFindings = 100

  /// One file on the way from a document to the file being read.
  struct ChainLink {
    var path: String
    var identity: String
    /// Where the file above it includes it.
    var site: SourceRange?
    var findings: FindingCount

    init(path: String, identity: String, site: SourceRange?) {
      self.path = path
      self.identity = identity
      self.site = site
      findings = FindingCount(path: path)
    }
  }

  let includes: (IncludeRequest) -> IncludeReply
  var result = RawConfiguration()
  var chain: [ChainLink] = []
  var room = ConfigurationLoader.maximumIncludes
  var overrides: [String: [OverrideSnippet]] = [:]

  init(includes: @escaping (IncludeRequest) -> IncludeReply) { self.includes = includes }

  /// Reads `documents` in their order: later classic lines beat earlier ones, so the classic file comes first.
  ///
  /// Each service is handed to `emit` as soon as it is complete. The result carries everything else; its `services` stay
  /// empty.
  @export(interface) package static func load(
    _ documents: [SourceDocument], includes: @escaping (IncludeRequest) -> IncludeReply,
    emit: (RawService) -> Void
  ) -> RawConfiguration {
    var loader = ConfigurationLoader(includes: includes)
    for document in documents {
      if case .override(let base) = document.role { loader.readOverride(document, base: base) }
    }
    for document in documents {
      switch document.role {
      case .classicFile: loader.read(document, isDropIn: false, emit)
      case .dropIn: loader.readDropIn(document, emit)
      case .override: break
      }
    }
    loader.reportUnusedOverrides()
    return loader.result
  }

  /// Reads `documents` and keeps all services.
  @export(interface) package static func load(
    _ documents: [SourceDocument], includes: @escaping (IncludeRequest) -> IncludeReply
  ) -> RawConfiguration {
    var services: [RawService] = []
    var result = load(documents, includes: includes) { services.append($0) }
    result.services = services
    return result
  }

  mutating func read(_ document: SourceDocument, isDropIn: Bool, _ emit: (RawService) -> Void) {
    let link = ChainLink(path: document.path, identity: document.identity ?? document.path, site: nil)
    read(document.content, link, isDropIn: isDropIn, defaultHosts: [], emit)
  }

  /// Reads one file, as a document or as an include.
  mutating func read(
    _ content: SourceDocument.Content, _ link: ChainLink, isDropIn: Bool, defaultHosts: [RawWord],
    _ emit: (RawService) -> Void
  ) {
    guard let bytes = text(of: content, path: link.path) else { return }
    // A file in which nothing is said is one of the load's files all the same: comments can be services switched off.
    let file = result.sources.add(path: link.path, bytes: bytes)
    guard let dialect = Dialect.detect(in: bytes) else { return }
    if let place = ConfigurationLoader.nulByteBeforeText(bytes, file: file) {
      result.diagnostics.append(.notText(place))
      result.isComplete = false
      return
    }
    let context = ParseContext(
      file: file, ownID: ConfigurationLoader.stem(of: link.path), isDropIn: isDropIn, defaultHosts: defaultHosts)
    let depth = chain.count
    chain.append(link)
    var isOwnLost = false
    ConfigurationLoader.parse(bytes, as: dialect, context) { item in
      switch item {
      case .service(let service): emit(service)
      case .guess(let service):
        // What is no inetd.conf at all would otherwise become a service for each of its lines.
        if chain[depth].findings.isFull { result.isComplete = false } else { emit(service) }
        if isDropIn && !isOwnLost {
          // A slip in its first line can make a flat file look like an inetd.conf: what it was about must not go away.
          isOwnLost = true
          emit(.broken(context.ownID, at: service.name.range))
        }
      case .include(let directive): include(directive, isDropIn: isDropIn, emit)
      case .diagnostic(let finding): report(finding)
      case .lostService: result.isComplete = false
      }
    }
    if let rest = chain.removeLast().findings.rest { result.diagnostics.append(rest) }
  }

  /// Takes a finding of the file being read.
  mutating func report(_ finding: Diagnostic) {
    if chain[chain.count - 1].findings.admits(finding) { result.diagnostics.append(finding) }
  }

  private static func parse(
    _ bytes: [UInt8], as dialect: Dialect, _ context: ParseContext, into emit: (ParsedItem) -> Void
  ) {
    switch dialect {
    case .flat:
      var parser = FlatParser(bytes, context: context)
      parser.parse(into: emit)
    case .xinetd:
      var parser = XinetdParser(bytes, context: context)
      parser.parse(into: emit)
    case .classic:
      var parser = InetdConfParser(bytes, context: context)
      parser.parse(into: emit)
    }
  }

  /// The bytes, or nil with a diagnostic.
  mutating func text(of content: SourceDocument.Content, path: String) -> [UInt8]? {
    switch content {
    case .bytes(let bytes) where bytes.count <= ConfigurationLoader.maximumFileSize: return bytes
    case .bytes:
      result.diagnostics.append(.fileTooLarge(path, limit: ConfigurationLoader.maximumFileSize))
    case .unreadable(let id, let message):
      result.diagnostics.append(Diagnostic(.error, id, message, subject: path, outcome: "file skipped"))
    }
    result.isComplete = false
    return nil
  }

  /// A NUL in the first significant line: then the file is no text, and no line of it should be believed.
  private static func nulByteBeforeText(_ bytes: [UInt8], file: SourceFileID) -> SourceRange? {
    var cursor = TextCursor(bytes, file: file)
    while !cursor.isAtEnd {
      cursor.skipBlanks()
      let isText = !cursor.isAtEndOfLine && cursor.byte != UInt8(ascii: "#")
      while !cursor.isAtEndOfLine {
        if cursor.byte == 0 { return cursor.range(from: cursor.index, to: cursor.index + 1) }
        cursor.advance()
      }
      if isText { return nil }
      cursor.nextLine()
    }
    return nil
  }

  /// A file's name without directory and `.conf`.
  static func stem(of path: String) -> String {
    let name = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[path.utf8.index(after: $0)...] } ?? path[...]
    return String(name.utf8.count > 5 && name.hasSuffix(".conf") ? name.dropLast(5) : name)
  }
}

/// How many findings of a file were shown, and how many not.
struct FindingCount {
  let path: String
  private var errors = 0
  private var others = 0
  private var hidden = 0

  init(path: String) { self.path = path }

  mutating func admits(_ finding: Diagnostic) -> Bool {
    let isError = finding.severity == .error
    if isError { errors += 1 } else { others += 1 }
    if (isError ? errors : others) <= ConfigurationLoader.maximumFindings { return true }
    hidden += 1
    return false
  }

  var isFull: Bool { errors > ConfigurationLoader.maximumFindings }

  var rest: Diagnostic? { hidden == 0 ? nil : .moreFindings(hidden, path: path) }
}
