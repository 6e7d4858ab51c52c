import LinuxSystem
import ServiceConfiguration
import ServiceModel
import ServiceResolution

/// Switches one service on or off in the files, so that the next reading of them finds it so, and nothing else changed.
struct ServiceSwitch {
  /// What came of it.
  struct Outcome {
    let id: String
    /// The file that was changed; nil when there was nothing to do.
    let file: String?
  }

  /// A file as it was, to put it back; nil = it was not there.
  private struct Former {
    let path: String
    let bytes: [UInt8]?
  }

  let paths: ConfigurationPaths
  let options: LoadOptions

  /// Does it, or changes nothing and says why. Two at once wait for each other.
  func turn(_ name: String, on: Bool) throws -> Outcome {
    let before = read()
    let found = try before.find(name)
    if isInError(found.id, before), on { throw SwitchFailure(errorText(of: found.id, before)) }
    if found.isEnabled == on && !isInError(found.id, before) { return Outcome(id: found.id, file: nil) }
    let target = try before.target(of: found)
    let locks = try lockDirectories(for: target)
    return try withExtendedLifetime(locks) {
      // Somebody else may have had the lock until now: what was read before it may be old.
      let panel = read()
      let service = try panel.find(found.id)
      if service.isEnabled == on && !isInError(service.id, panel) { return Outcome(id: service.id, file: nil) }
      return try turn(service, on: on, at: try panel.target(of: service), panel)
    }
  }

  private func turn(
    _ service: SwitchPanel.Finding, on: Bool, at target: SwitchTarget, _ panel: SwitchPanel
  ) throws -> Outcome {
    let former = try change(target, on: on)
    let after = read()
    if let problem = problem(with: service, on: on, before: panel, after: after) {
      try restore(former)
      throw SwitchFailure("\(problem); nothing was changed")
    }
    return Outcome(id: service.id, file: target.path)
  }

  private func read() -> SwitchPanel {
    SwitchPanel(ConfigurationLoad.run(paths: paths, options: options), paths: paths, options: options)
  }

  private func isInError(_ id: String, _ panel: SwitchPanel) -> Bool {
    panel.load.table.rejected.contains { $0.id == id }
  }

  private func errorText(of id: String, _ panel: SwitchPanel) -> String {
    "service '\(id)' is in error: " + ServiceFindings(panel.load.table)[id].joined(separator: "; ")
  }

  // MARK: The proof

  /// Why the files, as they are now, are not what was asked for.
  private func problem(
    with service: SwitchPanel.Finding, on: Bool, before: SwitchPanel, after: SwitchPanel
  ) -> String? {
    if isInError(service.id, after) {
      return errorText(of: service.id, after)
    }
    let isOn = after.load.services.contains { $0.definition.id == service.id }
    if isOn != on {
      return "'\(service.id)' would still be \(on ? "off" : "on"): something else in the files switches it"
    }
    let others = before.enabledIDs(except: service.id)
    let changed = others.symmetricDifference(after.enabledIDs(except: service.id))
    if let other = changed.min() { return "that would also switch '\(other)'" }
    return nil
  }

  // MARK: Changing files

  private func change(_ target: SwitchTarget, on: Bool) throws -> Former {
    switch target {
    case .line(let file, let line):
      // The file itself, not the link that leads to it.
      let path = try FileSystem.resolved(file)
      let content = try FileSystem.contents(of: path)
      try FileSystem.replace(path, with: try marked(content.bytes, line: line, on: on, file), model: content.status)
      return Former(path: path, bytes: content.bytes)
    case .copiedLine(let file, let line, let copy):
      let content = try FileSystem.contents(of: file)
      try FileSystem.replace(copy, with: try marked(content.bytes, line: line, on: on, file), model: nil)
      return Former(path: copy, bytes: nil)
    case .override(let snippet, let id): return try changeSnippet(snippet, of: id, on: on)
    }
  }

  private func marked(_ bytes: [UInt8], line: Int, on: Bool, _ file: String) throws -> [UInt8] {
    let result = on ? OffMarks.enable(bytes, line: line) : OffMarks.disable(bytes, line: line)
    guard let result else {
      throw SwitchFailure("\(file):\(line) is not a line that can be switched; nothing was changed")
    }
    return result
  }

  /// An override that says the opposite goes; only where that is not enough one is written.
  private func changeSnippet(_ path: String, of id: String, on: Bool) throws -> Former {
    let bytes = try FileSystem.status(of: path) == nil ? nil : try FileSystem.contents(of: path).bytes
    var snippet = SwitchSnippet(String(decoding: bytes ?? [], as: UTF8.self))
    snippet.forget(id)
    try put(snippet.text.map { Array($0.utf8) }, at: path)
    let isOn = read().load.services.contains { $0.definition.id == id }
    if isOn != on {
      snippet.set(id, disabled: !on)
      try put(snippet.text.map { Array($0.utf8) }, at: path)
    }
    return Former(path: path, bytes: bytes)
  }

  private func restore(_ former: Former) throws { try put(former.bytes, at: former.path) }

  /// Lets a file hold `bytes`; nil removes it, and with the last override the directory that was for them.
  private func put(_ bytes: [UInt8]?, at path: String) throws {
    let directory = FileSystem.parent(of: path)
    let present = try FileSystem.status(of: path)
    guard let bytes else {
      if present != nil { try FileSystem.remove(path) }
      // Fails where something else is in it, and then it stays.
      if directory.hasSuffix(".conf.d") { try? FileSystem.removeDirectory(directory) }
      return
    }
    if try FileSystem.status(of: directory) == nil {
      try FileSystem.createDirectory(directory)
      try FileSystem.synchronizeDirectory(FileSystem.parent(of: directory))
    }
    if present != nil, try FileSystem.contents(of: path).bytes == bytes { return }
    try FileSystem.replace(path, with: bytes, model: present)
  }

  // MARK: Two at once

  /// All directories in which `inetctl` would change files of this configuration, locked in the order of their names, so
  /// that two do not wait for each other for ever: what is read before and after a change must differ by it alone.
  private func lockDirectories(for target: SwitchTarget) throws -> [EditLock] {
    let wanted: String
    if case .line(let file, _) = target {
      wanted = FileSystem.parent(of: try FileSystem.resolved(file))
    } else {
      let highest = paths.directories.last ?? FileSystem.parent(of: target.path)
      if try FileSystem.status(of: highest) == nil { try FileSystem.createDirectory(highest) }
      wanted = try FileSystem.resolved(highest)
    }
    var directories: Set<String> = [wanted]
    if let file = paths.classicFile, let path = try? FileSystem.resolved(file) {
      directories.insert(FileSystem.parent(of: path))
    }
    if let highest = paths.directories.last, let path = try? FileSystem.resolved(highest) { directories.insert(path) }
    // Where we may not write, there is nothing to lock.
    return try directories.sorted().compactMap { directory in
      directory == wanted ? try EditLock.acquire(in: directory) : try? EditLock.acquire(in: directory)
    }
  }
}
