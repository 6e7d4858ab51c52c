import Foundation
import Testing

/// The lists of Debian packages that a machine needs name whatever is used: `config/package/install-needs` for the build,
/// `Tests/prepare` for the tests. On a machine that has more than the lists say nobody would notice otherwise.
@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/dpkg-query"), "needs a Debian"))
struct PackageListTests {
  private static let forBuild = "config/package/install-needs"
  private static let forTests = "Tests/prepare"

  /// C's headers for programs without an operating system; the compiler has them.
  private static let ofTheCompiler: Set<String> = ["stdbool.h", "stddef.h", "stdint.h", "stdarg.h", "limits.h"]

  /// What `packages='...'` in a script names.
  private static func listed(by script: String) throws -> Set<String> {
    let text = try Checkout.text(of: script)
    let list = try #require(text.firstMatch(of: #/(?:^|\n)packages='([^']*)'/#)?.1)
    let names = list.split(whereSeparator: \.isWhitespace).map(String.init)
    try #require(names.count > 3, "\(script)")
    return Set(names)
  }

  /// Packages with those that they bring along: `python3` is two steps from the program of its name.
  private static func withDependencies(_ names: Set<String>) throws -> Set<String> {
    var all = names
    for _ in 0..<2 {
      let text = try query(["dpkg-query", "-W", "-f", "${Depends}, ${Pre-Depends}\n"] + all.sorted())
      let words = text.split { ",|\n".contains($0) }.compactMap { $0.split { " :(".contains($0) }.first }
      all.formUnion(words.map(String.init))
    }
    return all
  }

  private static func query(_ words: [String]) throws -> String { try Command.run(words).output }

  /// The packages that files belong to; files of none are left out.
  private static func owners(
    of files: some Collection<String>, followsLinks: Bool = true
  ) throws -> [String: String] {
    var names: [String: String] = [:]
    for file in files {
      // What /bin is a link to, and what an alternative stands for.
      let real = URL(filePath: file).resolvingSymlinksInPath().path
      for path in followsLinks ? [file, real] : [file] {
        names[path] = file
        if path.hasPrefix("/usr/") { names[String(path.dropFirst(4))] = file }
      }
    }
    if names.isEmpty { return [:] }
    var owners: [String: String] = [:]
    for line in try query(["dpkg", "-S"] + names.keys.sorted()).split(separator: "\n") {
      guard let colon = line.range(of: ": "), let file = names[String(line[colon.upperBound...])] else { continue }
      owners[file] = String(line[..<colon.lowerBound].split { ",:".contains($0) }.first ?? "")
    }
    return owners
  }

  /// The directories that Debian names after processors: `x86_64-linux-gnu`.
  private static func triples() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: "/usr/lib").filter { $0.hasSuffix("-linux-gnu") }
  }

  // MARK: Headers and libraries

  private static func sources(in directory: String) throws -> [String] {
    try Checkout.files(in: [directory], extensions: ["c", "h", "modulemap"])
  }

  @Test(arguments: [("Sources", forBuild), ("Tests", forTests)])
  func everyHeaderIsOfAListedPackage(directory: String, script: String) throws {
    let package = try Checkout.text(of: "Package.swift")
    let modules = package.matches(of: #/pkgConfig: "([^"]+)"/#).map { String($0.1) }
    #expect(!modules.isEmpty)
    let flags = try Self.query(["pkg-config", "--cflags-only-I"] + modules).split(whereSeparator: \.isWhitespace)
    let places =
      try ["/usr/include"] + Self.triples().map { "/usr/include/\($0)" } + flags.map { String($0.dropFirst(2)) }
    var headers: [String: String] = [:]
    for source in try Self.sources(in: directory) {
      for match in try Checkout.text(of: source).matches(of: #/#\s*include\s*<([^>]+)>/#) {
        let header = String(match.1)
        if Self.ofTheCompiler.contains(header) { continue }
        let path = places.map { "\($0)/\(header)" }.first { FileManager.default.fileExists(atPath: $0) }
        if let path { headers[path] = source }
        #expect(path != nil, "\(source): <\(header)> is nowhere")
      }
    }
    let owners = try Self.owners(of: headers.keys)
    // The kernel's headers come with those of libc.
    let listed = try Self.listed(by: script).union(["linux-libc-dev"])
    for (header, source) in headers {
      let owner = owners[header] ?? "no package"
      #expect(listed.contains(owner), "\(source) includes \(header) of \(owner), which \(script) does not install")
    }
  }

  /// What the manifest and the module maps have linked, and what the manifest tells apt.
  @Test func everyLibraryIsOfAListedPackage() throws {
    let build = try Self.listed(by: Self.forBuild)
    let tests = try Self.listed(by: Self.forTests)
    let package = try Checkout.text(of: "Package.swift")
    for match in package.matches(of: #/\.apt\(\["([^"]+)"\]\)/#) {
      #expect(build.contains(String(match.1)) && tests.contains(String(match.1)), "\(match.1)")
    }
    var linked = package.matches(of: #/\.target\(name: "[^\n]*linkedLibrary\("(\w+)"\)/#).map {
      (name: String($0.1), isForTests: $0.0.contains("path: \"Tests/"))
    }
    #expect(linked.count == package.matches(of: #/linkedLibrary/#).count)
    for map in try Checkout.files(in: ["Sources"], extensions: ["modulemap"]) {
      linked += try Checkout.text(of: map).matches(of: #/link "(\w+)"/#).map { (String($0.1), false) }
    }
    let triples = try Self.triples()
    let places = linked.map { library in
      triples.map { "/usr/lib/\($0)/lib\(library.name).so" }.first { FileManager.default.fileExists(atPath: $0) } ?? "-"
    }
    // The link belongs to the package with the headers, what it leads to does not.
    let owners = try Self.owners(of: places, followsLinks: false)
    for (place, library) in zip(places, linked) {
      let owner = owners[place] ?? "no package"
      #expect((library.isForTests ? tests : build).contains(owner), "lib\(library.name) is of \(owner)")
      #expect(tests.contains(owner), "\(Self.forTests) lacks \(owner)")
    }
  }

  /// What the build needs, the tests need.
  @Test func theTestsInstallWhatTheBuildNeeds() throws {
    let missing = try Self.listed(by: Self.forBuild).subtracting(Self.listed(by: Self.forTests))
    #expect(missing.isEmpty)
    // It is over at once when all is there: by the same names.
    let text = try Checkout.text(of: Self.forBuild)
    let asked = try #require(text.firstMatch(of: #/pkg-config --exists ([a-z ]+) 2/#)?.1)
    for module in asked.split(separator: " ") {
      #expect(try Self.listed(by: Self.forBuild).contains("\(module)-dev"), "\(module)")
    }
  }

  // MARK: Programs

  /// Scripts that run on the machine itself, not in one that they boot.
  private static let scripts = [
    "Tests/run", "Tests/prepare", "Tests/sanitize", "Tests/Fuzz/run", "Tests/Soak/run", "Tests/Package/run",
    "Tests/Package/repository", "Tests/Systemd/run", "Tests/Systemd/machine", "config/package/build-deb",
    "config/package/build-release", "config/package/install-needs", "config/demo/run",
  ]

  /// The words where a command's name stands, but for functions; a rough reading that no string escapes.
  private static func commands(in script: String, functions: Set<String>) throws -> Set<String> {
    let code = try Checkout.lines(of: script).filter { !$0.drop { $0 == " " }.hasPrefix("#") }.joined(separator: "\n")
    let bare = code.replacing(
      #/\b(?:exec|xargs(?: -0)?|nice(?: -n \d+)?|then|do|else|env|if|while|until)\s+|! /#, with: "; ")
    let words = bare.matches(of: #/(?:^|[|&;(])[ \t]*([a-z][a-z0-9._-]+)(?=[\s;)|&]|$)/#.anchorsMatchLineEndings())
    return Set(words.map { String($0.1) }).subtracting(functions)
  }

  @Test func everyProgramIsOfAListedPackage() throws {
    let shells = try Checkout.files(in: ["Tests"], extensions: ["sh"]) + Self.scripts
    let functions = Set(
      try shells.flatMap { try Checkout.text(of: $0).matches(of: #/(?:^|\n)\s*(\w+)\(\) [{(]/#).map { String($0.1) } })
    let places = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"]
    var programs: [String: String] = [:]
    for script in Self.scripts {
      for word in try Self.commands(in: script, functions: functions) {
        let path = places.map { "\($0)/\(word)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
        if let path { programs[path] = script }
      }
    }
    #expect(programs["/usr/bin/dpkg-shlibdeps"] != nil, "nothing else is found, either")
    let everywhere = try Self.query(["dpkg-query", "-W", "-f", "${Package} ${Essential} ${Priority}\n"])
      .split(separator: "\n").filter { $0.contains(" yes ") || $0.hasSuffix(" required") }
      .compactMap { $0.split(separator: " ").first.map(String.init) }
    let listed = try Self.withDependencies(Self.listed(by: Self.forTests)).union(everywhere)
    for (program, owner) in try Self.owners(of: programs.keys) {
      let script = programs[program] ?? ""
      #expect(listed.contains(owner), "\(script) runs \(program) of \(owner), which \(Self.forTests) does not install")
    }
  }
}
