#include "CSeccomp.h"

#include <dlfcn.h>
#include <errno.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <string.h>

static __typeof__(seccomp_init) *begin;
static __typeof__(seccomp_arch_add) *add_architecture;
static __typeof__(seccomp_attr_set) *set_attribute;
static __typeof__(seccomp_syscall_resolve_name) *resolve;
static __typeof__(seccomp_rule_add_array) *add_rule;
static __typeof__(seccomp_export_bpf) *export_program;

static scmp_filter_ctx filter;
static int allows_named;

static int load(void) {
    void *library = dlopen("libseccomp.so.2", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) return -ENOSYS;
    begin = (__typeof__(begin))dlsym(library, "seccomp_init");
    add_architecture = (__typeof__(add_architecture))dlsym(library, "seccomp_arch_add");
    set_attribute = (__typeof__(set_attribute))dlsym(library, "seccomp_attr_set");
    resolve = (__typeof__(resolve))dlsym(library, "seccomp_syscall_resolve_name");
    add_rule = (__typeof__(add_rule))dlsym(library, "seccomp_rule_add_array");
    export_program = (__typeof__(export_program))dlsym(library, "seccomp_export_bpf");
    return begin && add_architecture && set_attribute && resolve && add_rule && export_program ? 0 : -ENOSYS;
}

int cseccomp_begin(int allows) {
    int result = load();
    if (result < 0) return result;
    allows_named = allows;
    filter = begin(allows ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_ALLOW);
    if (filter == NULL) return -ENOMEM;
    // Programs of the machine's other word size are held to the same; an unknown architecture is killed.
#if defined(__x86_64__)
    result = add_architecture(filter, SCMP_ARCH_X86);
#elif defined(__aarch64__)
    result = add_architecture(filter, SCMP_ARCH_ARM);
#endif
    if (result < 0 && result != -EEXIST) return result;
    // A binary tree instead of a list of several hundred comparisons; libseccomp before 2.5 lacks it and is slower.
    set_attribute(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    return 0;
}

static int add(uint32_t action, int number, unsigned count, const struct scmp_arg_cmp *conditions) {
    int result = add_rule(filter, action, number, count, conditions);
    // EDOM: not a call of one of the architectures; EEXIST, EACCES: said already, or what happens anyway.
    return result == -EDOM || result == -EEXIST || result == -EACCES ? 0 : result;
}

// clone makes threads and processes, which servers need, and namespaces, which a stranger does not. clone3 has its
// flags in memory, where a filter cannot look: it does not exist, and libc uses clone.
static int add_clone(void) {
    static const uint64_t namespaces[] = {CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
                                          CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET};
    uint64_t all = 0;
    for (size_t index = 0; index < sizeof namespaces / sizeof *namespaces; index++) all |= namespaces[index];
    if (allows_named) {
        struct scmp_arg_cmp none = {0, SCMP_CMP_MASKED_EQ, all, 0};
        return add(SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, &none);
    }
    for (size_t index = 0; index < sizeof namespaces / sizeof *namespaces; index++) {
        struct scmp_arg_cmp one = {0, SCMP_CMP_MASKED_EQ, namespaces[index], namespaces[index]};
        int result = add(SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1, &one);
        if (result < 0) return result;
    }
    return 0;
}

int cseccomp_add(const char *name) {
    if (strcmp(name, "clone3") == 0) return add(SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0, NULL);
    if (allows_named && strcmp(name, "clone") == 0) return add_clone();
    int number = resolve(name);
    if (number == __NR_SCMP_ERROR) return ENOENT;
    // Who forbids new namespaces means clone and clone3 as well.
    if (!allows_named && strcmp(name, "unshare") == 0) {
        int result = add_clone();
        if (result == 0) result = add(SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0, NULL);
        if (result < 0) return result;
    }
    return add(allows_named ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EPERM), number, 0, NULL);
}

int cseccomp_write(int descriptor) { return export_program(filter, descriptor); }
