import CBenchmarks
import Foundation

/// A program started by the benchmark, by posix_spawn(3): Foundation's Process has been seen to miss an exit.
final class ChildProgram {
  let pid: pid_t
  private var status: Int32?

  /// Starts `words[0]`, a path; `output` and `errors` are files to write, /dev/null without.
  init(
    _ words: [String], output: String = "/dev/null", errors: String = "/dev/null", libraries: String? = nil
  ) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    let arguments = words.map { strdup($0) } + [nil]
    var environment = [strdup("PATH=/usr/sbin:/usr/bin:/sbin:/bin")]
    if let libraries { environment.append(strdup("LD_LIBRARY_PATH=\(libraries)")) }
    environment.append(nil)
    defer { (arguments + environment).forEach { free($0) } }
    // A session of its own, as a daemon has: otherwise the scheduler counts servers and load as one (autogroups,
    // sched(7)), which favours servers whose children stay in it.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    posix_spawnattr_setflags(&attributes, ownSession())
    defer { posix_spawnattr_destroy(&attributes) }
    var child: pid_t = 0
    let result = posix_spawn(&child, words[0], &actions, &attributes, arguments, environment)
    guard result == 0 else { throw Trouble("start \(words[0]): \(String(cString: strerror(result)))") }
    pid = child
  }

  /// A process that a program has left behind and that came to us (see `adoptOrphans`).
  init(adopted pid: pid_t) { self.pid = pid }

  /// What programs leave behind becomes our child instead of process 1's.
  static func adoptOrphans() { becomeSubreaper() }

  /// The children of a process that are alive.
  static func children(of pid: pid_t) -> [pid_t] {
    let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []
    return threads.flatMap { thread -> [pid_t] in
      let text = FileManager.default.contents(atPath: "/proc/\(pid)/task/\(thread)/children") ?? Data()
      return String(decoding: text, as: UTF8.self).split(separator: " ").compactMap { pid_t($0) }
    }
  }

  var isRunning: Bool {
    if status != nil { return false }
    var word: Int32 = 0
    guard waitpid(pid, &word, WNOHANG) == pid else { return true }
    status = word
    return false
  }

  /// Waits for the end and returns the wait status; 0 is a good end.
  @discardableResult
  func wait() -> Int32 {
    if let status { return status }
    var word: Int32 = 0
    while waitpid(pid, &word, 0) < 0 && errno == EINTR {}
    status = word
    return word
  }

  /// Waits for the end; CPU in seconds, peak memory in KB.
  func waitForUsage() -> (status: Int32, processor: Double, peak: Double) {
    var word: Int32 = 0
    var usage = rusage()
    while wait4(pid, &word, 0, &usage) < 0 && errno == EINTR {}
    status = word
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return (word, seconds(usage.ru_utime) + seconds(usage.ru_stime), Double(usage.ru_maxrss))
  }

  func end() {
    guard isRunning else { return }
    kill(pid, SIGKILL)
    wait()
  }
}
