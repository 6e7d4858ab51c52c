#include "CWrap.h"

#include <syslog.h>
#include <tcpd.h>

int allow_severity = LOG_INFO;
int deny_severity = LOG_WARNING;

int cwrap_allows(int socket, const void *client, const char *daemon) {
    struct request_info request;
    request_init(&request, RQ_DAEMON, daemon, RQ_FILE, socket, 0);
    if (client == NULL) {
        fromhost(&request);
    } else {
        // What fromhost does for a socket, with an address that no socket has.
        request_set(&request, RQ_CLIENT_SIN, client, 0);
        sock_methods(&request);
    }
    return hosts_access(&request);
}
