import Testing

@testable import SuperServer

@Suite struct ComplaintLinesTests {
  func lines(of chunks: [String], ended: Bool = false) -> [String] {
    var splitter = ComplaintLines()
    var found: [String] = []
    func take(_ line: [UInt8]) { found.append(String(decoding: line, as: UTF8.self)) }
    for chunk in chunks { splitter.add(chunk.utf8, take) }
    if ended { splitter.finish(take) }
    return found
  }

  @Test func linesAreWholeWhereverTheyWereCut() {
    #expect(lines(of: ["one\ntw", "o\r\n", "\n\nthr", "ee"]) == ["one", "two"])
    #expect(lines(of: ["one\ntw", "o\r\n", "\n\nthr", "ee"], ended: true) == ["one", "two", "three"])
    #expect(lines(of: [], ended: true) == [])
  }

  /// What was left out of a line does not leave its rest behind as a line of its own.
  @Test func whatIsSkippedIsSkippedToTheLinesEnd() {
    var splitter = ComplaintLines()
    var found: [String] = []
    func take(_ line: [UInt8]) { found.append(String(decoding: line, as: UTF8.self)) }
    splitter.add("one\ntw".utf8, take)
    splitter.skip(endsInside: true)
    splitter.add("rest\nthree\n".utf8, take)
    splitter.skip(endsInside: false)
    splitter.add("four\n".utf8, take)
    #expect(found == ["one", "three", "four"])
  }

  @Test func aLongLineLosesItsEndOnly() {
    let long = String(repeating: "x", count: 3 * ComplaintLines.limit)
    #expect(lines(of: [long, long + "\nnext\n"]) == [String(repeating: "x", count: ComplaintLines.limit), "next"])
  }
}
