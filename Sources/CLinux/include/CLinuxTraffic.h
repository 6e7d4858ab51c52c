// What the kernel knows of TCP connections without their descriptors (sock_diag(7)).
#pragma once
#include "CLinux.h"

/// One connection's traffic, as tcp_info has it.
struct clinux_traffic {
    uint64_t received;      // bytes from the peer
    uint64_t acknowledged;  // bytes that the peer has taken
    uint32_t since_received;  // milliseconds
    uint32_t since_sent;      // milliseconds
};

/// Asks for one connection by its two addresses, as the kernel has them for the socket. 0, or -1 with errno: ENOENT when
/// there is no such connection (any more). `netlink` is a NETLINK_SOCK_DIAG socket.
int clinux_connection_traffic(
    int netlink, const struct sockaddr *local, const struct sockaddr *remote, struct clinux_traffic *traffic);

/// Asks for all living connections of one family at a local port, and stops at the first that has been idle for less
/// than `milliseconds`: 1 when there is one, 0 when there is none, -1 with errno. The socket must not be used again.
int clinux_port_traffic(int netlink, int family, uint16_t port, uint32_t milliseconds);
