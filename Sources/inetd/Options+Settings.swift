import LinuxSystem
import ServiceConfiguration
import ServiceResolution
import SuperServer

extension Options {
  /// The options in the server's terms, with every path made absolute: the daemon changes directory, and a reload must
  /// find the same files again.
  func serverSettings() throws(SystemError) -> ServerSettings {
    var paths = ConfigurationPaths()
    if let config {
      paths.classicFile = try config.map { path throws(SystemError) in try absolute(path) }
      paths.classicFileMayBeMissing = false
      // As with every inetd: a configuration named alone is all there is.
      paths.directories = []
    }
    if let directories {
      paths.directories = []
      for directory in directories { paths.directories.append(try absolute(directory)) }
    }
    var load = LoadOptions()
    load.bindAddress = bindAddress
    load.backlog = backlog
    load.startsPerMinute = startsPerMinute
    load.logsConnections = logsConnections
    load.passesEnvironment = passesEnvironment
    load.runsAsRoot = CurrentProcess.isRoot
    var settings = ServerSettings(paths: paths, options: load)
    settings.processLimit = processLimit
    settings.staysWithoutServices = stays
    settings.controlPath = try controlPath()
    return settings
  }

  private func controlPath() throws(SystemError) -> String? {
    if let control { return control == "none" ? nil : try absolute(control) }
    return CurrentProcess.isRoot ? "/run/inetd/control" : nil
  }

  private func absolute(_ path: String) throws(SystemError) -> String {
    path.utf8.first == UInt8(ascii: "/") ? path : try FileSystem.currentDirectory() + "/" + path
  }
}

extension ServerSettings {
  /// The places of the configuration for a message.
  var sourcesText: String {
    let places = (paths.classicFile.map { [$0] } ?? []) + paths.directories
    return places.isEmpty ? "an empty configuration" : places.joined(separator: ", ")
  }
}
