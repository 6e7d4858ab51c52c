import Foundation
import Testing

/// The pages of the manual as programs see them: mandoc finds nothing to say, and inetd(8) has every option.
@Suite struct ManualPageTests {
  static let pages = ["man/inetd.8", "man/inetctl.8", "man/inetd.conf.5", "man/inetd.d.5"]
  static let hasMandoc = (try? Command.run("mandoc", "-T", "lint", "/dev/null")).map { $0.status != 127 } ?? false

  @Test(.enabled(if: hasMandoc, "no mandoc: Tests/prepare installs it as root"), arguments: pages)
  func mandocHasNothingToSay(_ page: String) throws {
    let result = try Command.run("mandoc", "-T", "lint", "-W", "style", page)
    // Which other pages are installed, and indexed, is not the page's fault.
    let findings = (result.output + result.errors).split(separator: "\n").filter {
      !$0.contains("referenced manual not found") && !$0.contains("outdated mandoc.db")
    }
    #expect(findings.isEmpty, "\(findings.joined(separator: "\n"))")
  }

  @Test func everyOptionOfTheDaemonIsDescribed() throws {
    let source = try Checkout.text(of: "Sources/inetd/Options.swift")
    let page = try Checkout.text(of: "man/inetd.8")
    let letters = try #require(source.firstMatch(of: #/getopt_long\([^"]*"([A-Za-z:]+)"/#)).1.filter { $0 != ":" }
    #expect(letters.count >= 10)
    for letter in letters {
      let isThere = page.contains(try Regex("\\.It .*Fl \(letter)\\b"))
      #expect(isThere, "inetd.8 lacks -\(letter)")
    }
    let names = source.matches(of: #/\("([a-z][a-z-]+)", (?:true|false), /#).map { $0.1 }
    #expect(names.count >= 10)
    for name in names {
      let isThere = page.contains(try Regex("\\.It .*Fl -\(name)\\b(?!-)"))
      #expect(isThere, "inetd.8 lacks --\(name)")
    }
  }

  @Test func everyExitCodeIsDescribed() throws {
    let source = try Checkout.text(of: "Sources/inetd/ExitCode.swift")
    let page = try Checkout.text(of: "man/inetd.8")
    let codes = source.matches(of: #/case [a-zA-Z]+ = ([0-9]+)/#).map { $0.1 }
    #expect(codes.count >= 5)
    for code in codes {
      let isThere = page.contains("\n.It \(code)\n")
      #expect(isThere, "inetd.8 lacks exit status \(code)")
    }
  }

  /// The variables that a server may find, by the table that sets them.
  @Test func everyVariableOfAServerIsDescribed() throws {
    let source = try Checkout.text(of: "Sources/ProcessSpawning/ConnectionContext.swift")
    let page = try Checkout.text(of: "man/inetd.8")
    let names = source.matches(of: #/\(\.[a-zA-Z]+, "([A-Z_]+)", /#).map { $0.1 }
    #expect(names.count >= 8)
    for name in names {
      let isThere = page.contains("Ev \(name)\n")
      #expect(isThere, "inetd.8 lacks \(name)")
    }
  }
}
