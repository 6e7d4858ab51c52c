/// How the daemon ends (sysexits.h where a number exists there).
enum ExitCode: Int32 {
  case success = 0
  /// `--check` found errors.
  case findings = 1
  case usage = 64
  case alreadyRunning = 69
  case systemError = 71
  case configuration = 78
}
