import ServiceModel

/// The wording of what the parsers find. A service in error is skipped, and one that runs already stays as it was.
extension Diagnostic {
  private static let skipped = "service skipped"

  private static func error(_ id: String, _ message: String, _ outcome: String, at range: SourceRange) -> Diagnostic {
    Diagnostic(.error, id, message, at: range, outcome: outcome)
  }

  private static func warning(_ id: String, _ message: String, _ outcome: String, at range: SourceRange) -> Diagnostic {
    Diagnostic(.warning, id, message, at: range, outcome: outcome)
  }

  // MARK: Words

  static func wordFault(_ fault: WordFault) -> Diagnostic {
    switch fault.kind {
    case .nulByte: error("nul-byte", "a NUL byte cannot be part of a value", skipped, at: fault.range)
    case .notUTF8: error("not-utf8", "this is not UTF-8 text", skipped, at: fault.range)
    case .unclosedQuote: error("unclosed-quote", "the quote is not closed on its line", skipped, at: fault.range)
    case .unknownEscape:
      error(
        "unknown-escape", "unknown escape; between double quotes there are \\\\ \\\" \\n \\t \\r \\xHH", skipped,
        at: fault.range)
    case .blankAfterBackslash:
      warning(
        "blank-after-backslash", "blanks follow the backslash, so the line does not continue",
        "taken as a blank that belongs to the value", at: fault.range)
    }
  }

  static func tooManyWords(_ word: RawWord) -> Diagnostic {
    error("too-many-words", "a value has at most \(ParseContext.maximumWords) words", skipped, at: word.range)
  }

  static func tooManySettings(_ key: RawWord) -> Diagnostic {
    error("too-many-settings", "a service has at most \(ParseContext.maximumSettings) settings", skipped, at: key.range)
  }

  static func expectedKey(_ range: SourceRange) -> Diagnostic {
    error("expected-key", "expected 'key = value'", skipped, at: range)
  }

  static func expectedOperator(_ key: RawWord) -> Diagnostic {
    error("expected-operator", "expected '=', '+=' or '-=' after '\(key.text)'", skipped, at: key.range)
  }

  // MARK: Flat files

  static func unknownSection(_ range: SourceRange, word: RawWord?) -> Diagnostic {
    var finding = error(
      "unknown-section", "a section is '[service ID]' or '[defaults]'", "section skipped", at: range)
    finding.suggestion = word.flatMap { NearMiss.nearest(to: $0.text, among: ["service", "defaults"]) }
    return finding
  }

  static func unclosedSection(_ range: SourceRange) -> Diagnostic {
    error("unclosed-section", "the section's ']' is missing", "section skipped", at: range)
  }

  static func textAfterHeader(_ range: SourceRange) -> Diagnostic {
    warning("text-after-header", "text behind the section's ']'", "ignored", at: range)
  }

  // MARK: Includes

  static func includeWithoutPath(_ key: RawWord) -> Diagnostic {
    error("include-without-path", "'\(key.text)' needs a path", "nothing is included", at: key.range)
  }

  static func includeFailed(_ path: RawWord, id: String, _ reason: String) -> Diagnostic {
    error(id, "'\(path.text)' \(reason)", "nothing is included", at: path.range)
  }

  static func includeCycle(_ path: RawWord, file: String, chain: [Note]) -> Diagnostic {
    var finding = error("include-cycle", "'\(file)' includes itself", "not included again", at: path.range)
    finding.notes = chain
    return finding
  }

  static func includeTooDeep(_ path: RawWord, limit: Int) -> Diagnostic {
    error("include-too-deep", "includes are nested more than \(limit) deep", "nothing is included", at: path.range)
  }

  /// The includes of a load have taken all that there is of something.
  static func noRoom(_ lack: IncludeReply.Lack, _ path: RawWord) -> Diagnostic {
    let most = ConfigurationLoader.maximumIncludes
    let outcome = "the others are not read"
    return switch lack {
    case .files:
      error("too-many-includes", "more than \(most.files) files are included", outcome, at: path.range)
    case .names:
      error("include-too-wide", "includes look at more than \(most.names) names of files", outcome, at: path.range)
    case .bytes:
      error(
        "includes-too-large", "the included files hold more than \(most.bytes >> 20) MiB", outcome, at: path.range)
    }
  }

  // MARK: xinetd

  static func missingBlank(_ key: RawWord) -> Diagnostic {
    warning("missing-blank", "xinetd needs blanks around the operator behind '\(key.text)'", "accepted", at: key.range)
  }

  static func commentAfterValue(_ range: SourceRange) -> Diagnostic {
    warning("comment-after-value", "xinetd takes this comment for values", "taken as a comment", at: range)
  }

  static func literalQuotes(_ range: SourceRange, key: RawWord) -> Diagnostic {
    if key.text == "server_args" || key.text == "env" {
      return Diagnostic(.warning, "literal-quotes", "quotes are passed to the server as they stand", at: range)
    }
    return Diagnostic(.warning, "literal-quotes", "quotes are part of the value in xinetd syntax", at: range)
  }

  static func missingBrace(_ name: RawWord, before range: SourceRange) -> Diagnostic {
    var finding = warning(
      "missing-brace", "the '}' of '\(name.text)' is missing before this line", "taken as if it were there", at: range)
    finding.notes = [Note("the block starts here", at: name.range)]
    return finding
  }

  static func missingBraceAtEnd(_ name: RawWord) -> Diagnostic {
    warning(
      "missing-brace", "the '}' of '\(name.text)' is missing at the end of the file", "taken as if it were there",
      at: name.range)
  }

  static func missingOpeningBrace(_ header: SourceRange) -> Diagnostic {
    warning("missing-opening-brace", "the '{' is missing behind this line", "taken as if it were there", at: header)
  }

  static func headerWithoutBlock(_ header: SourceRange) -> Diagnostic {
    error("missing-block", "no '{' follows this line", skipped, at: header)
  }

  static func braceAfterValue(_ range: SourceRange) -> Diagnostic {
    warning("brace-after-value", "xinetd takes this '}' for a value", "taken as the end of the block", at: range)
  }

  static func strayBrace(_ range: SourceRange) -> Diagnostic {
    warning("stray-brace", "there is no block to close here", "ignored", at: range)
  }

  static func secondOpeningBrace(_ range: SourceRange) -> Diagnostic {
    warning("stray-brace", "the block is open already", "ignored", at: range)
  }

  static func blockWithoutHeader(_ range: SourceRange) -> Diagnostic {
    error("missing-header", "no 'service NAME' stands before this block", "block skipped", at: range)
  }

  static func serviceWithoutName(_ range: SourceRange) -> Diagnostic {
    error("missing-service-name", "'service' needs a name", "block skipped", at: range)
  }

  static func textAfterServiceName(_ range: SourceRange) -> Diagnostic {
    warning("text-after-header", "text behind the service's name", "ignored", at: range)
  }

  static func outsideBlock(_ range: SourceRange, after name: RawWord?) -> Diagnostic {
    guard let name else {
      return error("outside-block", "this stands outside of all blocks", "line skipped", at: range)
    }
    var finding = error(
      "outside-block", "this stands outside of all blocks; if it belongs to '\(name.text)', its '}' stands too early",
      skipped, at: range)
    finding.notes = [Note("the block before it starts here", at: name.range)]
    return finding
  }

  // MARK: inetd.conf

  static func missingField(_ field: StaticString, after word: RawWord) -> Diagnostic {
    error(
      "missing-field", "the line ends behind '\(word.text)' where its \(field) should follow", "line skipped",
      at: word.range)
  }

  static func badWait(_ word: RawWord) -> Diagnostic {
    error("bad-wait", "expected 'wait' or 'nowait', found '\(word.text)'", skipped, at: word.range)
  }

  static func badLimit(_ word: RawWord) -> Diagnostic {
    error("bad-limit", "expected a number, found '\(word.text)'", skipped, at: word.range)
  }

  static func missingLimit(_ word: RawWord) -> Diagnostic {
    error("bad-limit", "a number is missing in '\(word.text)'", skipped, at: word.range)
  }

  static func tooManyLimits(_ word: RawWord) -> Diagnostic {
    error("bad-limit", "there are at most three limits", skipped, at: word.range)
  }

  static func badBufferSize(_ word: RawWord) -> Diagnostic {
    error("bad-buffer-size", "expected 'sndbuf=SIZE' or 'rcvbuf=SIZE', found '\(word.text)'", skipped, at: word.range)
  }

  static func badUnixName(_ word: RawWord) -> Diagnostic {
    error(
      "bad-unix-name", "a unix service is '/path' or 'name:user:group:mode:/path', not '\(word.text)'", skipped,
      at: word.range)
  }

  static func emptyUser(_ word: RawWord) -> Diagnostic {
    error("empty-user", "the user's name is empty", skipped, at: word.range)
  }

  static func hostOfUnixSocket(_ host: RawWord) -> Diagnostic {
    warning("host-of-unix-socket", "a unix socket has no address", "ignored", at: host.range)
  }

  static func protocolPartIgnored(_ part: StaticString, at range: SourceRange) -> Diagnostic {
    warning("protocol-part", "Linux has nothing for '\(part)'", "ignored", at: range)
  }

  static func indentedComment(_ range: SourceRange) -> Diagnostic {
    warning(
      "indented-comment", "an indented line continues the one before, and '#' starts a comment only in column 1",
      "passed to the server as it stands", at: range)
  }

  static func commentInArguments(_ word: RawWord) -> Diagnostic {
    warning(
      "comment-in-arguments", "'#' starts a comment only in column 1", "passed to the server as it stands",
      at: word.range)
  }

  static func builtinArguments(_ word: RawWord) -> Diagnostic {
    warning("builtin-arguments", "what the daemon serves itself takes no arguments", "ignored", at: word.range)
  }

  static func policyLine(_ range: SourceRange) -> Diagnostic {
    warning("ipsec-policy", "IPsec policies of '#@' lines are not supported", "ignored", at: range)
  }

  static func policyOption(_ key: RawWord) -> Diagnostic {
    warning("ipsec-policy", "IPsec policies are not supported", "ignored", at: key.range)
  }

  static func unknownDirective(_ word: RawWord) -> Diagnostic {
    var finding = error("unknown-directive", "unknown directive '\(word.text)'", "line skipped", at: word.range)
    finding.suggestion = NearMiss.nearest(to: word.text, among: [".include"])
    return finding
  }

  static func missingServiceName(_ word: RawWord) -> Diagnostic {
    error("missing-service-name", "no service stands behind '\(word.text)'", "definition skipped", at: word.range)
  }

  static func expectedEquals(_ key: RawWord) -> Diagnostic {
    error("expected-operator", "expected '=' after '\(key.text)'", skipped, at: key.range)
  }

  static func unknownOption(_ key: RawWord) -> Diagnostic {
    var finding = error("unknown-option", "unknown option '\(key.text)'", skipped, at: key.range)
    finding.suggestion = NearMiss.nearest(to: key.text, among: ClassicService.keyValueNames)
    return finding
  }

  static func optionGivenTwice(_ key: RawWord, first: RawWord) -> Diagnostic {
    var finding = error("option-given-twice", "'\(key.text)' is given twice", skipped, at: key.range)
    finding.notes = [Note("first given here", at: first.range)]
    return finding
  }

  static func optionWithoutValue(_ key: RawWord) -> Diagnostic {
    error("option-without-value", "'\(key.text)' needs a value", skipped, at: key.range)
  }

  static func tooManyValues(_ value: RawWord, key: RawWord) -> Diagnostic {
    let isKey = ClassicService.keyValueNames.contains(value.text)
    let reason = isKey ? "; a ',' is missing in front of '\(value.text)'" : ""
    return error("too-many-values", "'\(key.text)' takes one value\(reason)", skipped, at: value.range)
  }

  static func tooManyOptions(_ key: RawWord, limit: Int) -> Diagnostic {
    error("too-many-options", "a definition has at most \(limit) options", skipped, at: key.range)
  }

  static func missingSemicolon(_ range: SourceRange) -> Diagnostic {
    error("missing-semicolon", "the definition that starts here has no ';' at its end", skipped, at: range)
  }

  /// The same finding in a defaults block, which is no service.
  func inDefaults(_ kind: RawService.Kind?) -> Diagnostic {
    guard kind == .defaults, severity == .error else { return self }
    var finding = self
    finding.outcome = "services that rely on these defaults are skipped"
    return finding
  }

  // MARK: Files

  static func fileTooLarge(_ path: String, limit: Int) -> Diagnostic {
    Diagnostic(
      .error, "file-too-large", "is larger than \(limit >> 20) MiB", subject: path, outcome: "file skipped")
  }

  static func notText(_ range: SourceRange) -> Diagnostic {
    error("not-text", "this is a NUL byte, so the file is no text", "file skipped", at: range)
  }

  static func moreFindings(_ count: Int, path: String) -> Diagnostic {
    Diagnostic(.warning, "more-findings", "\(count) more findings in this file are not shown", subject: path)
  }

  static func overrideWithoutFile(_ path: String, base: String) -> Diagnostic {
    Diagnostic(
      .warning, "override-without-file", "there is no '\(base).conf' to override", subject: path, outcome: "ignored")
  }

  static func overrideMatchesNothing(_ section: RawWord, base: String) -> Diagnostic {
    warning("override-without-service", "'\(base).conf' has no service '\(section.text)'", "ignored", at: section.range)
  }

  static func overrideIsAmbiguous(_ key: RawWord, base: String) -> Diagnostic {
    error(
      "override-ambiguous", "'\(base).conf' holds several services; write '[service ID]' above these keys",
      "they are skipped", at: key.range)
  }
}

extension Diagnostic {
  static func includeInOverride(_ path: RawWord) -> Diagnostic {
    Diagnostic(
      .error, "include-in-override", "an override cannot include '\(path.text)'", at: path.range,
      outcome: "the file it overrides is skipped")
  }
}
