/// A program of seccomp(2): classic BPF that looks at a system call's number, its architecture and its arguments, and
/// answers what is to be done.
///
/// libseccomp compares with each number by itself. The kernel reads, translates and tries a program anew at each start
/// that takes it, which a hundred starts a second notice: `shortened` asks the program what it answers, and says the
/// same by ranges of numbers.
package struct FilterProgram: Equatable, Sendable {
  /// struct sock_filter.
  struct Instruction: Equatable, Sendable {
    var code: UInt16
    var whenTrue: UInt8 = 0
    var whenFalse: UInt8 = 0
    var operand: UInt32 = 0
  }

  /// What a program can look at: words of struct seccomp_data, by their offset in it.
  enum Word {
    static let number: UInt32 = 0
    static let architecture: UInt32 = 4
  }

  /// The instructions that filters consist of (linux/filter.h).
  enum Operation {
    static let load: UInt16 = 0x20
    static let and: UInt16 = 0x54
    static let jump: UInt16 = 0x05
    static let equal: UInt16 = 0x15
    static let greater: UInt16 = 0x25
    static let greaterOrEqual: UInt16 = 0x35
    static let hasBits: UInt16 = 0x45
    static let answer: UInt16 = 0x06
  }

  package static let instructionSize = 8

  var instructions: [Instruction]

  init(_ instructions: [Instruction]) { self.instructions = instructions }

  /// Reads what seccomp_export_bpf(3) writes; nil when that is no whole number of instructions.
  package init?(bytes: [UInt8]) {
    guard !bytes.isEmpty, bytes.count % FilterProgram.instructionSize == 0 else { return nil }
    instructions = stride(from: 0, to: bytes.count, by: FilterProgram.instructionSize).map { start in
      bytes.withUnsafeBytes { raw in
        Instruction(
          code: raw.loadUnaligned(fromByteOffset: start, as: UInt16.self), whenTrue: raw[start + 2],
          whenFalse: raw[start + 3], operand: raw.loadUnaligned(fromByteOffset: start + 4, as: UInt32.self))
      }
    }
  }

  package var bytes: [UInt8] {
    instructions.flatMap { instruction in
      withUnsafeBytes(of: instruction.code) { Array($0) } + [instruction.whenTrue, instruction.whenFalse]
        + withUnsafeBytes(of: instruction.operand) { Array($0) }
    }
  }

  package var count: Int { instructions.count }

  /// What it answers when the words of a call are these; nil where it is no filter. `word` gets the offset.
  package func answer(_ word: (UInt32) -> UInt32) -> UInt32? {
    var accumulator: UInt32 = 0
    var position = 0
    while instructions.indices.contains(position) {
      let instruction = instructions[position]
      position += 1
      switch instruction.code {
      case Operation.load: accumulator = word(instruction.operand)
      case Operation.and: accumulator &= instruction.operand
      case Operation.jump: position += Int(instruction.operand)
      case Operation.answer: return instruction.operand
      default:
        guard let holds = FilterProgram.compare(accumulator, instruction) else { return nil }
        position += Int(holds ? instruction.whenTrue : instruction.whenFalse)
      }
    }
    return nil
  }

  /// A comparison's result; nil for an instruction that is none.
  static func compare(_ value: UInt32, _ instruction: Instruction) -> Bool? {
    switch instruction.code {
    case Operation.equal: value == instruction.operand
    case Operation.greater: value > instruction.operand
    case Operation.greaterOrEqual: value >= instruction.operand
    case Operation.hasBits: value & instruction.operand != 0
    default: nil
    }
  }
}
