#include "CLinuxTraffic.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <stddef.h>

// Offsets in the kernel's struct tcp_info (linux/tcp.h), which cannot be included beside netinet/tcp.h. The layout is
// the kernel's promise to user space; it only ever grows at its end.
enum {
    TCPI_LAST_DATA_SENT = 44,
    TCPI_LAST_DATA_RECV = 52,
    TCPI_BYTES_ACKED = 120,
    TCPI_BYTES_RECEIVED = 128,
    TCPI_ENOUGH = 136,
};

enum { STATE_ESTABLISHED = 1, STATE_FIN_WAIT1 = 4, STATE_FIN_WAIT2 = 5, STATE_CLOSE_WAIT = 8 };

struct request {
    struct nlmsghdr header;
    struct inet_diag_req_v2 body;
};

static int send_request(int netlink, struct request *request, int flags) {
    request->header = (struct nlmsghdr){
        .nlmsg_len = sizeof *request, .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST | flags};
    request->body.sdiag_protocol = IPPROTO_TCP;
    request->body.idiag_ext = 1 << (INET_DIAG_INFO - 1);
    return send(netlink, request, sizeof *request, 0) == sizeof *request ? 0 : -1;
}

static int set_address(const struct sockaddr *address, __be16 *port, __be32 *words) {
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)address;
        *port = ipv4->sin_port;
        memcpy(words, &ipv4->sin_addr, 4);
    } else if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *)address;
        *port = ipv6->sin6_port;
        memcpy(words, &ipv6->sin6_addr, 16);
    } else {
        errno = EAFNOSUPPORT;
        return -1;
    }
    return 0;
}

// Takes the traffic out of one answer; 0 when it has none.
static int read_traffic(const struct nlmsghdr *header, struct clinux_traffic *traffic) {
    const struct inet_diag_msg *message = NLMSG_DATA(header);
    int rest = (int)header->nlmsg_len - (int)NLMSG_LENGTH(sizeof *message);
    for (const struct rtattr *attribute = (const struct rtattr *)(message + 1); RTA_OK(attribute, rest);
         attribute = RTA_NEXT(attribute, rest)) {
        if (attribute->rta_type != INET_DIAG_INFO || RTA_PAYLOAD(attribute) < TCPI_ENOUGH) continue;
        const char *information = RTA_DATA(attribute);
        memcpy(&traffic->since_sent, information + TCPI_LAST_DATA_SENT, 4);
        memcpy(&traffic->since_received, information + TCPI_LAST_DATA_RECV, 4);
        memcpy(&traffic->acknowledged, information + TCPI_BYTES_ACKED, 8);
        memcpy(&traffic->received, information + TCPI_BYTES_RECEIVED, 8);
        return 1;
    }
    return 0;
}

static int answer_error(const struct nlmsghdr *header) {
    const struct nlmsgerr *error = NLMSG_DATA(header);
    errno = -error->error;
    return -1;
}

int clinux_connection_traffic(
    int netlink, const struct sockaddr *local, const struct sockaddr *remote, struct clinux_traffic *traffic) {
    struct request request = {0};
    struct inet_diag_sockid *id = &request.body.id;
    request.body.sdiag_family = remote->sa_family;
    request.body.idiag_states = ~0U;
    id->idiag_cookie[0] = id->idiag_cookie[1] = INET_DIAG_NOCOOKIE;
    if (set_address(local, &id->idiag_sport, id->idiag_src) || set_address(remote, &id->idiag_dport, id->idiag_dst))
        return -1;
    if (remote->sa_family == AF_INET6) id->idiag_if = ((const struct sockaddr_in6 *)remote)->sin6_scope_id;
    if (send_request(netlink, &request, 0) == -1) return -1;
    // The kernel answers while it takes the question: nothing is waited for.
    union {
        struct nlmsghdr header;
        char bytes[4096];
    } answer;
    ssize_t length = recv(netlink, &answer, sizeof answer, MSG_DONTWAIT);
    if (length < 0) return -1;
    if (!NLMSG_OK(&answer.header, (size_t)length)) return errno = EBADMSG, -1;
    if (answer.header.nlmsg_type == NLMSG_ERROR) return answer_error(&answer.header);
    if (!read_traffic(&answer.header, traffic)) return errno = EOPNOTSUPP, -1;
    return 0;
}

int clinux_port_traffic(int netlink, int family, uint16_t port, uint32_t milliseconds) {
    struct request request = {0};
    request.body.sdiag_family = (uint8_t)family;
    request.body.idiag_states =
        1 << STATE_ESTABLISHED | 1 << STATE_FIN_WAIT1 | 1 << STATE_FIN_WAIT2 | 1 << STATE_CLOSE_WAIT;
    // A dump looks at the ports of its request by itself (inet_diag_dump_icsk).
    request.body.id.idiag_sport = htons(port);
    if (send_request(netlink, &request, NLM_F_DUMP) == -1) return -1;
    union {
        struct nlmsghdr header;
        char bytes[16384];
    } answer;
    for (;;) {
        ssize_t received = recv(netlink, &answer, sizeof answer, MSG_DONTWAIT);
        if (received < 0) return errno == EAGAIN ? 0 : -1;
        size_t length = (size_t)received;
        for (struct nlmsghdr *header = &answer.header; NLMSG_OK(header, length); header = NLMSG_NEXT(header, length)) {
            if (header->nlmsg_type == NLMSG_DONE) return 0;
            if (header->nlmsg_type == NLMSG_ERROR) return answer_error(header);
            struct clinux_traffic traffic;
            if (!read_traffic(header, &traffic)) continue;
            if (traffic.since_received < milliseconds || traffic.since_sent < milliseconds) return 1;
        }
    }
}
