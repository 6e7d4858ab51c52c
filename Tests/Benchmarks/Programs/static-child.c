// The smallest server: static, one write, gone. What is measured is who started it.
#include "system-call.h"

void _start(void) { serveAndEnd(); }
