/// The kinds of record, by the word of INETD_EVENT and of the `event` in JSON. In the journal each has a MESSAGE_ID of its
/// own, which never changes: `journalctl MESSAGE_ID=...` finds all of a kind (systemd.journal-fields(7)).
package enum LogEvent: String, CaseIterable, Sendable {
  /// The daemon serves.
  case ready
  /// It has been told to stop.
  case stopping
  /// It has read its files again.
  case reloaded
  /// It becomes its program anew.
  case reexecuting
  /// A finding in the configuration.
  case configuration
  /// A service took a socket that was open already.
  case inherited
  /// A socket that could not be opened is open.
  case listening
  /// A socket cannot be opened.
  case unbound
  /// SIGUSR1's account of a service.
  case state
  /// START: a server or a built-in's connection has begun.
  case start
  /// EXIT: it has ended.
  case exit
  /// FAIL: a peer was refused.
  case fail
  /// A peer touched a sensor.
  case sensor
  /// TRAFFIC: what a redirected connection carried.
  case traffic
  /// A server could not be started.
  case startFailed = "start-failed"
  /// A redirected connection found nobody.
  case redirectFailed = "redirect-failed"
  /// A line of a server's standard error.
  case stderr
  /// A rate limit is reached.
  case limited
  /// As many servers run as may.
  case full
  /// A wait server fails at once.
  case backingOff = "backing-off"
  /// Memory, processes or descriptors have run out.
  case resources
  /// A system call of the daemon failed.
  case failure

  /// A source was locked out by hand.
  case lockedOut = "locked-out"
  /// A service was paused by hand.
  case paused
  /// It goes on.
  case resumed
  /// USERID: who the peer says it is.
  case userid
  /// NOID: the peer does not say.
  case noid
  /// A server that has run too long is told to end.
  case stop
  /// It is ended, as it did not end by itself.
  case kill
  /// The kernel ended a server for lack of memory.
  case outOfMemory = "out-of-memory"
  /// A program's registration with rpcbind.
  case rpc

  /// 128 random bits in the journal's form.
  package var messageID: String {
    switch self {
    case .ready: "554def75e710461b9d1c23165807a9ce"
    case .stopping: "6d5cf177878b4d93878531365ed50358"
    case .reloaded: "2987fe361d8a4fc2a6f65ec26bbc4779"
    case .reexecuting: "ec35219269e341ab94032c2a4482f72d"
    case .configuration: "d09613ba5780429a9bd5341d4d83d05b"
    case .inherited: "5e4e015e090a41fcaede8bf307b9ea70"
    case .listening: "be17407bf55d4a7c9d2fe75c448e8fb3"
    case .unbound: "1bfc7d871e44472794e1d9fea7276e5d"
    case .state: "f92b3bdba46e422aa7d0aea4b435e941"
    case .start: "6907c1523d3249c8ad921228abd94257"
    case .exit: "354e6c925a9c4b9aa2b2ad03982b7102"
    case .fail: "9316fa8e96094786804be8d60a8d9fff"
    case .sensor: "5362450a697942f3a99e4d3dcfe197c8"
    case .traffic: "208912e3802e496c86f8eff28f034447"
    case .startFailed: "65044ae3cc1344ee9f8862daffc5b42e"
    case .redirectFailed: "680f658929e94e8cbd4801ceb0ec8319"
    case .stderr: "77da3c94082d454cab7828600fb9a717"
    case .limited: "85aaba8851274a5ca57440da5c1be4fb"
    case .full: "0766a26fa7064417be78a082c6dab038"
    case .backingOff: "2d0462c7223447ed94a40f3196497ead"
    case .resources: "878fc1c6e52a4e74988cbc704b2eb51e"
    case .failure: "c68ba98ec7574baca930d403b9aa35af"
    case .lockedOut: "ecffe9be3beb4b83967c9a13785c2648"
    case .paused: "c0875fb4041e4e97a1f761b7b131fee1"
    case .resumed: "e02f4e73fa8b4f91a1bfae733a6da2af"
    case .userid: "4e95e5b3626c427f940cb1b65a014aed"
    case .noid: "ebca1a72a8cb4ad1bf65cfb5c07c5937"
    case .stop: "e9748380c421447487a9e34972e81e06"
    case .kill: "6637092cc4914de6b25f4528330685dc"
    case .outOfMemory: "96b1e0c48b0944ac8d1fba60fcd822a7"
    case .rpc: "25f1860959ef4407899b0bc1e696206b"
    }
  }
}
