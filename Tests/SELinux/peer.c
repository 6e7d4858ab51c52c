// What the checks need of a peer and a shell cannot do.
//
//   peer label LABEL FILE...          labels files
//   peer as LABEL PROGRAM ARGUMENT... becomes a program with a label
//   peer ask PATH                     connects to a unix socket and prints what comes until the other side closes
//   peer ask ADDRESS PORT             the same over TCP
//   peer manage PATH                  is a service manager, as far as a daemon can tell: a socket that takes messages
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

// Nobody waits longer than this for an answer.
enum { PATIENCE = 10 };

static void become(char **command, const char *label) {
  int file = open("/proc/self/attr/exec", O_WRONLY);
  if (file < 0 || write(file, label, strlen(label)) < 0) err(1, "ask for label %s", label);
  close(file);
  execvp(command[0], command);
  err(1, "%s as %s", command[0], label);
}

// It keeps the descriptors that it receives, by not closing them, but for those that ask for that.
static void manage(const char *place) {
  struct sockaddr_un path = {.sun_family = AF_UNIX};
  strncpy(path.sun_path, place, sizeof path.sun_path - 1);
  int inbox = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (inbox < 0 || bind(inbox, (struct sockaddr *)&path, sizeof path) < 0) err(1, "listen at %s", place);
  for (;;) {
    char text[4096] = "";
    _Alignas(struct cmsghdr) char given[CMSG_SPACE(64 * sizeof(int))];
    struct iovec part = {text, sizeof text - 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = given, .msg_controllen = sizeof given};
    if (recvmsg(inbox, &message, 0) < 0) err(1, "receive at %s", place);
    struct cmsghdr *first = CMSG_FIRSTHDR(&message);
    if (first && strstr(text, "BARRIER=1")) close(*(int *)CMSG_DATA(first));
  }
}

static int connected(const char *place, const char *port) {
  struct sockaddr_un path = {.sun_family = AF_UNIX};
  struct sockaddr_in address = {.sin_family = AF_INET};
  struct sockaddr *peer = (struct sockaddr *)&path;
  socklen_t length = sizeof path;
  if (port) {
    peer = (struct sockaddr *)&address;
    length = sizeof address;
    address.sin_port = htons((uint16_t)atoi(port));
    if (inet_pton(AF_INET, place, &address.sin_addr) != 1) errx(1, "%s is no IPv4 address", place);
  } else {
    strncpy(path.sun_path, place, sizeof path.sun_path - 1);
  }
  int connection = socket(peer->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connection < 0 || connect(connection, peer, length) < 0) err(1, "connect to %s", place);
  return connection;
}

static void ask(const char *place, const char *port) {
  char text[4096];
  ssize_t count;
  alarm(PATIENCE);
  int connection = connected(place, port);
  while ((count = read(connection, text, sizeof text)) > 0) fwrite(text, 1, (size_t)count, stdout);
  if (count < 0) err(1, "read from %s", place);
}

static void mark(char **files, const char *label) {
  for (; *files; files++)
    if (setxattr(*files, "security.selinux", label, strlen(label) + 1, 0) < 0) err(1, "label %s", *files);
}

int main(int count, char **words) {
  const char *verb = count > 2 ? words[1] : "";
  if (!strcmp(verb, "label")) mark(words + 3, words[2]);
  else if (!strcmp(verb, "as") && count > 3) become(words + 3, words[2]);
  else if (!strcmp(verb, "ask")) ask(words[2], words[3]);
  else if (!strcmp(verb, "manage")) manage(words[2]);
  else errx(64, "label LABEL FILE... | as LABEL PROGRAM... | ask PATH | ask ADDRESS PORT | manage PATH");
  return 0;
}
