// A server that tells what it was started with. The tests start it through inetd in place of a real one.
//
//   probe-server report [ARG...]   writes `key=value` lines about itself to descriptor 1 and exits
//   probe-server report-to FILE    the same into FILE, for servers that have no connection to write to
//   probe-server hold [STATUS]     writes its pid, echoes until end of file, exits with STATUS
//   probe-server accept [COUNT]    descriptor 0 listens: greets COUNT connections with its pid, then exits
//   probe-server converse          descriptor 0 listens: greets one connection after the other, reads each to its end
//   probe-server datagram [COUNT]  answers COUNT datagrams on descriptor 0 with its pid and what came
//   probe-server fail [STATUS]     exits at once, nothing read
//   probe-server complain          writes two lines to descriptor 2, one to 1
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

extern char **environ;

static FILE *out;

static void reportDescriptors(void) {
  DIR *directory = opendir("/proc/self/fd");
  if (!directory) return;
  for (struct dirent *entry; (entry = readdir(directory));) {
    if (entry->d_name[0] == '.' || atoi(entry->d_name) == dirfd(directory)) continue;
    char target[4096] = "";
    if (readlinkat(dirfd(directory), entry->d_name, target, sizeof target - 1) < 0) continue;
    fprintf(out, "fd.%s=%s\n", entry->d_name, target);
  }
  closedir(directory);
}

static void reportLimit(const char *name, int resource) {
  struct rlimit limit;
  if (getrlimit(resource, &limit)) return;
  fprintf(out, "rlimit.%s=%lld %lld\n", name, limit.rlim_cur == RLIM_INFINITY ? -1LL : (long long)limit.rlim_cur,
         limit.rlim_max == RLIM_INFINITY ? -1LL : (long long)limit.rlim_max);
}

static void reportFile(const char *key, const char *path, const char *only) {
  FILE *file = fopen(path, "re");
  if (!file) return;
  char line[4096];
  while (fgets(line, sizeof line, file)) {
    line[strcspn(line, "\n")] = 0;
    if (!only) {
      fprintf(out, "%s=%s\n", key, line);
    } else if (!strncmp(line, only, strlen(only))) {
      fprintf(out, "%s=%s\n", key, line + strlen(only) + strspn(line + strlen(only), " \t"));
    }
  }
  fclose(file);
}

static void reportNamespaces(void) {
  static const char *const names[] = {"cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char path[64], target[256] = "";
    snprintf(path, sizeof path, "/proc/self/ns/%s", names[i]);
    if (readlink(path, target, sizeof target - 1) > 0) fprintf(out, "ns.%s=%s\n", names[i], target);
  }
}

static int option(int level, int number) {
  int value = -1;
  socklen_t length = sizeof value;
  return getsockopt(0, level, number, &value, &length) ? -1 : value;
}

// What was set on the connection; -1 where it is none.
static void reportConnection(void) {
  fprintf(out, "socket.keepalive=%d\nsocket.no_delay=%d\n", option(SOL_SOCKET, SO_KEEPALIVE),
          option(IPPROTO_TCP, TCP_NODELAY));
  fprintf(out, "socket.keepalive_times=%d %d %d\n", option(IPPROTO_TCP, TCP_KEEPIDLE),
          option(IPPROTO_TCP, TCP_KEEPINTVL), option(IPPROTO_TCP, TCP_KEEPCNT));
}

static int parentDeathSignal(void) {
  int number = 0;
  prctl(PR_GET_PDEATHSIG, &number);
  return number;
}

static void collect(int count, char **arguments) {
  fprintf(out, "pid=%d\nppid=%d\nsid=%d\npgid=%d\n", getpid(), getppid(), getsid(0), getpgrp());
  uid_t user[3];
  gid_t group[3];
  getresuid(&user[0], &user[1], &user[2]);
  getresgid(&group[0], &group[1], &group[2]);
  fprintf(out, "uid=%u %u %u\ngid=%u %u %u\ngroups=", user[0], user[1], user[2], group[0], group[1], group[2]);
  gid_t groups[256];
  int groupCount = getgroups(256, groups);
  for (int i = 0; i < groupCount; i++) fprintf(out, "%s%u", i ? " " : "", groups[i]);
  mode_t mask = umask(0);
  umask(mask);
  errno = 0;
  char place[4096] = "";
  fprintf(out, "\numask=%03o\nnice=%d\ncwd=%s\n", mask, getpriority(PRIO_PROCESS, 0), getcwd(place, sizeof place));
  for (int i = 0; i < count; i++) fprintf(out, "arg.%d=%s\n", i, arguments[i]);
  for (char **entry = environ; *entry; entry++) fprintf(out, "env.%s\n", *entry);
  reportDescriptors();
  for (int i = 0; i <= 2; i++) {
    struct stat status;
    if (!fstat(i, &status)) fprintf(out, "stdio.%d=%s\n", i, S_ISSOCK(status.st_mode) ? "socket" : "other");
  }
  reportLimit("as", RLIMIT_AS);
  reportLimit("cpu", RLIMIT_CPU);
  reportLimit("data", RLIMIT_DATA);
  reportLimit("rss", RLIMIT_RSS);
  reportLimit("stack", RLIMIT_STACK);
  reportLimit("files", RLIMIT_NOFILE);
  reportFile("signals.blocked", "/proc/self/status", "SigBlk:");
  reportFile("signals.ignored", "/proc/self/status", "SigIgn:");
  reportFile("signals.caught", "/proc/self/status", "SigCgt:");
  reportFile("signals.pending", "/proc/self/status", "ShdPnd:");
  reportFile("seccomp", "/proc/self/status", "Seccomp:");
  reportFile("cap.inheritable", "/proc/self/status", "CapInh:");
  reportFile("cap.permitted", "/proc/self/status", "CapPrm:");
  reportFile("cap.effective", "/proc/self/status", "CapEff:");
  reportFile("cap.bounding", "/proc/self/status", "CapBnd:");
  reportFile("cap.ambient", "/proc/self/status", "CapAmb:");
  reportFile("limits", "/proc/self/limits", NULL);
  reportFile("cgroup", "/proc/self/cgroup", NULL);
  reportNamespaces();
  reportConnection();
  fprintf(out, "securebits=%d\nparent_death=%d\n", prctl(PR_GET_SECUREBITS), parentDeathSignal());
  int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC);
  fprintf(out, "terminal=%s\n", terminal < 0 ? "none" : "some");
  if (terminal >= 0) close(terminal);
  reportFile("no_new_privs", "/proc/self/status", "NoNewPrivs:");
  reportFile("oom_score_adjust", "/proc/self/oom_score_adj", NULL);
  fprintf(out, "io_priority=%ld\n", syscall(SYS_ioprio_get, 1, 0));
  fputs("end=1\n", out);
}

// To `file`, or to descriptor 1. Collected first: the report is about what was open before it.
static int report(int count, char **arguments, const char *file) {
  char *text = NULL;
  size_t size = 0;
  out = open_memstream(&text, &size);
  if (!out) return 1;
  collect(count, arguments);
  if (fclose(out)) return 1;
  int target = 1;
  char draft[4096];
  if (file) {
    snprintf(draft, sizeof draft, "%s.draft", file);
    target = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  }
  for (size_t done = 0; done < size;) {
    ssize_t written = write(target, text + done, size - done);
    if (written <= 0) return 1;
    done += (size_t)written;
  }
  if (!file) return 0;
  return rename(draft, file) ? 1 : 0;
}

// Takes what brought a wait server to life off its socket.
static void takeFirst(int socket) {
  char byte;
  int connection = accept4(socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (connection >= 0) close(connection); else recv(socket, &byte, 1, MSG_DONTWAIT);
}


static int hold(int status) {
  char bytes[4096];
  dprintf(1, "%d\n", getpid());
  for (ssize_t count; (count = read(0, bytes, sizeof bytes)) > 0;) {
    if (write(1, bytes, (size_t)count) != count) return 1;
  }
  return status;
}

static int acceptConnections(int count) {
  for (int i = 0; i < count; i++) {
    int connection = accept4(0, NULL, NULL, SOCK_CLOEXEC);
    if (connection < 0) return 1;
    dprintf(connection, "%d\n", getpid());
    close(connection);
  }
  return 0;
}

static int converse(void) {
  char bytes[4096];
  for (int connection; (connection = accept4(0, NULL, NULL, SOCK_CLOEXEC)) >= 0; close(connection)) {
    dprintf(connection, "%d\n", getpid());
    while (read(connection, bytes, sizeof bytes) > 0) continue;
  }
  return 1;
}

static int answerDatagrams(int count) {
  for (int i = 0; i < count; i++) {
    char bytes[65536], reply[65600];
    struct sockaddr_storage peer;
    socklen_t length = sizeof peer;
    ssize_t size = recvfrom(0, bytes, sizeof bytes, 0, (struct sockaddr *)&peer, &length);
    if (size < 0) return 1;
    int head = snprintf(reply, sizeof reply, "%d ", getpid());
    memcpy(reply + head, bytes, (size_t)size);
    if (sendto(0, reply, (size_t)(head + size), 0, (struct sockaddr *)&peer, length) < 0) return 1;
  }
  return 0;
}

int main(int count, char **arguments) {
  const char *verb = count > 1 ? arguments[1] : "report";
  int number = count > 2 ? atoi(arguments[2]) : 0;
  if (!strcmp(verb, "hold")) return hold(number);
  if (!strcmp(verb, "accept")) return acceptConnections(number ? number : 1);
  if (!strcmp(verb, "converse")) return converse();
  if (!strcmp(verb, "datagram")) return answerDatagrams(number ? number : 1);
  if (!strcmp(verb, "fail")) return number;
  if (!strcmp(verb, "complain")) {
    dprintf(2, "first complaint\nsecond complaint\n");
    dprintf(1, "done\n");
    return 0;
  }
  if (!strcmp(verb, "report-to") && count > 2) {
    int result = report(count, arguments, arguments[2]);
    if (getenv("LISTEN_FDS")) takeFirst(3); else takeFirst(0);
    return result;
  }
  return report(count, arguments, NULL);
}
