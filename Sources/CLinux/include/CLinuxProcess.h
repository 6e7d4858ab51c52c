// Processes, signals and time: what glibc 2.36 has as macros or not at all.
#pragma once
#include "CLinux.h"

/// One ended child without waiting: its pid, 0 when none has ended, -1 with errno (ECHILD: there are none).
/// `code` is CLD_EXITED, CLD_KILLED or CLD_DUMPED and `status` the exit status or the signal.
static inline pid_t clinux_reap(int *code, int *status) {
    siginfo_t information;
    information.si_pid = 0;  // POSIX leaves it untouched when no child is ready
    if (waitid(P_ALL, 0, &information, WEXITED | WNOHANG) == -1) return -1;
    *code = information.si_code;
    *status = information.si_status;
    return information.si_pid;
}

static inline int clinux_close_range(unsigned int first, unsigned int last, int flags) {
    return (int)syscall(SYS_close_range, first, last, flags);
}
/// CLOSE_RANGE_CLOEXEC from <linux/close_range.h>: marks instead of closing (Linux 5.11).
enum { CLINUX_CLOSE_RANGE_CLOEXEC = 1 << 2 };

static inline int clinux_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

static inline int clinux_get_limit(int resource, struct rlimit *limit) {
    return getrlimit((__rlimit_resource_t)resource, limit);
}
static inline int clinux_set_limit(int resource, const struct rlimit *limit) {
    return setrlimit((__rlimit_resource_t)resource, limit);
}
/// 1 when all of this process's ids are the given ones, and its supplementary groups the given list in any order.
int clinux_has_identity(uid_t user, gid_t group, const gid_t *groups, int count);

static inline int clinux_get_priority(void) {
    errno = 0;
    return getpriority(PRIO_PROCESS, 0);
}

/// 1 when other processes of the same user may trace this one and read its memory (PR_GET_DUMPABLE).
static inline int clinux_dumpable(void) { return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0); }

/// Descendants whose parents end become our children instead of process 1's. Returns -1 with errno.
static inline int clinux_adopt_orphans(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }
static inline int clinux_set_name(const char *name) { return prctl(PR_SET_NAME, name, 0, 0, 0); }

static inline int clinux_ignore_signal(int number) { return signal(number, SIG_IGN) == SIG_ERR ? -1 : 0; }
static inline int clinux_default_signal(int number) { return signal(number, SIG_DFL) == SIG_ERR ? -1 : 0; }
/// 1 when the process ignores the signal. Asks the kernel: libc hides 32 and 33, which a parent may have ignored.
int clinux_ignores_signal(int number);

/// Has this process ended by the kernel in so many seconds, whoever may signal it (SIGALRM); 0: no longer.
static inline void clinux_end_in(int seconds) {
    sigset_t set;
    signal(SIGALRM, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    alarm((unsigned)seconds);
}

/// How many bytes of this value there are.
static inline size_t clinux_count_bytes(const void *bytes, size_t length, unsigned char value) {
    size_t count = 0;
    for (size_t index = 0; index < length; index++) count += ((const unsigned char *)bytes)[index] == value;
    return count;
}

/// epoll_wait with a timeout in nanoseconds (negative: for ever). Linux before 5.11 and some sandboxes lack
/// epoll_pwait2: there the timeout is rounded up to milliseconds, so that a timer is late rather than polled for.
int clinux_epoll_wait(int descriptor, struct epoll_event *events, int capacity, int64_t nanoseconds);
