/// What `inetd-rpc` is told to do with rpcbind's table: the arguments between the daemon and its registrar.
///
/// `inetd-rpc VERB=REGISTRATION...`, done in this order, answered by one line each.
package struct RegistrationOrder: Equatable, Sendable {
  package enum Verb: String, Sendable {
    /// Ours from now on, whoever was there before.
    case register
    /// Ours still? Entered again if rpcbind has lost it; left alone if it is another's now.
    case confirm
    /// Taken out, if it is ours.
    case unregister
  }

  package struct Step: Equatable, Sendable {
    package var verb: Verb
    package var registration: RPCRegistration

    package init(_ verb: Verb, _ registration: RPCRegistration) {
      self.verb = verb
      self.registration = registration
    }
  }

  package var steps: [Step]

  package init(_ steps: [Step]) { self.steps = steps }

  /// The argument vector, the program's own name first.
  package var arguments: [String] {
    ["inetd-rpc"] + steps.map { "\($0.verb.rawValue)=\($0.registration.text)" }
  }

  /// Reads an argument vector; nil when it is none of ours.
  package init?(arguments: [String]) {
    guard arguments.count > 1 else { return nil }
    steps = []
    for argument in arguments.dropFirst() {
      let parts = argument.split(separator: "=", maxSplits: 1).map { String($0) }
      guard parts.count == 2, let verb = Verb(rawValue: parts[0]), let registration = RPCRegistration(text: parts[1])
      else { return nil }
      steps.append(Step(verb, registration))
    }
  }
}
