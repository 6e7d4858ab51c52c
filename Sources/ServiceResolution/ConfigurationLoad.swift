import ServiceConfiguration
import ServiceModel

/// Which files make up the configuration.
package struct ConfigurationPaths: Equatable, Sendable {
  package static let defaultClassicFile = "/etc/inetd.conf"
  /// Lowest precedence first.
  package static let defaultDirectories = ["/usr/lib/inetd.d", "/run/inetd.d", "/etc/inetd.d"]

  /// Nil = none.
  package var classicFile: String?
  /// False for a file the administrator named: it must exist then.
  package var classicFileMayBeMissing = true
  /// Lowest precedence first; a missing one is no error.
  package var directories: [String]

  @export(interface) package init(
    classicFile: String? = ConfigurationPaths.defaultClassicFile,
    directories: [String] = ConfigurationPaths.defaultDirectories
  ) {
    self.classicFile = classicFile
    self.directories = directories
  }
}

/// One reading of the configuration: what `inetd` serves, what `inetd --check` and `inetctl check` report.
package struct ConfigurationLoad: Sendable {
  /// Everything the files say, as they say it, with all diagnostics, also those of looking things up. A service that
  /// could be read but not resolved is in `rejected`, not in `entries`.
  package var table: ServiceTable
  /// The enabled services, ready to be served, in the order of `table.entries`.
  package var services: [ResolvedService]

  @export(interface) package init(table: ServiceTable, services: [ResolvedService]) {
    self.table = table
    self.services = services
  }

  /// Reads, checks and looks up everything. Touches no socket and changes nothing. Without `keepsServices` for a report
  /// only: `services` may then be empty.
  package static func run(
    paths: ConfigurationPaths, options: LoadOptions, lookup: NameLookup = NameLookup(), keepsServices: Bool = true
  ) -> ConfigurationLoad {
    var table = read(paths: paths, options: options, lookup: lookup)
    var resolver = ServiceResolver(lookup: lookup, runsAsRoot: options.runsAsRoot)
    let services = resolver.resolve(&table, keepsServices: keepsServices)
    table.diagnostics = Diagnostic.inFileOrder(table.diagnostics)
    return ConfigurationLoad(table: table, services: services)
  }

  /// Reads and checks the files only: what they say, whether or not this machine has the users and programs.
  ///
  /// A service passes through as soon as it is read, so that a long file is never held twice.
  package static func read(
    paths: ConfigurationPaths, options: LoadOptions, lookup: NameLookup = NameLookup()
  ) -> ServiceTable {
    let checksWriters = options.runsAsRoot
    var reader = ConfigurationReader(paths: paths, checksWriters: checksWriters)
    reader.read()
    var normalizer = Normalizer(options: options)
    var read = ConfigurationLoader.load(reader.documents) { request in
      ConfigurationReader.include(request, checksWriters: checksWriters)
    } emit: { service in
      normalizer.add(service)
    }
    read.diagnostics = reader.diagnostics + read.diagnostics
    read.isComplete = read.isComplete && reader.isComplete
    return normalizer.finish(read) { name, transport in
      let (wanted, other) = ServiceResolver.databaseProtocols(transport)
      return lookup.port(of: name, protocol: wanted) ?? lookup.port(of: name, protocol: other)
        ?? lookup.wellKnownPort(of: name)
    }
  }
}
