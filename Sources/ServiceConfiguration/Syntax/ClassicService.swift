import NetworkAddresses
import ServiceModel

/// The fields of one positional line of inetd.conf on their way to settings with key names.
///
/// `service  socktype[,max][:filter]  proto[,sndbuf=N][,rcvbuf=N]  wait|nowait[...]  user[...]  program  args...`
struct ClassicService {
  private static let fieldNames: [StaticString] = [
    "service", "socket type", "protocol", "'wait' or 'nowait'", "user", "program",
  ]
  /// Room for the fields and a few arguments.
  static let usualFields = 12
  /// tcpd(8) looks for programs without a path here.
  private static let wrappedDirectory = "/usr/sbin/"

  let words: [RawWord]
  /// Where the service listens; empty = everywhere.
  var hosts: [RawWord]
  let context: ParseContext
  var isBroken = false
  private var raw: RawService
  private var types: [RawWord] = []

  init(words: [RawWord], hosts: [RawWord], context: ParseContext) {
    self.words = words
    self.hosts = hosts
    self.context = context
    raw = RawService(dialect: .classic, name: words[0], isDropIn: context.isDropIn)
    raw.settings.reserveCapacity(10)
  }

  /// Turns the fields into one service, and emits it with what was found about it.
  mutating func read(_ emit: (ParsedItem) -> Void) {
    if words.count < ClassicService.fieldNames.count { return readShortLine(emit) }
    readSocketType(words[1])
    readProtocol(words[2], emit)
    readWait(words[3], emit)
    readUser(words[4], emit)
    readProgram(emit)
    finish(emit)
  }

  private mutating func readShortLine(_ emit: (ParsedItem) -> Void) {
    isBroken = true
    let missing = ClassicService.fieldNames[words.count]
    emit(.diagnostic(.missingField(missing, after: words[words.count - 1])))
    guard words.count > 2, ClassicService.isProtocol(words[2]) else { return guess(emit) }
    readSocketType(words[1])
    readProtocol(words[2], emit)
    finish(emit)
  }

  private static func isProtocol(_ word: RawWord) -> Bool {
    word.hasPrefix("tcp") || word.hasPrefix("udp") || word.hasPrefix("unix") || word.hasPrefix("rpc/")
      || word.hasPrefix("faith/") || word.hasPrefix("sctp") || word.hasPrefix("mptcp")
  }

  /// A line too short for a protocol: whichever service of this name runs, it was not meant to go away.
  private mutating func guess(_ emit: (ParsedItem) -> Void) {
    let isUnix = words[0].hasPrefix("/")
    readServiceName(isRPC: false, isUnix: isUnix, emit)
    raw.isBroken = true
    for transport in isUnix ? ["unix"] : ["tcp", "udp"] {
      var service = raw
      let word = RawWord(transport, at: words[0].range)
      service.settings.append(RawSetting(.protocol, RawWords(word), at: word.range))
      emit(.guess(service))
    }
  }

  /// Emits the service.
  mutating func finish(_ emit: (ParsedItem) -> Void) {
    if !types.isEmpty { set(.type, types) }
    raw.isBroken = isBroken
    emit(.service(raw))
  }

  mutating func set(_ key: ClassicKey, _ values: some Collection<RawWord>) {
    raw.settings.append(RawSetting(key, RawWords(values), at: values.first?.range ?? raw.name.range))
  }

  mutating func set(_ key: ClassicKey, _ value: RawWord) {
    raw.settings.append(RawSetting(key, RawWords(value), at: value.range))
  }

  mutating func addType(_ type: RawWord) { types.append(type) }

  // MARK: Fields

  private mutating func readSocketType(_ word: RawWord) {
    var rest = word
    if let (type, filter) = rest.cut(at: ":") {
      rest = type
      if !filter.text.isEmpty { set(.acceptFilter, filter) }
    }
    if let (type, limit) = rest.cut(at: ",") {
      rest = type
      set(.instances, limit.text == "0" ? RawWord("UNLIMITED", at: limit.range) : limit)
    }
    set(.socketType, rest)
  }

  mutating func readProtocol(_ word: RawWord, _ emit: (ParsedItem) -> Void) {
    var name = word
    if word.text.offset(of: UInt8(ascii: ",")) != nil {
      let parts = word.split(",")
      name = parts[0]
      for part in parts.dropFirst() { readBufferSize(part, emit) }
    }
    if name.hasPrefix("faith/") {
      emit(.diagnostic(.protocolPartIgnored("faith/", at: name.range)))
      name = name.dropping(6)
    }
    if let (plain, variant) = name.cut(at: "/"), variant.text == "ttcp" {
      emit(.diagnostic(.protocolPartIgnored("/ttcp", at: variant.range)))
      name = plain
    }
    if name.hasPrefix("rpc/") {
      types.append(RawWord("RPC", at: name.range))
      name = name.dropping(4)
    }
    readServiceName(isRPC: !types.isEmpty, isUnix: name.text == "unix", emit)
    set(.protocol, name)
  }

  private mutating func readBufferSize(_ part: RawWord, _ emit: (ParsedItem) -> Void) {
    guard let (key, size) = part.cut(at: "="), !size.text.isEmpty, key.text == "sndbuf" || key.text == "rcvbuf" else {
      isBroken = true
      return emit(.diagnostic(.badBufferSize(part)))
    }
    set(key.text == "sndbuf" ? .sendBuffer : .receiveBuffer, size)
  }

  mutating func readServiceName(isRPC: Bool, isUnix: Bool, _ emit: (ParsedItem) -> Void) {
    var name = words[0]
    if isUnix { return readUnixName(name, emit) }
    if !hosts.isEmpty { set(.bind, hosts) }
    if name.hasPrefix("tcpmux/") {
      let isPlus = name.hasPrefix("tcpmux/+")
      types.append(RawWord(isPlus ? "TCPMUXPLUS" : "TCPMUX", at: name.range))
      name = name.dropping(isPlus ? 8 : 7)
      raw.name = words[0]
      return set(.service, name)
    }
    if isRPC, let (program, versions) = name.cut(at: "/") {
      name = program
      set(.rpcVersion, versions)
      if name.isNumber { set(.rpcNumber, name) }
    }
    raw.name = name
    set(.service, name)
  }

  /// `/path`, and FreeBSD's `name:user:group:mode:/path`, in which each part but the path may be empty.
  private mutating func readUnixName(_ word: RawWord, _ emit: (ParsedItem) -> Void) {
    if let host = hosts.first, host.range.line == word.range.line {
      emit(.diagnostic(.hostOfUnixSocket(host)))
    }
    if word.hasPrefix("/") {
      set(.service, word)
      return set(.listen, word)
    }
    let parts = word.split(":", limit: 5)
    guard parts.count >= 4, let path = parts.last, path.hasPrefix("/") else {
      isBroken = true
      return emit(.diagnostic(.badUnixName(word)))
    }
    // Four parts are FreeBSD's `:user:group:mode:/path` without its first colon.
    let attributes = parts.dropLast().suffix(3)
    for (key, part) in zip([ClassicKey.socketUser, .socketGroup, .socketMode], attributes) where !part.text.isEmpty {
      set(key, part)
    }
    let name = parts.count == 5 && !parts[0].text.isEmpty ? parts[0] : path
    raw.name = name
    set(.service, name)
    set(.listen, path)
  }

  private mutating func readWait(_ word: RawWord, _ emit: (ParsedItem) -> Void) {
    let isNowait = word.hasPrefix("nowait")
    guard isNowait || word.hasPrefix("wait") else {
      isBroken = true
      return emit(.diagnostic(.badWait(word)))
    }
    let length = isNowait ? 6 : 4
    if word.text.utf8.count == length { return set(.wait, RawWord(isNowait ? "no" : "yes", at: word.range)) }
    let suffix = word.dropping(length)
    set(.wait, RawWord(isNowait ? "no" : "yes", at: word.part(word.text.prefix(length), offset: 0).range))
    let numbers = suffix.dropping(1)
    switch suffix.text.utf8.first {
    case UInt8(ascii: "."), UInt8(ascii: ":"):
      guard numbers.isNumber else { return badLimit(numbers, of: word, emit) }
      setRate(.rate, numbers)
    case UInt8(ascii: "/"): readFreeBSDLimits(numbers, of: word, emit)
    default:
      isBroken = true
      emit(.diagnostic(.badWait(word)))
    }
  }

  /// `max[/per minute and source[/per source]]`; 0 = no limit.
  private mutating func readFreeBSDLimits(_ limits: RawWord, of word: RawWord, _ emit: (ParsedItem) -> Void) {
    let numbers = limits.split("/")
    if numbers.count > 3 {
      isBroken = true
      return emit(.diagnostic(.tooManyLimits(numbers[3])))
    }
    for (place, number) in numbers.enumerated() {
      guard number.isNumber else { return badLimit(number, of: word, emit) }
      let unlimited = number.text.utf8.allSatisfy { $0 == UInt8(ascii: "0") }
      switch place {
      case 0: set(.instances, unlimited ? RawWord("UNLIMITED", at: number.range) : number)
      case 1: setRate(.sourceRate, number)
      default: set(.perSource, unlimited ? RawWord("UNLIMITED", at: number.range) : number)
      }
    }
  }

  private mutating func badLimit(_ number: RawWord, of word: RawWord, _ emit: (ParsedItem) -> Void) {
    isBroken = true
    emit(.diagnostic(number.text.isEmpty ? .missingLimit(word) : .badLimit(number)))
  }

  private mutating func setRate(_ key: ClassicKey, _ number: RawWord) {
    set(key, ClassicService.perMinute(number))
  }

  /// inetd's counts are starts in 60 seconds; 0 = no limit.
  static func perMinute(_ number: RawWord) -> RawWord {
    let isZero = number.text.utf8.allSatisfy { $0 == UInt8(ascii: "0") }
    return RawWord(isZero ? "0" : number.text + "/60s", at: number.range)
  }

  /// `user[.group|:group][/class]`; a colon wins over a dot, so that user names with dots can be written.
  private mutating func readUser(_ word: RawWord, _ emit: (ParsedItem) -> Void) {
    var rest = word
    if let (user, loginClass) = rest.cut(at: "/") {
      rest = user
      if !loginClass.text.isEmpty { set(.loginClass, loginClass) }
    }
    let cut = rest.cut(at: ":") ?? rest.cut(at: ".")
    let user = cut?.0 ?? rest
    if user.text.isEmpty {
      isBroken = true
      return emit(.diagnostic(.emptyUser(word)))
    }
    set(.user, user)
    if let group = cut?.1, !group.text.isEmpty { set(.group, group) }
  }

  // MARK: Program

  private mutating func readProgram(_ emit: (ParsedItem) -> Void) {
    let program = words[5]
    let arguments = words[6...]
    if program.text == "internal" { return readBuiltin(program, arguments: arguments, emit) }
    for (place, argument) in zip(arguments.indices, arguments) where argument.hasPrefix("#") {
      let isQuoted = argument.range.length != argument.text.utf8.count
      // One that starts its line was mentioned when the line was read.
      let startsLine = words[place - 1].range.line != argument.range.line
      if isQuoted || startsLine { continue }
      emit(.diagnostic(.commentInArguments(argument)))
      break
    }
    readProgram(program, arguments: arguments)
  }

  /// A built-in has the service's name, or the name that follows `internal`: `7007 stream tcp nowait root internal echo`.
  private mutating func readBuiltin(
    _ program: RawWord, arguments: ArraySlice<RawWord>, _ emit: (ParsedItem) -> Void
  ) {
    types.append(RawWord("INTERNAL", at: program.range))
    var rest = arguments
    if let name = arguments.first, Builtin(name: name.text) != nil || name.text == raw.name.text {
      rest = arguments.dropFirst()
      if let index = raw.settings.firstIndex(where: { $0.key.text == "service" }) {
        let written = raw.settings[index].values[0]
        raw.settings[index].values = RawWords(name)
        let isLocal = raw.settings.contains { $0.key.text == "listen" }
        if !isLocal && written.text != name.text { set(.port, written) }
      }
    }
    if let first = rest.first { emit(.diagnostic(.builtinArguments(first))) }
  }

  /// Program and argument vector; tcpd(8) becomes the program that it would start.
  mutating func readProgram(_ program: RawWord, arguments: ArraySlice<RawWord>) {
    var arguments = arguments
    if ClassicService.isWrapper(program.text), let wrapped = arguments.first {
      set(.libwrap, RawWord("yes", at: program.range))
      let path = wrapped.hasPrefix("/") ? wrapped.text : ClassicService.wrappedDirectory + wrapped.text
      set(.server, RawWord(path, at: wrapped.range))
      arguments = arguments.dropFirst()
    } else {
      set(.server, program)
      if let zero = arguments.first {
        set(.argv0, zero)
        arguments = arguments.dropFirst()
      }
    }
    if !arguments.isEmpty { set(.serverArgs, arguments) }
  }

  /// tcpd(8) of the TCP wrappers: it asks hosts.allow and starts the program named by its first argument.
  static func isWrapper(_ path: String) -> Bool {
    path == "/usr/sbin/tcpd" || path == "/usr/libexec/tcpd" || path == "/usr/local/libexec/tcpd" || path == "tcpd"
  }
}
