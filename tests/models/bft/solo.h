/* solo.h - one validator under test; the others are a script that signs with their keys. */
#ifndef ORR_TESTS_MODELS_BFT_SOLO_H
#define ORR_TESTS_MODELS_BFT_SOLO_H

#include "models/base/bytes.h"
#include "models/base/cost.h"
#include "models/base/memo.h"
#include "models/bft/tendermint/block.h"
#include "models/bft/tendermint/tendermint.h"
#include "models/ledger/ledger.h"
#include "sim/base/memory.h"
#include "tests/test.h"

#define SOLO_N 4

struct solo_block {
    struct orr_block_id id;
    struct orr_msg *parts[ORR_MAX_PARTS];
};
struct solo_record { uint32_t name; struct orr_msg *msg; };

struct solo {
    struct orr_heap heap;
    struct orr_arena arena;
    struct orr_pool pool;
    struct orr_memo *memo;
    orr_peer members[SOLO_N];
    uint64_t stakes[SOLO_N];
    struct orr_cohort cohort;
    struct orr_validator_set *set;
    struct orr_costs costs;
    struct orr_rng rng;
    struct orr_tm_config config;
    struct orr_common common;
    struct orr_env env;
    struct orr_links links;
    struct orr_ledger ledger;
    struct orr_tm *node;
    struct orr_outbox out;
    orr_time now, wall_ahead, timers[ORR_TM_N_TIMERS];
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
    uint32_t writes_left;      /* before it dies in the midst of its effects; 0: it does not */
    bool is_dead;
    struct solo_record disk[256];
    uint32_t n_disk;
    struct orr_block_id last_id; /* what the script's blocks build on */
};

static inline void solo_grow(struct orr_outbox *out) {
    out->cap = out->cap ? 2 * out->cap : 64;
    out->v = orr_xrealloc(out->v, out->cap * sizeof *out->v);
}

static inline void solo_write(struct solo *s, uint32_t name, struct orr_msg *m) {
    uint32_t at = 0;
    while (at < s->n_disk && s->disk[at].name < name) at++;
    bool is_there = at < s->n_disk && s->disk[at].name == name;
    if (is_there) orr_msg_unref(&s->pool, s->disk[at].msg);
    if (!m && !is_there) return;
    if (m && !is_there) {
        ck_assert_uint_lt(s->n_disk, 256);
        memmove(s->disk + at + 1, s->disk + at, (s->n_disk++ - at) * sizeof s->disk[0]);
    }
    if (m) s->disk[at] = (struct solo_record){name, m};
    else memmove(s->disk + at, s->disk + at + 1, (--s->n_disk - at) * sizeof s->disk[0]);
}

static inline void solo_output(struct solo *s, uint32_t key, const struct orr_msg *m) {
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

/* Takes hold of one effect; the message is lent. */
static inline void solo_effect(struct solo *s, const struct orr_effect *f) {
    s->n_relayed += f->kind == ORR_CAST && f->peer != ORR_NOBODY;
    if (f->kind == ORR_CAST && f->peer == ORR_NOBODY &&
        (f->msg->kind == ORR_TM_PREVOTE || f->msg->kind == ORR_TM_PRECOMMIT)) {
        ck_assert_uint_lt(s->n_votes, 64);
        ck_assert(orr_vote_read(f->msg->data, &s->votes[s->n_votes++]));
    } else if (f->kind == ORR_CAST && f->peer == ORR_NOBODY &&
               f->msg->kind == ORR_TM_PROPOSAL) {
        orr_msg_unref(&s->pool, s->proposal);
        s->proposal = orr_msg_ref(f->msg);
    } else if (f->kind == ORR_CAST && f->msg->kind == ORR_TM_EVIDENCE) {
        s->n_proofs++;
    } else if (f->kind == ORR_SEND && f->msg->kind == ORR_TM_STATUS) {
        s->asked = f->peer;
    } else if (f->kind == ORR_SEND && f->msg->kind == ORR_TM_COMMIT) {
        orr_msg_unref(&s->pool, s->told);
        s->told = orr_msg_ref(f->msg);
    } else if (f->kind == ORR_OUTPUT) {
        solo_output(s, f->key, f->msg);
    } else if (f->kind == ORR_ARM) {
        s->timers[f->key] = f->at;
    } else if (f->kind == ORR_WRITE) {
        solo_write(s, f->key, orr_msg_ref(f->msg));
        s->is_dead = s->writes_left && !--s->writes_left;
    }
}

static inline int solo_step(struct solo *s, struct orr_event e) {
    if (s->is_dead) return 0;
    e.now = s->now;
    e.wall = s->now + s->wall_ahead;
    s->out.n = 0;
    s->out.rng = &s->rng;
    s->out.links = &s->links;
    int error = orr_tm_step(s->node, &e, &s->out);
    for (uint32_t i = 0; i < s->out.n; i++) {
        if (!s->is_dead) solo_effect(s, &s->out.v[i]); /* a crash loses the rest */
        orr_msg_unref(&s->pool, s->out.v[i].msg);
    }
    return error;
}

static inline void solo_boot(struct solo *s, uint32_t me) {
    s->common = (struct orr_common){
        .n_nodes = SOLO_N, .cohort = &s->cohort, .mem = &s->heap.mem, .pool = &s->pool,
        .costs = &s->costs, .memo = s->memo};
    s->env = (struct orr_env){.common = &s->common, .self = me};
    s->links.n = SOLO_N - 1;
    orr_ledger_init(&s->ledger, &s->env, s->set->chain_id, 1000);
    s->node = orr_tm_new(&s->env, &s->config, s->set, &orr_ledger_app, &s->ledger);
    ck_assert_ptr_nonnull(s->node);
    for (uint32_t i = 0; i < s->n_disk; i++)
        solo_step(s, (struct orr_event){
                         .kind = ORR_STORED, .key = s->disk[i].name, .msg = s->disk[i].msg});
    ck_assert_int_eq(solo_step(s, (struct orr_event){.kind = ORR_START}), 0);
}

/* Starts validator `me` of four; with equal stakes validator (height - 1 + round) % 4 proposes. */
static inline void solo_new(struct solo *s, uint32_t me) {
    memset(s, 0, sizeof *s);
    orr_heap_init(&s->heap);
    orr_arena_init(&s->arena);
    orr_pool_init(&s->pool, &s->heap.mem);
    s->memo = orr_memo_new(&s->heap.mem, 1024);
    for (uint32_t i = 0; i < SOLO_N; i++) s->members[i] = i, s->stakes[i] = 1;
    s->cohort = (struct orr_cohort){SOLO_N, s->members, s->stakes, 7};
    s->set = orr_validator_set_new(&s->cohort, &s->arena.mem);
    s->asked = ORR_NOBODY;
    s->rng = orr_rng_stream(7, ORR_RNG_NODE, me);
    s->out = (struct orr_outbox){.pool = &s->pool, .grow = solo_grow};
#define KEY(key, type, fallback, min, max, help) s->config.key = fallback;
    ORR_TENDERMINT_CONFIG_KEYS(KEY)
#undef KEY
    solo_boot(s, me);
}

static inline void solo_crash(struct solo *s) {
    orr_tm_free(s->node);
    orr_ledger_fini(&s->ledger);
}

static inline void solo_free(struct solo *s) {
    solo_crash(s);
    for (uint32_t i = 0; i < s->n_disk; i++) orr_msg_unref(&s->pool, s->disk[i].msg);
    orr_msg_unref(&s->pool, s->proposal);
    orr_msg_unref(&s->pool, s->told);
    ck_assert_uint_eq(s->pool.n_live, 0);
    orr_memo_free(s->memo);
    orr_pool_fini(&s->pool);
    ck_assert_uint_eq(s->heap.used_bytes, 0);
    orr_arena_fini(&s->arena);
    free(s->out.v);
}

/* A block of height 1 with the given time, valid unless app_hash is spoilt. */
static inline struct solo_block solo_block(struct solo *s, orr_time time, bool is_valid) {
    struct orr_tm_header h = {.chain_id = s->set->chain_id, .height = 1, .time = time};
    orr_sha256(NULL, 0, h.app_hash); /* the root of no accounts */
    if (!is_valid) h.app_hash[0] ^= 1;
    memcpy(h.validators_hash, s->set->hash, 32);
    struct orr_msg *m = orr_tm_block_build(&h, NULL, NULL, 0, NULL, 0, &s->pool);
    struct solo_block b;
    orr_tm_header_hash(&h, b.id.hash);
    orr_parts_split(m, 1, 100, ORR_TM_PART, &s->pool, b.parts, &b.id.n_parts, b.id.parts_root);
    orr_msg_unref(&s->pool, m);
    return b;
}
static inline void solo_block_free(struct solo *s, struct solo_block *b) {
    for (uint32_t i = 0; i < b->id.n_parts; i++) orr_msg_unref(&s->pool, b->parts[i]);
}

static inline void solo_recv(struct solo *s, uint32_t from, struct orr_msg *m) {
    solo_step(s, (struct orr_event){.kind = ORR_RECV, .peer = from, .msg = m});
    orr_msg_unref(&s->pool, m);
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
    struct orr_msg *m = orr_msg_new(&s->pool, ORR_TM_PROPOSAL, 20 + 68 + 64);
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
    return orr_vote_sign(&v, s->set, &s->pool, NULL,
                         type == ORR_PREVOTE ? ORR_TM_PREVOTE : ORR_TM_PRECOMMIT);
}
/* Votes of `validators` (a bitset) arrive; b NULL: for nil. */
static inline void solo_votes(struct solo *s, unsigned validators, enum orr_signed_type type,
                              uint32_t round, const struct solo_block *b) {
    for (uint32_t i = 0; i < SOLO_N; i++)
        if (validators >> i & 1) solo_recv(s, i, solo_vote(s, i, type, round, b));
}

static inline void solo_timeout(struct solo *s, enum orr_tm_timer timer) {
    ck_assert_int_ne(s->timers[timer], ORR_NEVER);
    ck_assert_int_gt(s->timers[timer], 0);
    if (s->timers[timer] > s->now) s->now = s->timers[timer];
    s->timers[timer] = ORR_NEVER;
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
    struct orr_tm_view v = orr_tm_look(s->node);
    ck_assert_int_eq(v.locked_round, round);
    if (b) ck_assert_mem_eq(v.locked, b->id.hash, 32);
}
static inline void solo_expect_at(struct solo *s, uint64_t height, uint32_t round,
                                  enum orr_tm_step step) {
    struct orr_tm_view v = orr_tm_look(s->node);
    ck_assert_uint_eq(v.height, height);
    ck_assert_uint_eq(v.round, round);
    ck_assert_uint_eq(v.step, step);
}
#endif
