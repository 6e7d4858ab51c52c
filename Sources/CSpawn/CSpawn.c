#include "CSpawn.h"

#include "child.h"

#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
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

// The kernel's struct sigaction, all zero: SIG_DFL. Larger than any architecture's.
static const uint64_t default_action[8];
static const uint64_t empty_mask;
enum { KERNEL_SIGSET_SIZE = 8, IO_PRIORITY_OF_PROCESS = 1, CLOSE_RANGE_MARKS = 1 << 2 };

// Puts the given descriptors on 0, 1, 2, ... and marks all others close-on-exec: they are born so, but a library's or
// a parent's mistake must not reach a server.
CHILD_CODE static long pass_descriptors(struct cspawn_child *child) {
    long count = child->descriptor_count;
    int32_t *const needed[] = {&child->init_file, &child->view_file, &child->network_file};
    for (int index = 0; index < 3; index++) {
        if (*needed[index] < 0 || *needed[index] >= count) continue;
        long moved = call(SYS_fcntl, *needed[index], F_DUPFD_CLOEXEC, count, 0);
        if (moved < 0) return moved;
        *needed[index] = (int32_t)moved;
    }
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

enum { GROUPS_READ_BACK = 256 };

// The kernel sorts the list. A longer one than fits a child's stack is only counted.
CHILD_CODE static int has_groups(const struct cspawn_plan *plan) {
    gid_t list[GROUPS_READ_BACK];
    long count = plan->group_count;
    if (count > GROUPS_READ_BACK) return call(SYS_getgroups, 0, 0, 0, 0) == count;
    if (call(SYS_getgroups, GROUPS_READ_BACK, (long)list, 0, 0) != count) return 0;
    for (long index = 0; index < count; index++) {
        int is_wanted = 0;
        for (long other = 0; other < count; other++) is_wanted |= plan->groups[other] == list[index];
        if (!is_wanted) return 0;
    }
    return 1;
}

// Groups, then group, then user, as each needs the privilege that the next gives up. The saved ids go too, and each is
// read back: a kernel or sandbox that pretends must not leave a server root.
CHILD_CODE static struct failure change_identity(const struct cspawn_plan *plan) {
    uint32_t ids[3];
    long result = call(SYS_setgroups, plan->group_count, (long)plan->groups, 0, 0);
    if (result < 0) return (struct failure){CSPAWN_STAGE_GROUPS, result};
    if (!has_groups(plan)) return (struct failure){CSPAWN_STAGE_GROUPS, -EPERM};
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

// What is left to do in the process that executes the program. execve does not return unless it fails.
CHILD_CODE struct failure cspawn_execute(const struct cspawn_child *child) {
    const struct cspawn_plan *plan = child->plan;
    const struct cspawn_cell *cell = plan->cell;
    struct failure failure;
    if (cell != NULL) {
        failure = cspawn_close_cell(cell, plan->changes_identity && plan->user != 0);
        if (failure.stage != CSPAWN_STAGE_NONE) return failure;
    }
    if (plan->changes_identity) {
        failure = change_identity(plan);
        if (failure.stage != CSPAWN_STAGE_NONE) return failure;
    }
    if (cell != NULL && cell->limits_capabilities) ATTEMPT(CAPABILITIES, cspawn_keep_capabilities(cell->capabilities));
    if (plan->no_new_privileges || (cell != NULL && cell->filters_system_calls))
        ATTEMPT(PRIVILEGES, call(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0));
    // As the user: the directory may be one that root cannot enter (a home on NFS), or that the user must not.
    if (plan->directory != NULL) ATTEMPT(DIRECTORY, call(SYS_chdir, (long)plan->directory, 0, 0, 0));
    if (child->pid_text != NULL) write_pid(child->pid_text);
    if (cell != NULL && cell->filters_system_calls) ATTEMPT_CELL(SYSTEM_CALLS, cspawn_filter(cell));
    ATTEMPT(SIGNALS, call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&empty_mask, 0, KERNEL_SIGSET_SIZE));
    ATTEMPT(EXECUTE, call(SYS_execve, (long)plan->path, (long)child->arguments, (long)child->environment, 0));
    return (struct failure){CSPAWN_STAGE_NONE, 0};
}

// All up to execve.
CHILD_CODE static struct failure become_server(struct cspawn_child *child) {
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
    if (plan->cell != NULL) {
        int is_kept = child->view_file >= 0 || child->network_file >= 0 || child->processes_file >= 0;
        struct failure failure = is_kept ? cspawn_enter_cell(child) : cspawn_open_cell(plan->cell, plan->root);
        if (failure.stage != CSPAWN_STAGE_NONE) return failure;
    }
    if (plan->root != NULL && (plan->cell == NULL || !(plan->cell->namespaces & CLONE_NEWNS))) {
        ATTEMPT(ROOT, call(SYS_chroot, (long)plan->root, 0, 0, 0));
        ATTEMPT(ROOT, call(SYS_chdir, (long)"/", 0, 0, 0));
    }
    if (child->init_file >= 0) return cspawn_become_init(child);
    return cspawn_execute(child);
}

CHILD_CODE static int run_child(void *argument) {
    struct cspawn_child *child = argument;
    cspawn_fail(child, child->keeper_file >= 0 ? cspawn_become_keeper(child) : become_server(child));
    return 127;
}

CHILD_CODE void cspawn_fail(const struct cspawn_child *child, struct failure failure) {
    child->result->number = (int32_t)-failure.number;
    __atomic_store_n(&child->result->stage, failure.stage, __ATOMIC_RELEASE);
    for (;;) call(SYS_exit_group, 127, 0, 0, 0);
}

static int clone_flags(const struct cspawn_child *child) {
    int has_processes = child->keeper_file >= 0 ? child->plan->cell->has_processes : child->init_file >= 0;
    return has_processes ? CLONE_NEWPID : 0;
}

static int parent_flags(const struct cspawn_child *child) {
    return child->pid_word != NULL ? CLONE_PARENT_SETTID : 0;
}

// Lets the children that follow begin in another process namespace (setns(2)): the daemon itself stays where it is.
static int enter_processes(int32_t file) {
    return syscall(SYS_setns, file, CLONE_NEWPID) == -1 ? -errno : 0;
}

// linux/sched.h, struct clone_args: libc has neither the structure nor the call.
struct clone_arguments {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};

// clone3 with CLONE_INTO_CGROUP: the child never was in another control group, and moving a process costs the kernel
// milliseconds. The child begins on an empty stack, hence the assembly.
static pid_t start_in_group(struct cspawn_child *child, void *stack_end, int flags) {
    enum { STACK = 8192 };
    const uint64_t into_cgroup = 0x200000000;
    struct clone_arguments arguments = {
        .flags = (uint64_t)(unsigned)((flags | parent_flags(child) | clone_flags(child)) & ~SIGCHLD) | into_cgroup,
        .child_tid = (uint64_t)(uintptr_t)&child->result->running,
        .parent_tid = (uint64_t)(uintptr_t)child->pid_word,
        .exit_signal = SIGCHLD,
        .stack = stack_end == NULL ? 0 : (uint64_t)(uintptr_t)stack_end - STACK,
        .stack_size = stack_end == NULL ? 0 : STACK,
        .cgroup = (uint64_t)(unsigned)child->control_group};
    if (stack_end == NULL) {
        // A copy of our memory goes on here.
        pid_t pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
        if (pid == 0) run_child(child);
        return pid;
    }
#if defined(__x86_64__)
    long result;
    register struct cspawn_child *argument __asm__("r12") = child;
    register int (*function)(void *) __asm__("r13") = run_child;
    __asm__ volatile(
        "syscall\n\t"
        "test %%rax, %%rax\n\t"
        "jnz 1f\n\t"
        "xor %%ebp, %%ebp\n\t"
        "mov %%r12, %%rdi\n\t"
        "call *%%r13\n\t"
        "ud2\n"
        "1:"
        : "=a"(result)
        : "a"((long)SYS_clone3), "D"(&arguments), "S"(sizeof arguments), "r"(argument), "r"(function)
        : "rcx", "r11", "memory");
#elif defined(__aarch64__)
    register long x8 __asm__("x8") = SYS_clone3;
    register long result __asm__("x0") = (long)&arguments;
    register long x1 __asm__("x1") = sizeof arguments;
    register struct cspawn_child *argument __asm__("x20") = child;
    register int (*function)(void *) __asm__("x21") = run_child;
    __asm__ volatile(
        "svc 0\n\t"
        "cbnz x0, 1f\n\t"
        "mov x29, #0\n\t"
        "mov x0, x20\n\t"
        "blr x21\n\t"
        "brk #1\n"
        "1:"
        : "+r"(result)
        : "r"(x8), "r"(x1), "r"(argument), "r"(function)
        : "memory");
#else
    long result = -ENOSYS;
#endif
    if (result >= 0) return (pid_t)result;
    errno = (int)-result;
    return -1;
}

// libc's clone runs a function on another stack, which clone3 leaves to its caller.
static pid_t start_beside(struct cspawn_child *child, void *stack_end, int flags) {
    if (child->control_group >= 0) return start_in_group(child, stack_end, flags);
    return clone(run_child, stack_end, flags | parent_flags(child) | clone_flags(child), (void *)child, child->pid_word,
                 NULL, &child->result->running);
}

static pid_t start(struct cspawn_child *child, void *stack_end, int options) {
    // Before the child can run, so that its end is never overwritten with its beginning.
    child->result->running = 1;
    if (options & CSPAWN_COPIES_MEMORY) {
        // The words of such a child are in shared memory; nobody clears `running` but who reaps it.
        if (child->control_group >= 0) return start_in_group(child, NULL, 0);
        pid_t pid =
            (pid_t)syscall(SYS_clone, SIGCHLD | parent_flags(child) | clone_flags(child), 0, child->pid_word, 0, 0);
        if (pid == 0) run_child(child);
        return pid;
    }
    int flags = CLONE_VM | CLONE_CHILD_CLEARTID | SIGCHLD;
    if ((options & CSPAWN_WAITS) || !CHILD_RUNS_BESIDE) flags |= CLONE_VFORK;
    return start_beside(child, stack_end, flags);
}

pid_t cspawn_start(struct cspawn_child *child, void *stack_end, int options) {
    struct cspawn_result *result = child->result;
    result->stage = CSPAWN_STAGE_NONE;
    result->number = 0;
    uint64_t previous = 0;
    const uint64_t all = ~(uint64_t)0;
    if (options & CSPAWN_BLOCKS_SIGNALS)
        syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &previous, KERNEL_SIGSET_SIZE);

    int entered = child->processes_file >= 0 ? enter_processes(child->processes_file) : 0;
    errno = -entered;
    pid_t pid = entered < 0 ? -1 : start(child, stack_end, options);
    int number = errno;
    // Whoever cannot come back would start every server in a stranger's cell.
    if (child->processes_file >= 0 && enter_processes(child->own_processes_file) < 0) abort();
    if (pid == -1 && child->init_file >= 0 && child->plan->cell != NULL && child->plan->cell->is_lenient && cspawn_is_unsupported(-number)) {
        child->init_file = -1;
        pid = start(child, stack_end, options);
        number = errno;
    }
    if (pid == -1) result->running = 0;

    if (options & CSPAWN_BLOCKS_SIGNALS)
        syscall(SYS_rt_sigprocmask, SIG_SETMASK, &previous, NULL, KERNEL_SIGSET_SIZE);
    return pid == -1 ? -number : pid;
}
