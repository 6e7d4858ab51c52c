import EventLoop
import LinuxSystem

/// Waits for the end of a server that is no child of this process: one that an earlier run of the daemon started.
final class ProcessWatch: EventSource {
  private let process: FileDescriptor
  private let ended: () -> Void

  init(_ process: consuming FileDescriptor, ended: @escaping () -> Void) {
    self.process = process
    self.ended = ended
    super.init()
  }

  func begin(in loop: EventLoop) throws(SystemError) { try loop.add(self, process.borrowed, .readable) }

  override func handle(_ events: EventSet) { ended() }
}
