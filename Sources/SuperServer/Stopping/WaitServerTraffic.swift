import EventLoop
import LinuxSystem
import NetworkAddresses
import ServiceModel
import ServiceResolution

/// Watches, from beside, the sockets that a wait server has: whether anything arrives at them. What has arrived is never
/// touched, and a flood wakes the loop no more than eight times in the span that is to be silent.
final class WaitServerTraffic: LoopTimer {
  /// One socket, looked at until something arrives and then left alone for a while.
  private final class Ear: EventSource {
    unowned(unsafe) let traffic: WaitServerTraffic
    let listener: Listener

    init(_ listener: Listener, _ traffic: WaitServerTraffic) {
      self.listener = listener
      self.traffic = traffic
    }

    override func handle(_ events: EventSet) { traffic.heard(self) }
  }

  private static let looksPerSilence: Int64 = 8

  private let loop: EventLoop
  private let silence: TimeSpan
  private let ended: () -> Void
  private var ears: [Ear] = []
  private var lastTraffic: MonotonicTime

  /// `ended` is called once, when nothing has arrived for the time `silence`.
  init(_ listeners: [Listener], in loop: EventLoop, silence: TimeSpan, ended: @escaping () -> Void) {
    self.loop = loop
    self.silence = silence
    self.ended = ended
    lastTraffic = loop.now
    super.init()
    ears = listeners.map { Ear($0, self) }
    for ear in ears { ear.listener.begunWaitServer.ear = ear }
  }

  func begin() { listen() }

  /// To be called before the sockets are the daemon's again.
  func end() {
    loop.cancel(self)
    for ear in ears {
      loop.remove(ear)
      ear.listener.waitServer?.ear = nil
    }
    ears = []
  }

  private func listen() {
    for ear in ears where !ear.isRegistered {
      guard let socket = ear.listener.descriptor else { continue }
      // Without an ear the server is taken to be silent too early; it is started again by who comes next.
      try? loop.add(ear, socket, .readable)
    }
    loop.schedule(self, at: lastTraffic + silence)
  }

  private func heard(_ ear: Ear) {
    lastTraffic = loop.now
    loop.remove(ear)
    loop.schedule(self, after: TimeSpan(nanoseconds: silence.nanoseconds / WaitServerTraffic.looksPerSilence))
  }

  override func fire() {
    if loop.now - lastTraffic >= silence {
      if !hasLiveConversation { return ended() }
      lastTraffic = loop.now
    }
    listen()
  }

  /// Whether a connection that the server has accepted is in use. What the server itself knows of connections other than
  /// TCP cannot be seen from here.
  private var hasLiveConversation: Bool {
    ears.contains { ear in
      let plan = ear.listener.plan
      guard plan.type == .stream, plan.transport == .tcp || plan.transport == .mptcp, let port = ear.listener.port
      else {
        return false
      }
      return (try? SocketDiagnosis.hasTraffic(atPort: port, plan.endpoint.domain, within: silence)) ?? true
    }
  }
}

extension Listener {
  /// The port that the socket really has.
  fileprivate var port: UInt16? {
    guard let address = try? descriptor?.localAddress() else { return nil }
    return address.port
  }
}
