/* world.h - a made-up run for the oracles' tests: seven validators, and the records that a
 * simulator would tell. */
#ifndef ORR_TESTS_SIM_CHECK_WORLD_H
#define ORR_TESTS_SIM_CHECK_WORLD_H

#include <string.h>

#include "sim/base/memory.h"
#include "sim/check/check.h"
#include "tests/test.h"

#define MS     1000000ll
#define S      (1000 * MS)
#define HOLDS  ORR_EXPECT_HOLDS
#define BROKEN ORR_EXPECT_BROKEN

static struct orr_msg *no_tx(void *state, const struct orr_common *common,
                             const struct orr_tx_order *order) {
    (void)state, (void)common, (void)order;
    return NULL;
}
static bool never_leads(const void *node) { return node == NULL; }
static const char *const kinds[] = {"proposal", "vote", NULL};
static const struct orr_protocol role = {
    .abi = ORR_ABI,
    .name = "test-bft", .kinds = kinds, .workload.make_tx = no_tx, .fault.leads = never_leads};
static const uint64_t one_stake[] = {1}, no_stake[] = {0};
static const struct orr_group_spec groups[] = {
    {.name = "val", .first = 0, .count = 6, .role = &role, .stakes = one_stake, .n_stakes = 1},
    {.name = "idle",
     .index = 1,
     .first = 6,
     .count = 1,
     .role = &role,
     .stakes = no_stake,
     .n_stakes = 1},
};

struct world {
    struct orr_scenario scenario;
    struct orr_fault_spec faults[8];
    struct orr_heap heap;
    struct orr_pool pool;
    struct orr_check *check;
    const struct orr_verdict *verdicts;
    uint32_t n_verdicts;
    orr_time now;
};

/* Nothing is expected yet; set w->scenario.expect and .faults before world_start. */
static inline void world_init(struct world *w) {
    *w = (struct world){0};
    w->scenario = (struct orr_scenario){
        .duration = 100 * S, .groups = groups, .n_groups = 2, .n_nodes = 7, .faults = w->faults};
    w->scenario.expect = (struct orr_expect_spec){.within = ORR_NEVER,
                                                  .caught_up_within = ORR_NEVER,
                                                  .max_gap = ORR_NEVER,
                                                  .p50 = ORR_NEVER,
                                                  .p90 = ORR_NEVER,
                                                  .p99 = ORR_NEVER,
                                                  .max = ORR_NEVER,
                                                  .throughput_nhz = ORR_UNSET,
                                                  .delivery_ratio = ORR_UNSET,
                                                  .delivery_p99 = ORR_NEVER,
                                                  .final_agreement = ORR_EXPECT_UNCHECKED,
                                                  .index = ORR_EXPECT_UNCHECKED,
                                                  .settlement = ORR_EXPECT_UNCHECKED,
                                                  .deposits = ORR_EXPECT_UNCHECKED,
                                                  .derivation = ORR_EXPECT_UNCHECKED,
                                                  .supply = ORR_EXPECT_UNCHECKED,
                                                  .inclusion_within = ORR_NEVER};
    orr_heap_init(&w->heap);
    orr_pool_init(&w->pool, &w->heap.mem);
}
static inline struct orr_fault_spec *world_fault(struct world *w, enum orr_fault_kind kind,
                                                 orr_time at, orr_time duration) {
    struct orr_fault_spec *f = &w->faults[w->scenario.n_faults++];
    *f = (struct orr_fault_spec){
        .kind = kind, .at = at, .duration = duration, .restart_after = ORR_NEVER};
    return f;
}
static inline void world_start(struct world *w) { w->check = orr_check_new(&w->scenario, NULL); }
static inline void world_end(struct world *w) {
    orr_check_free(w->check);
    orr_pool_fini(&w->pool);
    ck_assert_uint_eq(w->heap.used_bytes, 0);
}

static inline void tell(struct world *w, struct orr_tap_record record) {
    struct orr_tap *tap = orr_check_tap(w->check);
    record.at = w->now;
    if (tap->wants & ORR_TAP_BIT(record.kind)) tap->record(tap->ctx, &record);
}
static inline void output(struct world *w, orr_peer node, enum orr_output key, const void *bytes,
                          size_t len) {
    struct orr_msg *msg = orr_msg_copy(&w->pool, 0, bytes, (uint32_t)len);
    tell(w, (struct orr_tap_record){
                .kind = ORR_TAP_OUTPUT, .node = node, .peer = ORR_NOBODY, .key = key, .msg = msg});
    orr_msg_unref(&w->pool, msg);
}

/* A decision of a node: the value and the state root are made of one byte each. */
struct decision {
    orr_peer proposer;
    uint64_t height;
    uint8_t value, root;
    uint32_t round, n_txs;
    uint64_t txs[4];
};
static inline void decide_as(struct world *w, orr_peer node, struct decision d) {
    uint64_t bytes[sizeof(struct orr_decided) / 8 + 5] = {0};
    struct orr_decided *decided = (struct orr_decided *)bytes;
    decided->height = d.height;
    decided->round = d.round;
    decided->n_txs = d.n_txs;
    memset(decided->value, d.value, 32);
    memset(decided->state_root, d.root, 32);
    memcpy(decided->txs, d.txs, 8 * d.n_txs);
    decided->n_proposers = 1;
    memcpy(decided->txs + d.n_txs, &d.proposer, sizeof d.proposer);
    output(w, node, ORR_OUT_DECIDED, bytes, sizeof *decided + 8 * d.n_txs + sizeof d.proposer);
}
static inline void decide(struct world *w, orr_peer node, uint64_t height) {
    decide_as(w, node,
              (struct decision){
                  .height = height, .value = (uint8_t)height, .root = (uint8_t)(height + 1)});
}
/* All nodes from first to last decide the heights from..to, 100 ms apart. */
static inline void decide_all(struct world *w, orr_peer first, orr_peer last, uint64_t from,
                              uint64_t to) {
    for (uint64_t h = from; h <= to; h++) {
        w->now += 100 * MS;
        for (orr_peer node = first; node <= last; node++) decide(w, node, h);
    }
}
static inline void submit(struct world *w, orr_peer node, uint64_t tx) {
    tell(w, (struct orr_tap_record){.kind = ORR_TAP_SUBMIT, .node = node, .hash = tx});
}
static inline void fault(struct world *w, uint32_t number, orr_peer node, bool begins) {
    tell(w, (struct orr_tap_record){.kind = ORR_TAP_FAULT,
                                    .what = begins,
                                    .node = node,
                                    .peer = ORR_NOBODY,
                                    .key = number});
}
static inline void accuse(struct world *w, orr_peer node, orr_peer culprit) {
    struct orr_evidence e = {.culprit = culprit, .height = 3, .committed = true};
    output(w, node, ORR_OUT_EVIDENCE, &e, sizeof e);
}

/* The run ends here, as planned; stop: before it was planned. */
static inline void finish(struct world *w, orr_time at) {
    w->now = at;
    w->scenario.duration = at;
    w->n_verdicts = orr_check_finish(w->check, at, &w->verdicts);
}
static inline void stop(struct world *w, orr_time at) {
    w->now = at;
    ck_assert_int_lt(at, w->scenario.duration);
    w->n_verdicts = orr_check_finish(w->check, at, &w->verdicts);
}
static inline const struct orr_verdict *verdict(const struct world *w, const char *name) {
    for (uint32_t i = 0; i < w->n_verdicts; i++)
        if (!strcmp(w->verdicts[i].name, name)) return &w->verdicts[i];
    ck_abort_msg("no verdict on %s", name);
    abort();
}
/* The one verdict and what it says. */
static inline void expect_verdict(const struct world *w, const char *name, bool pass,
                                  const char *text) {
    const struct orr_verdict *v = verdict(w, name);
    ck_assert_ptr_nonnull(v->text);
    if (v->pass != pass || !strstr(v->text, text))
        ck_abort_msg("%s: expected %s, observed %s: %s", name, v->expected, v->observed, v->text);
}
static inline void expect_all_pass(const struct world *w, uint32_t n) {
    ck_assert_uint_eq(w->n_verdicts, n);
    for (uint32_t i = 0; i < n; i++)
        ck_assert_msg(w->verdicts[i].pass, "%s: %s: %s", w->verdicts[i].name,
                      w->verdicts[i].observed, w->verdicts[i].text);
}
#endif
