// Socket calls whose address parameter is a transparent union under _GNU_SOURCE, and the CMSG_* macros as functions.
#pragma once
#include "CLinux.h"

static inline int clinux_bind(int descriptor, const struct sockaddr *address, socklen_t length) {
    return bind(descriptor, address, length);
}
static inline int clinux_connect(int descriptor, const struct sockaddr *address, socklen_t length) {
    return connect(descriptor, address, length);
}
static inline int clinux_accept(int descriptor, struct sockaddr *address, socklen_t *length, int flags) {
    return accept4(descriptor, address, length, flags);
}
static inline int clinux_getsockname(int descriptor, struct sockaddr *address, socklen_t *length) {
    return getsockname(descriptor, address, length);
}
static inline int clinux_getpeername(int descriptor, struct sockaddr *address, socklen_t *length) {
    return getpeername(descriptor, address, length);
}
static inline ssize_t clinux_sendto(int descriptor, const void *bytes, size_t count, int flags,
                                    const struct sockaddr *address, socklen_t length) {
    return sendto(descriptor, bytes, count, flags, address, length);
}
static inline ssize_t clinux_recvfrom(int descriptor, void *bytes, size_t count, int flags, struct sockaddr *address,
                                      socklen_t *length) {
    return recvfrom(descriptor, bytes, count, flags, address, length);
}

/// Two connected unix sockets that keep messages apart (SOCK_SEQPACKET), close-on-exec. 0, or -1 and errno.
static inline int clinux_message_pair(int *first, int *second) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return -1;
    *first = ends[0];
    *second = ends[1];
    return 0;
}

/// A receive that waits longer fails with EAGAIN (SO_RCVTIMEO).
static inline void clinux_set_receive_timeout(int descriptor, int64_t seconds) {
    struct timeval time = {.tv_sec = seconds};
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
}

/// Room for one IPv4 or IPv6 packet information message.
enum { CLINUX_PACKET_INFO_SPACE = CMSG_SPACE(sizeof(struct in6_pktinfo)) };

/// What the kernel says of a received datagram's way to us.
struct clinux_packet {
    int family;              // AF_INET, AF_INET6, or 0: the message does not say
    unsigned int interface;  // where it came in
    unsigned char address[16];  // what it was sent to: an address of ours, a group, or a broadcast address
    unsigned char own[16];      // the address of ours to answer from
};

void clinux_get_packet(const struct msghdr *message, struct clinux_packet *packet);

/// Writes the control data that makes a datagram leave from `packet->own`. For IPv4, and for IPv6 beyond the link, the
/// interface stays the routing table's choice. The control buffer must hold CLINUX_PACKET_INFO_SPACE bytes.
void clinux_set_source(struct msghdr *message, const struct clinux_packet *packet);

/// A TCP connection by its ends. Addresses in network order, ports in the host's; IPv4 takes the first four bytes.
struct clinux_connection {
    int family;              // AF_INET or AF_INET6
    unsigned int interface;  // of a link-local address, else 0
    unsigned char local[16];
    unsigned char remote[16];
    uint16_t local_port;
    uint16_t remote_port;
};

/// Who owns the local end of a connection: asks a NETLINK_SOCK_DIAG socket (sock_diag(7)). 1: `owner` is set, 0: there is
/// no such connection, -1 with errno.
int clinux_connection_owner(int descriptor, const struct clinux_connection *connection, uid_t *owner);

/// sendmsg(2) without waiting and without SIGPIPE, with a copy of one descriptor (SCM_RIGHTS) unless it is negative.
ssize_t clinux_send_with_descriptor(int descriptor, const void *bytes, size_t count, int passed);

/// recvmsg(2) without waiting, of a message that brings one descriptor (close-on-exec); `passed` is -1 where it brings
/// none. The message's size as far as `count` takes it, 0 at the end, or -1 and errno.
ssize_t clinux_receive_with_descriptor(int descriptor, void *bytes, size_t count, int *passed);

enum { CLINUX_MOST_ADDRESSES = 32 };

/// What getaddrinfo(3) came to in another process.
struct clinux_host_answer {
    int result;  // 0 or EAI_*
    int error;   // errno, where the result is EAI_SYSTEM
    int count;
    struct sockaddr_in6 addresses[CLINUX_MOST_ADDRESSES];  // IPv4 ones lie at their beginning
};

/// Looks a host name up in a child process, which is killed when it has no answer after so many milliseconds: then, and
/// when there can be no child, -1 with errno.
int clinux_look_up_host(const char *name, int family, int milliseconds, struct clinux_host_answer *answer);
