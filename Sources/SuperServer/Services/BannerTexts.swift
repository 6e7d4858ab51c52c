import GateProtocol
import LinuxSystem
import ServiceModel

/// The banner files of a service, read at load time so that no connection waits for a disk.
final class BannerTexts: Sendable {
  let always: [UInt8]
  let success: [UInt8]
  let failure: [UInt8]
  /// What could not be read, for the log.
  let errors: [SystemError]

  private static let none = BannerTexts(BannerDefinition())

  /// Most services have none, and share that.
  static func of(_ definition: BannerDefinition) -> BannerTexts {
    definition == BannerDefinition() ? none : BannerTexts(definition)
  }

  private init(_ definition: BannerDefinition) {
    var errors: [SystemError] = []
    always = BannerTexts.read(definition.always, &errors)
    success = BannerTexts.read(definition.success, &errors)
    failure = BannerTexts.read(definition.failure, &errors)
    self.errors = errors
  }

  /// What the gate sends; nil where that is nothing.
  var forGate: GateOrder.Banners? {
    success.isEmpty && failure.isEmpty ? nil : GateOrder.Banners(success: success.count, failure: failure.count)
  }

  private static func read(_ path: String?, _ errors: inout [SystemError]) -> [UInt8] {
    guard let path else { return [] }
    do throws(SystemError) {
      return try FileSystem.contents(of: path, limit: GateOrder.Banners.limit).bytes
    } catch {
      errors.append(error)
      return []
    }
  }
}
