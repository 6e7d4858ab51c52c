import ServiceConfiguration
import ServiceModel

// What an administrator, a package or an attacker with a pen writes: the files.
extension FuzzTarget {
  static let configuration = [
    FuzzTarget("classic", longestInput: 512) { ConfigurationText.load($0, as: .classicFile).check() },
    // NetBSD's notation: the first line decides, so it is given.
    FuzzTarget("key-values", longestInput: 512) {
      ConfigurationText.load(Array("echo on ".utf8) + $0, as: .classicFile).check()
    },
    FuzzTarget("flat", longestInput: 512) {
      ConfigurationText.load(Array("id = fuzzed\n".utf8) + $0, as: .dropIn).check()
    },
    FuzzTarget("xinetd", longestInput: 512) {
      ConfigurationText.load(Array("service fuzzed\n{\n".utf8) + $0, as: .dropIn).check()
    },
    FuzzTarget("round-trip", longestInput: 512) { ConfigurationText.load($0, as: .dropIn).checkRoundTrip() },
    FuzzTarget("access-tokens", longestInput: 256, AccessTokens.check),
    FuzzTarget("off-marks", longestInput: 256, OffMarkEditing.check),
  ]
}

/// One file, read as the daemon reads it.
private struct ConfigurationText {
  let table: ServiceTable

  static func load(_ bytes: [UInt8], as role: SourceDocument.Role) -> ConfigurationText {
    let path = role == .classicFile ? "/etc/inetd.conf" : "/etc/inetd.d/fuzzed.conf"
    var options = LoadOptions()
    options.runsAsRoot = true
    var normalizer = Normalizer(options: options)
    // Includes find one file that includes it all again: the worst neighbour there can be.
    let configuration = ConfigurationLoader.load([SourceDocument(path: path, role: role, content: .bytes(bytes))]) {
      request in
      var reply = IncludeReply()
      reply.files = [IncludeReply.File(path: request.path, identity: path, content: .bytes(bytes))]
      return reply
    } emit: {
      normalizer.add($0)
    }
    return ConfigurationText(
      table: normalizer.finish(configuration) { name, _ in name.utf8.count == 4 ? 7 : nil })
  }

  /// Every finding can be shown, and every place lies in its file.
  func check() {
    _ = DiagnosticRenderer(table.sources).text(of: table.diagnostics)
    var ranges = table.diagnostics.flatMap { [$0.range] + $0.notes.map { $0.range } }.compactMap { $0 }
    ranges += table.entries.flatMap { [$0.location] + $0.origins.entries.map { $0.range } }
    ranges += table.rejected.map { $0.location }
    var lengths: [UInt32: [Int]] = [:]
    for range in ranges {
      let file = UInt32(range.file.index)
      let lines = lengths[file] ?? ConfigurationText.lineLengths(table.sources[range.file].bytes)
      lengths[file] = lines
      precondition(range.line >= 1 && Int(range.line) <= lines.count, "a line that is not there")
      precondition(
        range.column >= 1 && Int(range.column) - 1 <= lines[Int(range.line) - 1], "a column that is not there")
    }
  }

  private static func lineLengths(_ bytes: [UInt8]) -> [Int] {
    var lengths = [0]
    for byte in bytes {
      if byte == 10 { lengths.append(0) } else { lengths[lengths.count - 1] += 1 }
    }
    return lengths
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
        for pattern in entry.definition.access.onlyFrom ?? [] {
          let again = ConfigurationText.load(
            Array("id = a\nport = 1\nserver = /a\nonly_from = \(FlatText.quoted(pattern.text))\n".utf8), as: .dropIn)
          precondition(
            again.table.entries.first?.definition.access.onlyFrom == [pattern], "\(pattern.text) reads as another")
        }
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
