/// The number of a configuration file in a `SourceMap`.
package struct SourceFileID: Hashable, Sendable {
  package let index: Int32
  package init(index: Int32) { self.index = index }
}

/// A stretch of text inside one line of one file.
package struct SourceRange: Hashable, Sendable {
  package let file: SourceFileID
  /// Counted from 1.
  package let line: Int32
  /// First byte, counted from 1, as compilers and editors do.
  package let column: Int32
  /// Length in bytes; at least 1, so that there is always something to underline.
  package let length: Int32

  package init(file: SourceFileID, line: Int, column: Int, length: Int = 1) {
    self.file = file
    self.line = Int32(clamping: line)
    self.column = Int32(clamping: column)
    self.length = Int32(clamping: max(length, 1))
  }
}

/// A value with the place it was written at.
package struct Located<Value> {
  package var value: Value
  package var range: SourceRange

  package init(_ value: Value, at range: SourceRange) {
    self.value = value
    self.range = range
  }
}

extension Located: Equatable where Value: Equatable {}
extension Located: Sendable where Value: Sendable {}

/// The files of one load: their names for messages, their text for quoting a line under a message.
package struct SourceMap: Sendable {
  /// One file as it was read.
  package struct File: Sendable {
    package let path: String
    package let bytes: [UInt8]
  }

  package private(set) var files: [File] = []

  package init() {}

  package mutating func add(path: String, bytes: [UInt8]) -> SourceFileID {
    files.append(File(path: path, bytes: bytes))
    return SourceFileID(index: Int32(files.count - 1))
  }

  package subscript(id: SourceFileID) -> File { files[Int(id.index)] }

  /// `path:line:column`.
  package func describe(_ range: SourceRange) -> String {
    "\(self[range.file].path):\(range.line):\(range.column)"
  }
}
