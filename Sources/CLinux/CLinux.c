#include "CLinux.h"
#include "CLinuxProcess.h"
#include "CLinuxSockets.h"

static int argument_count;
static char **arguments;

__attribute__((constructor)) static void keep_arguments(int count, char **vector) {
    argument_count = count;
    arguments = vector;
}

int clinux_argument_count(void) { return argument_count; }
char **clinux_arguments(void) { return arguments; }

int clinux_ignores_signal(int number) {
    // The kernel's struct sigaction begins with the handler everywhere but on MIPS, and is nowhere larger than this.
    void *action[16] = {0};
    return syscall(SYS_rt_sigaction, number, NULL, action, 8) == 0 && action[0] == (void *)SIG_IGN;
}

int clinux_has_identity(uid_t user, gid_t group, const gid_t *groups, int count) {
    uid_t users[3];
    gid_t own[3], list[64];
    if (getresuid(&users[0], &users[1], &users[2]) != 0 || getresgid(&own[0], &own[1], &own[2]) != 0) return 0;
    for (int index = 0; index < 3; index++) {
        if (users[index] != user || own[index] != group) return 0;
    }
    if (getgroups(64, list) != count) return 0;
    for (int index = 0; index < count; index++) {
        int found = 0;
        for (int other = 0; other < count; other++) found |= list[other] == groups[index];
        if (!found) return 0;
    }
    return 1;
}

int clinux_epoll_wait(int descriptor, struct epoll_event *events, int capacity, int64_t nanoseconds) {
    static int lacks_nanoseconds;
    if (!lacks_nanoseconds) {
        struct timespec timeout = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
        int count = epoll_pwait2(descriptor, events, capacity, nanoseconds < 0 ? NULL : &timeout, NULL);
        if (count >= 0 || (errno != ENOSYS && errno != EPERM)) return count;
        lacks_nanoseconds = 1;
    }
    int64_t milliseconds = nanoseconds < 0 ? -1 : (nanoseconds + 999999) / 1000000;
    if (milliseconds > 0x7fffffff) milliseconds = 0x7fffffff;
    return epoll_wait(descriptor, events, capacity, (int)milliseconds);
}

void clinux_get_packet(const struct msghdr *message, struct clinux_packet *packet) {
    struct msghdr *header = (struct msghdr *)message;
    packet->family = 0;
    for (struct cmsghdr *control = CMSG_FIRSTHDR(header); control != NULL; control = CMSG_NXTHDR(header, control)) {
        if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo information;
            memcpy(&information, CMSG_DATA(control), sizeof information);
            // ip(7): ipi_addr is the header's destination, ipi_spec_dst the local address; they differ exactly when
            // the datagram was not for us alone.
            memcpy(packet->address, &information.ipi_addr, 4);
            memcpy(packet->own, &information.ipi_spec_dst, 4);
            packet->interface = (unsigned int)information.ipi_ifindex;
            packet->family = AF_INET;
        } else if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo information;
            memcpy(&information, CMSG_DATA(control), sizeof information);
            memcpy(packet->address, &information.ipi6_addr, 16);
            memcpy(packet->own, &information.ipi6_addr, 16);
            packet->interface = information.ipi6_ifindex;
            packet->family = AF_INET6;
        }
    }
}

void clinux_set_source(struct msghdr *message, const struct clinux_packet *packet) {
    struct cmsghdr *control = (struct cmsghdr *)message->msg_control;
    if (packet->family == AF_INET) {
        struct in_pktinfo information = {0};
        memcpy(&information.ipi_spec_dst, packet->own, 4);
        control->cmsg_level = IPPROTO_IP;
        control->cmsg_type = IP_PKTINFO;
        control->cmsg_len = CMSG_LEN(sizeof information);
        memcpy(CMSG_DATA(control), &information, sizeof information);
        message->msg_controllen = CMSG_SPACE(sizeof information);
    } else {
        // A link-local source is only valid with its interface.
        int link_local = packet->own[0] == 0xfe && (packet->own[1] & 0xc0) == 0x80;
        struct in6_pktinfo information = {.ipi6_ifindex = link_local ? packet->interface : 0};
        memcpy(&information.ipi6_addr, packet->own, 16);
        control->cmsg_level = IPPROTO_IPV6;
        control->cmsg_type = IPV6_PKTINFO;
        control->cmsg_len = CMSG_LEN(sizeof information);
        memcpy(CMSG_DATA(control), &information, sizeof information);
        message->msg_controllen = CMSG_SPACE(sizeof information);
    }
}

ssize_t clinux_send_with_descriptor(int descriptor, const void *bytes, size_t count, int passed) {
    struct iovec part = {.iov_base = (void *)bytes, .iov_len = count};
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof passed)] = {0};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (passed >= 0) {
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof passed);
        memcpy(CMSG_DATA(header), &passed, sizeof passed);
    }
    return sendmsg(descriptor, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

ssize_t clinux_receive_with_descriptor(int descriptor, void *bytes, size_t count, int *passed) {
    struct iovec part = {.iov_base = bytes, .iov_len = count};
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof *passed)] = {0};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    *passed = -1;
    ssize_t size = recvmsg(descriptor, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    struct cmsghdr *header = size < 0 ? NULL : CMSG_FIRSTHDR(&message);
    if (header != NULL && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
        memcpy(passed, CMSG_DATA(header), sizeof *passed);
    return size;
}
