import ServiceModel

extension ServiceBuilder {
  /// What fits key by key but not together.
  mutating func checkCombinations() {
    if draft.definition.tcpmux != nil && (draft.definition.socket.transport != .tcp || draft.definition.wait) {
      fail("type-mismatch", "a service behind tcpmux is a stream over tcp with wait = no", key: "type")
    }
    if draft.definition.process.takesPeerLabel && (draft.definition.wait || draft.definition.socket.type != .stream) {
      fail("type-mismatch", "flag LABELED is for streams with wait = no: only a connection has a peer", key: "flags")
    }
    checkLabelBehindWalls()
    if draft.definition.rpc != nil && draft.definition.socket.transport != .tcp
      && draft.definition.socket.transport != .udp
    {
      fail("type-mismatch", "RPC programs are registered for tcp and udp only", key: "protocol")
    }
    if draft.definition.proxyProtocol != .no && draft.definition.proxyFrom.isEmpty {
      fail(
        "missing-proxy-from", "'proxy_protocol' needs 'proxy_from': whose headers are to be believed",
        key: "proxy_protocol")
    }
    if draft.definition.proxyProtocol != .no && (draft.definition.wait || draft.definition.socket.type != .stream) {
      fail("type-mismatch", "'proxy_protocol' is for streams with wait = no", key: "proxy_protocol")
    }
    if draft.definition.wait && draft.definition.socket.type == .stream {
      for key in ["only_from", "no_access"] where isSet(key) {
        fail("no-effect", "'\(key)' cannot be kept with wait = yes: the server accepts its peers itself", key: key)
      }
      for key in ["per_source", "source_rate", "idle_timeout"] where isSet(key) && !isDefaulted(key) {
        warn("no-effect", "'\(key)' has no effect with wait = yes: the server accepts its peers itself", key: key)
      }
    } else if !draft.definition.wait && draft.definition.timeouts.idleStop != nil {
      warn("no-effect", "'idle_stop' has no effect with wait = no", key: "idle_stop")
    }
    checkIdleTimeout()
  }

  /// The gate gives a server its label, and becomes the server. A server with walls or bounds is started by the daemon
  /// when the gate has ended: it would run without the label that it was to have.
  private mutating func checkLabelBehindWalls() {
    guard draft.definition.process.takesPeerLabel else { return }
    if !draft.definition.sandbox.isOpen || draft.definition.cgroup != CgroupDefinition() {
      fail(
        "type-mismatch", "flag LABELED cannot be kept for a server with a sandbox or bounds of a control group",
        key: "flags")
    }
  }

  /// The silence of a program's connection is read from the kernel's counters, which only TCP has.
  private mutating func checkIdleTimeout() {
    guard draft.definition.timeouts.idle != nil, !draft.definition.wait, !isDefaulted("idle_timeout") else { return }
    guard case .program = draft.definition.handler else { return }
    if draft.definition.socket.transport == .tcp || draft.definition.socket.transport == .mptcp { return }
    warn("no-effect", "'idle_timeout' of a program's connection has an effect on TCP only", key: "idle_timeout")
  }

  /// Whether a value came from defaults, where it is meant for those it fits.
  private func isDefaulted(_ key: String) -> Bool {
    !raw.settings.contains { ASCII.equal($0.key.text, key) }
      && !raw.overrides.contains { ASCII.equal($0.key.text, key) }
  }
}
