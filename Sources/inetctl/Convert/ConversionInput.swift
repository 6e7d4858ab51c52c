import LinuxSystem
import ServiceConfiguration
import ServiceModel
import ServiceResolution

/// Services read from files that need not be in any service directory, and nothing looked up: users and programs may be
/// those of another machine.
struct ConversionInput {
  var table = ServiceTable()
  /// What the files say and no service can.
  var losses: [String] = []
  var hasFailed = false

  static func read(_ paths: [String], as source: Convert.Source) -> ConversionInput {
    var input = ConversionInput()
    var documents: [SourceDocument] = []
    for path in paths.map(absolute) {
      for file in input.files(at: path, source) { input.append(file, as: source, to: &documents) }
    }
    var options = LoadOptions()
    // Whether a user is missing is for `check` to say, on the machine the files are for.
    options.runsAsRoot = false
    var normalizer = Normalizer(options: options)
    let configuration = ConfigurationLoader.load(documents) { request in
      ConfigurationReader.include(request, checksWriters: false)
    } emit: { service in
      normalizer.add(service)
    }
    input.table = normalizer.finish(configuration)
    return input
  }

  static func absolute(_ path: String) -> String {
    path.hasPrefix("/") ? path : ((try? FileSystem.currentDirectory()) ?? ".") + "/" + path
  }

  /// A file, or the files of a directory whose names count.
  private mutating func files(at path: String, _ source: Convert.Source) -> [String] {
    guard let status = try? FileSystem.status(of: path) else {
      fail(path, "does not exist")
      return []
    }
    guard status.kind == .directory else { return [path] }
    guard let names = try? FileSystem.names(in: path) else {
      fail(path, "cannot be read")
      return []
    }
    let counting = names.filter { name in
      if name.hasPrefix(".") || name.hasSuffix("~") { return false }
      if name.hasSuffix(".socket") { return source == .systemd || source == .auto }
      return source != .systemd && (name.hasSuffix(".conf") || !name.contains("."))
    }
    if counting.isEmpty { fail(path, "holds no file that counts") }
    return counting.sorted().map { path + "/" + $0 }
  }

  private mutating func append(_ path: String, as source: Convert.Source, to documents: inout [SourceDocument]) {
    guard let bytes = (try? FileSystem.contents(of: path))?.bytes else { return fail(path, "cannot be read") }
    if source == .systemd || source == .auto && path.hasSuffix(".socket") {
      guard let unit = SystemdSocket.read(path) else {
        return fail(path, "is not a socket unit that a server could be started for")
      }
      losses += unit.losses
      documents.append(
        SourceDocument(path: unit.path, role: .dropIn, content: .bytes(Array(unit.flatText.utf8))))
      return
    }
    let isClassic = source == .inetd || source == .auto && Dialect.detect(in: bytes) == .classic
    documents.append(SourceDocument(path: path, role: isClassic ? .classicFile : .dropIn, content: .bytes(bytes)))
  }

  private mutating func fail(_ path: String, _ reason: String) {
    Output.complain("inetctl: \(path): \(reason)\n")
    hasFailed = true
  }
}
