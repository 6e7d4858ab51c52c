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

/// Room for one IPv4 or IPv6 packet information message.
enum { CLINUX_PACKET_INFO_SPACE = CMSG_SPACE(sizeof(struct in6_pktinfo)) };

/// The address a datagram was sent to, out of the control data of a received message: 4 or 16 bytes into `address` and
/// the interface into `interface`. Returns AF_INET, AF_INET6, or 0 when the message carries none.
int clinux_packet_info(const struct msghdr *message, unsigned char *address, unsigned int *interface);

/// Writes the control data that makes a datagram leave from `address` (AF_INET: 4 bytes, AF_INET6: 16). For IPv4 the
/// interface stays the routing table's choice. The message's control buffer must hold CLINUX_PACKET_INFO_SPACE bytes.
void clinux_set_packet_info(struct msghdr *message, int family, const unsigned char *address, unsigned int interface);
