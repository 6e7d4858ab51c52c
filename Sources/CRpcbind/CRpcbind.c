#include "CRpcbind.h"

#include <rpc/rpc.h>
#include <rpc/rpcb_clnt.h>
#include <stdlib.h>

bool crpcbind_read(void *context, void (*each)(void *context, crpcbind_entry entry)) {
    get_rpc_createerr().cf_stat = RPC_SUCCESS;
    struct netconfig *local = getnetconfigent("local");
    if (local == NULL) return false;
    rpcblist *list = rpcb_getmaps(local, "");
    freenetconfigent(local);
    // Never empty: rpcbind itself is in it.
    if (list == NULL) return false;
    for (; list != NULL; list = list->rpcb_next) {
        const RPCB *map = &list->rpcb_map;
        each(context, (crpcbind_entry){(uint32_t)map->r_prog, (uint32_t)map->r_vers, map->r_netid, map->r_addr});
    }
    return true;
}

bool crpcbind_set(uint32_t program, uint32_t version, const char *netid, const char *address) {
    get_rpc_createerr().cf_stat = RPC_SUCCESS;
    struct netconfig *transport = getnetconfigent(netid);
    if (transport == NULL) return false;
    struct netbuf *place = uaddr2taddr(transport, address);
    bool is_set = place != NULL && rpcb_set(program, version, transport, place);
    if (place != NULL) {
        free(place->buf);
        free(place);
    }
    freenetconfigent(transport);
    return is_set;
}

bool crpcbind_unset(uint32_t program, uint32_t version, const char *netid) {
    get_rpc_createerr().cf_stat = RPC_SUCCESS;
    struct netconfig *transport = getnetconfigent(netid);
    if (transport == NULL) return false;
    bool is_unset = rpcb_unset(program, version, transport);
    freenetconfigent(transport);
    return is_unset;
}

const char *crpcbind_reason(void) {
    if (get_rpc_createerr().cf_stat == RPC_SUCCESS) return "";
    const char *text = clnt_spcreateerror("");
    return text == NULL ? "" : text;
}
