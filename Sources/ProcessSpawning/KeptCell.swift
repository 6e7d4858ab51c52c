import CLinux
import LinuxSystem

/// A cell that was built before its servers and outlives them, for one server at a time.
///
/// Making and taking down namespaces and mounts costs the kernel more than all the rest of a start. Servers that are
/// not root and cannot become it change nothing about a cell but the files in its own memory and the processes that
/// they leave behind. Where there is neither, the cell is as new, and the next server may have it.
package final class KeptCell {
  /// The process that holds the cell: the first of its process namespace, if it has one. It is our child.
  package let keeper: Int32
  private var view: FileDescriptor?
  private var network: FileDescriptor?
  private var processes: FileDescriptor?
  /// What lives in the cell's own process namespace, beside keeper and server: the text is empty as long as nobody
  /// does (proc(5), /proc/PID/task/TID/children).
  private var children: FileDescriptor?
  private var memories: [Memory] = []

  /// One file system in memory, as it was when nobody had used it.
  private final class Memory {
    let root: FileDescriptor
    private var pristine = clinux_memory_stamp()

    init(_ path: String) throws(SystemError) {
      root = try FileDescriptor.open(path, flags: O_PATH | O_DIRECTORY)
      if clinux_stamp_memory(root.raw, &pristine) != 0 { throw SystemError.last("look at", path) }
    }

    /// Files that are there, that were there, or that are gone but still open would all show.
    var isPristine: Bool {
      var stamp = clinux_memory_stamp()
      guard clinux_stamp_memory(root.raw, &stamp) == 0 else { return false }
      return clinux_is_same_stamp(&stamp, &pristine) != 0
    }
  }

  /// Opens what a keeper has built by executing its program.
  init(keeper: Int32, cell: SpawnCell) throws(SystemError) {
    self.keeper = keeper
    let directory = "/proc/\(keeper)"
    view = cell.ownFileSystemView ? try FileDescriptor.open(directory + "/ns/mnt", flags: O_RDONLY) : nil
    network = cell.ownNetwork ? try FileDescriptor.open(directory + "/ns/net", flags: O_RDONLY) : nil
    processes = cell.ownProcesses ? try FileDescriptor.open(directory + "/ns/pid", flags: O_RDONLY) : nil
    children =
      cell.ownProcesses ? try FileDescriptor.open(directory + "/task/\(keeper)/children", flags: O_RDONLY) : nil
    for place in cell.writableMemories { memories.append(try Memory(directory + "/root" + place)) }
  }

  /// The descriptors of its namespaces (/proc/PID/ns); -1 where it has none of its own.
  var viewNumber: Int32 { view?.raw ?? -1 }
  var networkNumber: Int32 { network?.raw ?? -1 }
  var processesNumber: Int32 { processes?.raw ?? -1 }

  /// Whether its last server has left nothing: neither a file nor, in a process namespace of the cell's own, a process
  /// that is not our child. To be asked when that server has been reaped, as only then its children are the keeper's.
  package var isPristine: Bool {
    for memory in memories where !memory.isPristine { return false }
    guard let children = children?.raw else { return true }
    var byte: UInt8 = 0
    return pread(children, &byte, 1, 0) == 0
  }

  /// Whether what a server leaves behind is held by the cell's own process namespace.
  package var holdsProcesses: Bool { processesNumber >= 0 }
}
