import Foundation
import Testing

/// A package goes and leaves its line behind: its service goes, its running server finishes, and the message says why.
@Suite struct VanishedProgramTests {
  @Test(arguments: Variant.all)
  func theServiceGoesAndItsServerFinishes(_ variant: Variant) throws {
    let setup = try ProbeServices(variant)
    let program = try setup.scratch.install("/bin/cat")
    let gone = Service(id: "gone", port: "\(try Ports.free())", server: program)
    let other = Service(id: "other", port: "\(try Ports.free())", server: "/bin/cat")
    try setup.start([gone, other])
    let client = try setup.connect(gone)
    try client.send("before\n")
    #expect(try client.receiveLine() == "before")

    try setup.scratch.remove("cat")
    try setup.daemon.reload()
    try setup.daemon.log.wait(containing: "error: cannot execute '\(program)': No such file or directory")
    #expect(throws: (any Error).self, "nobody can be served any more") { try setup.connect(gone) }
    try client.send("after\n")
    #expect(try client.receiveLine() == "after", "who was being served still is")
    let neighbour = try setup.connect(other)
    try neighbour.send("hello\n")
    #expect(try neighbour.receiveLine() == "hello")

    // The package comes back.
    _ = try setup.scratch.install("/bin/cat")
    try setup.daemon.reload()
    let again = try setup.connect(gone)
    try again.send("again\n")
    #expect(try again.receiveLine() == "again")
  }
}
