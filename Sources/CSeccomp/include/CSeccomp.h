// libseccomp (seccomp_export_bpf(3)) behind three functions. The library is loaded when it is used and not before: the
// gate that judges a connection does without it.
#pragma once

/// Begins a filter: `allows` nonzero = what is added is allowed and all else fails with EPERM; zero = the other way
/// round. 0 or -errno; ENOSYS where libseccomp is missing.
int cseccomp_begin(int allows);

/// Adds a call by its name. 0, ENOENT (positive) when there is no such call here, or -errno.
int cseccomp_add(const char *name);

/// Writes the program. 0 or -errno.
int cseccomp_write(int descriptor);
