// The same answers from fewer instructions: a tree of ranges for each architecture, in place of a comparison for each
// number.
extension FilterProgram {
  /// The shortest form that this knows; the program itself where it is of a kind that this does not.
  package var shortened: FilterProgram {
    guard let compared = ComparedValues(of: self), let rewritten = rewritten(compared), rewritten.count < count else {
      return self
    }
    return rewritten
  }

  private func rewritten(_ compared: ComparedValues) -> FilterProgram? {
    // Whatever it answers to one architecture that it does not name, it answers to all of them.
    guard let unnamed = (0...UInt32.max).first(where: { !compared.architectures.contains($0) }),
      let otherwise = block(for: unnamed, compared.numbers)
    else { return nil }
    var blocks: [Instruction] = otherwise
    var dispatch = [Instruction(code: Operation.load, operand: Word.architecture)]
    let length = 1 + 2 * compared.architectures.count
    for architecture in compared.architectures {
      guard let block = block(for: architecture, compared.numbers) else { return nil }
      dispatch.append(Instruction(code: Operation.equal, whenFalse: 1, operand: architecture))
      let distance = length + blocks.count - (dispatch.count + 1)
      dispatch.append(Instruction(code: Operation.jump, operand: UInt32(distance)))
      blocks += block
    }
    return FilterProgram(dispatch + blocks)
  }

  /// What is left of the program for one architecture.
  private func block(for architecture: UInt32, _ numbers: [UInt32]) -> [Instruction]? {
    var ranges = RangeTable()
    for number in numbers {
      guard let rest = residue(architecture: architecture, number: number) else { return nil }
      ranges.append(from: number, rest)
    }
    return ranges.assembled
  }

  /// What is left of the program for one call: its answer, or the part that looks at arguments.
  private func residue(architecture: UInt32, number: UInt32) -> [Instruction]? {
    /// So long that it is not worth while: only arguments make it longer than one.
    let longest = 64
    func rest(from start: Int, _ known: UInt32?) -> [Instruction]? {
      var accumulator = known
      var position = start
      var result: [Instruction] = []
      while instructions.indices.contains(position), result.count <= longest {
        let instruction = instructions[position]
        position += 1
        switch (instruction.code, accumulator) {
        case (Operation.load, _):
          switch instruction.operand {
          case Word.number: accumulator = number
          case Word.architecture: accumulator = architecture
          default:
            accumulator = nil
            result.append(instruction)
          }
        case (Operation.and, let value?): accumulator = value & instruction.operand
        case (Operation.and, nil): result.append(instruction)
        case (Operation.jump, _): position += Int(instruction.operand)
        case (Operation.answer, _): return result + [instruction]
        case (_, let value?):
          guard let holds = FilterProgram.compare(value, instruction) else { return nil }
          position += Int(holds ? instruction.whenTrue : instruction.whenFalse)
        case (_, nil):
          guard FilterProgram.compare(0, instruction) != nil,
            let whenTrue = rest(from: position + Int(instruction.whenTrue), nil),
            let whenFalse = rest(from: position + Int(instruction.whenFalse), nil), whenTrue.count <= longest
          else { return nil }
          var choice = instruction
          choice.whenTrue = 0
          choice.whenFalse = UInt8(whenTrue.count)
          return result + [choice] + whenTrue + whenFalse
        }
      }
      return nil
    }
    return rest(from: 0, 0)
  }
}

/// What a program compares numbers and architectures with: between two neighbours all numbers are the same to it.
private struct ComparedValues {
  private(set) var architectures: [UInt32] = []
  /// The first of each range of numbers, in order.
  private(set) var numbers: [UInt32] = [0]

  private enum Content: Int { case nothing, number, architecture, argument }

  /// Nil where a number or an architecture is used otherwise.
  init?(of program: FilterProgram) {
    var seen = [Bool](repeating: false, count: program.count * 4)
    var pending: [(Int, Content)] = [(0, .nothing)]
    while let (position, content) = pending.popLast() {
      guard position < program.count else { return nil }
      if seen[position * 4 + content.rawValue] { continue }
      seen[position * 4 + content.rawValue] = true
      let instruction = program.instructions[position]
      switch instruction.code {
      case FilterProgram.Operation.load:
        let loaded: Content =
          switch instruction.operand {
          case FilterProgram.Word.number: .number
          case FilterProgram.Word.architecture: .architecture
          default: .argument
          }
        pending.append((position + 1, loaded))
      case FilterProgram.Operation.and:
        guard content == .argument else { return nil }
        pending.append((position + 1, content))
      case FilterProgram.Operation.jump: pending.append((position + 1 + Int(instruction.operand), content))
      case FilterProgram.Operation.answer: break
      default:
        guard note(instruction, content) else { return nil }
        pending.append((position + 1 + Int(instruction.whenTrue), content))
        pending.append((position + 1 + Int(instruction.whenFalse), content))
      }
    }
    numbers.sort()
  }

  private mutating func note(_ instruction: FilterProgram.Instruction, _ content: Content) -> Bool {
    guard FilterProgram.compare(0, instruction) != nil else { return false }
    let value = instruction.operand
    switch content {
    case .nothing: return false
    case .argument: return true
    case .architecture:
      guard instruction.code == FilterProgram.Operation.equal else { return false }
      if !architectures.contains(value) { architectures.append(value) }
    case .number:
      guard instruction.code != FilterProgram.Operation.hasBits else { return false }
      for first in value == .max ? [value] : [value, value + 1] where !numbers.contains(first) { numbers.append(first) }
    }
    return true
  }
}

/// Ranges of numbers and what is done in each; neighbours that do the same are one.
private struct RangeTable {
  private var firsts: [UInt32] = []
  private var ends: [Int] = []
  /// The different things that are done.
  private var residues: [[FilterProgram.Instruction]] = []

  private enum Target { case comparison(Int), residue(Int) }
  private struct Comparison {
    let first: UInt32
    var whenTrue = Target.comparison(0)
    var whenFalse = Target.comparison(0)
  }

  mutating func append(from first: UInt32, _ residue: [FilterProgram.Instruction]) {
    let end = residues.firstIndex(of: residue) ?? residues.count
    if end == residues.count { residues.append(residue) }
    if ends.last == end { return }
    firsts.append(first)
    ends.append(end)
  }

  /// A search by halves, then each residue once. Nil where a jump would be too far for its 8 bits.
  var assembled: [FilterProgram.Instruction]? {
    if ends.count == 1 { return residues[ends[0]] }
    var comparisons: [Comparison] = []
    _ = search(0..<ends.count, &comparisons)
    var starts: [Int] = []
    var next = comparisons.count
    for residue in residues {
      starts.append(next)
      next += residue.count
    }
    var result = [FilterProgram.Instruction(code: FilterProgram.Operation.load, operand: FilterProgram.Word.number)]
    for (index, comparison) in comparisons.enumerated() {
      func distance(to target: Target) -> UInt8? {
        switch target {
        case .comparison(let other): UInt8(exactly: other - (index + 1))
        case .residue(let number): UInt8(exactly: starts[number] - (index + 1))
        }
      }
      guard let whenTrue = distance(to: comparison.whenTrue), let whenFalse = distance(to: comparison.whenFalse) else {
        return nil
      }
      result.append(
        FilterProgram.Instruction(
          code: FilterProgram.Operation.greaterOrEqual, whenTrue: whenTrue, whenFalse: whenFalse,
          operand: comparison.first))
    }
    return result + residues.joined()
  }

  /// A comparison comes before those that it leads to: programs only go forwards.
  private func search(_ range: Range<Int>, _ comparisons: inout [Comparison]) -> Target {
    if range.count == 1 { return .residue(ends[range.lowerBound]) }
    let middle = range.lowerBound + range.count / 2
    let index = comparisons.count
    comparisons.append(Comparison(first: firsts[middle]))
    comparisons[index].whenTrue = search(middle..<range.upperBound, &comparisons)
    comparisons[index].whenFalse = search(range.lowerBound..<middle, &comparisons)
    return .comparison(index)
  }
}
