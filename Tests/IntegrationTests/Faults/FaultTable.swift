import Foundation
import Testing

/// A fault, and what must be seen of it from outside.
struct Fault: CustomTestStringConvertible, Sendable {
  /// Who is connected to while the fault lasts.
  enum Victim: String, Sendable { case server, builtin, waitServer, datagramServer, redirect, gated }

  enum Expectation: Sendable {
    /// Nobody notices.
    case served
    /// The connection stays in the queue (or is refused for want of resources) and the log says why. The next one after
    /// the fault is served; the one that waited is served or closed, never forgotten.
    case waits
    /// The connection is closed and the log says why.
    case closed
  }

  let victim: Victim
  let injections: [String]
  let expectation: Expectation
  /// What an administrator finds in the log; nil: nothing new.
  let log: String?

  init(_ victim: Victim, _ injections: String..., expect expectation: Expectation, log: String? = nil) {
    self.victim = victim
    self.injections = injections
    self.expectation = expectation
    self.log = log
  }

  var testDescription: String { "\(victim.rawValue): \(injections.joined(separator: ", "))" }

  static let all = accepting + watching + starting + becoming + elsewhere

  private static let accepting = [
    Fault(.server, "accept4:error=EMFILE", expect: .waits, log: "Too many open files"),
    Fault(.builtin, "accept4:error=EMFILE", expect: .waits, log: "Too many open files"),
    Fault(.server, "accept4:error=ENFILE", expect: .waits, log: "Too many open files in system"),
    Fault(.server, "accept4:error=ENOMEM", expect: .waits, log: "Cannot allocate memory"),
    Fault(.builtin, "accept4:error=ENOBUFS", expect: .waits, log: "No buffer space available"),
    Fault(.server, "accept4:error=ECONNABORTED:when=1..100", expect: .served),
    Fault(.builtin, "accept4:error=EPROTO:when=1..100", expect: .served),
    Fault(.server, "accept4:error=EINTR:when=1..1000", expect: .served),
    Fault(.builtin, "accept4:error=ENETDOWN:when=1..100", expect: .served),
    // The listening socket itself is broken: a new one takes its place, once.
    Fault(.builtin, "accept4:error=EINVAL:when=1", expect: .closed, log: "Invalid argument"),
  ]

  private static let watching = [
    Fault(.builtin, "epoll_pwait2:error=EINTR:when=1..1000", expect: .served),
    Fault(.server, "epoll_pwait2:error=EINTR:when=1..1000", expect: .served),
    Fault(.builtin, "recvfrom:error=EINTR:when=1..100", "sendto:error=EINTR:when=1..100", expect: .served),
    Fault(.builtin, "epoll_ctl:error=ENOMEM", expect: .closed, log: "Cannot allocate memory"),
    Fault(.builtin, "epoll_ctl:error=ENOSPC", expect: .closed, log: "No space left on device"),
  ]

  private static let starting = [
    Fault(.server, "clone:error=EAGAIN", expect: .waits, log: "Resource temporarily unavailable"),
    Fault(.server, "clone:error=ENOMEM", expect: .waits, log: "Cannot allocate memory"),
    Fault(.server, "clone:error=EPERM", expect: .closed, log: "Operation not permitted"),
    Fault(.waitServer, "clone:error=EAGAIN", expect: .waits, log: "Resource temporarily unavailable"),
    Fault(.waitServer, "clone:error=ENOMEM", expect: .waits, log: "Cannot allocate memory"),
    Fault(.gated, "clone:error=EAGAIN", expect: .closed, log: "Resource temporarily unavailable"),
    Fault(.datagramServer, "clone:error=EAGAIN", expect: .closed, log: "Resource temporarily unavailable"),
    Fault(.gated, "pipe2:error=EMFILE", expect: .closed, log: "Too many open files"),
    Fault(.gated, "epoll_ctl:error=ENOMEM", expect: .closed, log: "Cannot allocate memory"),
    Fault(.datagramServer, "socket:error=EMFILE", expect: .closed, log: "Too many open files"),
    Fault(.datagramServer, "bind:error=EADDRINUSE", expect: .closed, log: "Address already in use"),
  ]

  /// Each stage of the child between clone and execve.
  private static let becoming = [
    Fault(.server, "setsid:error=EPERM", expect: .closed, log: ": start a session"),
    Fault(.server, "dup3:error=EMFILE", expect: .closed, log: ": pass the descriptors"),
    Fault(.server, "rt_sigaction:error=EINVAL", expect: .closed, log: ": reset the signals"),
    Fault(.server, "prlimit64:error=EPERM", expect: .closed, log: ": set the resource limits"),
    Fault(.server, "setpriority:error=EACCES", expect: .closed, log: ": set the priority"),
    Fault(.server, "ioprio_set:error=EPERM", expect: .closed, log: ": set the I/O priority"),
    Fault(.server, "sched_setaffinity:error=EINVAL", expect: .closed, log: ": bind to processors"),
    Fault(.server, "openat:error=EACCES", expect: .closed, log: ": set the OOM score"),
    Fault(.server, "chroot:error=EPERM", expect: .closed, log: ": change the root directory"),
    Fault(.server, "setgroups:error=EPERM", expect: .closed, log: ": set the group list"),
    Fault(.server, "setresgid:error=EPERM", expect: .closed, log: ": change to group"),
    Fault(.server, "setresuid:error=EAGAIN", expect: .closed, log: ": change to user"),
    // A kernel or a sandbox that says yes and does nothing must not leave a server root.
    Fault(.server, "setresuid:retval=0", expect: .closed, log: ": change to user"),
    Fault(.server, "setresgid:retval=0", expect: .closed, log: ": change to group"),
    Fault(.server, "setgroups:retval=0", expect: .closed, log: ": set the group list"),
    Fault(.server, "chdir:error=EACCES", expect: .closed, log: ": change "),
    Fault(.server, "execve:error=ENOENT", expect: .closed, log: ": execute"),
    Fault(.server, "execve:error=ENOMEM", expect: .closed, log: ": execute"),
    Fault(.server, "execve:error=EACCES", expect: .closed, log: ": execute"),
    Fault(.server, "execve:error=E2BIG", expect: .closed, log: ": execute"),
    Fault(.waitServer, "execve:error=ENOEXEC", expect: .waits, log: ": execute"),
    Fault(.gated, "execve:error=ENOENT", expect: .closed),
  ]

  private static let elsewhere = [
    Fault(.redirect, "socket:error=EMFILE", expect: .closed, log: "Too many open files"),
    // Small pieces need no pipe, and go on without one.
    Fault(.redirect, "pipe2:error=ENFILE", expect: .served),
    Fault(.redirect, "connect:error=ENETUNREACH", expect: .closed, log: "Network is unreachable"),
    Fault(.redirect, "splice:error=ENOMEM", expect: .served),
    Fault(.redirect, "splice:error=EINTR:when=1..100", expect: .served),
  ]
}
