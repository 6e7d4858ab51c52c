import Testing

@testable import ServiceModel

@Suite struct SharedTests {
  @Test func changingACopyLeavesTheOther() {
    let first = Shared(wrappedValue: [1, 2])
    var second = first
    second.wrappedValue.append(3)
    #expect(first.wrappedValue == [1, 2] && second.wrappedValue == [1, 2, 3])
  }

  @Test func equalValuesAreEqualWhateverTheirStorage() {
    let first = Shared(wrappedValue: "x")
    var second = Shared(wrappedValue: "x")
    #expect(first == second)
    second.share(with: first)
    #expect(first == second)
    second.wrappedValue = "y"
    #expect(first != second && first.wrappedValue == "x")
  }
}

@Suite struct ServiceDefinitionTests {
  private let program = ServiceHandler.program(ProgramDefinition(path: "/bin/cat"))

  @Test func definitionsAreValues() {
    let first = ServiceDefinition(id: "a", handler: program)
    var second = first
    second.limits.instances = .count(1)
    second.socket.options.backlog = 5
    second.process.environment.append("A=1")
    #expect(first.limits.instances == .count(512) && first.socket.options.backlog == nil)
    #expect(first.process.environment.isEmpty && first != second)
    #expect(ServiceDefinition(id: "a", handler: program) == first)
  }

  @Test func sharingPartsChangesNothing() {
    var first = ServiceDefinition(id: "a", handler: program)
    first.access.noAccess = [.host("x")]
    let second = ServiceDefinition(id: "b", handler: program)
    var shared = first
    shared.shareParts(with: second)
    #expect(shared == first)
  }

  @Test(arguments: [
    (ArgumentZero.name, "cat"), (.path, "/bin/cat"), (.literal("x y"), "x y"),
  ]) func argumentZero(_ zero: ArgumentZero, _ first: String) {
    var program = ProgramDefinition(path: "/bin/cat")
    program.argumentZero = zero
    program.arguments = ["-n"]
    #expect(program.argumentVector == [first, "-n"])
  }

  @Test func builtinsByName() {
    for builtin in Builtin.allCases { #expect(Builtin(name: builtin.name) == builtin) }
    #expect(Builtin(name: "auth") == .ident && Builtin(name: "quote") == .qotd && Builtin(name: "x") == nil)
  }
}

@Suite struct SourceTests {
  private let file = SourceFileID(index: 0)

  @Test func placesAreCountedFromOneAndNeverEmpty() {
    let range = SourceRange(file: file, line: 1, column: 1, length: 0)
    #expect(range.length == 1)
    #expect(SourceRange(file: file, line: .max, column: 1).line == .max)
  }

  @Test func mapDescribesPlaces() {
    var map = SourceMap()
    let id = map.add(path: "/etc/x", bytes: Array("a\nb\n".utf8))
    #expect(map.describe(SourceRange(file: id, line: 2, column: 1)) == "/etc/x:2:1")
    #expect(map[id].bytes.count == 4)
  }

  @Test func originsKeepTheLastPlace() {
    let (user, group, nice) = (KeyNumber(row: 1), KeyNumber(row: 2), KeyNumber(row: 127))
    var origins = KeyOrigins()
    origins[user] = SourceRange(file: file, line: 1, column: 1)
    origins[user] = SourceRange(file: file, line: 2, column: 1)
    origins[nice] = SourceRange(file: file, line: 3, column: 1)
    #expect(origins[user]?.line == 2 && origins[group] == nil && origins.entries.count == 2)
    origins.keep(KeySet([nice]))
    #expect(origins[user] == nil && origins[nice]?.line == 3)
    origins[nice] = nil
    #expect(origins.isEmpty)
  }

  @Test func setsOfKeysTakeEachOnce() {
    var keys = KeySet()
    for row in [0, 63, 64, 127] {
      #expect(keys.insert(KeyNumber(row: row)) && !keys.insert(KeyNumber(row: row)))
    }
    #expect(!keys.contains(KeyNumber(row: 1)) && !keys.contains(KeyNumber(row: 65)))
    #expect(keys.contains(KeyNumber(row: 63)) && keys.contains(KeyNumber(row: 64)))
  }

  @Test func severitiesAreOrdered() {
    #expect(DiagnosticSeverity.note < .warning && DiagnosticSeverity.warning < .error)
    #expect([DiagnosticSeverity.note, .warning, .error].map { $0.word } == ["note", "warning", "error"])
  }
}
