import Foundation

/// What the figures are to be, each as a row: asked, reached, met or not, and why not.
struct Goal {
  enum Bound {
    case atLeast(Double)
    case atMost(Double)
  }

  let figure: String
  let bound: Bound
  /// The other contender of a ratio; nil: the figure itself is bounded.
  var other: String?
  /// Whose figure; ours in general.
  var who = Contender.ours
  /// The figure of the other, where it is not the same.
  var otherFigure: String?
}

enum Goals {
  private static let peersOfSpawning = [("openbsd-inetd", 1.6), ("xinetd", 1.6), ("tcpserver", 1.2)]
  private static let floor = Contender.floorName

  static var all: [Goal] {
    spawning + celled + answering + passing + idle + moving + judging + reading
  }

  private static var spawning: [Goal] {
    Benchmark.clientCounts.flatMap { clients -> [Goal] in
      let name = "spawn, \(clients) clients"
      return peersOfSpawning.map { Goal(figure: name, bound: .atLeast($0.1), other: $0.0) } + [
        Goal(figure: name, bound: .atLeast(1), other: floor),
        Goal(figure: "\(name): CPU of the server itself", bound: .atMost(1), other: "tcpserver"),
        Goal(figure: "\(name): CPU of the server itself", bound: .atMost(40)),
        Goal(figure: name, bound: .atLeast(0.9), other: Contender.ours, who: Contender.guarded),
      ]
    }
  }

  private static var celled: [Goal] {
    [("basic", 0.7), ("strict", 0.4)].map {
      Goal(
        figure: "spawn in a cell, 8 clients", bound: .atLeast($0.1), other: Contender.ours, who: "inetd, \($0.0)")
    }
  }

  private static var answering: [Goal] {
    let short = "echo, short connections, 8 clients"
    let many = "echo, 10,000 connections"
    return [
      Goal(figure: short, bound: .atLeast(0.95), other: floor)
    ]
      + ["openbsd-inetd", "xinetd", "inetutils-inetd", "socat"].map {
        Goal(figure: short, bound: .atLeast(5), other: $0)
      } + [
        Goal(figure: "\(many) ping-pong", bound: .atLeast(0.9), other: floor),
        Goal(figure: "\(many): memory", bound: .atMost(1024)),
        Goal(figure: "UDP echo", bound: .atLeast(0.95), other: floor),
        Goal(figure: "UDP echo: CPU of the server", bound: .atMost(1.05), other: floor),
        Goal(figure: "UDP discard", bound: .atLeast(0.95), other: floor),
        Goal(figure: "TCP discard", bound: .atLeast(0.95), other: floor),
        Goal(figure: "TCP chargen", bound: .atLeast(0.95), other: floor),
      ]
  }

  private static var passing: [Goal] {
    let name = "redirect, 4 connections"
    let cost = "\(name): CPU of the server and its children"
    return [
      Goal(figure: name, bound: .atLeast(0.95), other: floor),
      Goal(figure: cost, bound: .atMost(1.1), other: floor),
      Goal(figure: name, bound: .atLeast(3), other: "xinetd"),
    ] + ["xinetd", "socat", "systemd-socket-proxyd"].map { Goal(figure: cost, bound: .atMost(0.5), other: $0) }
  }

  private static var idle: [Goal] {
    let fresh = "idle, nobody has come yet"
    return [
      Goal(figure: "\(fresh): Pss", bound: .atMost(0.55), other: "openbsd-inetd"),
      Goal(figure: "\(fresh): Pss", bound: .atMost(1), other: "xinetd"),
      Goal(figure: "\(fresh): Pss", bound: .atMost(480)),
      Goal(figure: "\(fresh): private dirty", bound: .atMost(1), other: "openbsd-inetd"),
      Goal(figure: "\(fresh): private dirty", bound: .atMost(1), other: "xinetd"),
      Goal(figure: "idle: wake-ups", bound: .atMost(0)),
      Goal(figure: "memory for each further service", bound: .atMost(600)),
    ]
  }

  private static var moving: [Goal] {
    [
      Goal(figure: "start with one service", bound: .atMost(1), other: "openbsd-inetd"),
      Goal(figure: "start with 5,000 services", bound: .atMost(1), other: "openbsd-inetd"),
      Goal(figure: "start with 5,000 services", bound: .atMost(1), other: "xinetd"),
      Goal(figure: "reload of 5,000 services with one more", bound: .atMost(100)),
      Goal(
        figure: Benchmark.watchedSpawning, bound: .atLeast(0.99), other: Contender.ours, who: Contender.watched),
      Goal(
        figure: "\(Benchmark.watchedSpawning): CPU of inetd", bound: .atMost(1.01), other: Contender.ours,
        who: Contender.watched),
      Goal(figure: Benchmark.statusOfThousands, bound: .atMost(50)),
    ]
  }

  private static var reading: [Goal] {
    ["10,000 drop-ins", "100,000 lines of inetd.conf"].flatMap { what in
      [
        Goal(figure: "\(what): check", bound: .atMost(1000)),
        Goal(figure: "\(what): peak memory", bound: .atMost(100_000)),
      ]
    } + [
      // Four times as many files, and some way for a disturbance.
      Goal(
        figure: "10,000 drop-ins: CPU", bound: .atMost(4 * 1.3), other: Contender.ours,
        otherFigure: "2,500 drop-ins: CPU"),
      Goal(figure: "start with 1,000 services", bound: .atMost(1), other: "xinetd"),
    ]
  }

  private static var judging: [Goal] {
    Benchmark.accessFamilies.map { Goal(figure: Benchmark.accessFigure($0), bound: .atMost(2)) }
  }

  /// The rows for which there are figures.
  static func table(_ results: Results) -> String {
    var lines = ["", "goals"]
    for goal in all {
      guard let verdict = goal.verdict(results) else { continue }
      lines.append("  \(verdict.isMet ? "met    " : "NOT MET") \(verdict.text)")
    }
    if let alone = results.median("echo alone: p99", Contender.ours),
      let beside = results.median("echo beside a flood: p99", Contender.ours)
    {
      let added = beside - alone
      lines.append(
        "  \(added <= 2 ? "met    " : "NOT MET")"
          + String(format: " echo beside a flood: p99 at most 2 ms above idle: %.2f ms above", added))
    }
    return lines.joined(separator: "\n")
  }
}

extension Goal {
  /// Nil where a figure is missing.
  func verdict(_ results: Results) -> (isMet: Bool, text: String)? {
    guard var value = results.median(figure, who) else { return nil }
    var against = ""
    if let other {
      guard let base = results.median(otherFigure ?? figure, other), base != 0 else { return nil }
      value /= base
      against = " x \(otherFigure ?? other)"
    }
    let isMet: Bool
    let asked: String
    switch bound {
    case .atLeast(let least):
      isMet = value >= least
      asked = "at least \(Self.number(least))"
    case .atMost(let most):
      isMet = value <= most
      asked = "at most \(Self.number(most))"
    }
    let whose = who == Contender.ours ? "" : " (\(who))"
    return (isMet, "\(figure)\(whose): \(asked)\(against): " + String(format: "%.2f", value))
  }

  private static func number(_ value: Double) -> String {
    value == value.rounded() ? "\(Int(value))" : "\(value)"
  }
}
