#pragma once
#include <stddef.h>

/// prctl(PR_SET_CHILD_SUBREAPER), which Swift cannot import: prctl is variadic.
void becomeSubreaper(void);

/// POSIX_SPAWN_SETSID, an extension of glibc.
short ownSession(void);

/// Opens a pseudo-terminal of 120 columns and 40 rows. Returns the side of who looks at it, and writes the path of the
/// side that programs have to `path`; -1 with errno where there is none.
int openTerminal(char *path, size_t size);
