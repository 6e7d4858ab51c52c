// libwrap (hosts_access(3)) behind one function: its header declares variadic functions, and the library expects its
// caller to define two global variables.
#pragma once

/// Whether /etc/hosts.allow and /etc/hosts.deny let the peer of a connected socket use a daemon of this name. Options of
/// hosts_options(5) are carried out: `spawn` starts its command, `twist` replaces this process and does not return.
/// `client`, a struct sockaddr, takes the place of the socket's peer where that is a proxy; null otherwise.
int cwrap_allows(int socket, const void *client, const char *daemon);
