import CTestSupport
import Foundation
import Synchronization

/// A name server (RFC 1035) that knows what a test tells it, at port 53 of an address of its own.
final class TestResolver: Sendable {
  let address = Ports.loopbackAddress()
  private let descriptor: Int32
  /// IPv4 addresses by host name, and names by IPv4 address: labels as bytes, since a hostile server can send anything.
  private let hosts: [String: String]
  private let names: [String: [[UInt8]]]
  /// Addresses whose names are never told: the resolver keeps silent.
  private let silent: Set<String>

  init(hosts: [String: String] = [:], names: [String: [String]] = [:], silent: Set<String> = []) throws {
    self.hosts = hosts
    self.names = names.mapValues { $0.map { Array($0.utf8) } }
    self.silent = silent
    let name = try SocketName(address, 53)
    let descriptor = socket(name.family, Client.Kind.datagram.type | Int32(SOCK_CLOEXEC.rawValue), 0)
    self.descriptor = descriptor
    guard descriptor >= 0, name.withPointer({ bind(descriptor, $0, $1) }) == 0 else {
      throw Failure("bind \(address):53: \(errorText())")
    }
    var limit = timeval(tv_sec: 0, tv_usec: 100_000)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    Thread.detachNewThread { [weak self] in
      while TestResolver.serve(descriptor, self) {}
      close(descriptor)
    }
  }

  /// Answers one question; false when the resolver is gone.
  private static func serve(_ descriptor: Int32, _ resolver: TestResolver?) -> Bool {
    guard let resolver else { return false }
    var buffer = [UInt8](repeating: 0, count: 512)
    var peer = SocketName()
    var count = 0
    _ = peer.fill { pointer, length in
      count = recvfrom(descriptor, &buffer, buffer.count, 0, pointer, length)
      return 0
    }
    guard count > 12, let answer = resolver.answer(Array(buffer[..<count])) else { return true }
    _ = peer.withPointer { sendto(descriptor, answer, answer.count, 0, $0, $1) }
    return true
  }

  private func answer(_ question: [UInt8]) -> [UInt8]? {
    var labels: [String] = []
    var place = 12
    while place < question.count, question[place] != 0 {
      let end = place + 1 + Int(question[place])
      guard end < question.count else { return nil }
      labels.append(String(decoding: question[(place + 1)..<end], as: UTF8.self).lowercased())
      place = end
    }
    guard place + 5 <= question.count else { return nil }
    let type = question[place + 2]
    var data: [UInt8]?
    if type == 12, labels.suffix(2) == ["in-addr", "arpa"] {
      let asked = labels.dropLast(2).reversed().joined(separator: ".")
      if silent.contains(asked) { return nil }
      data = names[asked].map { $0.flatMap { [UInt8($0.count)] + $0 } + [0] }
    } else if type == 1 {
      data = hosts[labels.joined(separator: ".")].map { $0.split(separator: ".").compactMap { UInt8($0) } }
    }
    let isKnown = data != nil || hosts[labels.joined(separator: ".")] != nil
    let records: UInt8 = data == nil ? 0 : 1
    // An authoritative answer with recursion, one question, no or one record.
    var answer = Array(question[..<2]) + [0x85, isKnown ? 0x80 : 0x83, 0, 1, 0, records, 0, 0, 0, 0]
    answer += question[12..<(place + 5)]
    if let data {
      answer += [0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, UInt8(data.count >> 8), UInt8(data.count & 255)] + data
    }
    return answer
  }
}
