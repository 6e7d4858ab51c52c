#include "CSystemd.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>

// The header says what the functions look like; the library is found at run time, once.
static void *function(const char *name) {
    static void *library;
    if (library == NULL) library = dlopen("libsystemd.so.0", RTLD_LAZY | RTLD_LOCAL);
    return library == NULL ? NULL : dlsym(library, name);
}

int csystemd_notify(const char *state) {
    static __typeof__(sd_notify) *notify;
    if (getenv("NOTIFY_SOCKET") == NULL) return 0;
    if (notify == NULL) notify = (__typeof__(sd_notify) *)function("sd_notify");
    return notify == NULL ? -ENOENT : notify(0, state);
}

int csystemd_notify_with_fds(const char *state, const int *descriptors, unsigned count) {
    static __typeof__(sd_pid_notify_with_fds) *notify;
    if (getenv("NOTIFY_SOCKET") == NULL) return 0;
    if (notify == NULL) notify = (__typeof__(sd_pid_notify_with_fds) *)function("sd_pid_notify_with_fds");
    return notify == NULL ? -ENOENT : notify(0, 0, state, descriptors, count);
}

int csystemd_watchdog_enabled(uint64_t *microseconds) {
    if (getenv("WATCHDOG_USEC") == NULL) return 0;
    __typeof__(sd_watchdog_enabled) *enabled = (__typeof__(sd_watchdog_enabled) *)function("sd_watchdog_enabled");
    return enabled == NULL ? -ENOENT : enabled(0, microseconds);
}
