import CLinux

/// A system call that failed: what was attempted, on what, and the kernel's reason.
package struct SystemError: Error, Equatable, Sendable {
  /// A verb phrase in the imperative, usually the call's name: `bind`, `read`, `look up user`.
  package let operation: String
  /// What it was done to: an address, a path, a name; empty when the operation says it all.
  package let subject: String
  /// The kernel's error number (`EADDRINUSE`).
  package let errno: Int32

  package init(_ operation: String, _ subject: String = "", errno: Int32) {
    self.operation = operation
    self.subject = subject
    self.errno = errno
  }

  /// The error of the call that has just failed on this thread.
  package static func last(_ operation: String, _ subject: String = "") -> SystemError {
    SystemError(operation, subject, errno: clinux_errno())
  }
}

extension SystemError: CustomStringConvertible {
  /// `bind 0.0.0.0:79: Address already in use`.
  package var description: String {
    subject.isEmpty
      ? operation + ": " + SystemError.text(errno) : operation + " " + subject + ": " + SystemError.text(errno)
  }

  /// libc's English sentence for an error number, whatever the locale.
  package static func text(_ errno: Int32) -> String {
    guard let text = clinux_error_text(errno) else { return "error \(errno)" }
    return String(cString: text)
  }

  /// The symbolic name of an error number: `EADDRINUSE`.
  package static func name(_ errno: Int32) -> String {
    guard let name = clinux_error_name(errno) else { return "\(errno)" }
    return String(cString: name)
  }
}

/// Repeats a call that a signal interrupted. The result is the call's own: -1 leaves the reason in errno.
@inline(__always)
package func retryingInterrupted<Result: SignedInteger>(_ call: () -> Result) -> Result {
  while true {
    let result = call()
    if result != -1 || clinux_errno() != EINTR { return result }
  }
}

/// Turns the -1 convention of system calls into a typed error. The subject is only built when the call has failed.
@inline(__always) @discardableResult
package func checked<Result: SignedInteger>(
  _ operation: String, _ subject: @autoclosure () -> String = "", _ call: () -> Result
) throws(SystemError) -> Result {
  let result = retryingInterrupted(call)
  if result != -1 { return result }
  // Saved first: building the subject may allocate, and malloc may change errno.
  let number = clinux_errno()
  throw SystemError(operation, subject(), errno: number)
}
