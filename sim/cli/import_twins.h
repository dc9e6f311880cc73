/* import_twins.h - files of the Twins search (asonnino/twins-simulator) as scenarios.
 *
 *     {"num_of_nodes": 4, "num_of_twins": 1, "scenarios": [
 *         {"round_leaders": {"1": [0, 4]}, "round_partitions": {"1": [[0, 1, 4], [2, 3]]},
 *          "firewall": {"1": {"2": [3]}}}]}
 *
 * Instance n + k is the twin of node k.  A message of a round passes within a part alone, and from
 * a sender of the firewall not to those named; who is in no part is alone.  Rounds are views here,
 * as the messages tell it; before the first and beyond the last round of a file nobody hears
 * anybody but in the views before the first, which are the first leader's and undisturbed.  In the
 * chained roles whose views end by timeouts, votes and timeouts are of later rounds than their
 * views, as in that simulator (import_twins.c); with twins parts are of views there, too. */
#ifndef ORR_SIM_CLI_IMPORT_TWINS_H
#define ORR_SIM_CLI_IMPORT_TWINS_H

#include <jansson.h>

#include "models/protocol.h"

enum { ORR_IMPORT_NODES_MAX = 64, ORR_IMPORT_ROUNDS_MAX = 1000 };

/* A file that is well formed as a whole. */
struct orr_twins_file {
    json_t *root;      /* owned */
    uint32_t n_nodes, n_twins, n_scenarios;
};
/* 0, or ORR_EFORMAT or ORR_ELIMIT with a sentence in why[size], which says where. */
int orr_twins_file_read(const char *text, size_t len, struct orr_twins_file *file, char *why,
                        size_t size);
void orr_twins_file_fini(struct orr_twins_file *file);

/* Scenario number i as YAML for a role, owned by the caller: a group `val` and a schedule; it
 * expects what scenarios do that say nothing of it.  0, or as above: it says what a scenario here
 * cannot. */
int orr_twins_file_scenario(const struct orr_twins_file *file, uint32_t i, const char *name,
                            const struct orr_protocol *role, char **yaml, char *why, size_t size);
#endif
