import ServiceConfiguration
import ServiceModel

// What an administrator, a package or an attacker with a pen writes: the files.
extension FuzzTarget {
  static let configuration = [
    FuzzTarget("classic", longestInput: 256) { ConfigurationText.load($0, as: .classicFile).check() },
    // NetBSD's notation: the first line decides, so it is given.
    FuzzTarget("key-values", longestInput: 384) {
      ConfigurationText.load(Array("echo on ".utf8) + $0, as: .classicFile).check()
    },
    FuzzTarget("flat", longestInput: 256) {
      ConfigurationText.load(Array("id = fuzzed\n".utf8) + $0, as: .dropIn).check()
    },
    FuzzTarget("xinetd", longestInput: 256) {
      ConfigurationText.load(Array("service fuzzed\n{\n".utf8) + $0, as: .dropIn).check()
    },
    FuzzTarget("round-trip", longestInput: 256) { ConfigurationText.load($0, as: .dropIn).checkRoundTrip() },
    // Chains of includes, and an override behind the first NUL; short, since each include is the whole text once more.
    FuzzTarget("several-files", longestInput: 128) {
      let parts = $0.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false).map { Array($0) }
      ConfigurationText.load(parts[0], as: .dropIn, override: parts.count > 1 ? parts[1] : nil, includes: 40).check()
    },
    FuzzTarget("access-tokens", longestInput: 128, AccessTokens.check),
    FuzzTarget("off-marks", longestInput: 128, OffMarkEditing.check),
  ]
}

/// Text read as the daemon reads it.
private struct ConfigurationText {
  private static let dropIn = "/etc/inetd.d/fuzzed.conf"

  let table: ServiceTable

  /// Includes find the same text again, the worst neighbour there can be, until `includes` of them were answered. One is
  /// enough for most targets: with the loader's own bound of 16,384, an input that includes twice takes seconds.
  static func load(
    _ bytes: [UInt8], as role: SourceDocument.Role, override: [UInt8]? = nil, includes: Int = 1
  ) -> ConfigurationText {
    let path = role == .classicFile ? "/etc/inetd.conf" : dropIn
    var documents = [SourceDocument(path: path, role: role, content: .bytes(bytes))]
    if let override {
      documents.append(
        SourceDocument(path: dropIn + ".d/a.conf", role: .override(base: "fuzzed"), content: .bytes(override)))
    }
    var options = LoadOptions()
    options.runsAsRoot = true
    var normalizer = Normalizer(options: options)
    var left = includes
    let configuration = ConfigurationLoader.load(documents) { request in
      var reply = IncludeReply()
      left -= 1
      if left < 0 {
        reply.failure = ("include-missing", "does not exist")
      } else {
        reply.files = [IncludeReply.File(path: request.path, identity: request.path, content: .bytes(bytes))]
      }
      return reply
    } emit: {
      normalizer.add($0)
    }
    return ConfigurationText(
      table: normalizer.finish(configuration) { name, _ in name.utf8.count == 4 ? 7 : nil })
  }

  /// Every kind of finding can be shown, and every place lies in its file.
  func check() {
    let renderer = DiagnosticRenderer(table.sources)
    var shown: [String] = []
    var places = FilePlaces(table.sources)
    for finding in table.diagnostics {
      if let range = finding.range { places.check(range) }
      for note in finding.notes { if let range = note.range { places.check(range) } }
      // The excerpts of a hundred alike would be most of a run.
      if shown.contains(finding.id) { continue }
      shown.append(finding.id)
      precondition(renderer.text(of: finding).utf8.last == 10, "a finding that cannot be shown")
    }
    for entry in table.entries {
      places.check(entry.location)
      for origin in entry.origins.entries { places.check(origin.range) }
    }
    for service in table.rejected { places.check(service.location) }
  }

  /// What is printed of a service reads back as the same service.
  func checkRoundTrip() {
    check()
    for entry in table.entries {
      let printed = CanonicalPrinter.section(entry.definition)
      let again = ConfigurationText.load(Array(printed.utf8), as: .dropIn).table
      precondition(
        again.entries.map { $0.definition } == [entry.definition], "the printed service is another:\n" + printed)
    }
  }
}

/// The lines of the files of one load, counted when first asked for.
private struct FilePlaces {
  private let sources: SourceMap
  private var lengths: [[Int]]

  init(_ sources: SourceMap) {
    self.sources = sources
    lengths = Array(repeating: [], count: sources.files.count)
  }

  mutating func check(_ range: SourceRange) {
    let file = Int(range.file.index)
    if lengths[file].isEmpty { lengths[file] = FilePlaces.lineLengths(sources[range.file].bytes) }
    let line = Int(range.line) - 1
    precondition(line >= 0 && line < lengths[file].count, "a line that is not there")
    precondition(range.column >= 1 && Int(range.column) - 1 <= lengths[file][line], "a column that is not there")
  }

  private static func lineLengths(_ bytes: [UInt8]) -> [Int] {
    var lengths = [0]
    for byte in bytes {
      if byte == 10 { lengths.append(0) } else { lengths[lengths.count - 1] += 1 }
    }
    return lengths
  }
}

/// Words of only_from and no_access.
private enum AccessTokens {
  static func check(_ bytes: [UInt8]) {
    // One line, whatever the bytes: the lists are what is tried here.
    let line = bytes.map { $0 == 10 || $0 == 0 ? 32 : $0 }
    for syntax in ["id = a\nport = 1\nserver = /a\nonly_from = ", "service a\n{\nport = 1\nserver = /a\nonly_from = "] {
      let close = syntax.utf8.contains(UInt8(ascii: "{")) ? "\n}\n" : "\n"
      let text = Array(syntax.utf8) + line + Array(close.utf8)
      let table = ConfigurationText.load(text, as: .dropIn)
      table.check()
      for entry in table.table.entries {
        guard let patterns = entry.definition.access.onlyFrom, !patterns.isEmpty else { continue }
        let words = patterns.map { FlatText.quoted($0.text) }.joined(separator: " ")
        let again = ConfigurationText.load(
          Array("id = a\nport = 1\nserver = /a\nonly_from = \(words)\n".utf8), as: .dropIn)
        precondition(
          again.table.entries.first?.definition.access.onlyFrom == patterns, "\(words) reads as another list")
      }
    }
  }
}

/// Switching services off and on in a classic file.
private enum OffMarkEditing {
  static func check(_ bytes: [UInt8]) {
    _ = OffMarks.revealed(bytes)
    let lines = bytes.split(separator: 10, omittingEmptySubsequences: false).count
    for line in [1, lines / 2, lines, lines + 1] {
      guard let off = OffMarks.disable(bytes, line: line) else { continue }
      guard let on = OffMarks.enable(off, line: line) else { preconditionFailure("what was marked has no mark") }
      precondition(on == bytes, "off and on again is another text")
    }
  }
}
