import ArgumentParser
import ControlProtocol

@main
struct InetCtl: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inetctl", abstract: "Check, show and steer the Internet super-server.",
    version: "inetctl \(Version.number)",
    subcommands: [
      Check.self, Show.self, Explain.self, List.self, Status.self, Top.self, Connections.self, Reload.self, Enable.self,
      Disable.self, Pause.self,
      Resume.self, Kill.self, Deny.self, Allow.self, Denied.self, Test.self, Metrics.self, Convert.self, Diff.self,
    ])
}
