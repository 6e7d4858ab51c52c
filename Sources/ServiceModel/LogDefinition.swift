/// Syslog facilities (RFC 5424 6.2.1), numbered as syslog(3) does.
package enum SyslogFacility: UInt8, CaseIterable, Hashable, Sendable {
  case kern = 0, user, mail, daemon, auth, syslog, lpr, news, uucp, cron, authpriv, ftp
  case local0 = 16, local1, local2, local3, local4, local5, local6, local7
}

/// Syslog severities (RFC 5424 6.2.1).
package enum SyslogLevel: UInt8, CaseIterable, Hashable, Sendable {
  case emerg = 0, alert, crit, err, warning, notice, info, debug
}

/// Where a service's log lines go.
package enum LogDestination: Hashable, Sendable {
  /// Where the daemon's own lines go.
  case daemon
  case syslog(SyslogFacility, SyslogLevel)
  /// `soft` and `hard` in bytes: a warning at the first, no more lines at the second.
  case file(path: String, soft: UInt64?, hard: UInt64?)
}

/// What is logged when a server starts and ends.
package struct SuccessLogFields: OptionSet, Hashable, Sendable {
  package let rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }
  package static let pid = SuccessLogFields(rawValue: 1)
  package static let host = SuccessLogFields(rawValue: 2)
  package static let userID = SuccessLogFields(rawValue: 4)
  package static let exit = SuccessLogFields(rawValue: 8)
  package static let duration = SuccessLogFields(rawValue: 16)
  package static let traffic = SuccessLogFields(rawValue: 32)
}

/// What is logged when a peer is refused.
package struct FailureLogFields: OptionSet, Hashable, Sendable {
  package let rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }
  package static let host = FailureLogFields(rawValue: 1)
  package static let userID = FailureLogFields(rawValue: 2)
  package static let attempt = FailureLogFields(rawValue: 4)
  /// Accepted and without effect, as in xinetd.
  package static let record = FailureLogFields(rawValue: 8)
}

/// How much of a peer's address appears in the log.
package enum LogAddressDetail: UInt8, Hashable, Sendable { case full, prefix, none }

/// Where a server's standard error goes.
package enum StandardErrorPolicy: UInt8, Hashable, Sendable { case socket, log, null }

/// What of a service is logged, and where.
package struct LogDefinition: Equatable, Sendable {
  package var destination = LogDestination.daemon
  package var onSuccess: SuccessLogFields = []
  package var onFailure: FailureLogFields = [.host]
  package var address = LogAddressDetail.full

  package init() {}
}
