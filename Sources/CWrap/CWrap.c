#include "CWrap.h"

#include <syslog.h>
#include <tcpd.h>

int allow_severity = LOG_INFO;
int deny_severity = LOG_WARNING;

int cwrap_allows(int socket, const char *daemon) {
    struct request_info request;
    request_init(&request, RQ_DAEMON, daemon, RQ_FILE, socket, 0);
    fromhost(&request);
    return hosts_access(&request);
}
