#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>
