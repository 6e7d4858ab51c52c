import CLinux

/// A memory file (memfd_create(2)) mapped for reading and writing: what is written survives the process as long as
/// somebody keeps the file open.
package final class SharedMemory {
  private let file: FileDescriptor
  package let bytes: UnsafeMutableRawBufferPointer

  private init(_ file: consuming FileDescriptor, size: Int) throws(SystemError) {
    let memory = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, file.raw, 0)
    guard let memory, memory != UnsafeMutableRawPointer(bitPattern: -1) else {
      throw SystemError.last("map memory file")
    }
    self.file = consume file
    bytes = UnsafeMutableRawBufferPointer(start: memory, count: size)
  }

  deinit { munmap(bytes.baseAddress!, bytes.count) }

  /// A new file of zeroes whose size is sealed, so that nobody can pull the memory from under a mapping.
  @export(interface) package static func create(name: String, size: Int) throws(SystemError) -> SharedMemory {
    let file = try FileDescriptor.memory(name: name)
    try checked("size memory file", name) { ftruncate(file.raw, off_t(size)) }
    try checked("seal memory file", name) { clinux_fcntl(file.raw, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) }
    return try SharedMemory(consume file, size: size)
  }

  /// Maps a file that `create` has made, here or in an earlier process; EINVAL for any other.
  @export(interface) package static func open(_ file: consuming FileDescriptor, size: Int) throws(SystemError)
    -> SharedMemory
  {
    let status = try file.borrowed.status(subject: "memory file")
    let seals = clinux_fcntl(file.raw, F_GET_SEALS, 0)
    guard status.size == Int64(size), seals >= 0, seals & F_SEAL_SHRINK != 0 else {
      throw SystemError("map memory file", errno: EINVAL)
    }
    return try SharedMemory(consume file, size: size)
  }

  package var descriptor: BorrowedDescriptor { file.borrowed }
}
