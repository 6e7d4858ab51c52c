import NetworkAddresses
import ServiceModel

extension SettingReader {
  // MARK: Booleans and choices

  mutating func boolean() -> Bool? {
    guard let word = single() else { return nil }
    if let value = ValueText.boolean(word.text) { return value }
    fail("bad-boolean", "'\(word.text)' is neither yes nor no", at: word)
    return nil
  }

  /// One keyword out of `choices`, whatever its case.
  mutating func choice<Value>(_ choices: [(name: String, value: Value)]) -> Value? {
    guard let word = single() else { return nil }
    return choice(word, choices)
  }

  mutating func choice<Value>(_ word: RawWord, _ choices: [(name: String, value: Value)]) -> Value? {
    for choice in choices where ASCII.equal(choice.name, word.text) { return choice.value }
    let names = choices.map { $0.name }
    let suggestion = NearMiss.nearest(to: word.text, among: names)
    // A long list is only worth reading where there is no guess.
    let list = suggestion != nil && names.count > 6 ? "" : " (\(names.joined(separator: ", ")))"
    fail("unknown-value", "'\(word.text)' is no value of '\(key)'\(list)", at: word, suggestion: suggestion)
    return nil
  }

  // MARK: Numbers

  mutating func integer(_ range: ClosedRange<Int>) -> Int? {
    guard let word = single() else { return nil }
    return integer(word, range)
  }

  mutating func integer(_ word: RawWord, _ range: ClosedRange<Int>) -> Int? {
    guard let value = ValueText.integer(word.text) else {
      fail("bad-number", "'\(word.text)' is not a number", at: word)
      return nil
    }
    if range.contains(value) { return value }
    let bounds =
      range.upperBound == .max || range.upperBound == Int(Int32.max)
      ? "at least \(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
    fail("out-of-range", "'\(key)' must be \(bounds), not \(word.text)", at: word)
    return nil
  }

  /// A number, or `unlimited`.
  mutating func countLimit(_ range: ClosedRange<Int> = 1...Int(Int32.max)) -> CountLimit? {
    guard let word = single() else { return nil }
    if ASCII.equal(word.text, "unlimited") { return .unlimited }
    if ValueText.integer(word.text) == nil {
      let suggestion = NearMiss.nearest(to: word.text, among: ["UNLIMITED"])
      fail("bad-number", "'\(word.text)' is neither a number nor UNLIMITED", at: word, suggestion: suggestion)
      return nil
    }
    return integer(word, range).map { .count($0) }
  }

  /// Octal digits, as umask and chmod take them.
  mutating func octal() -> UInt32? {
    guard let word = single() else { return nil }
    if let value = ValueText.octal(word.text), value <= 0o777 { return value }
    fail("bad-mode", "'\(word.text)' is not an octal mode from 0 to 0777", at: word)
    return nil
  }

  // MARK: Sizes and times

  /// Bytes: a number with k, m or g.
  mutating func size(_ word: RawWord, _ range: ClosedRange<UInt64> = 0...UInt64(Int64.max)) -> UInt64? {
    guard let value = ValueText.size(word.text) else {
      fail("bad-size", "'\(word.text)' is not a size such as 65536, 64k or 1m", at: word)
      return nil
    }
    if range.contains(value) { return value }
    let bounds =
      range.upperBound == UInt64(Int64.max)
      ? "at least \(ValueText.size(range.lowerBound))"
      : "\(ValueText.size(range.lowerBound)) to \(ValueText.size(range.upperBound))"
    fail("out-of-range", "'\(key)' must be \(bounds), not \(word.text)", at: word)
    return nil
  }

  /// Seconds: a number with s, m, h or d.
  mutating func time(_ word: RawWord, _ range: ClosedRange<Int> = 0...Int(Int32.max)) -> Int? {
    guard let value = ValueText.time(word.text) else {
      fail("bad-time", "'\(word.text)' is not a time such as 90, 90s, 5m, 2h or 1d", at: word)
      return nil
    }
    if range.contains(value) { return value }
    let lowest = ValueText.time(range.lowerBound)
    let bounds =
      range.upperBound == Int(Int32.max) ? "at least \(lowest)" : "\(lowest) to \(ValueText.time(range.upperBound))"
    fail("out-of-range", "'\(key)' must be \(bounds), not \(word.text)", at: word)
    return nil
  }

  mutating func time(_ range: ClosedRange<Int> = 1...Int(Int32.max)) -> Int? {
    guard let word = single() else { return nil }
    return time(word, range)
  }

  /// `N/TIME`; `0`, `none` and `unlimited` mean no limit: the outer nil is an error, the inner one no limit.
  mutating func rate() -> StartRate?? {
    guard let word = single() else { return nil }
    if word.text == "0" || ASCII.equal(word.text, "none") || ASCII.equal(word.text, "unlimited") { return .some(nil) }
    guard let rate = ValueText.rate(word.text) else {
      fail("bad-rate", "'\(word.text)' is not a rate such as 60/1m or 10/s", at: word)
      return nil
    }
    if (1...1_000_000).contains(rate.count), (1...86_400).contains(rate.seconds) { return rate }
    fail("out-of-range", "'\(key)' must be 1 to 1000000 starts in 1s to 1d, not \(word.text)", at: word)
    return nil
  }

  // MARK: Paths and names

  /// A path from the root.
  mutating func path(_ word: RawWord) -> String? {
    if word.text.utf8.first != UInt8(ascii: "/") {
      fail("relative-path", "'\(word.text)' is not an absolute path", at: word)
      return nil
    }
    if word.text.utf8.count >= 4096 {
      fail("path-too-long", "this path is longer than the 4095 bytes that Linux takes", at: word)
      return nil
    }
    return word.text
  }

  mutating func path() -> String? {
    guard let word = single() else { return nil }
    return path(word)
  }
}

extension SettingReader {
  /// A number in decimal, or in hexadecimal behind `0x`.
  mutating func integerOrHex(_ range: ClosedRange<Int>) -> Int? {
    guard let word = single() else { return nil }
    if word.text.utf8.starts(with: "0x".utf8), word.text.utf8.count <= 12 {
      if let value = Int(word.text.dropFirst(2), radix: 16), range.contains(value) { return value }
      fail("out-of-range", "'\(key)' must be \(range.lowerBound) to \(range.upperBound), not \(word.text)", at: word)
      return nil
    }
    return integer(word, range)
  }

  /// A user by name or number; whether there is one is found out later.
  mutating func user(_ word: RawWord) -> UserReference? {
    if let id = ValueText.integer(word.text) {
      if let id = UInt32(exactly: id), id != .max { return .id(id) }
      fail("out-of-range", "a user's number is 0 to 4294967294, not \(word.text)", at: word)
      return nil
    }
    if AccountName.isValid(word.text) { return .name(word.text) }
    fail("bad-name", "'\(word.text)' cannot be the name of a user", at: word)
    return nil
  }

  mutating func group(_ word: RawWord) -> GroupReference? {
    if let id = ValueText.integer(word.text) {
      if let id = UInt32(exactly: id), id != .max { return .id(id) }
      fail("out-of-range", "a group's number is 0 to 4294967294, not \(word.text)", at: word)
      return nil
    }
    if AccountName.isValid(word.text) { return .name(word.text) }
    fail("bad-name", "'\(word.text)' cannot be the name of a group", at: word)
    return nil
  }
}

/// Names of users and groups, as far as passwd(5) forbids anything.
enum AccountName {
  static func isValid(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 256
      && text.withBytes {
        $0.allSatisfy { $0 > 0x20 && $0 != 0x7f && $0 != UInt8(ascii: ":") && $0 != UInt8(ascii: "/") }
      }
  }
}

extension UserReference {
  package var text: String {
    switch self {
    case .name(let name): name
    case .id(let id): "\(id)"
    }
  }
}

extension GroupReference {
  package var text: String {
    switch self {
    case .name(let name): name
    case .id(let id): "\(id)"
    }
  }
}
