import LinuxSystem
import ServiceConfiguration
import ServiceModel

extension ServiceResolver {
  /// As whom the service's program runs; nil when that is in error.
  mutating func credentials(for process: ProcessDefinition, _ entry: ServiceEntry) -> ServiceCredentials? {
    guard let user = userRecord(process, of: entry) else {
      // Both mistakes at once; but `first.last` of an inetd.conf may be one name.
      if let group = process.group, findings.last?.suggestion?.utf8.last != UInt8(ascii: ":") {
        _ = groupID(group, at: entry.range(of: "group"))
      }
      return nil
    }
    var gid = user.gid
    if let group = process.group {
      guard let id = groupID(group, at: entry.range(of: "group")) else { return nil }
      gid = id
    }
    guard runsAsRoot else { return ownCredentials(user, gid: process.group == nil ? nil : gid, of: entry) }
    // Without a user the server runs as the daemon, with the daemon's groups.
    let changes = process.user != nil || process.group != nil
    let groups = process.supplementaryGroups ? lookup.groups(of: user.name, primary: gid) : []
    return ServiceCredentials(
      uid: user.uid, gid: gid, groups: groups, userName: user.name, home: user.home, shell: user.shell,
      changesIdentity: changes)
  }

  /// Without root nobody can become somebody else: better no service than one with the wrong identity.
  private mutating func ownCredentials(_ user: UserRecord, gid: UInt32?, of entry: ServiceEntry) -> ServiceCredentials?
  {
    let own = CurrentProcess.effectiveUser
    if user.uid != own {
      fail(.needsRoot("user", user.name, at: entry.range(of: "user")))
      return nil
    }
    if let gid, gid != CurrentProcess.effectiveGroup {
      fail(.needsRoot("group", "\(gid)", at: entry.range(of: "group")))
      return nil
    }
    return ServiceCredentials(
      uid: own, gid: CurrentProcess.effectiveGroup, groups: [], userName: user.name, home: user.home, shell: user.shell,
      changesIdentity: false)
  }

  private mutating func userRecord(_ process: ProcessDefinition, of entry: ServiceEntry) -> UserRecord? {
    switch process.user {
    case nil: return record(ofID: CurrentProcess.effectiveUser)
    case .id(let id): return record(ofID: id)
    case .name(let name):
      switch lookup.user(named: name) {
      case .found(let record): return record
      case .unknown:
        let near = dottedUser(name, process.group) ?? lookup.userNear(name)
        fail(.unknownUser(name, near: near, at: entry.range(of: "user")))
      case .failed(let error): fail(.lookupFailed(error, at: entry.range(of: "user")))
      }
      return nil
    }
  }

  /// inetd.conf reads `first.last` as user and group; a user of that name is written `first.last:`.
  private func dottedUser(_ user: String, _ group: GroupReference?) -> String? {
    guard case .name(let group)? = group, case .found = lookup.user(named: user + "." + group) else { return nil }
    return user + "." + group + ":"
  }

  /// A number without an account: its group has the same number, as in xinetd.
  private func record(ofID id: UInt32) -> UserRecord {
    if case .found(let record) = lookup.user(id: id) { return record }
    return UserRecord(name: "\(id)", uid: id, gid: id, home: "/", shell: "/bin/sh")
  }

  private mutating func groupID(_ reference: GroupReference, at range: SourceRange) -> UInt32? {
    switch reference {
    case .id(let id): return id
    case .name(let name):
      switch lookup.group(named: name) {
      case .found(let record): return record.gid
      case .unknown: fail(.unknownGroup(name, near: lookup.groupNear(name), at: range))
      case .failed(let error): fail(.lookupFailed(error, at: range))
      }
      return nil
    }
  }

  /// Owner, group and mode of unix sockets.
  mutating func ownership(of socket: SocketDefinition, _ entry: ServiceEntry) -> UnixSocketOwnership {
    var ownership = UnixSocketOwnership()
    if let mode = socket.mode { ownership.mode = mode }
    switch socket.owner {
    case nil: break
    case .id(let id): ownership.uid = id
    case .name(let name):
      switch lookup.user(named: name) {
      case .found(let record): ownership.uid = record.uid
      case .unknown: fail(.unknownUser(name, near: lookup.userNear(name), at: entry.range(of: "socket_user")))
      case .failed(let error): fail(.lookupFailed(error, at: entry.range(of: "socket_user")))
      }
    }
    if let group = socket.group { ownership.gid = groupID(group, at: entry.range(of: "socket_group")) }
    return ownership
  }
}
