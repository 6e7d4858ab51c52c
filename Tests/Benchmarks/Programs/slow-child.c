// A server that takes its time: 200 ms, then the same reply as static-child.
#include "system-call.h"

static const long span[2] = {0, 200000000};

void _start(void) {
  systemCall(NANOSLEEP, (long)span, 0, 0);
  serveAndEnd();
}
