import CLinux
import LinuxSystem
import ServiceConfiguration
import ServiceModel
import ServiceResolution

/// systemd.generator(7): `inetd-generator NORMAL [EARLY LATE]` writes a socket unit for each service of the
/// configuration, so that inetd itself can start at the first connection. `-c FILE` and `-D DIRECTORY` name the
/// configuration as they do for inetd.
func run(_ arguments: [String]) -> Int32 {
  guard let options = GeneratorOptions(arguments) else {
    complain("usage: inetd-generator [-c FILE] [-D DIRECTORY]... NORMAL [EARLY LATE]")
    return 64
  }
  let table = ConfigurationLoad.read(paths: options.paths, options: LoadOptions())
  let directory = UnitDirectory(options.directory)
  var failed = false
  for entry in table.entries where entry.definition.enabled {
    // What no socket unit can say inetd opens itself.
    guard let plans = ServiceResolver.plansKnownAtBoot(of: entry), !plans.isEmpty,
      let unit = SocketUnit(entry.definition, plans, source: table.sources[entry.location.file].path)
    else { continue }
    do throws(SystemError) {
      try directory.write(unit)
    } catch {
      complain(error.description)
      failed = true
    }
  }
  return failed ? 1 : 0
}

/// Standard error is the kernel's log at boot.
func complain(_ text: String) { try? BorrowedDescriptor.standardError.writeAll("inetd-generator: \(text)\n") }

exit(run(Array(CurrentProcess.arguments.dropFirst())))
