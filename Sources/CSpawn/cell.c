// The walls around a server: namespaces, mounts, capabilities, Landlock, seccomp. Raw system calls only, see CSpawn.h.
#include "child.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <sched.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/prctl.h>

// From linux/mount.h, linux/landlock.h and linux/seccomp.h, which older headers lack or which clash with libc's.
enum {
    KERNEL_OPEN_TREE = 428,
    KERNEL_MOVE_MOUNT = 429,
    KERNEL_MOUNT_SETATTR = 442,
    KERNEL_LANDLOCK_CREATE_RULESET = 444,
    KERNEL_LANDLOCK_ADD_RULE = 445,
    KERNEL_LANDLOCK_RESTRICT_SELF = 446,
    TREE_CLONE = 1,
    TREE_CLOEXEC = O_CLOEXEC,
    RECURSIVE = 0x8000,
    MOVE_FROM_EMPTY_PATH = 0x00000004,
    ATTRIBUTE_READ_ONLY = 1,
    LANDLOCK_PATH_BENEATH = 1,
    SECCOMP_SET_FILTER = 1,
};

struct mount_attributes {
    uint64_t set, clear, propagation, user_namespace;
};

CHILD_CODE static long mount_at(const char *source, const char *target, const char *type, unsigned long flags,
                                const char *data) {
    return call_five(SYS_mount, (long)source, (long)target, (long)type, (long)flags, (long)data);
}

CHILD_CODE static long read_only(const char *target) {
    struct mount_attributes attributes = {.set = ATTRIBUTE_READ_ONLY};
    return call_five(KERNEL_MOUNT_SETATTR, AT_FDCWD, (long)target, RECURSIVE, (long)&attributes, sizeof attributes);
}

// Places that a file system as a whole stays writable at: each is taken aside as it is before everything else becomes
// read-only, and put back over itself.
CHILD_CODE static long all_read_only(void) {
    const char *const kept[] = {"/dev", "/proc", "/sys"};
    long trees[3];
    for (int index = 0; index < 3; index++)
        trees[index] =
            call(KERNEL_OPEN_TREE, AT_FDCWD, (long)kept[index], TREE_CLONE | TREE_CLOEXEC | RECURSIVE, 0);
    long result = read_only("/");
    for (int index = 0; index < 3; index++) {
        // A root directory need not have them.
        if (trees[index] < 0) continue;
        long moved = call_five(KERNEL_MOVE_MOUNT, trees[index], (long)"", AT_FDCWD, (long)kept[index],
                               MOVE_FROM_EMPTY_PATH);
        call(SYS_close, trees[index], 0, 0, 0);
        if (result >= 0 && moved < 0) result = moved;
    }
    return result;
}

CHILD_CODE static long make_mount(const struct cspawn_mount *mount) {
    switch (mount->kind) {
        case CSPAWN_MOUNT_TMPFS: return mount_at("tmpfs", mount->target, "tmpfs", mount->flags, mount->data);
        case CSPAWN_MOUNT_BIND: return mount_at(mount->source, mount->target, NULL, MS_BIND | MS_REC, NULL);
        case CSPAWN_MOUNT_READ_ONLY: {
            // Only a mount has the attribute: the directory becomes one, with all that is mounted below it.
            long result = mount_at(mount->target, mount->target, NULL, MS_BIND | MS_REC, NULL);
            return result < 0 ? result : read_only(mount->target);
        }
        case CSPAWN_MOUNT_ALL_READ_ONLY: return all_read_only();
        case CSPAWN_MOUNT_PROC:
            return mount_at("proc", mount->target, "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    }
    return -EINVAL;
}

// The old root is put on top of the new one and taken away: no name leads out of the new one any more (pivot_root(2)).
CHILD_CODE static long change_root(const char *root) {
    long result = mount_at(root, root, NULL, MS_BIND | MS_REC, NULL);
    if (result >= 0) result = call(SYS_chdir, (long)root, 0, 0, 0);
    if (result >= 0) result = call(SYS_pivot_root, (long)".", (long)".", 0, 0);
    if (result >= 0) result = call(SYS_umount2, (long)".", MNT_DETACH, 0, 0);
    if (result >= 0) result = call(SYS_chdir, (long)"/", 0, 0, 0);
    return result;
}

CHILD_CODE struct failure cspawn_open_cell(const struct cspawn_cell *cell, const char *root) {
    if (cell->namespaces == 0) return (struct failure){CSPAWN_STAGE_NONE, 0};
    long result = call(SYS_unshare, cell->namespaces, 0, 0, 0);
    if (result < 0) {
        if (cell->is_lenient && cspawn_is_unsupported(result)) {
            // Without namespaces there is no view to make; the root directory is still one.
            if (root == NULL) return (struct failure){CSPAWN_STAGE_NONE, 0};
            ATTEMPT(ROOT, call(SYS_chroot, (long)root, 0, 0, 0));
            ATTEMPT(ROOT, call(SYS_chdir, (long)"/", 0, 0, 0));
            return (struct failure){CSPAWN_STAGE_NONE, 0};
        }
        return (struct failure){CSPAWN_STAGE_NAMESPACES, result};
    }
    if (!(cell->namespaces & CLONE_NEWNS)) return (struct failure){CSPAWN_STAGE_NONE, 0};
    // What the host mounts later comes in; nothing that is mounted here goes out.
    ATTEMPT(MOUNTS, mount_at(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL));
    if (root != NULL) ATTEMPT(ROOT, change_root(root));
    for (uint32_t index = 0; index < cell->mount_count; index++) {
        result = make_mount(&cell->mounts[index]);
        if (result >= 0 || (cell->mounts[index].is_optional && result == -ENOENT)) continue;
        if (!(cell->is_lenient && cspawn_is_unsupported(result))) return (struct failure){CSPAWN_STAGE_MOUNTS, result};
    }
    // The working directory is still that of the view before.
    ATTEMPT(MOUNTS, call(SYS_chdir, (long)"/", 0, 0, 0));
    return (struct failure){CSPAWN_STAGE_NONE, 0};
}

CHILD_CODE struct failure cspawn_enter_cell(const struct cspawn_child *child) {
    if (child->view_file >= 0) ATTEMPT(MOUNTS, call(SYS_setns, child->view_file, CLONE_NEWNS, 0, 0));
    if (child->network_file >= 0) ATTEMPT(NAMESPACES, call(SYS_setns, child->network_file, CLONE_NEWNET, 0, 0));
    // What System V's calls leave behind outlives its processes: it is each server's own.
    if (child->plan->cell->namespaces & CLONE_NEWIPC) ATTEMPT(NAMESPACES, call(SYS_unshare, CLONE_NEWIPC, 0, 0, 0));
    return (struct failure){CSPAWN_STAGE_NONE, 0};
}

// landlock(7): what is handled and not opened is closed, for this process and all that come of it.
CHILD_CODE static long restrict_files(const struct cspawn_cell *cell) {
    struct {
        uint64_t handled;
    } ruleset = {cell->handled_rights};
    long file = call(KERNEL_LANDLOCK_CREATE_RULESET, (long)&ruleset, sizeof ruleset, 0, 0);
    if (file < 0) return file;
    long result = 0;
    for (uint32_t index = 0; index < cell->opening_count && result >= 0; index++) {
        long place = call(SYS_openat, AT_FDCWD, (long)cell->openings[index].path, O_PATH | O_CLOEXEC, 0);
        if (place < 0) {
            result = place;
            break;
        }
        struct __attribute__((packed)) {
            uint64_t rights;
            int32_t place;
        } rule = {cell->openings[index].rights, (int32_t)place};
        result = call(KERNEL_LANDLOCK_ADD_RULE, file, LANDLOCK_PATH_BENEATH, (long)&rule, 0);
        call(SYS_close, place, 0, 0, 0);
    }
    if (result >= 0) result = call(KERNEL_LANDLOCK_RESTRICT_SELF, file, 0, 0, 0);
    call(SYS_close, file, 0, 0, 0);
    return result;
}

// Takes everything that is not kept out of the bounding set: no program gives it back (capabilities(7)).
CHILD_CODE static long limit_capabilities(uint64_t kept) {
    for (int number = 0; number < 64; number++) {
        if (kept >> number & 1) continue;
        long result = call(SYS_prctl, PR_CAPBSET_DROP, number, 0, 0);
        // EINVAL: the kernel has no capability of this number.
        if (result == -EINVAL) return 0;
        if (result < 0) return result;
    }
    return 0;
}

CHILD_CODE struct failure cspawn_close_cell(const struct cspawn_cell *cell, int changes_user) {
    if (cell->handled_rights != 0) ATTEMPT_CELL(LANDLOCK, restrict_files(cell));
    if (cell->limits_capabilities) {
        ATTEMPT_CELL(CAPABILITIES, limit_capabilities(cell->capabilities));
        if (changes_user && cell->capabilities != 0)
            ATTEMPT(CAPABILITIES, call(SYS_prctl, PR_SET_KEEPCAPS, 1, 0, 0));
    }
    return (struct failure){CSPAWN_STAGE_NONE, 0};
}

CHILD_CODE long cspawn_keep_capabilities(uint64_t capabilities) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct sets[2];
    for (int half = 0; half < 2; half++) {
        uint32_t bits = (uint32_t)(capabilities >> 32 * half);
        sets[half].effective = sets[half].permitted = sets[half].inheritable = bits;
    }
    long result = call(SYS_capset, (long)&header, (long)sets, 0, 0);
    if (result < 0) return result;
    // Only what is ambient outlives execve for a user who is not root.
    for (int number = 0; number < 64; number++) {
        if (!(capabilities >> number & 1)) continue;
        result = call(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0);
        if (result < 0) return result;
    }
    return 0;
}

CHILD_CODE long cspawn_filter(const struct cspawn_cell *cell) {
    // It could not be made when the configuration was loaded.
    if (cell->filter_count == 0) return -ENOSYS;
    struct sock_fprog program = {(unsigned short)cell->filter_count, (struct sock_filter *)(void *)cell->filter};
    return call(SYS_seccomp, SECCOMP_SET_FILTER, 0, (long)&program, 0);
}
