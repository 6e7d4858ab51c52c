// The child's side of starting a server, from clone to execve.
//
// The child shares the daemon's memory and runs beside it (CLONE_VM without CLONE_VFORK), so that the daemon neither
// copies page tables nor waits for execve. Until execve the child therefore writes only to what `struct cspawn_child`
// gives it, calls no libc function, and leaves errno, which it shares with the daemon, alone.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "rescuer.h"

/// What can fail in the child, in order: identifier and a verb phrase that completes "cannot ...".
#define CSPAWN_STAGES(stage)                              \
    stage(NONE, none, "start")                            \
    stage(SESSION, session, "start a session")            \
    stage(DESCRIPTORS, descriptors, "pass the descriptors") \
    stage(BLOCKING, blocking, "make the socket blocking") \
    stage(SIGNALS, signals, "reset the signals")          \
    stage(LIMITS, limits, "set the resource limits")      \
    stage(PRIORITY, priority, "set the priority")         \
    stage(IO_PRIORITY, io_priority, "set the I/O priority") \
    stage(AFFINITY, affinity, "bind to processors")       \
    stage(OOM_SCORE, oom_score, "set the OOM score")      \
    stage(CELL, cell, "start the first process of its own") \
    stage(NAMESPACES, namespaces, "make its namespaces")  \
    stage(ROOT, root, "change the root directory")        \
    stage(MOUNTS, mounts, "make its view of the file system") \
    stage(LANDLOCK, landlock, "restrict its files with Landlock") \
    stage(CAPABILITIES, capabilities, "limit the capabilities") \
    stage(GROUPS, groups, "set the group list")           \
    stage(GROUP, group, "change to group")                \
    stage(USER, user, "change to user")                   \
    stage(PRIVILEGES, privileges, "give up new privileges") \
    stage(DIRECTORY, directory, "change to directory")    \
    stage(SYSTEM_CALLS, system_calls, "filter the system calls") \
    stage(EXECUTE, execute, "execute")

enum cspawn_stage {
#define CSPAWN_ENUMERATOR(name, identifier, phrase) CSPAWN_STAGE_##name,
    CSPAWN_STAGES(CSPAWN_ENUMERATOR)
#undef CSPAWN_ENUMERATOR
    CSPAWN_STAGE_COUNT
};

/// `session`, `set the group list`; null outside of the enumeration.
const char *cspawn_stage_identifier(int stage);
const char *cspawn_stage_phrase(int stage);

/// One resource limit; the layout of the kernel's struct rlimit64. UINT64_MAX is unlimited.
struct cspawn_limit {
    int32_t resource;
    uint64_t value[2];
};

/// One step on the way to a server's own view of the file system.
struct cspawn_mount {
    enum cspawn_mount_kind {
        /// An empty file system in memory at `target`, with `data` as its options.
        CSPAWN_MOUNT_TMPFS,
        /// `source` and all below also at `target`.
        CSPAWN_MOUNT_BIND,
        /// `target` and all below cannot be written.
        CSPAWN_MOUNT_READ_ONLY,
        /// The whole file system cannot be written, but for what lies below /dev, /proc and /sys.
        CSPAWN_MOUNT_ALL_READ_ONLY,
        /// The server's own processes at /proc.
        CSPAWN_MOUNT_PROC,
    } kind;
    const char *source;
    const char *target;
    const char *data;
    /// MS_* for a new file system.
    unsigned long flags;
    /// Nothing is to be done where the target does not exist.
    unsigned is_optional : 1;
};

/// What is open below a path (landlock(7)); LANDLOCK_ACCESS_FS_* bits.
struct cspawn_opening {
    const char *path;
    uint64_t rights;
};

/// The walls around a server. All of it is done between clone and execve, by the child itself.
struct cspawn_cell {
    /// CLONE_NEWNS, CLONE_NEWNET and CLONE_NEWIPC.
    int namespaces;
    const struct cspawn_mount *mounts;
    uint32_t mount_count;
    const struct cspawn_opening *openings;
    uint32_t opening_count;
    /// All rights that are closed where no opening has them; 0: Landlock is not asked.
    uint64_t handled_rights;
    /// Bit n: capability n is kept.
    uint64_t capabilities;
    /// A classic BPF program (struct sock_filter) of so many instructions.
    const void *filter;
    uint32_t filter_count;
    /// The server's processes are in a namespace of their own (CLONE_NEWPID).
    unsigned has_processes : 1;
    unsigned limits_capabilities : 1;
    unsigned filters_system_calls : 1;
    /// What this kernel cannot do is left out instead of failing.
    unsigned is_lenient : 1;
};

/// What is the same for every child of a service. Constant and alive until the last child in flight has let go.
struct cspawn_plan {
    const char *path;
    const char *root;       // null: the daemon's
    const char *directory;  // null: the daemon's; relative to root
    const char *oom_score;  // decimal text, null: the daemon's
    const gid_t *groups;
    const struct cspawn_limit *limits;
    const struct cspawn_cell *cell;  // null: none
    const uint64_t *affinity;  // one bit a processor; null: the daemon's
    uint32_t group_count;
    uint32_t limit_count;
    uint32_t affinity_size;  // bytes
    uid_t user;
    gid_t group;
    mode_t umask;
    int32_t priority;
    int32_t io_priority;
    unsigned changes_identity : 1;
    unsigned changes_umask : 1;
    unsigned changes_priority : 1;
    unsigned changes_io_priority : 1;
    unsigned no_new_privileges : 1;
    unsigned new_session : 1;
};

/// What the child tells. The kernel zeroes `running` when the child lets go of the daemon's memory: at execve or exit
/// (CLONE_CHILD_CLEARTID); what failed, if anything, was written before.
struct cspawn_result {
    int32_t running;
    int32_t stage;
    int32_t number;  // errno
};

/// One child's own inputs.
struct cspawn_child {
    const struct cspawn_plan *plan;
    char *const *arguments;
    char *const *environment;
    /// Where the child writes its pid in decimal and a NUL (LISTEN_PID must name the reader); null: nowhere.
    char *pid_text;
    /// The daemon's descriptors that become 0, 1, 2, ... The child may overwrite the array.
    int32_t *descriptors;
    uint32_t descriptor_count;
    /// The first descriptor (as the server numbers them) that must be blocking, and how many.
    uint32_t blocking_first;
    uint32_t blocking_count;
    /// The program of `cspawn_init_program` for a server in a process namespace of its own; -1: none.
    int32_t init_file;
    /// A control group's directory to start in (CLONE_INTO_CGROUP); -1: the daemon's.
    int32_t control_group;
    /// A cell that a keeper holds ready: its view of the file system, its network and its processes as files of
    /// /proc/PID/ns. -1 each: what the plan wants of it the child makes anew.
    int32_t view_file;
    int32_t network_file;
    int32_t processes_file;
    /// The daemon's own process namespace, to come back to; needed with `processes_file`.
    int32_t own_processes_file;
    /// The program of `cspawn_keeper_program`: the child builds the cell and keeps it instead of being a server; -1: not.
    int32_t keeper_file;
    /// Bit n-1: the daemon ignores signal n, the server must not.
    uint64_t default_signals;
    /// Where the kernel writes the child's pid as it makes it (CLONE_PARENT_SETTID), so that not even SIGKILL comes between;
    /// null: nowhere.
    int32_t *pid_word;
    struct cspawn_result *result;
};

/// A child that is given no descriptor yet.
static inline struct cspawn_child cspawn_bare_child(void) {
    return (struct cspawn_child){.init_file = -1, .control_group = -1, .view_file = -1, .network_file = -1,
                                 .processes_file = -1, .own_processes_file = -1, .keeper_file = -1};
}

enum {
    /// Copies the daemon's memory instead of sharing it: for valgrind, which knows no other kind of child.
    CSPAWN_COPIES_MEMORY = 1,
    /// The daemon waits until execve.
    CSPAWN_WAITS = 2,
    /// The daemon's signals are not all blocked: they are for the time of the call.
    CSPAWN_BLOCKS_SIGNALS = 4,
};

/// Whether children must copy the daemon's memory: the thread sanitizer takes every clone for a fork and lets the child
/// begin in its own state, which a child that shares memory would ruin.
int cspawn_must_copy(void);

/// Starts a child on the stack that ends at `stack_end` (unused with CSPAWN_COPIES_MEMORY). Returns its pid or -errno.
pid_t cspawn_start(struct cspawn_child *child, void *stack_end, int options);

/// The first process of a process namespace, as a sealed file in memory to execute: a page of code without a library.
/// It waits for the server, reaps what the server leaves behind, and ends as the server did (128 + n for signal n), upon
/// which the kernel ends all that is left. Returns a descriptor or -errno.
int cspawn_init_program(void);

/// The first process of a cell that is built before its servers come, and stays while they come and go: a page of code
/// in a sealed file in memory, as above. It reaps what servers leave behind. When its parent ends, or on SIGTERM, it
/// stays for as long as somebody else is in its process namespace. Returns a descriptor or -errno.
int cspawn_keeper_program(void);

/// Whether the child still uses the daemon's memory.
static inline int cspawn_is_running(const struct cspawn_result *result) {
    return __atomic_load_n(&result->running, __ATOMIC_ACQUIRE) != 0;
}
