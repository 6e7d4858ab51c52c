import Glibc
import LinuxSystem

/// The whole terminal, for a display that is refreshed in place. What stood there before comes back when it is left.
final class Screen {
  /// Set by a signal that asks to end; the terminal must be put in order first.
  nonisolated(unsafe) private static var wasInterrupted: sig_atomic_t = 0

  private var former = termios()
  private let hasKeyboard: Bool

  /// Nil where standard output is no terminal.
  init?() {
    guard isatty(1) == 1 else { return nil }
    hasKeyboard = isatty(0) == 1 && tcgetattr(0, &former) == 0
    if hasKeyboard {
      var raw = former
      // Keys arrive one by one and are not shown; signals such as that of Control-C still work.
      raw.c_lflag &= ~tcflag_t(ICANON | ECHO)
      tcsetattr(0, TCSANOW, &raw)
    }
    for signal in [SIGINT, SIGTERM, SIGHUP] { Screen.note(signal) { _ in Screen.wasInterrupted = 1 } }
    // Interrupts the wait, so that the next picture fits.
    Screen.note(SIGWINCH) { _ in }
    // The alternate screen (xterm, ECMA-48 private mode), without a cursor.
    write("\u{1b}[?1049h\u{1b}[?25l")
  }

  deinit {
    write("\u{1b}[?25h\u{1b}[?1049l")
    if hasKeyboard { tcsetattr(0, TCSANOW, &former) }
  }

  private static func note(_ signal: Int32, _ handler: @escaping @convention(c) (Int32) -> Void) {
    var action = sigaction()
    action.__sigaction_handler.sa_handler = handler
    // Without SA_RESTART: poll(2) is to return.
    sigaction(signal, &action, nil)
  }

  /// Columns and rows of the terminal as they are now.
  var size: (columns: Int, rows: Int) {
    var size = winsize()
    guard ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return (80, 24) }
    return (Int(size.ws_col), Int(size.ws_row))
  }

  /// Puts lines in place of the present picture. Each line is cleared behind its end: what stays does not flicker.
  func show(_ lines: [String]) {
    let visible = lines.prefix(size.rows)
    write("\u{1b}[H" + visible.map { $0 + "\u{1b}[K" }.joined(separator: "\r\n") + "\u{1b}[J")
  }

  /// Waits; true when the user wants to end.
  func waitForEnd(seconds: Double) -> Bool {
    let end = ContinuousClock.now + .seconds(seconds)
    while Screen.wasInterrupted == 0 {
      let rest = (end - .now) / .milliseconds(1)
      if rest <= 0 { return false }
      var input = pollfd(fd: hasKeyboard ? 0 : -1, events: Int16(POLLIN), revents: 0)
      let ready = poll(&input, 1, Int32(rest) + 1)
      if ready < 0 && Screen.wasInterrupted == 0 { return false }
      guard ready > 0 else { continue }
      var key: UInt8 = 0
      // The end of input is no wish to stay.
      if read(0, &key, 1) <= 0 || key == UInt8(ascii: "q") || key == UInt8(ascii: "Q") { return true }
    }
    return true
  }

  private func write(_ text: String) { try? BorrowedDescriptor.standardOutput.writeAll(text) }
}
