import LinuxSystem

/// The small programs that do for the daemon what its loop must not do.
enum CompanionProgram {
  /// Where they are when the daemon was not started from a build directory.
  private static let installed = "/usr/libexec/inetd/"

  /// A companion's path: beside the daemon where both were built together, else where it is installed.
  static func path(_ name: String) -> String {
    guard let own = CurrentProcess.executablePath, let slash = own.utf8.lastIndex(of: UInt8(ascii: "/")) else {
      return installed + name
    }
    let beside = String(own[..<slash]) + "/" + name
    return FileSystem.reasonNotExecutable(beside) == nil ? beside : installed + name
  }
}
