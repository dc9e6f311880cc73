/* Who submits what to whom, as a scenario writes it. */
#include <string.h>

#include "sim/run/run.h"
#include "tests/test.h"

enum { MAX = 64 };

struct heard {
    struct orr_tap tap;
    bool to[MAX], from[MAX]; /* nodes that were asked, clients that asked */
    uint64_t txs[4096];
    uint32_t n_submits, n_txs, least, most;
};

static void hear(void *ctx, const struct orr_tap_record *r) {
    struct heard *h = ctx;
    ck_assert(r->node < MAX && r->key < MAX && h->n_txs < 4096);
    h->to[r->node] = h->from[r->key] = true;
    h->n_submits++;
    if (r->len < h->least) h->least = r->len;
    if (r->len > h->most) h->most = r->len;
    bool known = false;
    for (uint32_t i = 0; i < h->n_txs; i++) known |= h->txs[i] == r->hash;
    if (!known) h->txs[h->n_txs++] = r->hash;
}

static void add_set(char *to, size_t size, const char *name, const bool *set) {
    snprintf(to + strlen(to), size - strlen(to), "%s", name);
    for (uint32_t i = 0; i < MAX; i++)
        if (set[i]) snprintf(to + strlen(to), size - strlen(to), " %u", i);
}

/* Nodes 0 and 1 are in the east, 2 and 3 in the west, 4 in the west takes no transactions. */
static const char head[] = "orrery: 1\nname: t\nduration: 10 s\nrecord: none\nnodes:\n"
                           "  v: {count: 2, role: flood, region: east}\n"
                           "  w: {count: 2, role: flood, region: west}\n"
                           "  p: {count: 1, role: ping-pong, region: west}\n"
                           "network: {latency: 1 ms}\nworkload:\n";

static void check(const char *workload, const char *expected) {
    static struct heard h;
    h = (struct heard){.tap = {ORR_TAP_BIT(ORR_TAP_SUBMIT), &h, hear, NULL}, .least = UINT32_MAX};
    char text[2048], told[512] = "";
    snprintf(text, sizeof text, "%s%s", head, workload);
    struct orr_diags diags = {0};
    struct orr_scenario *s;
    struct orr_run_result result = {0};
    struct orr_run_options options = {.taps = &h.tap};
    int error = orr_scenario_parse(text, strlen(text), "test", NULL, 0, &s, &diags);
    if (!error) error = orr_run(s, &options, &result, &diags);
    orr_diags_print(&diags, stderr, false);
    ck_assert_int_eq(error, 0);
    add_set(told, sizeof told, "to", h.to);
    add_set(told, sizeof told, "; from", h.from);
    snprintf(told + strlen(told), sizeof told - strlen(told), "; %u times %u txs of %u..%u B",
             h.n_submits / h.n_txs, h.n_txs, h.least, h.most);
    ck_assert_msg(!strcmp(told, expected), "%s expected %s\n saw %s", workload, expected, told);
    orr_run_result_fini(&result);
    orr_diags_fini(&diags);
    orr_scenario_free(s);
}
#define STEADY "rate: 20 /s, arrivals: constant, size: 100 B"

START_TEST(each_transaction_goes_to_one_node_or_to_all) {
    check("  - {" STEADY ", clients: 3, to: one}\n",
          "to 0 1 2 3; from 0 1 2; 1 times 200 txs of 100..100 B");
    check("  - {" STEADY ", clients: 3, to: all}\n",
          "to 0 1 2 3; from 0 1 2; 4 times 200 txs of 100..100 B");
    check("  - {" STEADY ", clients: 3, to: [v.1, w.0]}\n",
          "to 1 2; from 0 1 2; 1 times 200 txs of 100..100 B");
    check("  - {" STEADY ", clients: 3, to: all of v}\n",
          "to 0 1; from 0 1 2; 2 times 200 txs of 100..100 B");
}
END_TEST

START_TEST(a_client_asks_nodes_of_its_region_if_there_are_any) {
    check("  - {" STEADY ", clients: 2, from: [east]}\n",
          "to 0 1; from 0 1; 1 times 200 txs of 100..100 B");
    check("  - {" STEADY ", clients: 2, from: [w]}\n",
          "to 2 3; from 0 1; 1 times 200 txs of 100..100 B");
    check("  - {" STEADY ", clients: 2, from: [east, west]}\n",
          "to 0 1 2 3; from 0 1; 1 times 200 txs of 100..100 B");
    check("  - {" STEADY ", clients: 2, from: [east], to: [w]}\n",
          "to 2 3; from 0 1; 1 times 200 txs of 100..100 B");
    check("  - {" STEADY ", clients: 1}\n", /* without `from` client i is where node i is */
          "to 0 1; from 0; 1 times 200 txs of 100..100 B");
    check("  - {" STEADY ", clients: 2, from: [p]}\n",
          "to 2 3; from 0 1; 1 times 200 txs of 100..100 B");
}
END_TEST

START_TEST(clients_are_numbered_through_all_workloads) {
    check("  - {" STEADY ", clients: 2, stop: 5 s}\n  - {" STEADY ", clients: 3, start: 5 s}\n",
          "to 0 1 2 3; from 0 1 2 3 4; 1 times 200 txs of 100..100 B");
}
END_TEST

START_TEST(sizes_come_from_their_distribution) {
    check("  - {arrivals: {kind: burst, size: 1000, every: 20 s}, clients: 1, "
          "size: {dist: uniform, min: 100 B, max: 107 B}}\n",
          "to 0 1; from 0; 1 times 1000 txs of 100..107 B");
}
END_TEST

ORR_TEST_MAIN("sim.workload", each_transaction_goes_to_one_node_or_to_all,
              a_client_asks_nodes_of_its_region_if_there_are_any,
              clients_are_numbered_through_all_workloads, sizes_come_from_their_distribution)
