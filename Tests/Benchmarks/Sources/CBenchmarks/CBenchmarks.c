#define _GNU_SOURCE
#include "CBenchmarks.h"
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

void becomeSubreaper(void) { prctl(PR_SET_CHILD_SUBREAPER, 1L, 0L, 0L, 0L); }

short ownSession(void) { return POSIX_SPAWN_SETSID; }

int openTerminal(char *path, size_t size) {
  int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (terminal < 0) return -1;
  struct winsize window = {.ws_row = 40, .ws_col = 120};
  if (grantpt(terminal) || unlockpt(terminal) || ptsname_r(terminal, path, size) ||
      ioctl(terminal, TIOCSWINSZ, &window)) {
    close(terminal);
    return -1;
  }
  return terminal;
}
