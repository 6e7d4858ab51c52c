import ServiceConfiguration
import ServiceResolution

/// What the command line decides for the life of the daemon.
package struct ServerSettings {
  package var paths: ConfigurationPaths
  package var options: LoadOptions
  /// Live servers in all; nil = no limit.
  package var processLimit: Int?
  /// The control socket; nil = none.
  package var controlPath: String?
  /// Stay up with no service.
  package var staysWithoutServices = false

  package init(paths: ConfigurationPaths, options: LoadOptions) {
    self.paths = paths
    self.options = options
  }
}
