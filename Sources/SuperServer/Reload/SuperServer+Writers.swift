import EventLoop
import LinuxSystem
import ServiceResolution

// A file that is being rewritten is not read: half of it would close the services of the other half.
extension SuperServer {
  /// How often a file with a writer is looked at again, and how long a writer is waited for. Who keeps the file open
  /// for longer is not rewriting it.
  private static let glance = TimeSpan.milliseconds(20)
  private static let patience = TimeSpan.seconds(5)

  /// SIGHUP: reloads, but not while somebody still writes the classic file. update-inetd(8) copies it from another file
  /// system, and several packages may do so one after the other.
  func reloadOnceWritten() {
    if let path = settings.paths.classicFile, FileSystem.hasWriter(path) {
      let deadline = writerDeadline ?? loop.now + SuperServer.patience
      if loop.now < deadline {
        if writerDeadline == nil { log.waitingForWriter(of: path) }
        writerDeadline = deadline
        let timer = writerTimer ?? ActionTimer { [unowned(unsafe) self] in reloadOnceWritten() }
        writerTimer = timer
        return loop.schedule(timer, after: SuperServer.glance)
      }
    }
    if let writerTimer { loop.cancel(writerTimer) }
    writerDeadline = nil
    reload()
  }
}
