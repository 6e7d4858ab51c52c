import GateProtocol
import LinuxSystem
import ProcessSpawning
import ServiceModel
import ServiceResolution

/// From a service's definition to the plan its servers are started by.
enum ServerProgram {
  /// What a server finds as PATH: never the daemon's own, which whoever started it chose.
  static let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

  /// Variables that speak to the daemon or to systemd about the daemon and would mislead a server.
  private static let neverPassed: Set<String> = [
    "LISTEN_FDS", "LISTEN_PID", "LISTEN_PIDFDID", "LISTEN_FDNAMES", "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID",
    "FDSTORE", "JOURNAL_STREAM", "INVOCATION_ID", "CREDENTIALS_DIRECTORY", "MAINPID", "MANAGERPID", "MANAGERPIDFDID",
    "SYSTEMD_EXEC_PID", "RUNTIME_DIRECTORY", "STATE_DIRECTORY", "CACHE_DIRECTORY", "LOGS_DIRECTORY",
    "CONFIGURATION_DIRECTORY", "MEMORY_PRESSURE_WATCH", "MEMORY_PRESSURE_WRITE", "INETD_HANDOVER",
  ]

  /// The plan by which the gate starts in place of the server that it may become, with all that this server gets and
  /// descriptors more for the verdict and the banners. `place`: which of the service's `sockets` sockets is judged.
  static func gate(
    _ order: GateOrder, path: String, of service: ResolvedService, sockets: Int = 1, place: Int = 0
  ) -> SpawnPlan {
    var order = order
    if service.definition.passing == .listenFds {
      order.socket = 3 + Int32(place)
      order.verdict = 3 + Int32(sockets)
    }
    order.banners?.file = order.verdict + 1
    var isTemplate = false
    if case .program(let program) = service.definition.handler { isTemplate = program.expandsVariables }
    var parameters = parameters(
      of: service, program: path, arguments: order.arguments(escapingPercent: isTemplate), sockets: sockets)
    parameters.expandsTemplates = isTemplate
    // A gate that only judges has nothing to say of its own.
    if order.command.isEmpty { parameters.standardError = .null }
    return SpawnPlan(parameters)
  }

  /// `cell`: the walls around the server, if any; `sockets`: how many are passed with `pass = listen_fds`.
  static func plan(
    _ program: ProgramDefinition, of service: ResolvedService, cell: SpawnCell?, sockets: Int = 1
  ) -> SpawnPlan {
    var parameters = parameters(
      of: service, program: program.path, arguments: program.argumentVector, sockets: sockets)
    parameters.expandsTemplates = program.expandsVariables
    if let tasks = service.definition.cgroup.tasksMax, service.definition.sandbox.fallback {
      // What there is without control groups: a bound for all processes of the user.
      let limit = LinuxSystem.ResourceLimit(soft: UInt64(tasks), hard: UInt64(tasks))
      parameters.limits.append(SpawnLimit(.processes, limit))
    }
    parameters.cell = cell
    parameters.noNewPrivileges = service.definition.sandbox.expanded.noNewPrivileges == true
    return SpawnPlan(parameters)
  }

  private static func parameters(
    of service: ResolvedService, program: String, arguments: [String], sockets: Int = 1
  ) -> SpawnParameters {
    let definition = service.definition
    let process = definition.process
    var parameters = SpawnParameters(serviceID: definition.id, program: program, arguments: arguments)
    parameters.environment = environment(of: service)
    parameters.variables = definition.wait ? [] : variables(for: definition.socket)
    if definition.passing == .listenFds {
      parameters.passing = .listenDescriptors(names: Array(repeating: definition.id, count: sockets))
    }
    parameters.standardError =
      switch definition.standardError {
      case .socket: .socket
      case .null: .null
      case .log: .descriptor
      }
    if let credentials = service.credentials, credentials.changesIdentity {
      parameters.identity = SpawnIdentity(uid: credentials.uid, gid: credentials.gid, groups: credentials.groups)
    }
    if let mask = process.umask { parameters.umask = mask }
    parameters.nice = Int32(clamping: process.nice ?? 0)
    parameters.oomScoreAdjust = process.oomScoreAdjust.map { Int32(clamping: $0) }
    // ioprio_set(2): the class in the upper bits, from 13 on.
    parameters.ioPriority = process.ioPriority.map { Int32($0.class.rawValue) << 13 | Int32($0.level) }
    parameters.cpuAffinity = process.cpuAffinity.isEmpty ? nil : process.cpuAffinity
    parameters.limits = process.limits.map {
      SpawnLimit($0.resource.kernelResource, LinuxSystem.ResourceLimit(soft: $0.value, hard: $0.value))
    }
    parameters.workingDirectory = process.workingDirectory ?? "/"
    parameters.rootDirectory = process.rootDirectory
    return parameters
  }

  /// The environment apart from what describes a connection: clean, then passenv, then env, later entries winning.
  private static func environment(of service: ResolvedService) -> [String] {
    let definition = service.definition
    var entries = ["PATH=" + path, "INETD_SERVICE=" + definition.id]
    if let user = service.credentials {
      entries += ["USER=" + user.userName, "LOGNAME=" + user.userName, "HOME=" + user.home, "SHELL=" + user.shell]
    }
    let wanted = definition.process.passEnvironment
    if !wanted.isEmpty {
      let takesAll = wanted.contains("*")
      for entry in CurrentProcess.environment {
        let name = String(entry.prefix { $0 != "=" })
        if neverPassed.contains(name) { continue }
        if takesAll || wanted.contains(name) { entries.append(entry) }
      }
    }
    return entries + definition.process.environment
  }

  private static func variables(for socket: SocketDefinition) -> ConnectionVariables {
    switch socket.transport {
    case .unix: [.unix]
    case .tcp, .mptcp: [.systemd, .xinetd, .ucspi]
    case .udp, .udplite, .sctp: [.systemd, .xinetd]
    }
  }
}

extension LimitedResource {
  var kernelResource: Resource {
    switch self {
    case .addressSpace: .addressSpace
    case .cpu: .cpu
    case .data: .data
    case .residentSet: .residentSet
    case .stack: .stack
    case .files: .openFiles
    }
  }
}
