// The rescuer: a process that shares the daemon's descriptors and sleeps. When the daemon is killed it still has the
// connections that were accepted and had no server yet, or that the daemon served itself, which would otherwise be closed
// with the daemon, and gives them to the next run.
#pragma once
#include <stdint.h>
#include <sys/types.h>

/// Which connection is being given to a server just now, in memory that the rescuer shares.
struct cspawn_flight {
    /// The daemon's number of it; below 0: none.
    int32_t socket;
    /// Where, from `base` on, the pid of its server appears, at the moment in which there is one.
    uint32_t pid_offset;
};

struct cspawn_rescue {
    /// Memory that is shared with the rescuer (MAP_SHARED).
    const void *base;
    const struct cspawn_flight *flight;
    /// The daemon's epoll(7) instance: a connection that is watched is in a conversation, which only ends with the daemon
    /// where EPOLLMSG is not among what it is watched for.
    int32_t poll;
    /// A connected unix socket that takes each rescued connection in a message of its own (SCM_RIGHTS), with one of the
    /// bytes below.
    int32_t outbox;
    /// A pidfd of the daemon's (pidfd_open(2)).
    int32_t daemon;
    /// Becomes readable when the rescuer is to end.
    int32_t end;
};

enum {
    /// Nobody has told its peer anything.
    CSPAWN_RESCUED_FRESH = 'f',
    /// The daemon was waiting for its peer's next words, and had nothing else to do for it.
    CSPAWN_RESCUED_LISTENING = 'l',
};

/// Starts the rescuer, a child with a copy of next to none of our memory. It ends when we have, or when it is told to.
/// Returns its pid or -errno.
pid_t cspawn_start_rescuer(const struct cspawn_rescue *rescue);
