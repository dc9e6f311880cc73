/* Twins (S. Bano et al., arXiv 2004.10617): scenarios of asonnino/twins-simulator, run on the
 * protocols here: one validator runs twice with one key, and who hears whom is cut anew each round.
 */
#include "models/bft/common/leader.h"
#include "models/bft/hotstuff/hotstuff.h"
#include "tests/driver.h"
#include "tests/vectors/vectors.h"

#define FILE_NAME "twins/streamlet-100.json"

enum { N = 4, INSTANCES = 5, TWIN = 4, LINK = 1000, ROUND = 10 * LINK, ROUNDS = 2,
       MESSAGES = 4096 };

static struct cluster c;
static struct {
    void *state;
    struct orr_env env;
    struct orr_rng rng;
    orr_time timer;
    uint8_t first[32]; /* the block of height 1 that it has decided */
    bool has_first;
} nodes[INSTANCES];
static struct { orr_time at; uint32_t from, to; struct orr_msg *msg; } sent[MESSAGES];
static uint32_t n_sent, n_heard;
static bool hears[ROUNDS][INSTANCES][INSTANCES];
static orr_time now;
static orr_time ahead; /* of the twin's wall clock: if not 0, it proposes another block */

static orr_peer name_of(uint32_t instance) { return instance == TWIN ? 0 : instance; }

/* Who missed a block does without it in that simulator: questions are lost. */
static void post(uint32_t from, uint32_t to, struct orr_msg *m) {
    orr_time round = (now + ahead) / ROUND; /* the twin's begins a little earlier */
    if (from == to || round >= ROUNDS || !hears[round][from][to]) return;
    if (m->kind == ORR_HS_ASK) return;
    ck_assert_uint_lt(n_sent, MESSAGES);
    sent[n_sent].at = now + LINK;
    sent[n_sent].from = from, sent[n_sent].to = to;
    sent[n_sent++].msg = orr_msg_ref(m);
}

static void carry_out(uint32_t i, struct orr_effect *e) {
    if (e->kind == ORR_SEND || e->kind == ORR_CAST) {
        orr_freeze(c.protocol, &c.common, e->msg);
        for (uint32_t to = 0; to < INSTANCES; to++)
            if (e->kind == ORR_CAST || name_of(to) == e->peer) post(i, to, e->msg);
    } else if (e->kind == ORR_ARM && e->key == 0) {
        nodes[i].timer = e->at;
    } else if (e->kind == ORR_OUTPUT && e->key == ORR_OUT_DECIDED) {
        const struct orr_decided *d = (const struct orr_decided *)e->msg->data;
        if (d->height == 1) {
            memcpy(nodes[i].first, d->value, 32);
            nodes[i].has_first = true;
        }
    }
    orr_msg_unref(&c.pool, e->msg);
}

static void step(uint32_t i, enum orr_event_kind kind, orr_peer peer, struct orr_msg *m) {
    struct orr_links links = {N - 1, NULL};
    struct orr_event e = {.kind = kind, .peer = peer, .now = now, .msg = m,
                          .wall = now + (i == TWIN ? ahead : 0)};
    c.out.n = 0;
    c.out.rng = &nodes[i].rng;
    c.out.links = &links;
    ck_assert_int_eq(c.protocol->step(nodes[i].state, &e, &c.out), 0);
    for (uint32_t k = 0; k < c.out.n; k++) carry_out(i, &c.out.v[k]);
}

static void begin(void) {
    cluster_new(&c, "streamlet", N, 1);
    c.cohort.signatures = ORR_SIGNATURES_MODELLED;
    cluster_set(&c, "epoch", ROUND);
    cluster_set(&c, "leader", ORR_LEADER_FIXED); /* the validator that runs twice */
    c.only = N; /* none of the cluster's own */
    cluster_start(&c);
    n_sent = n_heard = 0;
    now = 0;
    memset(nodes, 0, sizeof nodes);
    for (uint32_t i = 0; i < INSTANCES; i++) {
        nodes[i].env = (struct orr_env){.common = &c.common, .self = name_of(i)};
        nodes[i].state = orr_alloc_zero(&c.heap.mem, c.protocol->node_size);
        nodes[i].rng = orr_rng_stream(1, ORR_RNG_NODE, i);
        ck_assert_int_eq(c.protocol->init(nodes[i].state, &nodes[i].env, c.config), 0);
    }
    for (uint32_t i = 0; i < INSTANCES; i++) step(i, ORR_START, ORR_NOBODY, NULL);
}

static void end(void) {
    for (uint32_t i = 0; i < INSTANCES; i++) {
        c.protocol->fini(nodes[i].state);
        orr_free(&c.heap.mem, nodes[i].state, c.protocol->node_size);
    }
    for (; n_heard < n_sent; n_heard++) orr_msg_unref(&c.pool, sent[n_heard].msg);
    cluster_free(&c);
}

/* All links take the same time, so messages arrive in the order in which they left. */
static void run(orr_time until) {
    for (;;) { /* ends: each turn hears a message or a timer, and time goes on */
        orr_time next = n_heard < n_sent ? sent[n_heard].at : ORR_NEVER;
        uint32_t who = INSTANCES;
        for (uint32_t i = 0; i < INSTANCES; i++)
            if (nodes[i].timer < next) next = nodes[i].timer, who = i;
        if (next >= until) return;
        now = next;
        if (who < INSTANCES) {
            nodes[who].timer = ORR_NEVER;
            step(who, ORR_TIMER, 0, NULL);
        } else {
            uint32_t k = n_heard++;
            step(sent[k].to, ORR_RECV, name_of(sent[k].from), sent[k].msg);
            orr_msg_unref(&c.pool, sent[k].msg);
        }
    }
}

static void read_partitions(const json_t *scenario) {
    memset(hears, 0, sizeof hears);
    for (int r = 0; r < ROUNDS; r++) {
        char name[8];
        snprintf(name, sizeof name, "%d", r + 1);
        const json_t *parts = json_object_get(json_object_get(scenario, "round_partitions"), name);
        for (size_t p = 0; p < json_array_size(parts); p++) {
            const json_t *part = json_array_get(parts, p);
            for (size_t i = 0; i < json_array_size(part); i++)
                for (size_t k = 0; k < json_array_size(part); k++)
                    hears[r][json_integer_value(json_array_get(part, i))]
                         [json_integer_value(json_array_get(part, k))] = true;
        }
    }
}

static bool is_expected(const json_t *scenario, uint32_t instance) {
    const json_t *list =
        json_object_get(json_object_get(scenario, "expected"), "finalized_round_1_at");
    ck_assert(json_is_array(list));
    for (size_t i = 0; i < json_array_size(list); i++)
        if (json_integer_value(json_array_get(list, i)) == instance) return true;
    return false;
}

/* That simulator counts a twin's vote as one more; a quorum here is of validators. */
static bool hears_a_quorum(uint32_t instance) {
    bool is_there[N] = {false};
    uint32_t n = 0;
    for (uint32_t k = 0; k < INSTANCES; k++)
        if (hears[0][instance][k] && hears[1][instance][k]) is_there[name_of(k)] = true;
    for (uint32_t k = 0; k < N; k++) n += is_there[k];
    return n >= 3;
}

static void check_nobody_differs(size_t s) {
    for (uint32_t i = 1; i < TWIN; i++)
        for (uint32_t k = 1; k < i; k++)
            ck_assert_msg(!nodes[i].has_first || !nodes[k].has_first ||
                              !memcmp(nodes[i].first, nodes[k].first, 32),
                          "scenario %zu: %u and %u differ", s, k, i);
}

START_TEST(streamlet_finalizes_where_the_twins_simulator_does_and_honest_nodes_never_differ) {
    json_t *file = orr_vector_load(FILE_NAME);
    const json_t *scenarios = json_object_get(file, "scenarios");
    uint32_t n_expected = 0;
    for (size_t s = 0; s < json_array_size(scenarios); s++) {
        const json_t *scenario = json_array_get(scenarios, s);
        read_partitions(scenario);
        for (ahead = 2; ahead >= 0; ahead -= 2) {
            begin();
            run(ROUNDS * ROUND);
            check_nobody_differs(s);
            for (uint32_t i = 0; i < INSTANCES && ahead; i++) {
                bool is_due = is_expected(scenario, i) && hears_a_quorum(i);
                n_expected += is_due;
                ck_assert_msg(nodes[i].has_first == is_due,
                              "scenario %zu, instance %u: %s", s, i,
                              nodes[i].has_first ? "finalizes" : "does not finalize");
            }
            end();
        }
    }
    ck_assert_uint_gt(n_expected, json_array_size(scenarios) / 2);
    json_decref(file);
}
END_TEST

int main(void) {
    orr_vectors_need(FILE_NAME);
    const TTest *tests[] = {
        streamlet_finalizes_where_the_twins_simulator_does_and_honest_nodes_never_differ};
    return orr_test_run("twins", tests, 1);
}
