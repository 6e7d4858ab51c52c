import ServiceModel

extension AccessPattern {
  /// Reads a list in the form that `listText` prints; nil when an entry cannot be understood.
  @export(interface) package static func list(_ text: String) -> [AccessPattern]? {
    var patterns: [AccessPattern] = []
    for word in text.split(separator: " ") {
      guard case .success(let parsed) = parse(String(word), blockForms: false) else { return nil }
      patterns += parsed
    }
    return patterns
  }

  /// A list as one text, entries separated by blanks.
  @export(interface) package static func listText(_ patterns: [AccessPattern]) -> String {
    patterns.map { $0.text }.joined(separator: " ")
  }
}
