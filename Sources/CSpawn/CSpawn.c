#include "CSpawn.h"

#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

const char *cspawn_stage_identifier(int stage) {
    static const char *const identifiers[] = {
#define CSPAWN_IDENTIFIER(name, identifier, phrase) #identifier,
        CSPAWN_STAGES(CSPAWN_IDENTIFIER)
#undef CSPAWN_IDENTIFIER
    };
    return stage >= 0 && stage < CSPAWN_STAGE_COUNT ? identifiers[stage] : NULL;
}

const char *cspawn_stage_phrase(int stage) {
    static const char *const phrases[] = {
#define CSPAWN_PHRASE(name, identifier, phrase) phrase,
        CSPAWN_STAGES(CSPAWN_PHRASE)
#undef CSPAWN_PHRASE
    };
    return stage >= 0 && stage < CSPAWN_STAGE_COUNT ? phrases[stage] : NULL;
}

int cspawn_must_copy(void) {
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
    return 1;
#endif
#endif
    return 0;
}

// Code that runs in the child: no instrumentation, no loops turned into calls of memset and memcpy, no canary.
#define CHILD_CODE \
    __attribute__((no_sanitize("address", "thread", "undefined"), no_stack_protector, no_builtin, noinline))

// A system call that returns -errno instead of writing errno, which the daemon is using at this very moment.
#if defined(__x86_64__)
CHILD_CODE static long call(long number, long a, long b, long c, long d) {
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
CHILD_CODE static long call(long number, long a, long b, long c, long d) {
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
CHILD_CODE static long call(long number, long a, long b, long c, long d) {
    long result = syscall(number, a, b, c, d);
    return result == -1 ? -errno : result;
}
enum { CHILD_RUNS_BESIDE = 0 };
#endif

// The kernel's struct sigaction, all zero: SIG_DFL. Larger than any architecture's.
static const uint64_t default_action[8];
static const uint64_t empty_mask;
enum { KERNEL_SIGSET_SIZE = 8, IO_PRIORITY_OF_PROCESS = 1, CLOSE_RANGE_MARKS = 1 << 2 };

struct failure {
    int stage;
    long number;
};

// Puts the given descriptors on 0, 1, 2, ... and marks all others close-on-exec: they are born so, but a library's or
// a parent's mistake must not reach a server.
CHILD_CODE static long pass_descriptors(const struct cspawn_child *child) {
    long count = child->descriptor_count;
    for (long target = 0; target < count; target++) {
        if (child->descriptors[target] >= count) continue;
        // It lies where another belongs: out of the way first.
        long moved = call(SYS_fcntl, child->descriptors[target], F_DUPFD_CLOEXEC, count, 0);
        if (moved < 0) return moved;
        child->descriptors[target] = (int32_t)moved;
    }
    for (long target = 0; target < count; target++) {
        long result = call(SYS_dup3, child->descriptors[target], target, 0, 0);
        if (result < 0) return result;
    }
    // Linux before 5.11 lacks it, which leaves what was true anyway.
    call(SYS_close_range, count, ~0U, CLOSE_RANGE_MARKS, 0);
    return 0;
}

CHILD_CODE static long reset_signals(uint64_t signals) {
    for (int number = 1; signals != 0; number++, signals >>= 1) {
        if ((signals & 1) == 0) continue;
        long result = call(SYS_rt_sigaction, number, (long)default_action, 0, KERNEL_SIGSET_SIZE);
        if (result < 0) return result;
    }
    return 0;
}

CHILD_CODE static long set_limits(const struct cspawn_plan *plan) {
    for (uint32_t index = 0; index < plan->limit_count; index++) {
        const struct cspawn_limit *limit = &plan->limits[index];
        long result = call(SYS_prlimit64, 0, limit->resource, (long)limit->value, 0);
        if (result < 0) return result;
    }
    return 0;
}

CHILD_CODE static long set_oom_score(const char *text) {
    long file = call(SYS_openat, AT_FDCWD, (long)"/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC, 0);
    if (file < 0) return file;
    long length = 0;
    while (text[length] != 0) length++;
    long result = call(SYS_write, file, (long)text, length, 0);
    call(SYS_close, file, 0, 0, 0);
    return result < 0 ? result : 0;
}

// Groups, then group, then user, as each needs the privilege that the next gives up. The saved ids go too, and each is
// read back: a kernel or sandbox that pretends must not leave a server root.
CHILD_CODE static struct failure change_identity(const struct cspawn_plan *plan) {
    uint32_t ids[3];
    long result = call(SYS_setgroups, plan->group_count, (long)plan->groups, 0, 0);
    if (result < 0) return (struct failure){CSPAWN_STAGE_GROUPS, result};
    if (call(SYS_getgroups, 0, 0, 0, 0) != plan->group_count) return (struct failure){CSPAWN_STAGE_GROUPS, -EPERM};
    result = call(SYS_setresgid, plan->group, plan->group, plan->group, 0);
    if (result < 0) return (struct failure){CSPAWN_STAGE_GROUP, result};
    call(SYS_getresgid, (long)&ids[0], (long)&ids[1], (long)&ids[2], 0);
    if (ids[0] != plan->group || ids[1] != plan->group || ids[2] != plan->group)
        return (struct failure){CSPAWN_STAGE_GROUP, -EPERM};
    result = call(SYS_setresuid, plan->user, plan->user, plan->user, 0);
    if (result < 0) return (struct failure){CSPAWN_STAGE_USER, result};
    call(SYS_getresuid, (long)&ids[0], (long)&ids[1], (long)&ids[2], 0);
    if (ids[0] != plan->user || ids[1] != plan->user || ids[2] != plan->user)
        return (struct failure){CSPAWN_STAGE_USER, -EPERM};
    return (struct failure){CSPAWN_STAGE_NONE, 0};
}

CHILD_CODE static void write_pid(char *text) {
    char digits[20];
    int count = 0;
    unsigned long pid = (unsigned long)call(SYS_getpid, 0, 0, 0, 0);
    do {
        digits[count++] = (char)('0' + pid % 10);
        pid /= 10;
    } while (pid != 0);
    while (count > 0) *text++ = digits[--count];
    *text = 0;
}

#define ATTEMPT(which, expression)                                                              \
    do {                                                                                        \
        long result_ = (expression);                                                            \
        if (result_ < 0) return (struct failure){CSPAWN_STAGE_##which, result_};                \
    } while (0)

// All up to execve, which does not return unless it fails.
CHILD_CODE static struct failure become_server(const struct cspawn_child *child) {
    const struct cspawn_plan *plan = child->plan;
    if (plan->new_session) ATTEMPT(SESSION, call(SYS_setsid, 0, 0, 0, 0));
    ATTEMPT(DESCRIPTORS, pass_descriptors(child));
    int off = 0;
    for (uint32_t index = 0; index < child->blocking_count; index++)
        ATTEMPT(BLOCKING, call(SYS_ioctl, child->blocking_first + index, FIONBIO, (long)&off, 0));
    ATTEMPT(SIGNALS, reset_signals(child->default_signals));
    if (plan->changes_umask) call(SYS_umask, plan->umask, 0, 0, 0);
    ATTEMPT(LIMITS, set_limits(plan));
    if (plan->changes_priority) ATTEMPT(PRIORITY, call(SYS_setpriority, PRIO_PROCESS, 0, plan->priority, 0));
    if (plan->changes_io_priority)
        ATTEMPT(IO_PRIORITY, call(SYS_ioprio_set, IO_PRIORITY_OF_PROCESS, 0, plan->io_priority, 0));
    if (plan->affinity != NULL)
        ATTEMPT(AFFINITY, call(SYS_sched_setaffinity, 0, plan->affinity_size, (long)plan->affinity, 0));
    if (plan->oom_score != NULL) ATTEMPT(OOM_SCORE, set_oom_score(plan->oom_score));
    if (plan->root != NULL) {
        ATTEMPT(ROOT, call(SYS_chroot, (long)plan->root, 0, 0, 0));
        ATTEMPT(ROOT, call(SYS_chdir, (long)"/", 0, 0, 0));
    }
    if (plan->changes_identity) {
        struct failure failure = change_identity(plan);
        if (failure.stage != CSPAWN_STAGE_NONE) return failure;
    }
    if (plan->no_new_privileges) {
        ATTEMPT(PRIVILEGES, call(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0));
    }
    // As the user: the directory may be one that root cannot enter (a home on NFS), or that the user must not.
    if (plan->directory != NULL) ATTEMPT(DIRECTORY, call(SYS_chdir, (long)plan->directory, 0, 0, 0));
    if (child->pid_text != NULL) write_pid(child->pid_text);
    ATTEMPT(SIGNALS, call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&empty_mask, 0, KERNEL_SIGSET_SIZE));
    ATTEMPT(EXECUTE, call(SYS_execve, (long)plan->path, (long)child->arguments, (long)child->environment, 0));
    return (struct failure){CSPAWN_STAGE_NONE, 0};
}

CHILD_CODE static int run_child(void *argument) {
    const struct cspawn_child *child = argument;
    struct failure failure = become_server(child);
    child->result->number = (int32_t)-failure.number;
    __atomic_store_n(&child->result->stage, failure.stage, __ATOMIC_RELEASE);
    for (;;) call(SYS_exit_group, 127, 0, 0, 0);
}

pid_t cspawn_start(const struct cspawn_child *child, void *stack_end, int options) {
    struct cspawn_result *result = child->result;
    result->stage = CSPAWN_STAGE_NONE;
    result->number = 0;
    uint64_t previous = 0;
    const uint64_t all = ~(uint64_t)0;
    if (options & CSPAWN_BLOCKS_SIGNALS)
        syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &previous, KERNEL_SIGSET_SIZE);

    pid_t pid;
    if (options & CSPAWN_COPIES_MEMORY) {
        // The words of such a child are in shared memory; nobody clears `running` but who reaps it.
        result->running = 1;
        pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
        if (pid == 0) run_child((void *)child);
    } else {
        int flags = CLONE_VM | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD;
        if ((options & CSPAWN_WAITS) || !CHILD_RUNS_BESIDE) flags |= CLONE_VFORK;
        // PARENT_SETTID: set before the child can run, so that its end is never overwritten with its beginning.
        pid = clone(run_child, stack_end, flags, (void *)child, &result->running, NULL, &result->running);
    }
    int number = errno;
    if (pid == -1) result->running = 0;

    if (options & CSPAWN_BLOCKS_SIGNALS)
        syscall(SYS_rt_sigprocmask, SIG_SETMASK, &previous, NULL, KERNEL_SIGSET_SIZE);
    return pid == -1 ? -number : pid;
}
