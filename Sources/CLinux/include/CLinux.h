// libc as the daemon sees it: the headers Swift imports, and inline functions for what Swift cannot import
// (variadic functions, errno, macros with casts). One module for both build modes: Embedded Swift has no Glibc overlay.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <glob.h>
#include <grp.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include <linux/vm_sockets.h>

static inline int clinux_errno(void) { return errno; }
static inline void clinux_set_errno(int number) { errno = number; }
static inline int clinux_open(const char *path, int flags, mode_t mode) { return open(path, flags, mode); }
static inline int clinux_fcntl(int descriptor, int command, int argument) {
    return fcntl(descriptor, command, argument);
}
/// A beginning, a text and a newline in one piece (writev(2)).
static inline ssize_t clinux_write_line(
    int descriptor, const void *beginning, size_t beginning_size, const void *text, size_t text_size) {
    struct iovec parts[3] = {{(void *)beginning, beginning_size}, {(void *)text, text_size}, {(void *)"\n", 1}};
    return writev(descriptor, parts, 3);
}
/// Takes the process's write lock on the whole file without waiting; EAGAIN or EACCES when another process has it.
static inline int clinux_lock(int descriptor) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(descriptor, F_SETLK, &lock);
}
static inline int clinux_ioctl_int(int descriptor, unsigned long request, int *value) {
    return ioctl(descriptor, request, value);
}

/// "EADDRINUSE" and "Address already in use": constant, thread-safe and never translated (glibc 2.32). Null: unknown.
static inline const char *clinux_error_name(int number) { return strerrorname_np(number); }
static inline const char *clinux_error_text(int number) { return strerrordesc_np(number); }

/// The process's argument vector. Embedded Swift has no CommandLine; glibc hands both to every constructor.
int clinux_argument_count(void);
char **clinux_arguments(void);
static inline char **clinux_environment(void) { return environ; }

/// strftime as an ordinary function with only the formats this project uses; -Wformat-nonliteral cannot judge it.
static inline size_t clinux_format_time(char *buffer, size_t size, const char *format, const struct tm *time) {
    return strftime(buffer, size, format, time);
}

// getopt_long(3)'s results, which C keeps in global variables.
static inline char *clinux_option_argument(void) { return optarg; }
static inline int clinux_option_index(void) { return optind; }

/// Gives back the heap's free pages, and unmaps code and constants that may not be needed again soon: the kernel maps
/// them anew from the page cache when they are.
void clinux_release_memory(void);

/// What every change of a file system in memory changes: the times of its root directory, and what is free.
struct clinux_memory_stamp {
    int64_t modified[2], changed[2];
    uint64_t free_blocks, free_files;
};
/// `root` may be a path only (O_PATH). Returns -1 with errno.
int clinux_stamp_memory(int root, struct clinux_memory_stamp *stamp);
int clinux_is_same_stamp(const struct clinux_memory_stamp *one, const struct clinux_memory_stamp *other);
