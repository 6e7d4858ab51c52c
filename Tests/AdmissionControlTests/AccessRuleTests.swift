import NetworkAddresses
import ServiceModel
import Testing

@testable import AdmissionControl

/// The rule that `inetctl test` names is the one that `AccessList` judges by.
@Suite struct AccessRuleTests {
  private func pattern(_ text: String, _ length: Int) -> AccessPattern {
    .prefix(IPPrefix(IPAddress(text)!, length: length))
  }

  private func definition(_ onlyFrom: [AccessPattern]?, _ noAccess: [AccessPattern] = []) -> AccessDefinition {
    var definition = AccessDefinition()
    definition.onlyFrom = onlyFrom
    definition.noAccess = noAccess
    return definition
  }

  @Test func mostSpecificEntryIsNamed() {
    let wide = pattern("10.0.0.0", 8)
    let narrow = pattern("10.1.0.0", 16)
    let hole = pattern("10.1.2.0", 24)
    let lists = definition([wide, narrow], [hole])
    #expect(lists.rule(for: IPAddress("10.1.3.4")) == .onlyFrom(narrow))
    #expect(lists.rule(for: IPAddress("10.9.0.1")) == .onlyFrom(wide))
    #expect(lists.rule(for: IPAddress("10.1.2.3")) == .noAccess(hole))
    #expect(lists.rule(for: IPAddress("192.0.2.1")) == .notInOnlyFrom)
  }

  @Test func absenceOfListsIsARuleToo() {
    #expect(definition(nil).rule(for: IPAddress("192.0.2.1")) == .none)
    #expect(definition(nil, [pattern("10.0.0.0", 8)]).rule(for: IPAddress("192.0.2.1")) == .notInNoAccess)
    #expect(definition([]).rule(for: IPAddress("192.0.2.1")) == .notInOnlyFrom)
    #expect(definition([]).rule(for: nil) == .withoutAddress)
    #expect(definition(nil, [pattern("10.0.0.0", 8)]).rule(for: nil) == .notInNoAccess)
  }

  @Test func namesDecideWhereNoAddressDoes() {
    let names = definition([.host("a.example"), pattern("10.0.0.0", 8)])
    #expect(names.rule(for: IPAddress("192.0.2.1")) == .names)
    #expect(names.rule(for: IPAddress("10.0.0.1")) == .onlyFrom(pattern("10.0.0.0", 8)))
  }

  /// Whatever the lists: allowed by the list means a rule that allows, and so on.
  @Test func ruleAgreesWithTheJudgement() {
    let entries: [AccessPattern] = [
      pattern("0.0.0.0", 0), pattern("10.0.0.0", 8), pattern("10.1.0.0", 16), pattern("10.1.2.3", 32),
      .host("a.example"),
    ]
    let addresses = ["10.1.2.3", "10.1.2.4", "10.2.0.0", "192.0.2.1", "2001:db8::1"].compactMap { IPAddress($0) }
    for allowed in 0..<(1 << entries.count) {
      for denied in 0..<(1 << entries.count) {
        func subset(_ bits: Int) -> [AccessPattern] {
          entries.indices.filter { bits >> $0 & 1 == 1 }.map { entries[$0] }
        }
        let lists = definition(allowed == 0 ? nil : subset(allowed), subset(denied))
        let judge = AccessList(lists)
        for address in addresses {
          let verdict: AccessVerdict =
            switch lists.rule(for: address) {
            case .none, .onlyFrom, .notInNoAccess: .allowed
            case .notInOnlyFrom, .noAccess, .withoutAddress: .refused
            case .names: .needsName
            }
          #expect(judge.judge(address) == verdict, "\(lists.onlyFrom as Any), \(lists.noAccess): \(address)")
        }
      }
    }
  }
}
