import CLinux
import LinuxSystem

/// The descriptors that a service manager passed (sd_listen_fds(3)): from 3 on, counted by LISTEN_FDS, named by
/// LISTEN_FDNAMES, valid when LISTEN_PID is this process.
///
/// Read here and not by libsystemd, which gives up on all of them when one is closed or a name is missing.
package struct PassedDescriptors: Equatable {
  package struct Descriptor: Equatable {
    package let number: Int32
    /// Empty where the manager gave none; need not be unique.
    package let name: String
  }

  /// More than any manager passes (a store holds at most a few thousand).
  private static let most = 65_536
  private static let first: Int32 = 3

  package private(set) var descriptors: [Descriptor] = []
  /// What was wrong, in words for an administrator.
  package private(set) var faults: [String] = []

  /// Judges the variables' values; touches nothing.
  package init(listenPID: String?, listenFDs: String?, names: String?, pid: Int32) {
    guard let listenFDs, let listenPID else { return }
    guard let meant = Int32(listenPID) else {
      faults.append("LISTEN_PID is '\(listenPID)', which is no process id; no passed socket is used")
      return
    }
    // Somebody above us was meant: a shell that started us without exec, or one that forgot to clear the variables.
    if meant != pid {
      faults.append("LISTEN_FDS is meant for process \(meant) and not for us, process \(pid); no passed socket is used")
      return
    }
    guard let count = Int(listenFDs), count >= 0, count <= PassedDescriptors.most else {
      faults.append("LISTEN_FDS is '\(listenFDs)', which is no number of descriptors; no passed socket is used")
      return
    }
    let given = names.map { $0.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false) } ?? []
    if names != nil, given.count != count, count > 0 {
      let consequence = given.count < count ? "the rest go without a name" : "the names behind are not used"
      faults.append("LISTEN_FDNAMES holds \(given.count) names for \(count) descriptors; \(consequence)")
    }
    for index in 0..<count {
      let name = index < given.count ? String(decoding: given[index], as: UTF8.self) : ""
      descriptors.append(Descriptor(number: PassedDescriptors.first + Int32(index), name: name))
    }
  }

  /// Reads the variables and removes them, so that nobody takes them for his own again. Descriptors that are not open
  /// are left out. To be called before anything else is opened: a closed descriptor's number is given to the next file.
  @export(interface) package static func take() -> PassedDescriptors {
    var passed = PassedDescriptors(
      listenPID: CurrentProcess.environmentValue("LISTEN_PID"),
      listenFDs: CurrentProcess.environmentValue("LISTEN_FDS"),
      names: CurrentProcess.environmentValue("LISTEN_FDNAMES"), pid: CurrentProcess.pid)
    for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PIDFDID"] { unsetenv(name) }
    var open: [Descriptor] = []
    var closed = 0
    for descriptor in passed.descriptors {
      if clinux_fcntl(descriptor.number, F_GETFD, 0) >= 0 { open.append(descriptor) } else { closed += 1 }
    }
    if closed > 0 { passed.faults.append("\(closed) of the descriptors that LISTEN_FDS counts are not open") }
    passed.descriptors = open
    return passed
  }
}
