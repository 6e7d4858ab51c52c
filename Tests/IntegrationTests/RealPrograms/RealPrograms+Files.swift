extension RealPrograms {
  /// inetd.conf as Debian's packages write it (their postinst scripts and manual pages), with our places.
  static let debianLines = """
    # /etc/inetd.conf:  see inetd(8) for further informations.
    #
    # <service_name> <sock_type> <proto> <flags> <user> <server_path> <args>
    #
    #:INTERNAL: Internal services
    #discard\t\tstream\ttcp\tnowait\troot\tinternal
    #<off># daytime\t\tstream\ttcp\tnowait\troot\tinternal

    #:STANDARD: These are standard services.
    www\tstream\ttcp\tnowait nobody:www-data\t{tcpd} {micro-httpd} {scratch}/www
    telnet\t\tstream\ttcp\tnowait\troot\t{tcpd}\t{telnetd}
    git\tstream\ttcp\tnowait\tnobody\t{git}\tgit daemon --inetd --export-all --base-path={scratch}/repositories
    rsync\tstream\ttcp\tnowait\troot\t{rsync}\trsyncd --daemon --config={scratch}/rsyncd.conf
    ssh\tstream\ttcp\tnowait\troot\t{sshd}\tsshd -i -f {scratch}/sshd_config

    #:BSD: Shell, login, exec and talk are BSD protocols.
    ntalk\t\tdgram\tudp\twait\tnobody.tty\t{ntalkd}\tin.ntalkd

    #:BOOT: TFTP service is provided primarily for booting.
    tftp\t\tdgram\tudp\twait\troot\t{tftpd}\tin.tftpd -s {scratch}/tftp

    #:INFO: Info services
    finger\t\tstream\ttcp\tnowait\tnobody\t{tcpd}\t{fingerd}

    """

  /// xinetd.d as distributions ship it: their comments, spacing, flags and attributes.
  static let xinetdFiles: [(String, String)] = [
    (
      "http",
      """
      # default: on
      # description: A very small HTTP server.
      service www
      {
      \tdisable\t\t= no
      \tsocket_type\t= stream
      \tprotocol\t= tcp
      \twait\t\t= no
      \tuser\t\t= nobody
      \tgroup\t\t= www-data
      \tserver\t\t= {micro-httpd}
      \tserver_args\t= {scratch}/www
      }

      """
    ),
    (
      "telnet",
      """
      # default: on
      # description: The telnet server serves telnet sessions; it uses \\
      #\tunencrypted username/password pairs for authentication.
      service telnet
      {
              flags           = REUSE
              socket_type     = stream
              wait            = no
              user            = root
              server          = {telnetd}
              log_on_failure  += HOST
              disable         = no
      }

      """
    ),
    (
      "git",
      """
      service git
      {
              disable         = no
              type            = UNLISTED
              port            = 9418
              socket_type     = stream
              wait            = no
              user            = nobody
              server          = {git}
              server_args     = daemon --inetd --export-all --base-path={scratch}/repositories
      }

      """
    ),
    (
      "rsync",
      """
      # default: off
      # description: The rsync server is a good addition to an ftp server, as it \\
      #\tallows crc checksumming etc.
      service rsync
      {
      \tdisable\t= no
      \tsocket_type     = stream
      \twait            = no
      \tuser            = root
      \tserver          = {rsync}
      \tserver_args     = --daemon --config={scratch}/rsyncd.conf
      \tlog_on_failure  += HOST
      }

      """
    ),
    (
      "ssh",
      """
      service ssh
      {
              socket_type     = stream
              protocol        = tcp
              wait            = no
              user            = root
              server          = {sshd}
              server_args     = -i -f {scratch}/sshd_config
              per_source      = 10
              instances       = 30
      }

      """
    ),
    (
      "ntalk",
      """
      # default: on
      # description: The ntalk server accepts ntalk connections, for chatting \\
      #\twith users on different systems.
      service ntalk
      {
      \tflags\t\t\t= IPv4
      \tdisable\t\t\t= no
      \tsocket_type\t\t= dgram
      \twait\t\t\t= yes
      \tuser\t\t\t= nobody
      \tgroup\t\t\t= tty
      \tserver\t\t\t= {ntalkd}
      }

      """
    ),
    (
      "tftp",
      """
      service tftp
      {
      \tsocket_type\t\t= dgram
      \tprotocol\t\t= udp
      \twait\t\t\t= yes
      \tuser\t\t\t= root
      \tserver\t\t\t= {tftpd}
      \tserver_args\t\t= -s {scratch}/tftp
      \tdisable\t\t\t= no
      \tper_source\t\t= 11
      \tcps\t\t\t= 100 2
      \tflags\t\t\t= IPv4
      }

      """
    ),
    (
      "finger",
      """
      service finger
      {
      \tsocket_type\t= stream
      \twait\t\t= no
      \tuser\t\t= nobody
      \tserver\t\t= {fingerd}
      \tonly_from\t= 127.0.0.0/8
      }

      """
    ),
  ]

  /// The native form.
  static let flatFiles: [(String, String)] = [
    ("www", "user = nobody\ngroup = www-data\nserver = {micro-httpd}\nserver_args = {scratch}/www\n"),
    ("telnet", "user = root\nserver = {telnetd}\n"),
    (
      "git",
      """
      user        = nobody
      server      = {git}
      server_args = daemon --inetd --export-all \\
                    "--base-path={scratch}/repositories"

      """
    ),
    ("rsync", "user = root\nserver = {rsync}\nserver_args = --daemon --config={scratch}/rsyncd.conf\nstderr = log\n"),
    ("shell", "service = ssh\nuser = root\nserver = {sshd}\nserver_args = -i -f '{scratch}/sshd_config'\n"),
    ("ntalk", "protocol = udp\nwait = yes\nuser = nobody\ngroup = tty\nserver = {ntalkd}\n"),
    ("tftp", "protocol = udp\nwait = yes\nuser = root\nserver = {tftpd}\nserver_args = -s {scratch}/tftp\n"),
    ("finger", "user = nobody\nserver = {fingerd}\nonly_from = 127.0.0.0/8\n"),
  ]
}
