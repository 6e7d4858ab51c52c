// The first process of a process namespace (pid_namespaces(7)): it cannot be the server, which would not get the signals
// that it does not handle, nor reap what it does not know.
//
// It executes a program of its own, so that nothing of the daemon's memory stays in a process that a stranger's program
// lives beside. The program is one function of this file, copied into a memory file behind an ELF header: no file to
// install, no loader to find in a root directory that may hold nothing, one page of memory. So does the keeper of a cell
// that is built before its servers.
#include "child.h"

#include <elf.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#if defined(__x86_64__) || defined(__aarch64__)
#define INIT_CODE                                                                                          \
    __attribute__((section("inetd_cell_init"), used, retain, noinline, no_stack_protector, no_builtin,      \
                   no_sanitize("address", "thread", "undefined")))

#if defined(__x86_64__)
enum { MACHINE = EM_X86_64 };
#define INIT_CALL(result, number, a, b, c, d)                                                              \
    do {                                                                                                   \
        register long r10_ __asm__("r10") = (d);                                                           \
        __asm__ volatile("syscall"                                                                         \
                         : "=a"(result)                                                                    \
                         : "a"((long)(number)), "D"((long)(a)), "S"((long)(b)), "d"((long)(c)), "r"(r10_)  \
                         : "rcx", "r11", "memory");                                                        \
    } while (0)
#else
enum { MACHINE = EM_AARCH64 };
#define INIT_CALL(result, number, a, b, c, d)                                                              \
    do {                                                                                                   \
        register long x8_ __asm__("x8") = (number);                                                        \
        register long x0_ __asm__("x0") = (long)(a);                                                       \
        register long x1_ __asm__("x1") = (long)(b);                                                       \
        register long x2_ __asm__("x2") = (long)(c);                                                       \
        register long x3_ __asm__("x3") = (long)(d);                                                       \
        __asm__ volatile("svc 0" : "+r"(x0_) : "r"(x8_), "r"(x1_), "r"(x2_), "r"(x3_) : "memory");         \
        result = x0_;                                                                                      \
    } while (0)
#endif

enum { SERVER = 2 };  // the second process of a fresh namespace

// The whole program. No data outside of its stack, no calls: it runs wherever it is put.
INIT_CODE _Noreturn void cspawn_cell_init(void) {
    long result;
    // "inetd-cell"; word by word, as a whole it would come from data that does not come along.
    volatile uint64_t name[2];
    name[0] = 0x65632d6474656e69;
    name[1] = 0x6c6c;
    INIT_CALL(result, SYS_prctl, PR_SET_NAME, name, 0, 0);
    // A server that runs as root must not take this process over.
    INIT_CALL(result, SYS_prctl, PR_SET_DUMPABLE, 0, 0, 0);
    volatile int status = 0;
    for (;;) {
        long pid;
        INIT_CALL(pid, SYS_wait4, -1, &status, 0, 0);
        if (pid == -EINTR) continue;
        if (pid > 0 && pid != SERVER) continue;
        break;
    }
    long code = (status & 0x7f) == 0 ? status >> 8 & 0xff : 128 + (status & 0x7f);
    for (;;) INIT_CALL(result, SYS_exit_group, code, 0, 0, 0);
}

// The same for a cell that stays while servers come and go. They are the daemon's children, which this process neither
// sees ending nor waits for; what they leave behind becomes its own. None of them is root, so that it need not hide from
// them; the daemon must be able to open its namespaces.
INIT_CODE _Noreturn void cspawn_cell_keeper(void) {
    long result;
    volatile uint64_t name[2];
    name[0] = 0x656b2d6474656e69;  // "inetd-keeper"
    name[1] = 0x72657065;
    INIT_CALL(result, SYS_prctl, PR_SET_NAME, name, 0, 0);
    // They are blocked, as everything is: also the first process of a namespace hears of them so.
    volatile uint64_t signals = (uint64_t)1 << (SIGCHLD - 1) | (uint64_t)1 << (SIGTERM - 1);
    volatile struct timespec moment;
    moment.tv_sec = 0;
    moment.tv_nsec = 200000000;
    int is_leaving = 0;
    for (;;) {
        INIT_CALL(result, SYS_rt_sigtimedwait, &signals, 0, is_leaving ? (long)&moment : 0, sizeof signals);
        if (result == SIGTERM) is_leaving = 1;
        do INIT_CALL(result, SYS_wait4, -1, 0, WNOHANG, 0);
        while (result > 0);
        if (!is_leaving) continue;
        INIT_CALL(result, SYS_getpid, 0, 0, 0, 0);
        // Without a process namespace there is nobody whose first process this is.
        if (result != 1) break;
        INIT_CALL(result, SYS_kill, -1, 0, 0, 0);
        if (result == -ESRCH) break;
    }
    for (;;) INIT_CALL(result, SYS_exit_group, 0, 0, 0, 0);
}

extern const char __start_inetd_cell_init[], __stop_inetd_cell_init[];

// An executable file in memory that begins at `function`.
static int cell_program(void (*function)(void)) {
    enum { BASE = 0x400000, HEADERS = sizeof(Elf64_Ehdr) + 2 * sizeof(Elf64_Phdr), CODE = (HEADERS + 63) & ~63 };
    unsigned char image[4096] = {0};
    size_t length = (size_t)(__stop_inetd_cell_init - __start_inetd_cell_init);
    if (length == 0 || CODE + length > sizeof image) return -EFBIG;
    size_t entry = (size_t)((const char *)function - __start_inetd_cell_init);
    Elf64_Ehdr header = {
        .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
        .e_type = ET_EXEC, .e_machine = MACHINE, .e_version = EV_CURRENT, .e_entry = BASE + CODE + entry,
        .e_phoff = sizeof(Elf64_Ehdr), .e_ehsize = sizeof(Elf64_Ehdr), .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 2};
    Elf64_Phdr segments[2] = {
        {.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_vaddr = BASE, .p_paddr = BASE, .p_filesz = CODE + length,
         .p_memsz = CODE + length, .p_align = 4096},
        {.p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W, .p_align = 16}};
    memcpy(image, &header, sizeof header);
    memcpy(image + sizeof header, segments, sizeof segments);
    memcpy(image + CODE, __start_inetd_cell_init, length);

    enum { EXECUTABLE = 0x10 };  // MFD_EXEC, Linux 6.3
    int file = memfd_create("inetd-cell", MFD_CLOEXEC | MFD_ALLOW_SEALING | EXECUTABLE);
    if (file == -1) file = memfd_create("inetd-cell", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (file == -1) return -errno;
    ssize_t size = (ssize_t)(CODE + length);
    if (write(file, image, (size_t)size) != size ||
        fcntl(file, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == -1) {
        int number = errno;
        close(file);
        return -number;
    }
    return file;
}

int cspawn_init_program(void) { return cell_program(cspawn_cell_init); }
int cspawn_keeper_program(void) { return cell_program(cspawn_cell_keeper); }

// Like vfork, in place: the child uses this very stack, so that no frame between may be left while both live.
static inline __attribute__((always_inline)) long divide(void) {
    long pid;
    INIT_CALL(pid, SYS_clone, CLONE_VM | CLONE_VFORK | SIGCHLD, 0, 0, 0);
    return pid;
}

// Executes one of the two programs with nothing of the daemon: no descriptor, and no privilege, as none is needed to wait
// and none comes back by execve. Returns only when that fails.
CHILD_CODE static long execute_alone(long file, const char *name) {
    const char *const arguments[] = {name, NULL};
    call(SYS_close_range, 0, file - 1, 0, 0);
    call(SYS_close_range, file + 1, ~0U, 0, 0);
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct sets[2];
    for (int half = 0; half < 2; half++) sets[half].effective = sets[half].permitted = sets[half].inheritable = 0;
    call(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0);
    call(SYS_capset, (long)&header, (long)sets, 0, 0);
    return call_five(SYS_execveat, file, (long)"", (long)arguments, (long)(arguments + 1), AT_EMPTY_PATH);
}

CHILD_CODE struct failure cspawn_become_init(const struct cspawn_child *child) {
    long pid = divide();
    if (pid == 0) {
        cspawn_fail(child, cspawn_execute(child));
        __builtin_unreachable();
    }
    if (pid < 0) return (struct failure){CSPAWN_STAGE_CELL, pid};
    // The server runs, or has left its reason where it belongs.
    if (child->result->stage != CSPAWN_STAGE_NONE)
        for (;;) call(SYS_exit_group, 127, 0, 0, 0);
    return (struct failure){CSPAWN_STAGE_CELL, execute_alone(child->init_file, "inetd-cell")};
}

CHILD_CODE struct failure cspawn_become_keeper(const struct cspawn_child *child) {
    // It goes when the daemon goes, however that ends (prctl(2)); the signal is blocked, which execve keeps.
    ATTEMPT(CELL, call(SYS_prctl, PR_SET_PDEATHSIG, SIGTERM, 0, 0));
    ATTEMPT(SESSION, call(SYS_setsid, 0, 0, 0, 0));
    struct failure failure = cspawn_open_cell(child->plan->cell, child->plan->root);
    if (failure.stage != CSPAWN_STAGE_NONE) return failure;
    return (struct failure){CSPAWN_STAGE_CELL, execute_alone(child->keeper_file, "inetd-keeper")};
}
#else
int cspawn_init_program(void) { return -ENOSYS; }
int cspawn_keeper_program(void) { return -ENOSYS; }
CHILD_CODE struct failure cspawn_become_keeper(const struct cspawn_child *child) {
    (void)child;
    return (struct failure){CSPAWN_STAGE_CELL, -ENOSYS};
}
CHILD_CODE struct failure cspawn_become_init(const struct cspawn_child *child) {
    (void)child;
    return (struct failure){CSPAWN_STAGE_CELL, -ENOSYS};
}
#endif
