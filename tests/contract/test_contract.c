/* Every protocol of models/registry.def keeps its side of sim/driver.h: garbage does not bring it
 * down, it gives back what it held, it starts again after any of its effects, equal runs have equal
 * digests, and memory that nobody wrote changes nothing.  That the tests would notice is tested
 * with a protocol that makes each mistake there is (sim/engine/mishap.h). */
#include <stdlib.h>
#include <string.h>

#include "models/registry.h"
#include "sim/driver.h"
#include "tests/contract/mistakes.h"
#include "tests/sim/engine/world.h"
#include "tests/test.h"

enum { N = 4, LIAR = 3, LIES = 3000, MAX_CONFIG = 4096, EFFECTS = 60 };

static const struct orr_protocol *inner; /* the protocol under test */

/* The settings that a scenario without `config:` gives. */
static const void *defaults(const struct orr_protocol *p) {
    static uint64_t config[MAX_CONFIG / 8];
    ck_assert_uint_le(p->config_size, sizeof config);
    memset(config, 0, sizeof config);
    for (const struct orr_config_key *c = p->config; c && c->name; c++) {
        char *at = (char *)config + c->offset;
        uint32_t choice = (uint32_t)c->fallback;
        bool is = c->fallback != 0;
        switch (c->type) {
        case ORR_CONFIG_BOOL: memcpy(at, &is, sizeof is); break;
        case ORR_CONFIG_ENUM: memcpy(at, &choice, sizeof choice); break;
        default: memcpy(at, &c->fallback, sizeof c->fallback);
        }
    }
    return config;
}

/* The end of a run that nothing may be wrong with. */
static void check_end(struct world *w) {
    orr_sim_end(w->sim);
    const struct orr_mishap *m = orr_sim_mishap(w->sim);
    ck_assert_msg(!m, "%s: %s, %s", inner->name, m ? orr_mishap_meaning(m->kind) : "",
                  m ? m->text : "");
}

/* ---- garbage ---- */

static uint32_t n_lies;

/* A copy of a message that is cut or has a bit turned; else bytes out of the air. */
static struct orr_msg *lie(const struct orr_msg *truth, struct orr_outbox *out) {
    uint64_t draw = orr_rng_u64(out->rng);
    if (truth && truth->len && draw % 4) {
        uint32_t len = draw % 4 == 1 ? (uint32_t)(draw >> 8) % truth->len : truth->len;
        struct orr_msg *m = orr_msg_copy(out->pool, truth->kind, truth->data, len);
        m->protocol = truth->protocol;
        if (len) m->data[(draw >> 16) % len] ^= (uint8_t)(1 << (draw >> 5) % 8);
        return m;
    }
    uint32_t len = (uint32_t)(draw >> 8) % 300;
    struct orr_msg *m = orr_msg_new(out->pool, (uint16_t)((draw >> 20) % 40), len);
    for (uint32_t i = 0; i < len; i++) m->data[i] = (uint8_t)orr_rng_u64(out->rng);
    if (draw >> 60 == 0) m->protocol = (uint16_t)(draw >> 32);
    return m;
}

static int liar_init(void *state, const struct orr_env *env, const void *cfg) {
    (void)state, (void)env, (void)cfg;
    return 0;
}
static int liar_step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    (void)state;
    for (int i = 0; i < 3 && n_lies < LIES; i++, n_lies++)
        orr_send(out, (orr_peer)(orr_rng_u64(out->rng) % LIAR), lie(event->msg, out));
    if (event->kind == ORR_START)
        for (int i = 0; i < 300; i++, n_lies++) orr_send(out, (orr_peer)i % LIAR, lie(NULL, out));
    return 0;
}

struct outcome {
    uint64_t fingerprint, digest;
    struct orr_mishap mishap;
};

/* A run in which one node of four lies to the others. */
static struct outcome among_lies(const struct orr_protocol *p, uint64_t seed,
                                 struct orr_poison *poison) {
    struct world w;
    struct orr_protocol liar = *p;
    n_lies = 0;
    liar.init = liar_init;
    liar.step = liar_step;
    liar.fini = NULL;
    liar.digest = NULL;
    world_init(&w, N, p, defaults(p), 5 * MS);
    w.nodes[LIAR].protocol = &liar;
    w.spec.seed = seed;
    w.spec.signatures = ORR_SIGNATURES_MODELLED; /* most of a run's time otherwise */
    w.spec.poison = poison;
    if (p == &planted) {
        if (mistakes[planted_at].kind == ORR_MISHAP_HANG) w.spec.step_cpu_ns = 200 * MS;
        w.spec.memory_bytes = 4 << 20;
    }
    world_start(&w);
    orr_sim_run(w.sim, 3000 * MS);
    struct outcome o = {.fingerprint = orr_sim_fingerprint(w.sim)};
    o.digest = orr_sim_digest(w.sim);
    for (orr_peer i = 0; i < LIAR && !orr_sim_mishap(w.sim); i++)
        ck_assert_msg(orr_sim_is_up(w.sim, i), "%s: garbage stopped node %u", p->name, i);
    ck_assert_uint_ge(n_lies, 300);
    orr_sim_end(w.sim);
    if (orr_sim_mishap(w.sim)) o.mishap = *orr_sim_mishap(w.sim);
    world_fini(&w);
    return o;
}

/* The same twice, with other bytes in memory that nobody wrote. */
static struct orr_mishap twice_among_lies(const struct orr_protocol *p, uint64_t seed) {
    struct orr_poison a, b;
    uint64_t from, to;
    orr_poison_init(&a, 0xa5);
    orr_poison_init(&b, 0x3c);
    a.log_from = b.log_from = 0;
    struct orr_mishap m = among_lies(p, seed, &a).mishap;
    if (!m.kind) m = among_lies(p, seed, &b).mishap;
    if (!m.kind && orr_poison_differ(&a, &b, &from, &to)) orr_poison_name(&a, &b, &m);
    orr_poison_fini(&a);
    orr_poison_fini(&b);
    return m;
}

static void check_none(const struct orr_protocol *p, const struct orr_mishap *m) {
    ck_assert_msg(!m->kind, "%s: %s, %s, node %u, event %u of node %u at %lld ns", p->name,
                  orr_mishap_meaning(m->kind), m->text, m->node, m->event, m->peer,
                  (long long)m->at);
}

START_TEST(garbage_stops_nobody_and_everything_is_given_back) {
    const struct orr_protocol *p;
    for (unsigned i = 0; (p = orr_registry_at(i)); i++)
        for (uint64_t seed = 1; seed <= 5; seed++) {
            struct outcome o = among_lies(p, seed, NULL);
            check_none(p, &o.mishap);
        }
}
END_TEST

START_TEST(equal_runs_have_equal_fingerprints_and_digests) {
    const struct orr_protocol *p;
    for (unsigned i = 0; (p = orr_registry_at(i)); i++) {
        struct outcome first = among_lies(p, 7, NULL), second = among_lies(p, 7, NULL);
        ck_assert_uint_eq(first.fingerprint, second.fingerprint);
        ck_assert_uint_eq(first.digest, second.digest);
        ck_assert_uint_ne(among_lies(p, 8, NULL).fingerprint, first.fingerprint);
    }
}
END_TEST

START_TEST(memory_that_nobody_wrote_changes_nothing) {
    const struct orr_protocol *p;
    for (unsigned i = 0; (p = orr_registry_at(i)); i++) {
        struct orr_mishap m = twice_among_lies(p, 9);
        check_none(p, &m);
    }
}
END_TEST

/* ---- a crash after each effect ---- */

static uint32_t n_effects, dies_after; /* of the victim, in all its lives */
static bool has_died;

/* The victim: when its last effect is the one to die after, the rest is lost and it stops. */
static int mortal_step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    int error = inner->step(state, event, out);
    if (error || has_died || n_effects + out->n < dies_after) {
        n_effects += out->n;
        return error;
    }
    while (out->n > dies_after - n_effects) orr_msg_unref(out->pool, out->v[--out->n].msg);
    has_died = true;
    return ORR_EIO;
}

static bool dies_and_lives(const struct orr_protocol *p, uint32_t after) {
    struct world w;
    struct orr_protocol mortal = *p;
    inner = p;
    n_effects = 0;
    dies_after = after;
    has_died = false;
    mortal.step = mortal_step;
    world_init(&w, N, p, defaults(p), 5 * MS);
    w.spec.signatures = ORR_SIGNATURES_MODELLED;
    w.nodes[VICTIM].protocol = &mortal;
    w.nodes[VICTIM].disk.fsync = w.latency;
    world_start(&w);
    for (int i = 1; i <= 30; i++) {
        orr_sim_run(w.sim, i * 100 * MS);
        if (!orr_sim_is_up(w.sim, VICTIM)) orr_sim_restart(w.sim, VICTIM);
    }
    for (orr_peer i = 0; i < N; i++)
        ck_assert_msg(orr_sim_is_up(w.sim, i), "%s: node %u is down after a crash behind effect %u",
                      p->name, i, after);
    check_end(&w);
    world_fini(&w);
    return has_died;
}

START_TEST(a_node_starts_again_after_any_of_its_effects) {
    const struct orr_protocol *p;
    for (unsigned i = 0; (p = orr_registry_at(i)); i++)
        for (uint32_t after = 1; after <= EFFECTS && dies_and_lives(p, after); after++) continue;
}
END_TEST

/* ---- the tests themselves catch what they are for ---- */

START_TEST(garbage_finds_every_mistake_and_names_it) {
    for (planted_at = 0; planted_at < N_MISTAKES; planted_at++) {
        struct orr_mishap m = twice_among_lies(&planted, 3);
        enum orr_mishap_kind kind = mistakes[planted_at].kind;
        ck_assert_msg(m.kind == kind, "%s is taken for %s: %s", orr_mishap_name(kind),
                      orr_mishap_name(m.kind), m.text);
        if (kind == ORR_MISHAP_LEAK_MESSAGE) continue; /* whose it is shows when it runs again */
        ck_assert_uint_eq(m.node, VICTIM);
        if (kind == ORR_MISHAP_LEAK_MEMORY || kind == ORR_MISHAP_ENDLESS) continue;
        ck_assert_uint_eq(m.event, ORR_RECV);
        ck_assert_uint_eq(m.peer, LIAR);
    }
}
END_TEST

START_TEST(every_kind_of_mistake_is_planted) {
    for (int kind = ORR_MISHAP_NONE + 1; kind <= ORR_MISHAP_UNINITIALISED; kind++) {
        /* three need a hand from outside, one is the network's: tests/sim/engine/test_mishap.c */
        bool is_planted = kind == ORR_MISHAP_INTERRUPTED || kind == ORR_MISHAP_BUS ||
                          kind == ORR_MISHAP_ILL || kind == ORR_MISHAP_NO_TIME;
        for (unsigned i = 0; i < N_MISTAKES; i++) is_planted |= (int)mistakes[i].kind == kind;
        ck_assert_msg(is_planted, "%s", orr_mishap_name((enum orr_mishap_kind)kind));
    }
}
END_TEST

ORR_TEST_MAIN("contract", garbage_stops_nobody_and_everything_is_given_back,
              equal_runs_have_equal_fingerprints_and_digests,
              memory_that_nobody_wrote_changes_nothing,
              a_node_starts_again_after_any_of_its_effects,
              garbage_finds_every_mistake_and_names_it, every_kind_of_mistake_is_planted)
