#include "sim/search/bound.h"

#include <string.h>

/* Who decides in a view in which all correct nodes meet a correct leader for long enough. */
static const char *const bounded[] = {
    "tendermint",     /* arXiv 1807.04938: a round of a correct proposer, timeouts grown        */
    "pbft",           /* Castro and Liskov, OSDI 1999: another primary follows                  */
    "hotstuff",       /* arXiv 1803.05069: three views of a leader, and the next                */
    "hotstuff-basic", /* the same                                                               */
    "hotstuff-2",     /* eprint 2023/397: two views of correct leaders                          */
    "jolteon",        /* arXiv 2106.10362: two rounds of correct leaders                        */
    "fast-hotstuff",  /* arXiv 2010.11454: two views of correct leaders                         */
    NULL,
};

/* For how many views in a row one node leads. */
static uint64_t views_of_leader(const struct orr_group_spec *g) {
    uint64_t n = 1;
    for (const struct orr_config_key *k = g->role->config; k && k->name; k++)
        if (!strcmp(k->name, "leader_views") && k->type == ORR_CONFIG_COUNT)
            memcpy(&n, (const char *)g->config + k->offset, sizeof n);
    return n;
}

uint64_t orr_bound_views(const struct orr_group_spec *g, uint32_t n) {
    unsigned i = 0;
    while (bounded[i] && strcmp(bounded[i], g->role->name)) i++;
    uint64_t n_faulty = (n - 1) / 3;
    return bounded[i] ? ORR_BOUND_GROWTH + views_of_leader(g) * (n_faulty + 2) : 0;
}
