import Foundation
import Synchronization

/// Ports for one test each. Below the range from which the kernel takes the ports of outgoing connections, so that
/// nothing else on the machine takes one between the choice and the daemon's bind.
enum Ports {
  private static let taken = Mutex<Set<UInt16>>([])

  /// A port that is free for TCP and UDP on IPv4 and IPv6.
  static func free() throws -> UInt16 {
    for _ in 0..<1000 {
      let port = UInt16.random(in: 16_000..<32_000)
      guard taken.withLock({ $0.insert(port).inserted }) else { continue }
      if isFree(port, .stream), isFree(port, .datagram) { return port }
    }
    throw Failure("no free port")
  }

  static func isFree(_ port: UInt16, _ kind: Client.Kind, hosts: [String] = ["0.0.0.0", "::"]) -> Bool {
    hosts.allSatisfy { host in
      guard let name = try? SocketName(host, port) else { return false }
      let descriptor = socket(name.family, kind.type | Int32(SOCK_CLOEXEC.rawValue), 0)
      guard descriptor >= 0 else { return errno == EAFNOSUPPORT }
      defer { close(descriptor) }
      var on: Int32 = 1
      if name.family == AF_INET6 { setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &on, 4) }
      return name.withPointer { bind(descriptor, $0, $1) } == 0
    }
  }

  /// The addresses on which a plain `tcp` service answers here.
  static let loopbacks: [String] = {
    guard let name = try? SocketName("::1", 0) else { return ["127.0.0.1"] }
    let descriptor = socket(AF_INET6, Client.Kind.stream.type | Int32(SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    return descriptor >= 0 && name.withPointer { bind(descriptor, $0, $1) } == 0 ? ["127.0.0.1", "::1"] : ["127.0.0.1"]
  }()
}

extension Ports {
  /// An address of this machine that only one test uses, so that services can keep their well-known ports.
  static func loopbackAddress() -> String {
    "127.\(Int.random(in: 2..<255)).\(Int.random(in: 0..<255)).\(Int.random(in: 1..<255))"
  }

  /// Whether this process may listen on ports below 1024, which tests with well-known ports need.
  static let mayUseWellKnown = (1..<1024).contains { port in
    isFree(UInt16(port), .stream, hosts: ["127.254.254.254"])
  }
}
