/// The documented bundles of hardening keys.
package enum SandboxBundle: UInt8, Hashable, Sendable { case none, basic, strict, ctf }

/// How much of the file system a server cannot write.
package enum ProtectSystem: UInt8, Hashable, Sendable {
  case no
  /// /usr and /boot.
  case yes
  /// And /etc.
  case full
  /// Everything but /dev, /proc, /sys and private /tmp.
  case strict
}

/// What a server sees of home directories.
package enum ProtectHome: UInt8, Hashable, Sendable { case no, yes, readOnly, tmpfs }

/// The cell a server runs in. Nil = what the bundle says.
package struct SandboxDefinition: Equatable, Sendable {
  package var bundle = SandboxBundle.none
  package var noNewPrivileges: Bool?
  /// Names of capabilities(7) that are kept; nil = not touched.
  package var capabilities: [String]?
  package var privateTmp: Bool?
  package var privateNetwork: Bool?
  package var privatePIDs: Bool?
  package var protectSystem: ProtectSystem?
  package var protectHome: ProtectHome?
  /// Names or @groups of allowed system calls (with a leading `~`: forbidden ones); nil = all.
  package var systemCalls: [String]?
  /// Landlock rules `MODE:PATH` (`ro:/usr`, `rw:/srv/x`); nil = none.
  package var landlock: [String]?
  /// Serve without what the kernel cannot do, instead of failing the service.
  package var fallback = false

  package init() {}
}

extension SandboxDefinition {
  /// The bundle written out: each key that was not set has the value the bundle gives it.
  package var expanded: SandboxDefinition {
    var cell = self
    let isStrict = bundle == .strict || bundle == .ctf
    if bundle != .none {
      cell.noNewPrivileges = noNewPrivileges ?? true
      cell.privateTmp = privateTmp ?? true
      cell.protectSystem = protectSystem ?? (isStrict ? .strict : .yes)
      cell.protectHome = protectHome ?? (isStrict ? .yes : .readOnly)
    }
    if isStrict {
      cell.capabilities = capabilities ?? []
      cell.privatePIDs = privatePIDs ?? true
      cell.systemCalls = systemCalls ?? ["@service"]
    }
    if bundle == .ctf { cell.privateNetwork = privateNetwork ?? true }
    return cell
  }

  /// Whether there is anything to be done for a server.
  package var isOpen: Bool {
    let cell = expanded
    return cell.noNewPrivileges != true && cell.capabilities == nil && cell.privateTmp != true
      && cell.privateNetwork != true && cell.privatePIDs != true && (cell.protectSystem ?? .no) == .no
      && (cell.protectHome ?? .no) == .no && cell.systemCalls == nil && cell.landlock == nil
  }
}

/// Bounds through the delegated control group (cgroups(7), v2).
package struct CgroupDefinition: Equatable, Sendable {
  /// Bytes.
  package var memoryMax: UInt64?
  package var tasksMax: Int?
  /// Percent of one CPU.
  package var cpuQuota: Int?
  /// A leaf for each connection instead of one for the service.
  package var perConnection = false

  package init() {}
}
