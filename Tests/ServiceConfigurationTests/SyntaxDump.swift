import ServiceModel

@testable import ServiceConfiguration

/// The outcome of reading some files, as text that a test can compare.
struct SyntaxDump {
  var configuration: RawConfiguration

  /// Reads one drop-in file.
  init(_ text: String, path: String = "/etc/inetd.d/test.conf") {
    self.init([(path, text)])
  }

  /// Reads drop-in files; others can be included.
  init(_ files: [(path: String, text: String)], includable: [(path: String, text: String)] = []) {
    self.init(bytes: files.map { ($0.path, Array($0.text.utf8)) }, includable: includable)
  }

  init(bytes files: [(path: String, bytes: [UInt8])], includable: [(path: String, text: String)] = []) {
    let documents = files.map {
      SourceDocument(path: $0.path, role: SyntaxDump.role(of: $0.path), content: .bytes($0.bytes))
    }
    configuration = ConfigurationLoader.load(documents) { request in
      var reply = IncludeReply()
      let matching = includable.filter { file in
        switch request.kind {
        case .file: file.path == request.path
        case .glob: file.path == request.path || request.path == "/etc/inetd.d/*"
        case .directory, .xinetdDirectory: file.path.hasPrefix(request.path + "/")
        }
      }
      if matching.isEmpty && request.kind == .file { reply.failure = ("include-missing", "does not exist") }
      reply.files = matching.prefix(request.room.files).map {
        IncludeReply.File(path: $0.path, identity: $0.path, content: .bytes(Array($0.text.utf8)))
      }
      return reply
    }
  }

  private static func role(of path: String) -> SourceDocument.Role {
    if path == "/etc/inetd.conf" { return .classicFile }
    let parts = path.split(separator: "/")
    guard parts.count > 1, parts[parts.count - 2].hasSuffix(".conf.d") else { return .dropIn }
    return .override(base: String(parts[parts.count - 2].dropLast(".conf.d".count)))
  }

  /// One line per service and setting: `key = a|b`, with `!` before a broken service.
  var services: String {
    configuration.services.map { service in
      let head = "\(service.isBroken ? "!" : "")\(service.kind == .defaults ? "defaults" : service.name.text)"
      let settings = service.settings.map(SyntaxDump.line) + service.overrides.map { "override " + SyntaxDump.line($0) }
      return ([head] + settings.map { "  " + $0 }).joined(separator: "\n")
    }.joined(separator: "\n")
  }

  private static func line(_ setting: RawSetting) -> String {
    let sign = [RawOperator.set: "=", .add: "+=", .remove: "-="][setting.operation] ?? "?"
    return ([setting.key.text, sign] + [setting.values.map { $0.text }.joined(separator: "|")])
      .filter { !$0.isEmpty }.joined(separator: " ")
  }

  /// `line:column+length severity id` of each finding, or `path severity id` for those about a file.
  var findings: [String] {
    configuration.diagnostics.map { finding in
      let place = finding.range.map { "\($0.line):\($0.column)+\($0.length)" } ?? finding.subject ?? "?"
      return "\(place) \(finding.severity.word) \(finding.id)"
    }
  }

  var ids: [String] { configuration.diagnostics.map { $0.id } }

  /// The text that a range covers, for ranges that cover plain text.
  func text(at range: SourceRange) -> String {
    let lines = configuration.sources[range.file].bytes.split(separator: 10, omittingEmptySubsequences: false)
    let line = lines[Int(range.line) - 1]
    let start = line.startIndex + Int(range.column) - 1
    return String(decoding: line[start..<(start + Int(range.length))], as: UTF8.self)
  }

  /// Every range of the outcome.
  var ranges: [SourceRange] {
    var ranges: [SourceRange] = []
    for service in configuration.services {
      ranges.append(service.name.range)
      for setting in service.settings + service.overrides {
        ranges.append(setting.key.range)
        ranges += setting.values.map { $0.range }
      }
    }
    for finding in configuration.diagnostics {
      if let range = finding.range { ranges.append(range) }
      ranges += finding.notes.compactMap { $0.range }
    }
    return ranges
  }

  /// The first range that is not inside one line of its file.
  var strayRange: SourceRange? { ranges.first { !configuration.sources.holds($0) } }
}

extension SourceMap {
  /// Whether a range lies, from its first byte to its last, in one line of its file. Of an empty line the place where a
  /// byte would be is part, so that there is something to underline.
  func holds(_ range: SourceRange) -> Bool {
    let lines = self[range.file].bytes.split(separator: 10, omittingEmptySubsequences: false)
    guard range.line >= 1, range.line <= lines.count, range.column >= 1, range.length >= 1 else { return false }
    return Int(range.column) + Int(range.length) - 1 <= max(lines[Int(range.line) - 1].count, 1)
  }
}
