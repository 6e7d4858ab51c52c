#pragma once

/// Seconds by which the wall clock of this process is off.
long clock_step(void);
