/* solo.h - one validator under test; the others are a script that signs with their keys. */
#ifndef ORR_TESTS_MODELS_BFT_SOLO_H
#define ORR_TESTS_MODELS_BFT_SOLO_H

#include "models/base/bytes.h"
#include "models/bft/tendermint/block.h"
#include "models/bft/tendermint/tendermint.h"
#include "models/ledger/ledger.h"
#include "tests/driver.h"

#define SOLO_N 4

struct solo_block {
    struct orr_block_id id;
    struct orr_msg *parts[ORR_MAX_PARTS];
};

/* The validator's state: consensus over a ledger, which a test may look into. */
struct solo_state {
    struct orr_tm *node;
    struct orr_ledger ledger;
};

struct solo {
    struct cluster c;             /* of which one node runs, and what it sends goes nowhere */
    struct cluster_node *me;      /* that node  */
    struct solo_state *state;     /* its state  */
    const struct orr_validator_set *set;
    struct orr_tm_config config;
    struct orr_vote votes[64]; /* its own, as it sent them, and not yet expected */
    uint32_t n_votes, next_vote;
    struct orr_msg *proposal;  /* the last that it sent  */
    struct orr_msg *told;      /* the last commit that it sent to one that lags */
    struct orr_evidence evidence;
    uint32_t n_evidence, n_proofs; /* told by output, told to all */
    uint64_t decided;          /* height */
    uint8_t value[32];
    uint32_t decided_round;
    orr_peer asked;            /* whom it last sent a status, or ORR_NOBODY */
    uint32_t n_relayed;        /* messages that it passed on to all but one  */
    struct orr_block_id last_id; /* what the script's blocks build on */
};

static inline const void *solo_share(const struct orr_cohort *cohort, const void *cfg,
                                     struct orr_mem *mem) {
    (void)cfg;
    return orr_validator_set_new(cohort, mem);
}
static inline int solo_init_with(struct solo_state *s, const struct orr_env *env, const void *cfg,
                                 uint64_t balance) {
    const struct orr_validator_set *set = env->common->shared;
    orr_ledger_init(&s->ledger, env, set->chain_id, balance);
    s->node = orr_tm_new(env, cfg, set, &orr_ledger_app, &s->ledger);
    return s->node ? 0 : ORR_EINVAL;
}
static inline int solo_init(void *state, const struct orr_env *env, const void *cfg) {
    return solo_init_with(state, env, cfg, 1000);
}
static inline int solo_state_step(void *state, const struct orr_event *event,
                                  struct orr_outbox *out) {
    return orr_tm_step(((struct solo_state *)state)->node, event, out);
}
static inline void solo_fini(void *state) {
    struct solo_state *s = state;
    orr_tm_free(s->node);
    orr_ledger_fini(&s->ledger);
}
static inline void solo_decode(const struct orr_common *common, struct orr_msg *m) {
    orr_tm_decode(m, common->shared, common->pool, common->memo);
}
static const struct orr_protocol solo_protocol = {
    .abi = ORR_ABI, .name = "solo", .node_size = sizeof(struct solo_state),
    .n_timers = ORR_TM_N_TIMERS, .init = solo_init, .step = solo_state_step, .fini = solo_fini,
    .decode = solo_decode, .genesis.share = solo_share};

static inline void solo_output(struct cluster *c, orr_peer node, uint32_t key,
                               const struct orr_msg *m) {
    struct solo *s = c->ctx;
    (void)node;
    if (key == ORR_OUT_DECIDED) {
        const struct orr_decided *d = (const struct orr_decided *)m->data;
        s->decided = d->height;
        s->decided_round = d->round;
        memcpy(s->value, d->value, 32);
    } else if (key == ORR_OUT_EVIDENCE) {
        memcpy(&s->evidence, m->data, sizeof s->evidence);
        s->n_evidence++;
    }
}

static inline void solo_sent(struct cluster *c, orr_peer from, const struct orr_effect *f) {
    struct solo *s = c->ctx;
    bool to_all = f->kind == ORR_CAST, is_own = to_all && f->peer == ORR_NOBODY;
    (void)from;
    s->n_relayed += to_all && !is_own;
    if (is_own && (f->msg->kind == ORR_TM_PREVOTE || f->msg->kind == ORR_TM_PRECOMMIT)) {
        ck_assert_uint_lt(s->n_votes, 64);
        ck_assert(orr_vote_read(f->msg->data, &s->votes[s->n_votes++]));
    } else if (is_own && f->msg->kind == ORR_TM_PROPOSAL) {
        orr_msg_unref(&c->pool, s->proposal);
        s->proposal = orr_msg_ref(f->msg);
    } else if (to_all && f->msg->kind == ORR_TM_EVIDENCE) {
        s->n_proofs++;
    } else if (!to_all && f->msg->kind == ORR_TM_STATUS) {
        s->asked = f->peer;
    } else if (!to_all && f->msg->kind == ORR_TM_COMMIT) {
        orr_msg_unref(&c->pool, s->told);
        s->told = orr_msg_ref(f->msg);
    }
}

static inline orr_time solo_lost(struct cluster *c, orr_peer from, orr_peer to,
                                 const struct orr_msg *m) {
    (void)c, (void)from, (void)to, (void)m;
    return ORR_NEVER;
}

/* One event; nothing happens to a validator that died. */
static inline int solo_step(struct solo *s, struct orr_event e) {
    return s->me->is_up ? cluster_step(&s->c, s->c.only, e) : 0;
}

static inline void solo_boot(struct solo *s) {
    cluster_boot(&s->c, s->c.only);
}
/* The same over a ledger in which every account has another balance; what START returns. */
static inline int solo_boot_with(struct solo *s, uint64_t balance) {
    ck_assert_int_eq(solo_init_with(s->state, &s->me->env, &s->config, balance), 0);
    s->me->is_up = true;
    for (uint32_t i = 0; i < s->me->n_disk; i++) {
        const struct record *r = &s->me->disk[i];
        solo_step(s, (struct orr_event){.kind = ORR_STORED, .key = r->name, .msg = r->msg});
    }
    return solo_step(s, (struct orr_event){.kind = ORR_START});
}
/* It will die right behind so many more writes: what follows them is lost. */
static inline void solo_dies(struct solo *s, uint32_t n_writes) {
    s->c.dying = s->c.only;
    s->c.writes_left = n_writes;
    s->c.dies_behind = true;
}
static inline void solo_crash(struct solo *s) {
    cluster_crash(&s->c, s->c.only, false);
}

/* Starts validator `me` of four; with equal stakes validator (height - 1 + round) % 4 proposes. */
static inline void solo_new_with(struct solo *s, uint32_t me, enum orr_signatures signatures) {
    memset(s, 0, sizeof *s);
    cluster_new_of(&s->c, &solo_protocol, SOLO_N, 7);
    s->c.cohort.signatures = signatures;
    s->c.only = me;
    s->c.ctx = s;
    s->c.output = solo_output;
    s->c.sent = solo_sent;
    s->c.delay = solo_lost;
    s->me = &s->c.nodes[me];
    s->me->config = &s->config;
    s->asked = ORR_NOBODY;
#define KEY(key, type, fallback, min, max, help) s->config.key = fallback;
    ORR_TENDERMINT_CONFIG_KEYS(KEY)
#undef KEY
    cluster_start(&s->c);
    s->state = s->me->state;
    s->set = s->c.common.shared;
}
static inline void solo_new(struct solo *s, uint32_t me) {
    solo_new_with(s, me, ORR_SIGNATURES_REAL);
}

static inline void solo_free(struct solo *s) {
    orr_msg_unref(&s->c.pool, s->proposal);
    orr_msg_unref(&s->c.pool, s->told);
    cluster_free(&s->c);
}

static inline void solo_write(struct solo *s, uint32_t name, struct orr_msg *m) {
    cluster_write(&s->c, s->me, name, m);
}

/* A block of height 1 with the given time, valid unless app_hash is spoilt. */
static inline struct solo_block solo_block(struct solo *s, orr_time time, bool is_valid) {
    struct orr_tm_header h = {.chain_id = s->set->chain_id, .height = 1, .time = time};
    orr_sha256(NULL, 0, h.app_hash); /* the root of no accounts */
    if (!is_valid) h.app_hash[0] ^= 1;
    memcpy(h.validators_hash, s->set->hash, 32);
    struct orr_msg *m = orr_tm_block_build(&h, NULL, NULL, 0, NULL, 0, NULL, &s->c.pool);
    struct solo_block b;
    orr_tm_header_hash(&h, b.id.hash);
    orr_parts_split(m, 1, 100, ORR_TM_PART, &s->c.pool, b.parts, &b.id.n_parts, b.id.parts_root);
    orr_msg_unref(&s->c.pool, m);
    return b;
}
static inline void solo_block_free(struct solo *s, struct solo_block *b) {
    for (uint32_t i = 0; i < b->id.n_parts; i++) orr_msg_unref(&s->c.pool, b->parts[i]);
}

static inline void solo_recv(struct solo *s, uint32_t from, struct orr_msg *m) {
    solo_step(s, (struct orr_event){.kind = ORR_RECV, .peer = from, .msg = m});
    orr_msg_unref(&s->c.pool, m);
}
static inline void solo_parts(struct solo *s, const struct solo_block *b) {
    for (uint32_t i = b->id.n_parts; i-- > 0;) solo_recv(s, 0, orr_msg_ref(b->parts[i]));
}

/* The proposal of a block at height 1, signed by `proposer`. */
static inline struct orr_msg *solo_proposal(struct solo *s, uint32_t proposer, uint32_t round,
                                            int32_t pol_round, const struct orr_block_id *id) {
    uint8_t bytes[ORR_SIGNED_BYTES], signature[64];
    orr_signed_bytes(s->set, ORR_SIGNED_PROPOSAL, 1, round, pol_round, id, bytes);
    orr_sign(NULL, &s->set->keys[proposer], bytes, sizeof bytes, signature);
    struct orr_msg *m = orr_msg_new(&s->c.pool, ORR_TM_PROPOSAL, 20 + 68 + 64);
    struct orr_writer w = orr_writer(m->data, m->len);
    orr_write_u64(&w, 1);
    orr_write_u32(&w, round);
    orr_write_u32(&w, (uint32_t)pol_round);
    orr_write_u32(&w, proposer);
    orr_write_bytes(&w, id, sizeof *id);
    orr_write_bytes(&w, signature, sizeof signature);
    ck_assert(!w.bad && w.p == w.end);
    return m;
}
static inline void solo_propose(struct solo *s, uint32_t round, int32_t pol_round,
                                const struct solo_block *b) {
    solo_recv(s, round % SOLO_N, solo_proposal(s, round % SOLO_N, round, pol_round, &b->id));
    solo_parts(s, b);
}

static inline struct orr_msg *solo_vote(struct solo *s, uint32_t validator,
                                        enum orr_signed_type type, uint32_t round,
                                        const struct solo_block *b) {
    struct orr_vote v = {
        .height = 1, .round = round, .validator = validator, .type = (uint8_t)type};
    if (b) v.id = b->id;
    return orr_vote_sign(&v, s->set, &s->c.pool, NULL,
                         type == ORR_PREVOTE ? ORR_TM_PREVOTE : ORR_TM_PRECOMMIT);
}
/* Votes of `validators` (a bitset) arrive; b NULL: for nil. */
static inline void solo_votes(struct solo *s, unsigned validators, enum orr_signed_type type,
                              uint32_t round, const struct solo_block *b) {
    for (uint32_t i = 0; i < SOLO_N; i++)
        if (validators >> i & 1) solo_recv(s, i, solo_vote(s, i, type, round, b));
}

static inline void solo_timeout(struct solo *s, enum orr_tm_timer timer) {
    ck_assert_int_ne(s->me->timers[timer], ORR_NEVER);
    ck_assert_int_gt(s->me->timers[timer], 0);
    if (s->me->timers[timer] > s->c.now) s->c.now = s->me->timers[timer];
    s->me->timers[timer] = ORR_NEVER;
    solo_step(s, (struct orr_event){.kind = ORR_TIMER, .key = timer});
}

/* The next vote of the node under test is this one. */
static inline void solo_expect(struct solo *s, enum orr_signed_type type, uint32_t round,
                               const struct solo_block *b) {
    ck_assert_msg(s->next_vote < s->n_votes, "no vote was sent");
    const struct orr_vote *v = &s->votes[s->next_vote++];
    ck_assert_uint_eq(v->type, type);
    ck_assert_uint_eq(v->round, round);
    struct orr_block_id nil = {.n_parts = 0};
    ck_assert_mem_eq(&v->id, b ? &b->id : &nil, sizeof v->id);
}
static inline void solo_expect_no_vote(struct solo *s) {
    ck_assert_uint_eq(s->next_vote, s->n_votes);
}

static inline void solo_expect_lock(struct solo *s, int32_t round, const struct solo_block *b) {
    struct orr_tm_view v = orr_tm_look(s->state->node);
    ck_assert_int_eq(v.locked_round, round);
    if (b) ck_assert_mem_eq(v.locked, b->id.hash, 32);
}
static inline void solo_expect_at(struct solo *s, uint64_t height, uint32_t round,
                                  enum orr_tm_step step) {
    struct orr_tm_view v = orr_tm_look(s->state->node);
    ck_assert_uint_eq(v.height, height);
    ck_assert_uint_eq(v.round, round);
    ck_assert_uint_eq(v.step, step);
}
#endif
