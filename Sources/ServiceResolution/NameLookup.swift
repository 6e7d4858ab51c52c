import LinuxSystem
import NetworkAddresses
import ServiceConfiguration
import ServiceModel

/// The machine's databases as one load sees them: each name is looked up once.
package final class NameLookup {
  /// What a lookup of an account came to.
  package enum Answer<Record> {
    case found(Record)
    case unknown
    case failed(SystemError)
  }

  /// Asking NSS for a name that no file has may take long; after so many misses only the file is believed.
  private static let maximumMisses = 100
  /// What a minimal system without /etc/services must still know: the built-ins and the classic clients of inetd.
  private static let wellKnownPorts: [(name: String, port: UInt16)] = [
    ("tcpmux", 1), ("echo", 7), ("discard", 9), ("daytime", 13), ("qotd", 17), ("chargen", 19), ("ftp", 21),
    ("ssh", 22), ("telnet", 23), ("time", 37), ("tftp", 69), ("finger", 79), ("http", 80), ("ident", 113),
    ("auth", 113), ("talk", 517), ("ntalk", 518), ("rsync", 873), ("git", 9418),
  ]

  private var users: [String: Answer<UserRecord>] = [:]
  private var usersByID: [UInt32: Answer<UserRecord>] = [:]
  private var groups: [String: Answer<GroupRecord>] = [:]
  private var memberships: [String: (primary: UInt32, groups: [UInt32])] = [:]
  private var hosts: [String: Result<[IPAddress], ResolverError>] = [:]
  /// What is left of the time that one load may spend on host names: nobody is served meanwhile.
  private var hostTime = TimeSpan.seconds(5)
  private var interfaces: [String: UInt32?] = [:]
  private var programs: [String: SystemError?] = [:]
  private var networks: [String: IPPrefix?] = [:]
  private var servicePorts: [String: UInt16]?
  private var rpcNumbers: [String: UInt32]?
  private var missedPorts: [String: UInt16?] = [:]

  /// Whether accounts are asked for in a process of its own, which it takes one thread to make.
  private let asksElsewhere: Bool
  private var accounts: AccountProcess?
  /// Called before each question that goes beyond files and may take long.
  private let asking: (() -> Void)?

  @export(interface) package init(asksElsewhere: Bool = false, asking: (() -> Void)? = nil) {
    self.asksElsewhere = asksElsewhere
    self.asking = asking
  }

  /// With this text in place of /etc/services; names that it lacks are still asked for.
  init(servicesText: [UInt8]) {
    asksElsewhere = false
    asking = nil
    servicePorts = NameLookup.ports(in: servicesText)
  }

  // MARK: Accounts

  package func user(named name: String) -> Answer<UserRecord> {
    if let known = users[name] { return known }
    let answer = NameLookup.answer { () throws(SystemError) in
      if let accounts = accountProcess() { return try accounts.user(named: name) }
      return try UserDatabase.user(named: name)
    }
    users[name] = answer
    return answer
  }

  package func user(id: UInt32) -> Answer<UserRecord> {
    if let known = usersByID[id] { return known }
    let answer = NameLookup.answer { () throws(SystemError) in
      if let accounts = accountProcess() { return try accounts.user(id: id) }
      return try UserDatabase.user(id: id)
    }
    usersByID[id] = answer
    return answer
  }

  package func group(named name: String) -> Answer<GroupRecord> {
    if let known = groups[name] { return known }
    let answer = NameLookup.answer { () throws(SystemError) in
      if let accounts = accountProcess() { return try accounts.group(named: name) }
      return try UserDatabase.group(named: name)
    }
    groups[name] = answer
    return answer
  }

  package func groups(of user: String, primary: UInt32) -> [UInt32] {
    if let known = memberships[user], known.primary == primary { return known.groups }
    let groups =
      (try? accountProcess()?.groups(of: user, primary: primary)) ?? UserDatabase.groups(of: user, primary: primary)
    memberships[user] = (primary, groups)
    return groups
  }

  /// Begun by the first question. Nil where the databases are asked directly, also because no process can be had.
  private func accountProcess() -> AccountProcess? {
    asking?()
    if asksElsewhere && accounts == nil { accounts = try? AccountProcess() }
    return accounts
  }

  private static func answer<Record>(_ call: () throws(SystemError) -> Record?) -> Answer<Record> {
    do throws(SystemError) {
      return try call().map { .found($0) } ?? .unknown
    } catch {
      return .failed(error)
    }
  }

  // MARK: Services

  /// The port of a service name for `tcp`, `udp` or `sctp`; nil when there is none.
  package func port(of name: String, protocol: String) -> UInt16? {
    let key = name + "/" + `protocol`
    if let port = portsOfFile()[key] { return port }
    if let known = missedPorts[key] { return known }
    let asks = missedPorts.count < NameLookup.maximumMisses
    if asks { asking?() }
    let port = asks ? NetworkDatabase.port(ofService: name, protocol: `protocol`) : nil
    missedPorts[key] = .some(port)
    return port
  }

  /// The port of a service that is known without /etc/services, which a minimal system does not have.
  package func wellKnownPort(of name: String) -> UInt16? {
    NameLookup.wellKnownPorts.first { $0.name == name }?.port
  }

  /// All names of /etc/services, for suggestions.
  package var serviceNames: [String] {
    portsOfFile().keys.map { key in
      key.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(key[..<$0]) } ?? key
    }
  }

  /// One reading of the file serves a hundred thousand lookups; NSS would read it for each.
  private func portsOfFile() -> [String: UInt16] {
    if let servicePorts { return servicePorts }
    let ports = NameLookup.ports(in: NameLookup.text(of: "/etc/services"))
    servicePorts = ports
    return ports
  }

  /// `name port/protocol alias...` lines (services(5)), keyed by `name/protocol`.
  static func ports(in text: [UInt8]) -> [String: UInt16] {
    var ports: [String: UInt16] = [:]
    for fields in NameLookup.lines(of: text) where fields.count >= 2 {
      let parts = fields[1].split(separator: UInt8(ascii: "/"))
      guard parts.count == 2, let port = UInt16(String(decoding: parts[0], as: UTF8.self)) else { continue }
      let transport = String(decoding: parts[1], as: UTF8.self)
      for place in fields.indices where place != 1 {
        let key = String(decoding: fields[place], as: UTF8.self) + "/" + transport
        if ports[key] == nil { ports[key] = port }
      }
    }
    return ports
  }

  /// The number of an RPC program name (rpc(5)).
  package func rpcNumber(of name: String) -> UInt32? {
    if rpcNumbers == nil {
      var numbers: [String: UInt32] = [:]
      for fields in NameLookup.lines(of: NameLookup.text(of: "/etc/rpc")) where fields.count >= 2 {
        guard let number = UInt32(String(decoding: fields[1], as: UTF8.self)) else { continue }
        for place in fields.indices where place != 1 {
          numbers[String(decoding: fields[place], as: UTF8.self)] = number
        }
      }
      rpcNumbers = numbers
    }
    return rpcNumbers?[name]
  }

  // MARK: Addresses

  package func addresses(ofHost name: String) -> Result<[IPAddress], ResolverError> {
    if let known = hosts[name] { return known }
    asking?()
    let result: Result<[IPAddress], ResolverError>
    let start = MonotonicTime.now
    do throws(ResolverError) {
      result = .success(try NetworkDatabase.addresses(ofHost: name, within: hostTime))
    } catch {
      result = .failure(error)
    }
    hostTime = max(hostTime - (MonotonicTime.now - start), .zero)
    hosts[name] = result
    return result
  }

  package func interfaceIndex(_ name: String) -> UInt32? {
    if let known = interfaces[name] { return known }
    let index = NetworkInterfaces.index(of: name)
    interfaces[name] = .some(index)
    return index
  }

  package func addresses(ofInterface name: String) -> [IPAddress] {
    do throws(SystemError) {
      return try NetworkInterfaces.addresses(of: name).map { $0.address }
    } catch {
      return []
    }
  }

  package func network(named name: String) -> IPPrefix? {
    if let known = networks[name] { return known }
    let prefix = NetworkDatabase.network(named: name)
    networks[name] = .some(prefix)
    return prefix
  }

  // MARK: Files

  /// Why a program cannot be executed; nil when it can.
  package func reasonNotExecutable(_ path: String) -> SystemError? {
    if let known = programs[path] { return known }
    let reason = FileSystem.reasonNotExecutable(path)
    programs[path] = .some(reason)
    return reason
  }

  // MARK: Suggestions

  package func userNear(_ name: String) -> String? {
    NearMiss.nearest(to: name, among: NameLookup.firstFields(of: "/etc/passwd"))
  }

  package func groupNear(_ name: String) -> String? {
    NearMiss.nearest(to: name, among: NameLookup.firstFields(of: "/etc/group"))
  }

  package func serviceNear(_ name: String) -> String? {
    NearMiss.nearest(to: name, among: serviceNames + NameLookup.wellKnownPorts.map { $0.name })
  }

  /// A program of a similar name in the same directory.
  package func programNear(_ path: String) -> String? {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return nil }
    let directory = String(path[...slash])
    let name = String(path[path.utf8.index(after: slash)...])
    do throws(SystemError) {
      return NearMiss.nearest(to: name, among: try FileSystem.names(in: directory)).map { directory + $0 }
    } catch {
      return nil
    }
  }

  private static func firstFields(of path: String) -> [String] {
    text(of: path).split(separator: UInt8(ascii: "\n")).map { line in
      String(decoding: line.prefix { $0 != UInt8(ascii: ":") }, as: UTF8.self)
    }
  }

  private static func text(of path: String) -> [UInt8] {
    do throws(SystemError) {
      return try FileSystem.contents(of: path).bytes
    } catch {
      return []
    }
  }

  /// The blank-separated fields of each line, without comments.
  private static func lines(of text: [UInt8]) -> [[ArraySlice<UInt8>]] {
    text.split(separator: UInt8(ascii: "\n")).map { line in
      line.prefix { $0 != UInt8(ascii: "#") }.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    }
  }
}
