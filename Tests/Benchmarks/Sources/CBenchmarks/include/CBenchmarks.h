#pragma once

/// prctl(PR_SET_CHILD_SUBREAPER), which Swift cannot import: prctl is variadic.
void becomeSubreaper(void);

/// POSIX_SPAWN_SETSID, an extension of glibc.
short ownSession(void);
