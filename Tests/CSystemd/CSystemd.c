#include "CSystemd.h"

#include <systemd/sd-daemon.h>

int csystemd_notify(const char *state) { return sd_notify(0, state); }

int csystemd_watchdog_enabled(uint64_t *microseconds) { return sd_watchdog_enabled(0, microseconds); }
