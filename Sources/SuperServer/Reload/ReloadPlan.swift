import ServiceModel
import ServiceResolution

/// What a reload will do to each service: the difference between what runs and what the files now say.
///
/// Pure, so that `inetctl reload --dry-run` and the tests see exactly what would happen.
package struct ReloadPlan {
  /// What happens to one service.
  package enum Change: Equatable {
    /// Same meaning as before: not touched.
    case keep(id: String)
    case update(id: String)
    case add(id: String)
    case remove(id: String)
    /// Its new definition is in error, or cannot be read: it runs on as it was.
    case keepStale(id: String)
  }

  /// Services of the new configuration in its order, then those that go.
  package let changes: [Change]

  /// `running` are the services as they are served now, by id; `canGoOn` tells whether one could still be served so.
  package init(
    running: [String: ResolvedService], order: [String], load: ConfigurationLoad,
    canGoOn: (ResolvedService) -> Bool = { _ in true }
  ) {
    var changes: [Change] = []
    var wanted: Set<String> = []
    for service in load.services {
      let id = service.definition.id
      wanted.insert(id)
      guard let old = running[id] else {
        changes.append(.add(id: id))
        continue
      }
      changes.append(old.isServedLike(service) ? .keep(id: id) : .update(id: id))
    }
    let rejected = Set(load.table.rejected.map { $0.id })
    for id in order where !wanted.contains(id) {
      // A service whose file could not be read is not known to be gone. One in error runs on, unless there is nothing to
      // run: packages leave their lines behind when they go.
      let isInError = rejected.contains(id) && running[id].map(canGoOn) != false
      let isStale = isInError || !load.table.isComplete
      changes.append(isStale ? .keepStale(id: id) : .remove(id: id))
    }
    self.changes = changes
  }

  /// The services that run on as they were.
  package var staleIDs: Set<String> {
    Set(
      changes.compactMap { change in
        if case .keepStale(let id) = change { return id }
        return nil
      })
  }
}

extension ResolvedService {
  /// Whether two definitions mean the same for everything that runs; where they are written does not matter.
  package func isServedLike(_ other: ResolvedService) -> Bool {
    definition == other.definition && listeners == other.listeners && credentials == other.credentials
      && ownership == other.ownership
  }
}
