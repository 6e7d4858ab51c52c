import ServiceResolution

/// What the command line says.
struct GeneratorOptions {
  var paths = ConfigurationPaths()
  /// Where systemd wants units of normal priority.
  var directory = ""

  /// Nil for a command line that makes no sense.
  init?(_ arguments: [String]) {
    var rest = arguments[...]
    var directories: [String]?
    while let word = rest.first, word.utf8.first == UInt8(ascii: "-") {
      rest = rest.dropFirst()
      guard let value = rest.popFirst() else { return nil }
      switch word {
      case "-c", "--config":
        paths.classicFile = value == "none" ? nil : value
        if directories == nil { directories = [] }
      case "-D", "--directory": directories = (directories ?? []) + (value == "none" ? [] : [value])
      default: return nil
      }
    }
    if let directories { paths.directories = directories }
    // systemd passes three directories; a person may be content with one.
    guard rest.count == 1 || rest.count == 3, let first = rest.first else { return nil }
    directory = first
  }
}
