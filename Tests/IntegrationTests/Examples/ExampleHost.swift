import Foundation

/// Everything of config/examples in service on a host of its own, at the ports and paths that the files say.
final class ExampleHost: PrivateHost {
  static let examples = Checkout.root.appending(path: "config/examples").path

  /// What the examples start, and with what they are asked.
  static let programs = [
    "/usr/bin/git", "/usr/bin/rsync", "/usr/sbin/in.tftpd", "/usr/sbin/in.fingerd", "/usr/sbin/sshd", "/usr/bin/curl",
    "/usr/bin/finger", "/usr/bin/tftp",
  ]

  static let canServe = canRun && programs.allSatisfy(FileManager.default.isExecutableFile(atPath:))

  let conf = examples + "/inetd.conf"
  let directory = examples + "/inetd.d"
  let scratch: Scratch
  private(set) var daemon: Daemon!

  init(_ build: DaemonBuild) throws {
    scratch = try Scratch()
    try super.init(places: ["/run", "/srv", "/usr/local/bin"])
    // The networks that boot.conf serves are here too.
    try shell("cp \(Self.examples)/bin/* /usr/local/bin/; ip address add 10.0.0.1/8 dev lo")
    try fill()
    daemon = try Daemon(
      build, in: scratch,
      files: ["--config", conf, "--directory", directory], prefix: prefix)
  }

  /// What there is to be had from the services.
  private func fill() throws {
    try shell(
      """
      mkdir -p /srv/tftp /srv/gopher/texts /srv/module
      printf 'pxe boot loader' >/srv/tftp/pxelinux.0
      echo 'A text in the hole.' >/srv/gopher/texts/first.txt
      echo 'rsync has this' >/srv/module/file
      printf '[module]\\n  path = /srv/module\\n  use chroot = no\\n' >/srv/rsyncd.conf
      cat >/usr/local/bin/check_mk_agent <<'AGENT'
      #!/bin/sh
      echo '<<<check_mk>>>'
      echo 'Version: example'
      echo '<<<uptime>>>'
      cat /proc/uptime
      AGENT
      chmod 755 /usr/local/bin/check_mk_agent
      export HOME=/srv GIT_CONFIG_NOSYSTEM=1
      git init --quiet --initial-branch=main /srv/work
      echo hello from git >/srv/work/hello.txt
      git -C /srv/work add hello.txt
      git -C /srv/work -c user.name=Test -c user.email=test@localhost commit --quiet --message=First
      git clone --quiet --bare /srv/work /srv/git/project.git
      chown -R nobody /srv/git
      """)
  }

  /// What a client that sends `text` gets until the end.
  func ask(_ host: String, _ port: Int, _ text: String) throws -> String {
    let script = """
      use Socket qw(:all); my ($e, $a) = getaddrinfo($ARGV[0], $ARGV[1], {socktype => SOCK_STREAM});
      socket(S, $a->{family}, SOCK_STREAM, 0); connect(S, $a->{addr}) or die "connect: $!";
      (my $text = $ARGV[2]) =~ s/\\\\r\\\\n/\\r\\n/g; syswrite S, $text; shutdown S, 1; print while sysread S, $_, 65536
      """
    let result = try run("perl", "-e", script, host, "\(port)", text)
    guard result.succeeded else { throw Failure("\(host):\(port): \(result.errors)") }
    return result.output
  }
}
