import ArgumentParser
import LinuxSystem
import ServiceConfiguration
import ServiceModel
import ServiceResolution

/// Which files a command is about, as `inetd` takes them.
struct ConfigurationOptions: ParsableArguments {
  @Option(
    name: [.short, .long], help: ArgumentHelp("The classic file, or 'none'.", valueName: "file"), completion: .file())
  var config: String?

  @Option(
    name: [.customShort("D"), .long],
    help: ArgumentHelp("A service directory, later ones override; or 'none'. Repeatable.", valueName: "dir"),
    completion: .directory)
  var directory: [String] = []

  /// As in `inetd`: a configuration named alone is all there is.
  var paths: ConfigurationPaths {
    var paths = ConfigurationPaths()
    if let config {
      paths.classicFile = config == "none" ? nil : absolute(config)
      paths.classicFileMayBeMissing = false
      paths.directories = []
    }
    if !directory.isEmpty { paths.directories = directory.filter { $0 != "none" }.map(absolute) }
    return paths
  }

  func load() -> ConfigurationLoad {
    ConfigurationLoad.run(paths: paths, options: loadOptions, keepsServices: false)
  }

  var loadOptions: LoadOptions {
    var options = LoadOptions()
    options.runsAsRoot = CurrentProcess.isRoot
    return options
  }

  private func absolute(_ path: String) -> String {
    path.hasPrefix("/") ? path : ((try? FileSystem.currentDirectory()) ?? ".") + "/" + path
  }
}

/// The exit statuses of the interface; usage errors are 64 (EX_USAGE) by themselves.
extension ExitCode {
  static let configurationErrors = ExitCode(1)
}

/// Where commands write.
enum Output {
  static func write(_ text: String) { try? BorrowedDescriptor.standardOutput.writeAll(text) }
  static func complain(_ text: String) { try? BorrowedDescriptor.standardError.writeAll(text) }
}

/// `12 services, 1 error, 2 warnings`.
func countText(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
