// rpcbind's table through libtirpc (rpcbind(3)) behind plain types: the library's own headers bring kernel types along
// that another module has already.
#pragma once

#include <stdbool.h>
#include <stdint.h>

/// One entry of the table; the texts live as long as the process.
typedef struct {
    uint32_t program;
    uint32_t version;
    const char *netid;
    const char *address;
} crpcbind_entry;

/// Calls `each` for every entry. False when rpcbind cannot be asked.
bool crpcbind_read(void *context, void (*each)(void *context, crpcbind_entry entry));

/// Enters one version at a universal address (RFC 5665). False when rpcbind does not do it, or the netid is not one of
/// /etc/netconfig.
bool crpcbind_set(uint32_t program, uint32_t version, const char *netid, const char *address);

/// Takes one version out. False when there is none, or it belongs to another user.
bool crpcbind_unset(uint32_t program, uint32_t version, const char *netid);

/// What the library says about the last call that failed, beginning with `: `; empty when it was rpcbind that said no.
const char *crpcbind_reason(void);
