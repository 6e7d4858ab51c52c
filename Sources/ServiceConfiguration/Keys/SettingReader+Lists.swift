import NetworkAddresses
import ServiceModel

extension SettingReader {
  /// In longer lists doubles stay: they do no harm, and looking for them in each would take too long.
  private static let longestSearchedList = 1024

  /// A list of words after this setting: `=` replaces, or adds where `additive` (xinetd's defaults); `+=` adds what is
  /// not there; `-=` removes, and says so when there was nothing to remove.
  func edited(_ list: [RawWord], additive: Bool) -> [RawWord] {
    edited(list, additive: additive, words.map { ($0, $0) }) { $0.text == $1.text }
  }

  func edited<Element>(
    _ list: [Element], additive: Bool, _ items: [(word: RawWord, value: Element)],
    same: (Element, Element) -> Bool
  ) -> [Element] {
    var result = setting.operation == .set && !(additive && inDefaults) ? [] : list
    for item in items {
      if setting.operation != .remove && result.count >= SettingReader.longestSearchedList {
        result.append(item.value)
        continue
      }
      let index = result.firstIndex { same($0, item.value) }
      switch (setting.operation, index) {
      case (.remove, let index?): result.remove(at: index)
      case (.remove, nil):
        warn("nothing-to-remove", "'\(item.word.text)' is not in '\(key)' here; '-=' is ignored", at: item.word)
      case (_, nil): result.append(item.value)
      case (_, _?): break
      }
    }
    return result
  }

  /// A list after this setting that may not have been given before: to take away from nothing leaves it so, as an empty
  /// list has a meaning of its own.
  func given<List>(_ list: List?, _ edited: List) -> List? {
    setting.operation == .remove && list == nil ? nil : edited
  }

  /// A set of keywords after this setting.
  mutating func editedSet<Value: OptionSet>(
    _ set: Value, _ choices: [(name: String, value: Value)], additive: Bool
  ) -> Value where Value.Element == Value {
    var result = setting.operation == .set && !(additive && inDefaults) ? [] : set
    for word in words {
      guard let member = choice(word, choices) else { continue }
      if setting.operation == .remove { result.remove(member) } else { result.insert(member) }
    }
    return result
  }

  /// An access list after this setting. Adding to nothing begins a list.
  mutating func accessList(_ list: [AccessPattern]?) -> [AccessPattern] {
    var items: [(word: RawWord, value: AccessPattern)] = []
    for word in words {
      switch AccessPattern.parse(word.text, blockForms: dialect == .xinetd) {
      case .success(let patterns):
        warnAboutHostBits(word, patterns)
        items += patterns.map { (word, $0) }
      case .failure(let error): fail("bad-access-entry", error.message, at: word)
      }
    }
    // Long lists are added to an empty one as a rule; only then is looking for doubles worth its time.
    if setting.operation == .set && !inDefaults { return items.map { $0.value } }
    return edited(list ?? [], additive: true, items) { $0 == $1 }
  }

  private func warnAboutHostBits(_ word: RawWord, _ patterns: [AccessPattern]) {
    guard patterns.count == 1, case .prefix(let prefix) = patterns[0], !prefix.isSingleAddress else { return }
    guard let slash = word.text.utf8.firstIndex(of: UInt8(ascii: "/")),
      case .success(let base) = AccessPattern.parse(String(word.text[..<slash]), blockForms: false),
      base != [.prefix(IPPrefix(prefix.base))]
    else { return }
    if case .prefix = base[0] {
      warn("host-bits", "'\(word.text)' is read as the whole network \(prefix)", at: word, suggestion: "\(prefix)")
    }
  }
}
