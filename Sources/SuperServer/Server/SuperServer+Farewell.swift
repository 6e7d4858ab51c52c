import AdmissionControl
import EventLoop
import LinuxSystem

// What the loop itself is conducting comes to its end before the process does, or executes itself anew: a program's
// connection has a process of its own, a built-in's has only us.
extension SuperServer {
  /// Conversations of built-ins and redirects, and accepted connections whose server has not been started yet.
  var conversationCount: Int {
    services.values.reduce(0) { sum, service in sum + service.live } - instances.count
  }

  /// Calls `completion` once no conversation is left, or none has ended for a while: one that waits for its peer could
  /// wait for ever. Nothing new may begin meanwhile; that is the caller's business.
  func finishConversations(then completion: @escaping () -> Void) {
    let farewell = Farewell(in: self, completion)
    farewell.look()
  }

  /// Stops taking connections; they wait in the queues of the sockets.
  func pauseListening() {
    for service in services.values {
      for listener in service.listeners { try? listener.setWatched(false, in: loop) }
    }
  }

  private final class Farewell: LoopTimer {
    private static let glance = TimeSpan.milliseconds(10)
    /// Short enough for those who wait for the restart, long enough for an answer to be taken by a peer far away.
    private static let patience = TimeSpan.milliseconds(300)

    private unowned(unsafe) let server: SuperServer
    private let completion: () -> Void
    private var count = Int.max
    private var deadline = MonotonicTime.now

    init(in server: SuperServer, _ completion: @escaping () -> Void) {
      self.server = server
      self.completion = completion
      super.init()
    }

    override func fire() { look() }

    func look() {
      let now = MonotonicTime.now
      let left = server.conversationCount
      if left < count {
        count = left
        deadline = now + Farewell.patience
        // Thousands that end one after the other may take longer than the service manager waits.
        if server.isStopping { server.askForTime() }
      }
      if left <= 0 || now >= deadline { return completion() }
      server.loop.schedule(self, after: Farewell.glance)
    }
  }
}
