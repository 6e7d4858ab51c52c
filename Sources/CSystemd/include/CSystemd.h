// What the daemon uses of libsystemd, bound when a service manager is there to be told something.
//
// Linked in the ordinary way the library and the five it brings along cost every daemon 290 KB (Pss), 128 KB of it dirty,
// whether or not anybody listens; a daemon that systemd did not start never loads it this way.
#pragma once
#include <stdint.h>

/// sd_notify(3). 0 when NOTIFY_SOCKET is unset, -ENOENT when libsystemd cannot be loaded.
int csystemd_notify(const char *state);

/// sd_pid_notify_with_fds(3) for this process.
int csystemd_notify_with_fds(const char *state, const int *descriptors, unsigned count);

/// sd_watchdog_enabled(3): above 0 and the microseconds when the service manager expects to hear from us.
int csystemd_watchdog_enabled(uint64_t *microseconds);
