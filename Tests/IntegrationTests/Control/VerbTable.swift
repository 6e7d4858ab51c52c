/// One command of `inetctl` and what comes of it. In what it prints, `<n>` is a number, `< >` any blanks, `<...>` the rest
/// of a line, `<all>` any lines, and `{name}` what only the run knows.
struct VerbRow {
  let words: [String]
  let status: Int32
  let prints: String
  let complains: String

  init(_ words: String, _ prints: String, status: Int32 = 0, complains: String = "") {
    self.words = words.split(separator: " ").map(String.init)
    self.status = status
    self.prints = prints
    self.complains = complains
  }

  var verb: String { words[0] }
  var isJSON: Bool { words.contains("--json") || words.contains("json") }

  /// Asked in this order of one daemon with the services `held`, which has a peer, `other` and `zz-sync`.
  static let all = lookingAndSteering + changingFiles

  /// Verbs that ask a daemon.
  private static let lookingAndSteering: [VerbRow] = [
    VerbRow(
      "list",
      """
      ID       STATE    ACTIVE  LISTENS ON
      held     serving       1  0.0.0.0:{held}<...>
      other    serving       0  0.0.0.0:{other}<...>
      zz-sync  serving       0  0.0.0.0:<...>

      """),
    VerbRow(
      "list --json",
      """
      [
        {"id": "held", "state": "serving", "active": 1, "listen": ["0.0.0.0:{held}"<...>]},
        {"id": "other", "state": "serving", "active": 0, "listen": ["0.0.0.0:{other}"<...>]},
        {"id": "zz-sync", "state": "serving", "active": 0, "listen": [<...>]}
      ]

      """),
    VerbRow(
      "status held",
      """
             id: held
          state: serving
         active: 1
         listen: 0.0.0.0:{held}<...>
       accepted: 1
        started: 1
        refused: 0
         failed: 0
      instances: 512
           pids: {pid}
          place: {dir}/inetd.d/held.conf:1

      """),
    VerbRow(
      "status held --json",
      """
      [
        {"id": "held", "state": "serving", "active": 1, "listen": [<...>], "accepted": 1, "started": 1, \
      "refused": 0, "failed": 0, "instances": 512, "pids": [{pid}], "place": "{dir}/inetd.d/held.conf:1"}
      ]

      """),
    VerbRow(
      "status",
      """
       version: <...>
           pid: {daemon}
       summary: 3 services, 1 active
      services: 3
        active: 1
        denied: 0

             id: held
      <all>
          place: {dir}/inetd.d/zz-sync.conf:1

      """),
    VerbRow(
      "status --json",
      """
      [
        {"version": "<...>", "pid": {daemon}, "summary": "3 services, 1 active", "services": 3, "active": 1, \
      "denied": 0},
        {"id": "held", <...>},
        {"id": "other", <...>, "accepted": 0, "started": 0, "refused": 0, "failed": 0, <...>},
        {"id": "zz-sync", <...>}
      ]

      """),
    VerbRow(
      "connections",
      """
      ID    KIND< >PID  PEER< >SECONDS
      held  server  {pid}  {peer}< ><n>

      """),
    VerbRow(
      "connections held --json",
      """
      [
        {"id": "held", "kind": "server", "pid": {pid}, "peer": "{peer}", "seconds": <n>}
      ]

      """),
    VerbRow(
      "test held 192.0.2.7",
      "held: 192.0.2.7: refused: no entry of only_from has the address ({dir}/inetd.d/held.conf:10:13)\n", status: 1),
    VerbRow(
      "test held [127.0.0.1]:80", "held: 127.0.0.1: served: only_from has 127.0.0.0/8 ({dir}/inetd.d/held.conf:10:13)\n"
    ),
    VerbRow(
      "test held 192.0.2.7 --json",
      """
      [
        {"id": "held", "address": "192.0.2.7", "served": "no", "reason": "address", \
      "rule": "no entry of only_from has the address", "place": "{dir}/inetd.d/held.conf:10:13"}
      ]

      """, status: 1),
    VerbRow("pause other", ""),
    VerbRow("resume other", ""),
    VerbRow(
      "pause other --json",
      """
      [
        {"id": "other", "state": "paused", "reason": "paused by hand; new connections wait in the queue", \
      "active": 0, "listen": [<...>]}
      ]

      """),
    VerbRow(
      "resume other --json",
      """
      [
        {"id": "other", "state": "serving", "active": 0, "listen": [<...>]}
      ]

      """),
    VerbRow("deny 192.0.2.0/24 2h", ""),
    VerbRow("denied", "SOURCE        SECONDS LEFT\n192.0.2.0/24< ><n>\n"),
    VerbRow("allow 192.0.2.0/24", ""),
    VerbRow("allow 192.0.2.0/24", "", status: 1, complains: "inetctl: 192.0.2.0/24 is not locked out\n"),
    VerbRow("deny 192.0.2.9 --json", "[\n  {\"source\": \"192.0.2.9\"}\n]\n"),
    VerbRow("deny 192.0.2.0/24 2h --json", "[\n  {\"source\": \"192.0.2.0/24\", \"seconds\": <n>}\n]\n"),
    VerbRow("allow 192.0.2.9 --json", "[\n  {\"source\": \"192.0.2.9\"}\n]\n"),
    VerbRow("denied --json", "[\n  {\"source\": \"192.0.2.0/24\", \"seconds\": <n>}\n]\n"),
    VerbRow("allow 192.0.2.0/24", ""),
    VerbRow("denied --json", "[]\n"),
    VerbRow(
      "top --count 1",
      """
      inetd <...>: 3 services, 1 active

      ID       STATE    ACTIVE  PER SECOND  ACCEPTED  REFUSED  FAILED
      held     serving       1           -         1        0       0
      other    serving       0           -         0        0       0
      zz-sync  serving       0           -         0        0       0


      """),
    VerbRow(
      "top --count 1 --json",
      """
      [
        {"id": "held", "state": "serving", "active": 1, <...>},
        {"id": "other", "state": "serving", "active": 0, <...>},
        {"id": "zz-sync", "state": "serving", "active": 0, <...>}
      ]

      """),
  ]

  private static let removal = """
    [
      {"id": "held", "change": "unchanged"},
      {"id": "zz-sync", "change": "unchanged"},
      {"id": "other", "change": "removed"}
    ]

    """

  /// Verbs about files, and what the daemon makes of them.
  private static let changingFiles: [VerbRow] = [
    VerbRow("disable other", "other: disabled in {snippet}\n- other\n2 unchanged\n"),
    VerbRow("disable other", "other is disabled already\n"),
    VerbRow("enable other", "other: enabled in {snippet}\n+ other\n2 unchanged\n"),
    VerbRow(
      "disable other --json",
      """
      [
        {"id": "other", "state": "disabled", "changed": "yes", "file": "{snippet}", "reload": "done"}
      ]

      """),
    VerbRow(
      "enable other --json",
      """
      [
        {"id": "other", "state": "enabled", "changed": "yes", "file": "{snippet}", "reload": "done"}
      ]

      """),
    VerbRow(
      "disable other --no-reload --json",
      """
      [
        {"id": "other", "state": "disabled", "changed": "yes", "file": "{snippet}", "reload": "not asked"}
      ]

      """),
    VerbRow("diff", "- other\n2 unchanged\n", status: 1),
    VerbRow("diff --json", removal, status: 1),
    VerbRow("reload --dry-run", "- other\n2 unchanged\n"),
    VerbRow("reload --dry-run --json", removal),
    VerbRow("reload --hard", "- other\n2 unchanged\n"),
    VerbRow("enable other --no-reload", "other: enabled in {snippet}\n"),
    VerbRow(
      "reload --hard --json",
      """
      [
        {"id": "held", "change": "unchanged"},
        {"id": "other", "change": "added"},
        {"id": "zz-sync", "change": "unchanged"}
      ]

      """),
    VerbRow("reload", "3 unchanged\n"),
    VerbRow("diff", "3 unchanged\n"),
    VerbRow("kill --signal CONT held", "SIGNALLED  ENDED\n        1      0\n"),
    VerbRow("kill --signal CONT {pid} --json", "[\n  {\"signalled\": 1, \"ended\": 0}\n]\n"),
    VerbRow("kill other", "", status: 1, complains: "inetctl: no server of 'other' is running\n"),
    VerbRow("metrics", "# TYPE inetd_state stateset\n<all>inetd_active{service=\"held\"} 1\n<all># EOF\n"),
    VerbRow("metrics --json", "[\n  {\"text\": \"# TYPE inetd_state stateset\\u000a<...># EOF\\u000a\"}\n]\n"),
    VerbRow("check", "3 services; no errors, no warnings\n"),
    VerbRow("check --format json", "{\"services\": 3, \"errors\": 0, \"warnings\": 0, \"diagnostics\": []}\n"),
    VerbRow(
      "show other",
      "[service other]\nlisten = {other}\nuser = {user}\nserver = {dir}/probe-server\nserver_args = hold\n"),
    VerbRow(
      "show other --format json",
      """
      {"services": [
        {"id": "other", "enabled": true, "file": "{dir}/inetd.d/other.conf", "line": 1, "settings": \
      {"listen": ["{other}"], "user": ["{user}"], "server": ["{dir}/probe-server"], "server_args": ["hold"]}}
      ]}

      """),
    VerbRow(
      "explain other",
      "other: on, from {dir}/inetd.d/other.conf:1:1\n  Listens on {other}, tcp<...>\n<all>  Open to everyone<all>\n"),
    VerbRow(
      "explain other --json",
      "{\"id\": \"other\", \"enabled\": true, \"from\": \"{dir}/inetd.d/other.conf:1:1\", \"lines\": [<...>]}\n"),
    VerbRow(
      "convert {dir}/old.conf", "[service 7777/tcp]\nservice = 7777\nuser = root\nserver = /bin/cat\nstderr = socket\n"),
    VerbRow("help pause", "OVERVIEW: Let a service take no new connections<...>\n\nUSAGE: inetctl pause <all>"),
  ]
}
