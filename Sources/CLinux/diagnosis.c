#include "CLinuxSockets.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>

// The states of <net/tcp_states.h> in which a user owns a connection: a listener (10) is none, and of connections that
// are closing for good (TIME_WAIT 6, CLOSE 7, NEW_SYN_RECV 12) the kernel no longer, or not yet, knows the user.
enum { OWNED_STATES = 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 8 | 1 << 9 | 1 << 11 };

int clinux_connection_owner(int descriptor, const struct clinux_connection *connection, uid_t *owner) {
    struct {
        struct nlmsghdr header;
        struct inet_diag_req_v2 request;
    } question = {
        .header = {.nlmsg_len = sizeof question, .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST},
        .request = {.sdiag_family = (__u8)connection->family, .sdiag_protocol = IPPROTO_TCP, .idiag_states = ~0U},
    };
    question.request.id.idiag_sport = htons(connection->local_port);
    question.request.id.idiag_dport = htons(connection->remote_port);
    question.request.id.idiag_if = connection->interface;
    question.request.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
    question.request.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
    memcpy(question.request.id.idiag_src, connection->local, sizeof connection->local);
    memcpy(question.request.id.idiag_dst, connection->remote, sizeof connection->remote);
    if (send(descriptor, &question, sizeof question, 0) < 0) return -1;

    // The kernel has answered by the time send returns (sock_diag(7)); room for one message and its attributes.
    _Alignas(struct nlmsghdr) char buffer[1024];
    ssize_t count = recv(descriptor, buffer, sizeof buffer, MSG_DONTWAIT);
    if (count < 0) return -1;
    const struct nlmsghdr *header = (const struct nlmsghdr *)buffer;
    if (!NLMSG_OK(header, (size_t)count)) return 0;
    if (header->nlmsg_type != SOCK_DIAG_BY_FAMILY || header->nlmsg_len < NLMSG_LENGTH(sizeof(struct inet_diag_msg)))
        return 0;
    const struct inet_diag_msg *answer = NLMSG_DATA(header);
    // Where no connection fits, the kernel names a listener.
    if (!(OWNED_STATES >> answer->idiag_state & 1) || answer->id.idiag_dport != question.request.id.idiag_dport) return 0;
    *owner = answer->idiag_uid;
    return 1;
}
