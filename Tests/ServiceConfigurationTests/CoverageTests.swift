import Foundation
import ServiceModel
import Testing

@testable import ServiceConfiguration

/// What the golden cases have to cover, so that nothing can be added without one.
@Suite struct CoverageTests {
  private static let sources = GoldenCase.directory.deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Sources/ServiceConfiguration")

  /// All ids of diagnostics that the sources spell out.
  private static func idsInSources() throws -> Set<String> {
    let calls = /(?:fail|warn|error|warning|failure)\(\s*"([a-z0-9]+(?:-[a-z0-9]+)+)"/
    let literals = /\.(?:error|warning|note),\s*"([a-z0-9]+(?:-[a-z0-9]+)+)"/
    let members = /id: "([a-z0-9]+(?:-[a-z0-9]+)+)"/
    var ids: Set<String> = []
    let files = FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)
    while let file = files?.nextObject() as? URL {
      guard file.pathExtension == "swift" else { continue }
      let text = try String(contentsOf: file, encoding: .utf8)
      for match in text.matches(of: calls) { ids.insert(String(match.1)) }
      for match in text.matches(of: literals) { ids.insert(String(match.1)) }
      for match in text.matches(of: members) { ids.insert(String(match.1)) }
    }
    return ids
  }

  /// A case shows every diagnostic as it is printed, or a test elsewhere its exact sentence.
  @Test func everyDiagnosticHasItsSentence() throws {
    let ids = try CoverageTests.idsInSources()
    #expect(ids.count > 60)
    let expected = GoldenCase.all.map { $0.expected }.joined()
    let missing = ids.filter { !expected.contains("[\($0)]") && SentenceTests.sentences[$0] == nil }.sorted()
    #expect(missing.isEmpty, "no sentence of: \(missing.joined(separator: " "))")
    let strange = Set(SentenceTests.sentences.keys).subtracting(ids).sorted()
    #expect(strange.isEmpty, "sentences of no diagnostic: \(strange)")
  }

  @Test func everyKeyHasACase() {
    let inputs = GoldenCase.all.map { golden in golden.files.map { String(decoding: $0.bytes, as: UTF8.self) }.joined()
    }
    let text = inputs.joined().lowercased()
    for key in KeyTable.keys {
      let isUsed = text.contains("\(key.name) =") || text.contains("\(key.name) +=") || text.contains("\(key.name)\t")
      #expect(isUsed, "no case uses '\(key.name)'")
    }
  }

  /// An administrator is always told what follows.
  @Test func everyErrorSaysWhatHappensNext() {
    for golden in GoldenCase.all {
      for finding in golden.load().diagnostics where finding.severity == .error {
        let says = ["skipped", "ignored", "not read", "not included", "nothing is included"].contains {
          finding.fullMessage.contains($0)
        }
        #expect(says, "\(golden.name): \(finding.fullMessage) [\(finding.id)]")
      }
    }
  }

  @Test func rowsOfTheKeyTableAreWhole() {
    var names: Set<String> = []
    for key in KeyTable.keys {
      #expect(names.insert(key.name).inserted, "\(key.name) stands there twice")
      #expect(key.operators.contains(.set))
      #expect(!key.syntax.isEmpty && !key.defaultText.isEmpty && !key.help.isEmpty)
      #expect(!key.help.hasSuffix("."), "\(key.name): one line without a period")
    }
    // Keys are also numbered by bits.
    #expect(KeyTable.keys.count <= 128)
  }

  /// Every key of the design, in the words of its tables.
  @Test func theTableKnowsEveryKeyOfTheDesign() {
    let wanted = """
      id type flags disable enabled disabled socket_type protocol wait user group groups instances nice server
      server_args libwrap only_from no_access access_times log_type log_on_success log_on_failure rpc_version rpc_number
      env passenv port redirect bind interface banner banner_success banner_fail per_source cps max_load umask rlimit_as
      rlimit_cpu rlimit_data rlimit_rss rlimit_stack rlimit_files deny_time v6only mdns service listen socket_user
      socket_group socket_mode backlog send_buffer receive_buffer tos ttl mark priority congestion bind_device freebind
      transparent broadcast multicast_group reuse_port defer_accept fast_open keepalive pass stderr overflow
      source_prefix source_rate rate max_runtime idle_timeout stop_timeout idle_stop working_directory root_directory
      oom_score_adjust io_priority cpu_affinity no_new_privileges capabilities private_tmp private_network private_pids
      protect_system protect_home system_calls landlock sandbox sandbox_fallback memory_max tasks_max cpu_quota cgroup
      proxy_protocol proxy_from redirect_proxy argv0 log_address
      """
    for name in wanted.split(whereSeparator: { $0.isWhitespace }) {
      #expect(KeyTable.key(named: String(name)) != nil, "\(name)")
      #expect(KeyTable.key(named: name.uppercased())?.name == String(name))
    }
  }
}
