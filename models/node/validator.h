/* validator.h - what nodes that are made of the node `tendermint` know of it. */
#ifndef ORR_NODE_VALIDATOR_H
#define ORR_NODE_VALIDATOR_H

#include "models/bft/tendermint/tendermint.h"
#include "models/ledger/ledger.h"

struct orr_validator_config {
    struct orr_tm_config bft;
    uint64_t genesis_balance;
};

/* What the simulated clients keep: the key pairs that they used last. */
enum { ORR_VALIDATOR_CLIENTS = 1024 };
struct orr_validator_clients {
    struct orr_validator_client {
        bool is_set;
        uint32_t client;
        struct orr_keypair pair;
    } keys[ORR_VALIDATOR_CLIENTS];
};

extern const struct orr_protocol orr_tendermint_validator;

/* orr_tm_may_vote of a node of it. */
bool orr_validator_may_vote(const void *node, orr_peer peer);
#endif
