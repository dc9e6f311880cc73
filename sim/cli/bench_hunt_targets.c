/* bench_hunt_targets.c - the seeded bugs of Tendermint, PBFT and HotStuff's family, and four
 * published flaws.  Sizes of recipes are those of scenarios/bugs and scenarios/attacks. */
#include <stddef.h>

#include "sim/cli/bench_hunt.h"

#define ON(network, name, length, nodes, expect)                                                 \
    "orrery: 1\nname: " name "\nduration: " length "\nrecord: none\nnodes: {val: {" nodes "}}\n" \
    "network: {latency: " network "}\n"                                                          \
    "workload: [{rate: 20 /s, size: 200 B, stop: 2 s, arrivals: constant}]\n"                    \
    "expect: {" expect "}\n"
#define NET "{dist: uniform, min: 5 ms, max: 25 ms}"
/* A bug of four nodes. */
#define BUG(role, bug, length, recipe)                                                        \
    {                                                                                         \
        role "-" bug,                                                                         \
            ON(NET, role "-" bug, length, "count: 4, role: " role ", config: {bug: " bug "}", \
               "agreement: holds"),                                                           \
            recipe                                                                            \
    }
/* A timer that never grows, where messages take longer than it waits at first. */
#define SLOW(role, config)                                                               \
    {                                                                                    \
        role "-timer-never-grows",                                                       \
            ON("600 ms", role "-timer", "4 s",                                           \
               "count: 4, role: " role ", config: {bug: timer-never-grows, " config "}", \
               "agreement: holds"),                                                      \
            4                                                                            \
    }

const struct orr_bench_target orr_bench_targets[] = {
    BUG("tendermint", "quorum-2f", "10 s", 5),
    BUG("tendermint", "no-lock", "10 s", 15),
    BUG("tendermint", "forget-last-vote", "10 s", 9),
    BUG("tendermint", "height-round-mixup", "10 s", 4),
    BUG("tendermint", "accept-old-qc", "10 s", 18),
    SLOW("tendermint", "timeout_propose: 100 ms, timeout_prevote: 100 ms, "
                       "timeout_precommit: 100 ms"),
    BUG("tendermint", "skip-prepare", "10 s", 15),
    BUG("tendermint", "stale-view-vote", "10 s", 6),
    BUG("pbft", "quorum-2f", "10 s", 5),
    BUG("pbft", "skip-prepare", "10 s", 9),
    BUG("pbft", "forget-last-vote", "10 s", 0),
    BUG("pbft", "no-signer-check", "10 s", 8),
    BUG("pbft", "stale-view-vote", "10 s", 10),
    SLOW("pbft", "timeout: 200 ms"),
    BUG("hotstuff", "quorum-2f", "6 s", 5),
    BUG("hotstuff-basic", "no-lock", "6 s", 11),
    BUG("jolteon", "forget-last-vote", "6 s", 11),
    BUG("hotstuff-basic", "accept-old-qc", "6 s", 11),
    SLOW("jolteon", "timeout: 200 ms"),
    BUG("hotstuff-basic", "skip-prepare", "6 s", 11),
    {"flaw-1-any-two-chain",
     ON(NET, "flaw-1", "6 s",
        "count: 4, role: fast-hotstuff, config: {commit_rule: any-two-chain, "
        "timeout: 200 ms, timeout_growth: fixed}",
        "agreement: holds"),
     28},
    {"flaw-2-hidden-locks",
     ON("10 ms", "flaw-2", "6 s",
        "count: 4, role: tendermint, config: {valid_value: off, precommit_wait: off, "
        "timeout_propose: 40 ms, timeout_propose_delta: 0 ms, timeout_prevote: 300 ms, "
        "timeout_prevote_delta: 0 ms, timeout_precommit: 300 ms, timeout_precommit_delta: 0 ms, "
        "gossip_interval: 1 h}",
        "agreement: holds"),
     19},
    {"flaw-7-two-phases",
     ON("10 ms", "flaw-7", "6 s",
        "count: 4, role: hotstuff-basic, config: {phases: 2, leader_views: 1, leaders: [0, 1, 2], "
        "timeout: 600 ms, timeout_max: 600 ms}",
        "agreement: holds"),
     13},
    {NULL, NULL, 0},
};

const char orr_bench_speed_ground[] =
    ON(NET, "speed", "2001 ms",
       "count: 4, role: tendermint, config: {timeout_propose: 200 ms, timeout_commit: 140 ms}",
       "agreement: holds");
