#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include "rescuer.h"

#include "child.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

// Room for some ten thousand connections that nobody has taken yet: a message takes 1 KB of the sender's buffer.
enum { KERNEL_SIGSET_SIZE = 8, OUTBOX_SIZE = 16 << 20 };

// A sanitizer's memory is needed to the end: what the compiler makes of an initialisation, it answers.
#if defined(__has_feature)
#define IS_SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define IS_SANITIZED 0
#endif

// One line of /proc/self/maps as far as it matters: `start-end perms offset device inode path`.
struct mapping {
    uintptr_t start, end;
    uint64_t inode;
    int is_private, is_writable;
};

CHILD_CODE static uintptr_t number(const char **text, int base) {
    uintptr_t value = 0;
    for (;; (*text)++) {
        char c = **text;
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : base;
        if (digit >= base) return value;
        value = value * (uintptr_t)base + (uintptr_t)digit;
    }
}

CHILD_CODE static void skip_field(const char **text) {
    while (**text != ' ' && **text != 0) (*text)++;
    while (**text == ' ') (*text)++;
}

CHILD_CODE static struct mapping parse(const char *line) {
    struct mapping mapping;
    mapping.start = number(&line, 16);
    if (*line == '-') line++;
    mapping.end = number(&line, 16);
    while (*line == ' ') line++;
    mapping.is_writable = line[0] != 0 && line[1] == 'w';
    mapping.is_private = line[0] != 0 && line[1] != 0 && line[2] != 0 && line[3] == 'p';
    skip_field(&line);
    skip_field(&line);
    skip_field(&line);
    mapping.inode = number(&line, 10);
    return mapping;
}

CHILD_CODE static int holds(const struct mapping *mapping, const void *place) {
    return mapping->start <= (uintptr_t)place && (uintptr_t)place < mapping->end;
}

typedef void (*line_action)(const void *context, const char *line);

// The lines of a file of proc(5), as far as `line` takes them: what is cut off is a path.
CHILD_CODE static void for_each_line(const char *path, line_action action, const void *context) {
    char chunk[2048], line[96];
    long length = 0;
    int file = (int)call(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC, 0);
    if (file < 0) return;
    for (;;) {
        long count = call(SYS_read, file, (long)chunk, sizeof chunk, 0);
        if (count <= 0) break;
        for (long index = 0; index < count; index++) {
            if (chunk[index] != '\n') {
                if (length < (long)sizeof line - 1) line[length++] = chunk[index];
                continue;
            }
            line[length] = 0;
            length = 0;
            action(context, line);
        }
    }
    call(SYS_close, file, 0, 0, 0);
}

// Unmaps private memory, but for the stack and the thread's own block, where the kernel writes the processor's number to
// (rseq(2)).
CHILD_CODE __attribute__((unused)) static void forget_mapping(const void *context, const char *line) {
    (void)context;
    struct mapping mapping = parse(line);
    if (!mapping.is_private || !mapping.is_writable || mapping.inode != 0) return;
    if (!holds(&mapping, line) && !holds(&mapping, __builtin_thread_pointer()))
        call(SYS_munmap, (long)mapping.start, (long)(mapping.end - mapping.start), 0, 0);
}

// Lets go of the daemon's heap and the like: pages that both of us had would be copied when the daemon writes to them.
// After this no libc function may be called.
CHILD_CODE static void forget_memory(void) {
#if (defined(__x86_64__) || defined(__aarch64__)) && !IS_SANITIZED
    for_each_line("/proc/self/maps", forget_mapping, NULL);
#endif
}

CHILD_CODE static int socket_option(int socket, int option) {
    int value = -1;
    socklen_t length = sizeof value;
    return call_five(SYS_getsockopt, socket, SOL_SOCKET, option, (long)&value, (long)&length) < 0 ? -1 : value;
}

CHILD_CODE static int is_connection(int number) {
    char peer[128];
    socklen_t length = sizeof peer;
    return number > 2 && socket_option(number, SO_TYPE) == SOCK_STREAM && socket_option(number, SO_ACCEPTCONN) == 0
        && call(SYS_getpeername, number, (long)peer, (long)&length, 0) >= 0;
}

// Whether a connection has a server, or is being answered by the daemon in the moment of its death.
CHILD_CODE static int is_served(const struct cspawn_rescue *rescue, int number) {
    const int32_t *pid = (const int32_t *)((const char *)rescue->base + rescue->flight->pid_offset);
    return number == rescue->flight->socket && __atomic_load_n(pid, __ATOMIC_ACQUIRE) != 0;
}

CHILD_CODE static void hand_over(const struct cspawn_rescue *rescue, int number, char kind) {
    if (!is_connection(number) || is_served(rescue, number)) return;
    struct iovec bytes = {&kind, 1};
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    control.header.cmsg_len = CMSG_LEN(sizeof(int));
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    *(int *)(void *)CMSG_DATA(&control.header) = number;
    struct msghdr message = {
        .msg_iov = &bytes, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    call(SYS_sendmsg, rescue->outbox, (long)&message, MSG_DONTWAIT | MSG_NOSIGNAL, 0);
}

// A line of /proc/self/fdinfo/N: `tfd:        7 events:       19 data: ...`, of which the events are hexadecimal.
CHILD_CODE static void hand_over_watched(const void *context, const char *line) {
    const struct cspawn_rescue *rescue = context;
    if (line[0] != 't' || line[1] != 'f') return;
    skip_field(&line);
    int found = (int)number(&line, 10);
    skip_field(&line);
    skip_field(&line);
    if (number(&line, 16) & EPOLLMSG) hand_over(rescue, found, CSPAWN_RESCUED_LISTENING);
}

// The connections whose next words are all that the daemon was waiting for.
CHILD_CODE static void rescue_listening(const struct cspawn_rescue *rescue) {
    char path[48] = "/proc/self/fdinfo/", digits[12];
    int length = 18, count = 0;
    for (int rest = rescue->poll; count == 0 || rest > 0; rest /= 10) digits[count++] = (char)('0' + rest % 10);
    while (count > 0) path[length++] = digits[--count];
    path[length] = 0;
    for_each_line(path, hand_over_watched, rescue);
}

// Those that it was not watching: nobody had begun with them.
CHILD_CODE static void rescue_fresh(const struct cspawn_rescue *rescue) {
    // linux_dirent64: inode, offset, length (16 bits at 16), type, name (at 19).
    _Alignas(8) char entries[2048];
    int directory = (int)call(SYS_openat, AT_FDCWD, (long)"/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (directory < 0) return;
    for (;;) {
        long count = call(SYS_getdents64, directory, (long)entries, sizeof entries, 0);
        if (count <= 0) break;
        for (long at = 0; at < count; at += *(uint16_t *)(void *)(entries + at + 16)) {
            const char *name = entries + at + 19;
            if (*name == '.') continue;
            int found = (int)number(&name, 10);
            // EEXIST: it is watched.
            struct epoll_event event = {0};
            if (call(SYS_epoll_ctl, rescue->poll, EPOLL_CTL_ADD, found, (long)&event) == 0)
                hand_over(rescue, found, CSPAWN_RESCUED_FRESH);
        }
    }
}

// Until the daemon has ended, or wants us to. Not by a signal at its death: where a policy forbids the daemon to signal
// its own kind (SELinux), it would never come.
CHILD_CODE static int outlives_daemon(const struct cspawn_rescue *rescue) {
    struct pollfd events[2] = {{.fd = rescue->daemon, .events = POLLIN}, {.fd = rescue->end, .events = POLLIN}};
    long count;
    do count = call_five(SYS_ppoll, (long)events, 2, 0, 0, KERNEL_SIGSET_SIZE);
    while (count == -EINTR);
    return count > 0 && events[1].revents == 0;
}

CHILD_CODE static void live(const struct cspawn_rescue *given) {
    // The caller's frame is not the child's for long.
    struct cspawn_rescue rescue = *given;
    uint64_t all = ~(uint64_t)0;
    call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&all, 0, KERNEL_SIGSET_SIZE);
    forget_memory();
    // Who has the name is what it says.
    call(SYS_prctl, PR_SET_NAME, (long)"inetd-rescuer", 0, 0);
    if (outlives_daemon(&rescue)) {
        rescue_listening(&rescue);
        rescue_fresh(&rescue);
    }
    for (;;) call(SYS_exit_group, 0, 0, 0, 0);
}

pid_t cspawn_start_rescuer(const struct cspawn_rescue *rescue) {
    int room = OUTBOX_SIZE;
    // Without the privilege the usual room has to do.
    if (setsockopt(rescue->outbox, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room) < 0)
        setsockopt(rescue->outbox, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    pid_t pid = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
    if (pid == 0) live(rescue);
    return pid == -1 ? -errno : pid;
}
