import Foundation
import Testing

/// The files of config/examples do what they say, at the ports and paths they name, asked by real clients.
@Suite(.enabled(if: ExampleHost.canServe, "needs root, namespaces and the servers of the examples, see Tests/prepare"))
struct ExampleTests {
  @Test(arguments: DaemonBuild.present)
  func everyExampleServes(_ build: DaemonBuild) throws {
    let host = try ExampleHost(build)
    try boot(host)
    try files(host)
    try texts(host)
    try monitoring(host)
    try redirect(host)
    #expect(!host.daemon.log.lines.contains { $0.contains("error: ") }, "\(host.daemon.log.text)")
    let check = try host.run(build.path!, "--check", "-c", host.conf, "-D", host.directory)
    #expect(check.succeeded && !check.errors.contains("error:"), "\(check)")
  }

  /// tftp, for the networks it is for and nobody else.
  private func boot(_ host: ExampleHost) throws {
    let copy = host.scratch("pxelinux.0")
    try host.shell("tftp -m binary 10.0.0.1 -c get pxelinux.0 \(copy)")
    #expect(try String(contentsOfFile: copy, encoding: .utf8) == "pxe boot loader")
    try host.daemon.log.wait(containing: "boot")
  }

  private func files(_ host: ExampleHost) throws {
    try host.shell("rsync rsync://127.0.0.1/module/file \(host.scratch("copy"))")
    #expect(try String(contentsOfFile: host.scratch("copy"), encoding: .utf8) == "rsync has this\n")
    for (name, address) in [("drop-in", "127.0.0.1:9419/project.git"), ("line", "127.0.0.1/srv/git/project.git")] {
      let place = host.scratch("clone-\(name)")
      let result = try host.run("git", "clone", "--quiet", "git://\(address)", place)
      #expect(result.succeeded, "\(name): \(result.errors)")
    }
    #expect(try String(contentsOfFile: host.scratch("clone-drop-in/hello.txt"), encoding: .utf8) == "hello from git\n")
  }

  private func texts(_ host: ExampleHost) throws {
    #expect(try host.run("finger", "root@127.0.0.1").output.contains("Login: root"))
    let menu = try host.ask("127.0.0.1", 70, "\r\n")
    #expect(menu == "1texts\t/texts\t127.0.0.1\t70\r\n.\r\n")
    #expect(try host.ask("127.0.0.1", 70, "/texts\r\n").hasPrefix("0first.txt\t/texts/first.txt\t127.0.0.1\t70\r\n"))
    #expect(try host.ask("127.0.0.1", 70, "/texts/first.txt\r\n") == "A text in the hole.\r\n.\r\n")
    #expect(try host.ask("127.0.0.1", 70, "/../etc/passwd\r\n") == menu)
    let date = try host.ask("127.0.0.1", 4373, "")
    #expect(date.contains("UTC"), "\(date)")
    let status = try host.shell(
      """
      perl -MSocket -e 'socket(S, AF_UNIX, SOCK_STREAM, 0); connect(S, pack_sockaddr_un("/run/status.sock")) or die $!;
        print while <S>'
      """)
    #expect(status.contains("load average"), "\(status)")
  }

  /// Health checks at a rate at which the classic inetds close the service for ten minutes.
  private func monitoring(_ host: ExampleHost) throws {
    let url = "http://127.0.0.1:9200/"
    #expect(try host.shell("curl -s -w '%{http_code}' \(url)") == "This node is not in the cluster.\r\n503")
    try host.shell("touch /run/node-in-cluster")
    let codes = try host.shell(
      """
      for client in 1 2 3 4; do
        curl -s -o /dev/null -w '%{http_code}\\n' '\(url)?[1-100]' &
      done
      wait
      """
    ).split(separator: "\n")
    #expect(codes.count == 400)
    #expect(Set(codes) == ["200"])
    let agent = try host.ask("127.0.0.1", 6556, "")
    #expect(agent.contains("<<<uptime>>>"), "\(agent)")
  }

  private func redirect(_ host: ExampleHost) throws {
    let script = """
      use Socket qw(:all); socket(L, AF_INET6, SOCK_STREAM, 0); setsockopt(L, SOL_SOCKET, SO_REUSEADDR, 1);
      bind(L, pack_sockaddr_in6(8070, inet_pton(AF_INET6, '::1'))) or die $!; listen(L, 5); $| = 1; print "ready\\n";
      accept(S, L); print S 'from six, heard ', <S>;
      """
    let server = try ChildProcess(host.prefix + ["perl", "-e", script])
    defer { server.end() }
    try server.output.wait(containing: "ready")
    #expect(try host.ask("127.0.0.1", 8006, "four") == "from six, heard four")
  }

  /// A user's own services, without any right of root.
  /// One after the other: the example has one place for its socket.
  @Test(.serialized, arguments: DaemonBuild.present)
  func usersHaveServicesOfTheirOwn(_ build: DaemonBuild) throws {
    // Debian's user `man`, whose home is this directory.
    let (user, group, home) = (6 as uid_t, 12, "/var/cache/man")
    let host = try PrivateHost(places: ["/run", home])
    try host.shell("chown \(user):\(group) \(home)")
    let scratch = try Scratch()
    try host.shell("rm -f /tmp/notes.sock")
    let files = ["--config", "none", "--directory", ExampleHost.examples + "/user/inetd.d"]
    let copy = try scratch.makeDirectory("user.d")
    try host.shell("cp \(ExampleHost.examples)/user/inetd.d/* \(copy)/; chown -R \(user) \(copy)")
    let daemon = try Daemon(
      build, in: scratch, files: Array(files.dropLast()) + [copy], user: user, prefix: host.prefix)
    #expect(
      try host.shell("perl -MIO::Socket -e 'print IO::Socket::INET->new(q(127.0.0.1:8013))->getline'").contains("CE"))
    try host.shell(
      """
      perl -MSocket -e 'socket(S, AF_UNIX, SOCK_STREAM, 0); connect(S, pack_sockaddr_un("/tmp/notes.sock")) or die $!;
        syswrite S, "remember this\\n"; shutdown S, 1; 1 while sysread S, $_, 9'
      """)
    #expect(try host.shell("cat \(home)/notes.txt; stat -c %a /tmp/notes.sock") == "remember this\n600\n")
    #expect(try daemon.stop() == .exited(0))
  }

  /// The container image's entry point as process 1 of a namespace.
  @Test(arguments: DaemonBuild.present)
  func theContainersEntryPointServes(_ build: DaemonBuild) throws {
    let place = ExampleHost.examples + "/container"
    let recipe = try String(contentsOfFile: place + "/Containerfile", encoding: .utf8)
    let entry = try #require(recipe.firstMatch(of: #/ENTRYPOINT (\[.*\])/#)).1
    var words = try JSONDecoder().decode([String].self, from: Data(entry.utf8))
    #expect(words.removeFirst() == "/usr/sbin/inetd")
    words = words.map { $0 == "/etc/inetd.d" ? place + "/inetd.d" : $0 }
    let host = try PrivateHost()
    let container = try ChildProcess(
      host.prefix + ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", build.path!] + words)
    defer { container.end() }
    try container.errors.wait(containing: "ready: 1 services")
    let client = try host.shell(
      "perl -MIO::Socket -e '$s = IO::Socket::INET->new(q(127.0.0.1:7)); print $s qq(hello\\n); print $s->getline'")
    #expect(client == "hello\n")
    let line = try container.errors.wait(containing: "START: echo")
    let event = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
    #expect(event?["INETD_SERVICE"] as? String == "echo" || event?["service"] as? String == "echo", "\(line)")
  }
}
