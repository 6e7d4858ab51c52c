import ServiceModel

/// What `inetctl check` and `inetd --check` print about a load.
package struct CheckReport {
  let table: ServiceTable
  package let errors: Int
  package let warnings: Int

  package init(_ table: ServiceTable) {
    self.table = table
    errors = table.diagnostics.count { $0.severity == .error }
    warnings = table.diagnostics.count { $0.severity == .warning }
  }

  /// The findings and a line of numbers.
  package var text: String { DiagnosticRenderer(table.sources).text(of: table.diagnostics) + summary + "\n" }

  /// `12 services, 1 disabled; 2 errors, 1 warning`.
  package var summary: String {
    let disabled = table.entries.count { !$0.definition.enabled }
    let off = disabled == 0 ? "" : ", \(disabled) disabled"
    return "\(CheckReport.count(table.entries.count, "service"))\(off); "
      + "\(CheckReport.count(errors, "error")), \(CheckReport.count(warnings, "warning"))"
  }

  /// One JSON object with the same content.
  package var json: String {
    let renderer = DiagnosticRenderer(table.sources)
    let findings = table.diagnostics.map { renderer.json(of: $0) }
    var text = "{\"services\": \(table.entries.count), \"errors\": \(errors), \"warnings\": \(warnings), "
    text += "\"diagnostics\": ["
    for (index, finding) in findings.enumerated() { text += (index == 0 ? "\n  " : ",\n  ") + finding }
    return text + (findings.isEmpty ? "]}\n" : "\n]}\n")
  }

  private static func count(_ number: Int, _ noun: String) -> String {
    "\(number == 0 ? "no" : "\(number)") \(noun)\(number == 1 ? "" : "s")"
  }
}
