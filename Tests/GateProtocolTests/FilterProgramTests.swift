import CSeccomp
import LinuxSystem
import ServiceModel
import Testing

@testable import GateProtocol

/// One library, one filter at a time.
@Suite(.serialized) struct FilterProgramTests {
  @Test(arguments: ["service", "network-io", "process", "file-system", "setuid", "debug"], [true, false])
  func theShorterProgramAnswersTheSame(_ group: String, _ allows: Bool) throws {
    let calls = try #require(SystemCallGroup.named(group)).calls + ["clone", "unshare"]
    let long = try program(calls, allows: allows)
    let short = long.shortened
    #expect(short.count <= long.count)
    expectEqual(short, long)
  }

  /// What the strict bundle's servers are started with: the kernel takes time for each instruction.
  @Test func whatAServiceMayCallFitsIntoAThird() throws {
    let long = try program(SystemCallGroup.named("service")?.calls ?? [], allows: true)
    #expect(long.shortened.count * 3 < long.count)
    #expect(FilterProgram(bytes: long.shortened.bytes) == long.shortened)
  }

  @Test func aProgramOfAnotherKindStaysAsItIs() {
    typealias Operation = FilterProgram.Operation
    let masked = FilterProgram([
      .init(code: Operation.load, operand: 0), .init(code: Operation.and, operand: 0xff),
      .init(code: Operation.equal, whenTrue: 0, whenFalse: 1, operand: 3), .init(code: Operation.answer, operand: 0),
      .init(code: Operation.answer, operand: 0x7fff_0000),
    ])
    #expect(masked.shortened == masked)
    let endless = FilterProgram([.init(code: Operation.load, operand: 0)])
    #expect(endless.shortened == endless)
    let unknown = FilterProgram([.init(code: 0x07), .init(code: Operation.answer)])
    #expect(unknown.shortened == unknown)
    #expect(FilterProgram(bytes: [1, 2, 3]) == nil)
    #expect(FilterProgram(bytes: []) == nil)
  }

  private func program(_ calls: [String], allows: Bool) throws -> FilterProgram {
    try #require(cseccomp_begin(allows ? 1 : 0) >= 0, "libseccomp.so.2")
    for call in calls { _ = cseccomp_add(call) }
    let file = try FileDescriptor.memory(name: "filter")
    try #require(cseccomp_write(file.raw) >= 0)
    return try #require(FilterProgram(bytes: try FileSystem.contents(of: "/proc/self/fd/\(file.raw)").bytes))
  }

  /// All numbers that are calls of any architecture and those at the borders, with arguments that matter to clone and to
  /// the old ways to call socket and shmat.
  private func expectEqual(_ one: FilterProgram, _ other: FilterProgram) {
    let architectures: [UInt32] = [0xc000_003e, 0x4000_0003, 0xc000_00b7, 0x4000_0028, 0, 7]
    let borders: [UInt32] = [0x3fff_ffff, 0x4000_0000, 0x4000_0001, 0x4000_0208, 0x7fff_ffff, 0x8000_0000, .max]
    let arguments: [UInt32] = [0, 1, 3, 21, 0x11, 0x20000, 0x7e02_0000, .max]
    var different = 0
    for architecture in architectures {
      for number in (0..<600) + borders {
        for argument in arguments {
          let word: (UInt32) -> UInt32 = { $0 == 0 ? number : $0 == 4 ? architecture : argument }
          let answer = other.answer(word)
          if answer == nil || one.answer(word) != answer { different += 1 }
        }
      }
    }
    #expect(different == 0)
  }
}
