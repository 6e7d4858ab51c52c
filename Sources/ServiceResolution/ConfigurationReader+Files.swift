import CLinux
import LinuxSystem
import ServiceConfiguration
import ServiceModel

extension ConfigurationReader {
  /// What is at a path.
  enum Finding {
    case missing
    case found(SourceDocument.Content, FileStatus?)
    /// A directory, a socket, a FIFO: something a configuration cannot be read from.
    case special(SourceDocument.Content)
  }

  enum Listing {
    case missing
    case refused(Diagnostic)
    case listed([String])
  }

  /// The text of a file, or the reason why it is not to be read.
  static func contents(of path: String, checksWriters: Bool) -> Finding {
    let file: FileContents
    do throws(SystemError) {
      file = try FileSystem.contents(of: path, limit: ConfigurationLoader.maximumFileSize)
    } catch {
      return finding(of: error)
    }
    if checksWriters && !file.status.isNull && file.status.isWritable(byOthersThan: 0) {
      return .found(.unsafeFile(file.status), file.status)
    }
    // Small files come in large buffers, which would be kept for as long as messages may quote the text.
    let isSmall = file.bytes.count < 16_384
    return .found(.bytes(isSmall ? file.bytes.withUnsafeBytes { Array($0) } : file.bytes), file.status)
  }

  private static func finding(of error: SystemError) -> Finding {
    switch error.errno {
    case ENOENT, ENOTDIR: .missing
    case EISDIR:
      .special(.unreadable(id: "not-a-file", message: "is a directory, not a file"))
    case EINVAL, ENXIO: .special(.unreadable(id: "not-a-file", message: "is not a file"))
    case EFBIG:
      .found(
        .unreadable(
          id: "file-too-large",
          message: "is larger than \(ConfigurationLoader.maximumFileSize >> 20) MiB"), nil)
    default:
      .found(
        .unreadable(
          id: "unreadable-file", message: "cannot be read: \(SystemError.text(error.errno))"), nil)
    }
  }

  /// The names in a directory, one more than `limit` if there are more.
  static func names(in directory: String, limit: Int = Int.max - 1, checksWriters: Bool) -> Listing {
    do throws(SystemError) {
      guard let status = try FileSystem.status(of: directory) else { return .missing }
      guard status.kind == .directory else {
        return .refused(.unusableDirectory(directory, id: "not-a-directory", "is not a directory"))
      }
      if checksWriters && status.isWritable(byOthersThan: 0) {
        return .refused(.unusableDirectory(directory, id: "unsafe-directory", status.unsafeWriters))
      }
      return .listed(try FileSystem.names(in: directory, limit: limit))
    } catch {
      if error.errno == ENOENT { return .missing }
      return .refused(
        .unusableDirectory(
          directory, id: "unreadable-directory", "cannot be read: \(SystemError.text(error.errno))"))
    }
  }
}

extension FileStatus {
  /// The file, whatever name it was reached by.
  var identity: String { "\(device):\(inode)" }

  /// Who but root can write it, as the end of a sentence.
  var unsafeWriters: String {
    if owner != 0 { return "belongs to user \(owner), who could become root by writing to it" }
    if mode & 0o002 != 0 { return "can be written by everyone, who could become root that way" }
    return "can be written by group \(group), who could become root that way"
  }
}

extension SourceDocument.Content {
  static func unsafeFile(_ status: FileStatus) -> SourceDocument.Content {
    .unreadable(id: "unsafe-file", message: "\(status.unsafeWriters)")
  }
}
