import LinuxSystem
import ServiceResolution

/// Ports of names in /etc/services.
enum ServicePorts {
  static func number(of name: String) -> UInt16? { NameLookup().port(of: name, protocol: "tcp") }
}
