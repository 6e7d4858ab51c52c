import CLinux
import LinuxSystem
import ServiceConfiguration
import ServiceModel
import ServiceResolution
import SuperServer

/// `--check`: what `inetctl check` reports, from the daemon's own options; ends the process.
func check(_ options: Options) throws(SystemError) -> Never {
  let settings = try options.serverSettings()
  let load = ConfigurationLoad.run(paths: settings.paths, options: settings.options, keepsServices: false)
  let renderer = DiagnosticRenderer(load.table.sources)
  for diagnostic in load.table.diagnostics {
    try BorrowedDescriptor.standardOutput.writeAll(renderer.text(of: diagnostic))
  }
  try BorrowedDescriptor.standardOutput.writeAll(CheckReport(load.table).summary + "\n")
  let code: ExitCode = load.table.hasErrors ? .findings : .success
  end(code, keeping: load)
}

/// To free a hundred thousand services one by one, for the kernel to take the rest, takes longer than the report. A
/// function of its own: what is only used before a call that never returns is freed before it.
@inline(never) private func end(_ code: ExitCode, keeping load: ConfigurationLoad) -> Never { exit(code.rawValue) }
