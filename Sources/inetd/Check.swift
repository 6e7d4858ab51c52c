import LinuxSystem
import ServiceConfiguration
import ServiceModel
import ServiceResolution
import SuperServer

/// `--check`: what `inetctl check` reports, from the daemon's own options.
func check(_ options: Options) throws(SystemError) -> ExitCode {
  let settings = try options.serverSettings()
  let load = ConfigurationLoad.run(paths: settings.paths, options: settings.options, keepsServices: false)
  let renderer = DiagnosticRenderer(load.table.sources)
  for diagnostic in load.table.diagnostics {
    try BorrowedDescriptor.standardOutput.writeAll(renderer.text(of: diagnostic))
  }
  try BorrowedDescriptor.standardOutput.writeAll(CheckReport(load.table).summary + "\n")
  return load.table.hasErrors ? .findings : .success
}
