import ArgumentParser
import ServiceConfiguration
import ServiceModel
import ServiceResolution

/// Reads the configuration as the daemon would, and tells what is wrong with it.
struct Check: ParsableCommand {
  enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

  static let configuration = CommandConfiguration(
    abstract: "Check the configuration.",
    discussion: "Exit status: 0 fine, 1 errors (with --strict also warnings), 64 usage.")

  @OptionGroup var files: ConfigurationOptions

  @Option(help: "text for people, json for programs.") var format = Format.text

  @Flag(help: "Take warnings for errors in the exit status.") var strict = false

  func run() throws {
    let table = files.load().table
    let report = CheckReport(table)
    Output.write(format == .text ? report.text : report.json)
    if report.errors > 0 || strict && report.warnings > 0 { throw ExitCode.configurationErrors }
  }
}
