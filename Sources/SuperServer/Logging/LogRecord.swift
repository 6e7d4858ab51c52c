import ServiceModel

/// One field of a record beside its text: for the journal and for JSON, where a program can select by it.
package struct LogField: Equatable, Sendable {
  package let name: StaticName
  package let value: String

  package init(_ name: StaticName, _ value: String) {
    self.name = name
    self.value = value
  }

  /// The names that records use. One list, so that every spelling exists once.
  package enum StaticName: UInt8, CaseIterable, Sendable {
    case service, event, remoteAddress, remotePort, pid, exitStatus, durationMicroseconds, configFile, configLine

    /// The journal's name (systemd.journal-fields(7) style).
    package var journal: String {
      switch self {
      case .service: "INETD_SERVICE"
      case .event: "INETD_EVENT"
      case .remoteAddress: "REMOTE_ADDR"
      case .remotePort: "REMOTE_PORT"
      case .pid: "INETD_PID"
      case .exitStatus: "EXIT_STATUS"
      case .durationMicroseconds: "DURATION_USEC"
      case .configFile: "CONFIG_FILE"
      case .configLine: "CONFIG_LINE"
      }
    }

    /// The name in JSON lines.
    package var json: String {
      switch self {
      case .service: "service"
      case .event: "event"
      case .remoteAddress: "remote_addr"
      case .remotePort: "remote_port"
      case .pid: "pid"
      case .exitStatus: "exit_status"
      case .durationMicroseconds: "duration_usec"
      case .configFile: "config_file"
      case .configLine: "config_line"
      }
    }

    /// Whether JSON writes it as a number.
    package var isNumber: Bool {
      switch self {
      case .remotePort, .pid, .exitStatus, .durationMicroseconds, .configLine: true
      case .service, .event, .remoteAddress, .configFile: false
      }
    }
  }
}

/// One line of the log.
package struct LogRecord: Equatable, Sendable {
  package var level: SyslogLevel
  package var text: String
  package var fields: [LogField]

  package init(_ level: SyslogLevel, _ text: String, _ fields: [LogField] = []) {
    self.level = level
    self.text = text
    self.fields = fields
  }
}

extension SyslogLevel {
  /// The word in text and JSON lines.
  package var word: String {
    switch self {
    case .emerg: "emergency"
    case .alert: "alert"
    case .crit: "critical"
    case .err: "error"
    case .warning: "warning"
    case .notice: "notice"
    case .info: "info"
    case .debug: "debug"
    }
  }

  /// Reads the option's and the configuration's spellings.
  package init?(word: String) {
    switch word {
    case "emerg", "emergency", "panic": self = .emerg
    case "alert": self = .alert
    case "crit", "critical": self = .crit
    case "err", "error": self = .err
    case "warning", "warn": self = .warning
    case "notice": self = .notice
    case "info": self = .info
    case "debug": self = .debug
    default: return nil
    }
  }
}

extension LogRecord {
  /// The record as one JSON object (RFC 8259) on one line, without the newline.
  package func json(time: String) -> String {
    var line = "{\"time\":\"\(time)\",\"level\":\"\(level.word)\",\"message\":"
    LogRecord.appendJSONString(text, to: &line)
    for field in fields {
      line += ",\"\(field.name.json)\":"
      if field.name.isNumber { line += field.value } else { LogRecord.appendJSONString(field.value, to: &line) }
    }
    return line + "}"
  }

  static func appendJSONString(_ text: String, to line: inout String) {
    line += "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": line += "\\\""
      case "\\": line += "\\\\"
      case "\n": line += "\\n"
      case "\t": line += "\\t"
      case "\r": line += "\\r"
      case let control where control.value < 0x20 || control.value == 0x7f:
        let hex = String(control.value, radix: 16)
        line += "\\u" + String(repeating: "0", count: 4 - hex.utf8.count) + hex
      default: line.unicodeScalars.append(scalar)
      }
    }
    line += "\""
  }
}
