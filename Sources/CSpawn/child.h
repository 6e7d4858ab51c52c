// What the parts of the child's side share: system calls without libc, and how a step fails.
#pragma once
#include "CSpawn.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

// Code that runs in the child: no instrumentation, no loops turned into calls of memset and memcpy, no canary.
#define CHILD_CODE \
    __attribute__((no_sanitize("address", "thread", "undefined"), no_stack_protector, no_builtin, noinline))

// A system call that returns -errno instead of writing errno, which the daemon is using at this very moment.
#if defined(__x86_64__)
CHILD_CODE __attribute__((unused)) static long call(long number, long a, long b, long c, long d) {
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = 0;  // prctl insists on unused arguments being 0
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
                     : "rcx", "r11", "memory");
    return result;
}
enum { CHILD_RUNS_BESIDE = 1 };
#elif defined(__aarch64__)
CHILD_CODE __attribute__((unused)) static long call(long number, long a, long b, long c, long d) {
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = 0;  // prctl insists on unused arguments being 0
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
    return x0;
}
enum { CHILD_RUNS_BESIDE = 1 };
#else
// Elsewhere the daemon waits until execve (vfork semantics), so that sharing errno does no harm.
CHILD_CODE __attribute__((unused)) static long call(long number, long a, long b, long c, long d) {
    long result = syscall(number, a, b, c, d);
    return result == -1 ? -errno : result;
}
enum { CHILD_RUNS_BESIDE = 0 };
#endif

// The same for calls with five arguments.
CHILD_CODE __attribute__((unused)) static long call_five(long number, long a, long b, long c, long d, long e) {
#if defined(__x86_64__)
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
                     : "rcx", "r11", "memory");
    return result;
#elif defined(__aarch64__)
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
    return x0;
#else
    long result = syscall(number, a, b, c, d, e);
    return result == -1 ? -errno : result;
#endif
}

struct failure {
    int stage;
    long number;
};

#define ATTEMPT(which, expression)                                                              \
    do {                                                                                        \
        long result_ = (expression);                                                            \
        if (result_ < 0) return (struct failure){CSPAWN_STAGE_##which, result_};                \
    } while (0)

// A step of `cell` that a lenient cell goes without, where the kernel or whoever runs us does not allow it.
#define ATTEMPT_CELL(which, expression)                                                         \
    do {                                                                                        \
        long result_ = (expression);                                                            \
        if (result_ < 0 && !(cell->is_lenient && cspawn_is_unsupported(result_)))               \
            return (struct failure){CSPAWN_STAGE_##which, result_};                             \
    } while (0)

static inline int cspawn_is_unsupported(long result) {
    return result == -ENOSYS || result == -EPERM || result == -EINVAL || result == -EOPNOTSUPP || result == -ENODEV;
}

/// Namespaces and the view of the file system, as root.
struct failure cspawn_open_cell(const struct cspawn_cell *cell, const char *root);
/// The same by entering what a keeper holds.
struct failure cspawn_enter_cell(const struct cspawn_child *child);
/// Builds the cell and becomes its keeper.
struct failure cspawn_become_keeper(const struct cspawn_child *child);
/// What the server may never have again, still as root; `changes_user` when it will not be.
struct failure cspawn_close_cell(const struct cspawn_cell *cell, int changes_user);
/// Gives the present user exactly these capabilities, over execve too.
long cspawn_keep_capabilities(uint64_t capabilities);
long cspawn_filter(const struct cspawn_cell *cell);
/// Starts the server as a child and becomes the first process of the namespace.
struct failure cspawn_become_init(const struct cspawn_child *child);
/// From the change of user on; returns only when something fails.
struct failure cspawn_execute(const struct cspawn_child *child);
/// Reports and ends.
void cspawn_fail(const struct cspawn_child *child, struct failure failure);
