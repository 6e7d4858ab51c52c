// libc as the daemon sees it: the headers Swift imports, and inline functions for what Swift cannot import
// (variadic functions, errno, macros with casts). One module for both build modes: Embedded Swift has no Glibc overlay.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

static inline int clinux_errno(void) { return errno; }
static inline int clinux_open(const char *path, int flags, mode_t mode) { return open(path, flags, mode); }

/// The process's argument vector. Embedded Swift has no CommandLine; glibc hands both to every constructor.
int clinux_argument_count(void);
char **clinux_arguments(void);
