#include "CLinux.h"
#include "CLinuxProcess.h"
#include "CLinuxSockets.h"

// Only async-signal-safe calls and the resolver run in the child: whatever else this process does in other threads, no
// lock of the Swift runtime can be in the way.
static void answer(const char *name, int family, int writer, int seconds) {
    // Its asker's SIGKILL may be forbidden (SELinux): the kernel's own alarm is not.
    clinux_end_in(seconds);
    struct clinux_host_answer answer = {0};
    struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_STREAM}, *list = NULL;
    answer.result = getaddrinfo(name, NULL, &hints, &list);
    answer.error = errno;
    for (struct addrinfo *entry = list; entry && answer.count < CLINUX_MOST_ADDRESSES; entry = entry->ai_next) {
        if (entry->ai_addrlen > sizeof answer.addresses[0]) continue;
        memcpy(&answer.addresses[answer.count++], entry->ai_addr, entry->ai_addrlen);
    }
    // Smaller than PIPE_BUF: the pipe takes it whole.
    if (write(writer, &answer, sizeof answer) < 0) _exit(1);
    _exit(0);
}

int clinux_look_up_host(const char *name, int family, int milliseconds, struct clinux_host_answer *result) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC)) return -1;
    pid_t child = fork();
    if (child == 0) answer(name, family, ends[1], milliseconds / 1000 + 1);
    int failure = errno;
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        errno = failure;
        return -1;
    }
    struct pollfd wait = {.fd = ends[0], .events = POLLIN};
    struct timespec start, now;
    clock_gettime(CLOCK_MONOTONIC, &start);
    int left = milliseconds, ready;
    while ((ready = poll(&wait, 1, left)) < 0 && errno == EINTR) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        long passed = (now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000;
        left = passed < milliseconds ? milliseconds - (int)passed : 0;
    }
    ssize_t count = ready > 0 ? read(ends[0], result, sizeof *result) : 0;
    close(ends[0]);
    kill(child, SIGKILL);
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
    if (count == sizeof *result) return 0;
    errno = ETIMEDOUT;
    return -1;
}
