/* hunt.h - what the tests of plans and of hunts share. */
#ifndef ORR_TESTS_SIM_SEARCH_HUNT_H
#define ORR_TESTS_SIM_SEARCH_HUNT_H

#include <stdlib.h>
#include <string.h>

#include "sim/run/run.h"
#include "sim/scenario/tree.h"
#include "sim/search/catch.h"
#include "tests/test.h"

#define SCENARIO(role, rest)                                                            \
    "orrery: 1\nname: t\nduration: 8 s\nrecord: none\n"                                 \
    "nodes: {val: {count: 4, role: " role "}}\n"                                        \
    "network: {latency: {dist: uniform, min: 5 ms, max: 25 ms}}\n"                      \
    "workload: [{rate: 20 /s, size: 200 B, stop: 4 s, arrivals: constant}]\n" rest

static const char *const roles[] = {"tendermint", "pbft", "hotstuff", "raft", "streamlet"};

static inline struct orr_hunt begin(const char *text, enum orr_strategy strategy,
                                    uint64_t n_runs, uint32_t n_workers) {
    struct orr_hunt hunt = {.text = text, .len = strlen(text), .name = "test", .seed = 1,
                            .strategy = strategy, .n_runs = n_runs, .n_workers = n_workers};
    struct orr_diags diags = {0};
    ck_assert_int_eq(orr_hunt_begin(&hunt, &diags), 0);
    orr_diags_fini(&diags);
    return hunt;
}
#endif
