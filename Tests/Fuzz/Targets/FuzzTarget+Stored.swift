import SuperServer
import SystemdIntegration

// What an earlier run, or whoever could write in its place, left behind: the hand-over, the ledger, LISTEN_*.
extension FuzzTarget {
  static let stored = [
    FuzzTarget("handover", longestInput: 512, checkHandover),
    FuzzTarget("instance-record", longestInput: InstanceRecord.size, checkInstanceRecord),
    FuzzTarget("passed-descriptors", longestInput: 128, checkPassedDescriptors),
  ]

  private static func checkHandover(_ bytes: [UInt8]) {
    guard let state = HandoverState(bytes) else { return }
    precondition(state.sockets.allSatisfy { $0.raw > 2 } && (state.ledger ?? 3) > 2)
    precondition(HandoverState(Array(state.text.utf8)) == state, "a state that reads as another")
  }

  private static func checkInstanceRecord(_ bytes: [UInt8]) {
    var place = bytes + [UInt8](repeating: 0, count: max(0, InstanceRecord.size - bytes.count))
    guard let record = place.withUnsafeBytes({ InstanceRecord(from: $0.baseAddress!) }) else { return }
    precondition(record.pid > 1)
    _ = record.means(processStartedAt: record.startedAt)
    place.withUnsafeMutableBytes { record.write(to: $0.baseAddress!) }
    precondition(place.withUnsafeBytes { InstanceRecord(from: $0.baseAddress!) } == record, "a record that changes")
  }

  private static func checkPassedDescriptors(_ bytes: [UInt8]) {
    let values = bytes.split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
    let passed = PassedDescriptors(
      listenPID: values[0].isEmpty ? "7" : values[0], listenFDs: values.count > 1 ? values[1] : nil,
      names: values.count > 2 ? values[2] : nil, pid: 7)
    precondition(passed.descriptors.allSatisfy { $0.number > 2 })
  }
}
