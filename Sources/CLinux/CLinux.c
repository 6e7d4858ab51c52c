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

int clinux_packet_info(const struct msghdr *message, unsigned char *address, unsigned int *interface) {
    struct msghdr *header = (struct msghdr *)message;
    for (struct cmsghdr *control = CMSG_FIRSTHDR(header); control != NULL; control = CMSG_NXTHDR(header, control)) {
        if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo information;
            memcpy(&information, CMSG_DATA(control), sizeof information);
            // ipi_spec_dst is the local address to answer from; ipi_addr differs for broadcast and multicast.
            memcpy(address, &information.ipi_addr, 4);
            *interface = (unsigned int)information.ipi_ifindex;
            return AF_INET;
        }
        if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo information;
            memcpy(&information, CMSG_DATA(control), sizeof information);
            memcpy(address, &information.ipi6_addr, 16);
            *interface = information.ipi6_ifindex;
            return AF_INET6;
        }
    }
    return 0;
}

void clinux_set_packet_info(struct msghdr *message, int family, const unsigned char *address, unsigned int interface) {
    struct cmsghdr *control = (struct cmsghdr *)message->msg_control;
    if (family == AF_INET) {
        struct in_pktinfo information = {0};
        memcpy(&information.ipi_spec_dst, address, 4);
        control->cmsg_level = IPPROTO_IP;
        control->cmsg_type = IP_PKTINFO;
        control->cmsg_len = CMSG_LEN(sizeof information);
        memcpy(CMSG_DATA(control), &information, sizeof information);
        message->msg_controllen = CMSG_SPACE(sizeof information);
    } else {
        // A link-local source is only valid with its interface; for others the routing table decides.
        int link_local = address[0] == 0xfe && (address[1] & 0xc0) == 0x80;
        struct in6_pktinfo information = {.ipi6_ifindex = link_local ? interface : 0};
        memcpy(&information.ipi6_addr, address, 16);
        control->cmsg_level = IPPROTO_IPV6;
        control->cmsg_type = IPV6_PKTINFO;
        control->cmsg_len = CMSG_LEN(sizeof information);
        memcpy(CMSG_DATA(control), &information, sizeof information);
        message->msg_controllen = CMSG_SPACE(sizeof information);
    }
}
