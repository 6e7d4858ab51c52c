import ArgumentParser
import Glibc
import LinuxSystem
import ServiceConfiguration
import ServiceModel

/// Writes configurations of other kinds in ours, and ours as units for systemd.
struct Convert: ParsableCommand {
  enum Source: String, ExpressibleByArgument, CaseIterable { case auto, inetd, xinetd, systemd }
  enum Target: String, ExpressibleByArgument, CaseIterable {
    case directory = "inetd.d"
    case systemd
  }

  static let configuration = CommandConfiguration(
    abstract: "Convert inetd.conf, xinetd files or systemd units to a service directory, or services to units.",
    discussion: """
      What cannot be expressed is listed on standard error. Without -o everything goes to standard output.
      Exit status: 0 fine, 1 something was in error, 64 usage.
      """)

  @Option(help: "What the paths are: auto, inetd, xinetd or systemd.") var from = Source.auto
  @Option(help: "What to write: inetd.d or systemd.") var to = Target.directory
  @Option(name: [.customShort("o"), .long], help: ArgumentHelp("Where to write files.", valueName: "dir"))
  var output: String?
  @Argument(help: "Files and directories to read.") var paths: [String]

  func validate() throws {
    if paths.isEmpty { throw ValidationError("Name at least one file or directory.") }
  }

  func run() throws {
    let input = ConversionInput.read(paths, as: from)
    Output.complain(DiagnosticRenderer(input.table.sources).text(of: input.table.diagnostics))
    for loss in input.losses { Output.complain("inetctl: \(loss)\n") }
    var isComplete = !input.table.hasErrors && !input.hasFailed
    var files: [(name: String, text: String)] = []
    for entry in input.table.entries {
      switch to {
      case .directory: files.append(CanonicalPrinter.file(entry.definition))
      case .systemd:
        let units = SystemdUnits(entry.definition)
        for loss in units.losses { Output.complain("inetctl: \(entry.definition.id): \(loss)\n") }
        files += units.files
      }
    }
    if let output {
      if !write(files, to: output) { isComplete = false }
    } else if to == .directory {
      Output.write(CanonicalPrinter.sections(input.table.entries.map { $0.definition }))
    } else {
      Output.write(files.map { "# \($0.name)\n\($0.text)" }.joined(separator: "\n"))
    }
    if !isComplete { throw ExitCode.configurationErrors }
  }

  /// Writes what is not there yet: an administrator's file is never replaced.
  private func write(_ files: [(name: String, text: String)], to directory: String) -> Bool {
    var isComplete = true
    do throws(SystemError) {
      try Convert.makeDirectory(directory)
    } catch {
      Output.complain("inetctl: \(directory): cannot be made: \(SystemError.text(error.errno))\n")
      return false
    }
    for file in files {
      let path = directory + "/" + file.name
      do throws(SystemError) {
        let new = try FileDescriptor.open(path, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
        try new.borrowed.writeAll(file.text, to: path)
      } catch {
        let reason = error.errno == EEXIST ? "is there already" : SystemError.text(error.errno)
        Output.complain("inetctl: \(path): \(reason); not written\n")
        isComplete = false
      }
    }
    return isComplete
  }
  /// Makes a directory, and those on the way to it.
  private static func makeDirectory(_ path: String) throws(SystemError) {
    if let status = try FileSystem.status(of: path) {
      if status.kind != .directory { throw SystemError("create directory", path, errno: ENOTDIR) }
      return
    }
    if let slash = path.lastIndex(of: "/"), slash != path.startIndex { try makeDirectory(String(path[..<slash])) }
    try FileSystem.createDirectory(path)
  }
}
