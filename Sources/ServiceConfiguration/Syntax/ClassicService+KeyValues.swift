import ServiceModel

extension ClassicService {
  static let keyValueNames = [
    "bind", "socktype", "acceptfilter", "protocol", "sndbuf", "recvbuf", "wait", "service_max", "user", "group", "exec",
    "args", "ip_max", "accept_max", "ipsec",
  ]

  /// Turns a key-values definition into one service, and emits it with what was found about it.
  mutating func read(_ definition: KeyValueDefinition, _ emit: (ParsedItem) -> Void) {
    isBroken = definition.isBroken
    checkOptions(definition, emit)
    if !definition.isOn { set(.disable, RawWord("yes", at: definition.switchRange)) }
    if let address = definition.first("bind") { hosts = [address] }
    if let transport = definition.first("protocol") {
      readProtocol(transport, emit)
    } else {
      readServiceName(isRPC: false, isUnix: words[0].hasPrefix("/"), emit)
    }
    for (key, values) in definition.options where !values.isEmpty { readOption(key, values, emit) }
    readProgram(definition)
    finish(emit)
  }

  private mutating func checkOptions(_ definition: KeyValueDefinition, _ emit: (ParsedItem) -> Void) {
    if let excess = definition.excess {
      isBroken = true
      emit(.diagnostic(.tooManyOptions(excess, limit: KeyValueDefinition.maximumOptions)))
    }
    for (place, option) in definition.options.enumerated() {
      let key = option.key
      if !ClassicService.keyValueNames.contains(key.text) {
        isBroken = true
        emit(.diagnostic(.unknownOption(key)))
      } else if let first = definition.options[..<place].first(where: { $0.key.text == key.text }) {
        isBroken = true
        emit(.diagnostic(.optionGivenTwice(key, first: first.key)))
      } else if key.text == "ipsec" {
        emit(.diagnostic(.policyOption(key)))
      } else if option.values.isEmpty && key.text != "args" {
        isBroken = true
        emit(.diagnostic(.optionWithoutValue(key)))
      } else if option.values.count > 1 && key.text != "args" {
        isBroken = true
        emit(.diagnostic(.tooManyValues(option.values[1], key: key)))
      }
    }
  }

  private mutating func readOption(_ key: RawWord, _ values: [RawWord], _ emit: (ParsedItem) -> Void) {
    let value = values[0]
    switch key.text {
    case "socktype": set(.socketType, value)
    case "acceptfilter": set(.acceptFilter, value)
    case "sndbuf": set(.sendBuffer, value)
    case "recvbuf": set(.receiveBuffer, value)
    case "wait": set(.wait, value)
    case "user": set(.user, value)
    case "group": set(.group, value)
    case "accept_max": set(.instances, value.text == "0" ? RawWord("UNLIMITED", at: value.range) : value)
    case "service_max", "ip_max":
      guard value.isNumber else {
        isBroken = true
        return emit(.diagnostic(.badLimit(value)))
      }
      set(key.text == "ip_max" ? .sourceRate : .rate, ClassicService.perMinute(value))
    default: break
    }
  }

  /// No `exec` means a built-in service.
  private mutating func readProgram(_ definition: KeyValueDefinition) {
    let program = definition.first("exec")
    guard let program, program.text != "internal" else {
      // What could not be read may be the program.
      if program == nil && isBroken { return }
      addType(RawWord("INTERNAL", at: program?.range ?? definition.switchRange))
      return
    }
    let arguments = definition.options.first { $0.key.text == "args" }?.values ?? []
    readProgram(program, arguments: arguments[...])
  }
}
