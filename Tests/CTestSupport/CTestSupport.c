#define _GNU_SOURCE
#include "CTestSupport.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

int test_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC) ? errno : 0; }

int test_spawn(char *const arguments[], char *const environment[], int input, int output, int errors,
               const int *passed, int passed_count, pid_t *pid) {
  enum { FIRST = 3, MOST = 64, AWAY = 512 };
  int copies[MOST];
  if (passed_count > MOST) return E2BIG;
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawn_file_actions_init(&actions);
  if (input < 0) {
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  } else {
    posix_spawn_file_actions_adddup2(&actions, input, 0);
  }
  posix_spawn_file_actions_adddup2(&actions, output, 1);
  posix_spawn_file_actions_adddup2(&actions, errors, 2);
  // First out of the way of each other.
  for (int index = 0; index < passed_count; index++) {
    copies[index] = fcntl(passed[index], F_DUPFD_CLOEXEC, AWAY);
    posix_spawn_file_actions_adddup2(&actions, copies[index], FIRST + index);
  }
  posix_spawn_file_actions_addclosefrom_np(&actions, FIRST + passed_count);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  int result = posix_spawnp(pid, arguments[0], &actions, &attributes, arguments, environment);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  for (int index = 0; index < passed_count; index++) close(copies[index]);
  return result;
}

ssize_t test_receive(int socket, void *bytes, size_t count, int *passed) {
  struct iovec part = {bytes, count};
  _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof *passed)] = {0};
  struct msghdr message = {
    .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  *passed = -1;
  ssize_t size = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  struct cmsghdr *header = size < 0 ? NULL : CMSG_FIRSTHDR(&message);
  if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
    memcpy(passed, CMSG_DATA(header), sizeof *passed);
  return size;
}

int test_socket_in(pid_t pid, int domain, int type) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/ns/net", pid);
  int own = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC), other = open(path, O_RDONLY | O_CLOEXEC);
  int created = -1;
  if (own >= 0 && other >= 0 && !setns(other, CLONE_NEWNET)) {
    created = socket(domain, type, 0);
    // A thread left in the wrong network would fail other tests in ways that nobody understands.
    if (setns(own, CLONE_NEWNET)) abort();
  }
  int failure = errno;
  if (own >= 0) close(own);
  if (other >= 0) close(other);
  errno = failure;
  return created;
}

int test_copy_descriptor(pid_t pid, int number) {
  int process = (int)syscall(SYS_pidfd_open, pid, 0);
  if (process < 0) return -1;
  int copy = (int)syscall(SYS_pidfd_getfd, process, number, 0);
  int reason = errno;
  close(process);
  errno = reason;
  return copy;
}

int test_landlock_version(void) {
    enum { CREATE_RULESET = 444, ASKS_VERSION = 1 };
    long version = syscall(CREATE_RULESET, NULL, 0, ASKS_VERSION);
    return version > 0 ? (int)version : 0;
}
