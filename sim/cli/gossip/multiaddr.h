/* multiaddr.h - addresses of libp2p peers as people read them: "/ip4/127.0.0.1/tcp/4001"
 * (github.com/multiformats/multiaddr). */
#ifndef ORR_SIM_CLI_GOSSIP_MULTIADDR_H
#define ORR_SIM_CLI_GOSSIP_MULTIADDR_H

#include "models/gossip/rpc.h"

/* Writes the text, ended with NUL, at most cap bytes.  False: it is malformed, names a protocol
 * that is not in multiaddr.c's table, or is too long. */
bool orr_multiaddr_text(struct orr_blob address, char *to, size_t cap);
#endif
