/* cost.h - named pieces of CPU work and what they cost a simulated node.
 *
 * A step adds the cost of what it does to orr_outbox.busy_ns; the simulated node is a server with a
 * queue, so load saturates as it does in life.  A scenario changes a cost under `cost:`.  The
 * defaults were measured on one core of a 2.6 GHz AMD EPYC server (Debian 12, gcc 12). */
#ifndef ORR_BASE_COST_H
#define ORR_BASE_COST_H

#include <stdint.h>

/* COST(name, default in ns, what one unit is) */
#define ORR_COSTS(COST)                                                                          \
    COST(step, 1000, "handling any event at all")                                                \
    COST(sign, 25000, "one Ed25519 signature made")                                              \
    COST(verify, 63000, "one Ed25519 signature checked (OpenSSL 3.0 on the machine above)")      \
    COST(hash_kib, 3000, "1 KiB hashed with SHA-256")                                            \
    COST(tx_check, 2000, "one transaction admitted to the mempool, signature apart")             \
    COST(tx_execute, 2000, "one transaction executed, signature apart")                          \
    COST(gas_million, 50000, "1,000,000 gas of an execution chain's block (token transfers)")    \
    COST(recover, 29500, "one secp256k1 signature's account found (libsecp256k1 0.2)")           \
    COST(root_slot, 2100, "one account or slot written into the state's trie")                   \
    COST(encode_kib, 0, "1 KiB of a message encoded by who sends it, decoded by who gets it")    \
    COST(send, 0, "one message handed to the line to one receiver")                              \
    COST(app_call, 0, "one call of the application, over a socket say, whatever it does")

struct orr_costs {
#define COST(name, ns, text) int64_t name##_ns;
    ORR_COSTS(COST)
#undef COST
};
#endif
