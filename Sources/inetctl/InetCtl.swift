import ArgumentParser

@main
struct InetCtl: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inetctl", abstract: "Check, show and steer the Internet super-server.",
    subcommands: [Check.self, Show.self, Explain.self])
}
