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
