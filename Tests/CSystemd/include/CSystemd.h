// The two calls of libsystemd that ours are compared with, behind plain types: the library's own headers bring libc's
// along, whose types the module of another import has already, differently.
#pragma once
#include <stdint.h>

/// sd_notify(3) for this process: positive when sent, 0 without a manager, negative errno.
int csystemd_notify(const char *state);

/// sd_watchdog_enabled(3): positive when the manager waits for signs of life, every `microseconds` at most.
int csystemd_watchdog_enabled(uint64_t *microseconds);
