#define _GNU_SOURCE
#include "CTestSupport.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

int test_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC) ? errno : 0; }

int test_spawn(char *const arguments[], char *const environment[], int input, int output, int errors, pid_t *pid) {
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
  posix_spawn_file_actions_addclosefrom_np(&actions, 3);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  int result = posix_spawnp(pid, arguments[0], &actions, &attributes, arguments, environment);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return result;
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
