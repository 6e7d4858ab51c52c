import ServiceModel

/// What a parser finds in a file, in the order of the file.
enum ParsedItem {
  case service(RawService)
  /// A service in error whose protocol is not known: one of those it may have been.
  case guess(RawService)
  case include(IncludeDirective)
  case diagnostic(Diagnostic)
  /// Something was in error and nobody can say which service it was about: no service may be taken for removed.
  case lostService
}

/// A request of a file for other files.
struct IncludeDirective {
  var kind: IncludeRequest.Kind
  /// As written, relative to the including file.
  var path: RawWord
  /// The addresses that an inetd.conf hands on to the files it includes.
  var defaultHosts: [RawWord] = []
}

/// What a parser is told about the file it reads.
struct ParseContext {
  /// Far beyond what any service needs, and small enough that a file of 16 MiB does not become a gigabyte of them.
  static let maximumSettings = 20_000
  static let maximumWords = 262_144

  var file: SourceFileID
  /// The id of the service that a flat file is about: its name without `.conf`.
  var ownID: String
  var isDropIn: Bool
  var defaultHosts: [RawWord] = []
}

extension RawService {
  /// Whether a key has a part in the id of its service: a running service is recognised by it even when it is in error.
  static func isNaming(_ key: String) -> Bool {
    key == "id" || key == "service" || key == "protocol" || key == "socket_type" || key == "bind"
  }
}

extension RawService {
  /// A service of a drop-in file that is in error as a whole.
  static func broken(_ id: String, at range: SourceRange) -> RawService {
    var service = RawService(dialect: .flat, name: RawWord(id, at: range), isDropIn: true)
    service.isBroken = true
    return service
  }
}
