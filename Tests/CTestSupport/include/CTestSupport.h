// What the tests need of libc and Swift cannot import: GNU extensions.
#pragma once
#include <sys/types.h>

/// pipe2(2) with O_CLOEXEC, so that no child of another test keeps an end open. 0 or an errno value.
int test_pipe(int ends[2]);

/// Starts `arguments[0]`, looked up in PATH, with exactly `environment`; descriptors `input` (-1 for /dev/null),
/// `output` and `errors` become 0, 1 and 2, and it gets no other. Signals are as a login shell has them.
/// 0 or an errno value.
int test_spawn(char *const arguments[], char *const environment[], int input, int output, int errors,
               const int *passed, int passed_count, pid_t *pid);

/// recv(2) of a message and of at most one descriptor with it (SCM_RIGHTS), else -1.
ssize_t test_receive(int socket, void *bytes, size_t count, int *passed);

/// socket(2) in the network namespace of `pid`, where the socket stays; the calling thread is back in its own when this
/// returns. -1 with errno. Needs CAP_SYS_ADMIN.
int test_socket_in(pid_t pid, int domain, int type);

/// Which version of Landlock this kernel has (landlock_create_ruleset(2)); 0: none that is switched on.
int test_landlock_version(void);

/// A copy of descriptor `number` of another process (pidfd_getfd(2)); -1 with errno.
int test_copy_descriptor(pid_t pid, int number);
