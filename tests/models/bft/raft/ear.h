/* ear.h - clusters of Raft servers, and an ear that hears whether its promises are kept: one value
 * an index, one leader a term, one vote of each server in a term. */
#ifndef ORR_TESTS_MODELS_BFT_RAFT_EAR_H
#define ORR_TESTS_MODELS_BFT_RAFT_EAR_H

#include "models/bft/raft/state.h"
#include "tests/models/bft/watch.h"

enum { EAR_HEIGHTS = 8192, EAR_TERMS = 4096 };

struct ear {
    uint64_t decided[CLUSTER_MAX], first_of_life[CLUSTER_MAX];
    uint8_t values[EAR_HEIGHTS][32];
    bool is_decided[EAR_HEIGHTS];
    orr_time proposed_at[EAR_HEIGHTS], first_at[EAR_HEIGHTS], last_at[EAR_HEIGHTS];
    uint32_t leaders[EAR_TERMS];             /* node + 1 */
    uint32_t votes[CLUSTER_MAX][EAR_TERMS];  /* for node + 1 */
    uint32_t n_forks, n_gaps, n_rivals, n_double_votes;
    uint32_t n_leaders, n_adopted, n_txs, n_dropped;
    uint64_t max_term;
    uint32_t n_of_kind[ORR_RAFT_N_KINDS];
};

static inline void ear_decided(struct ear *ear, struct cluster *c, orr_peer node,
                               const struct orr_decided *d) {
    ck_assert_uint_lt(d->height, EAR_HEIGHTS);
    bool is_new_life = ear->first_of_life[node] == 0;
    if (!is_new_life && d->height != ear->decided[node] + 1) ear->n_gaps++;
    ear->first_of_life[node] = 1;
    ear->decided[node] = d->height;
    if (!ear->is_decided[d->height]) {
        memcpy(ear->values[d->height], d->value, 32);
        ear->first_at[d->height] = c->now;
        ear->n_txs += d->n_txs;
    }
    ear->last_at[d->height] = c->now;
    ear->is_decided[d->height] = true;
    ear->n_forks += memcmp(ear->values[d->height], d->value, 32) != 0;
}

static inline void ear_vote(struct ear *ear, orr_peer voter, uint64_t term, orr_peer candidate) {
    ck_assert_uint_lt(term, EAR_TERMS);
    uint32_t *vote = &ear->votes[voter][term];
    ear->n_double_votes += *vote && *vote != candidate + 1;
    *vote = candidate + 1;
}

static inline void ear_sent(struct cluster *c, orr_peer from, const struct orr_effect *e) {
    struct ear *ear = c->ctx;
    struct orr_raft_vote vote;
    struct orr_raft_ask_vote ask;
    ear->n_of_kind[e->msg->kind]++;
    if (e->msg->kind == ORR_RAFT_VOTE && orr_raft_vote_read(e->msg, &vote) && vote.is_granted &&
        !vote.is_pre)
        ear_vote(ear, from, vote.term, e->peer);
    if (e->msg->kind == ORR_RAFT_ASK_VOTE && orr_raft_ask_vote_read(e->msg, &ask) && !ask.is_pre)
        ear_vote(ear, from, ask.term, from);
}

static inline void ear_output(struct cluster *c, orr_peer node, uint32_t key,
                              const struct orr_msg *m) {
    struct ear *ear = c->ctx;
    if (key == ORR_OUT_DECIDED) ear_decided(ear, c, node, (const void *)m->data);
    if (key == ORR_OUT_DROPPED) ear->n_dropped++;
    if (key == ORR_OUT_ADOPTED) {
        const struct orr_adopted *a = (const void *)m->data;
        ear->n_adopted++;
        ear->n_forks += ear->is_decided[a->height] &&
                        memcmp(ear->values[a->height], a->value, 32) != 0;
        ear->decided[node] = a->height;
    }
    if (key == ORR_OUT_PROPOSED) {
        const struct orr_proposed *p = (const void *)m->data;
        ear->proposed_at[p->height] = c->now;
    }
    const struct orr_progress *p = key == ORR_OUT_STEP ? (const void *)m->data : NULL;
    if (p && p->round > ear->max_term) ear->max_term = p->round;
    if (!p || p->step != ORR_RAFT_LEADER) return;
    ck_assert_uint_lt(p->round, EAR_TERMS);
    ear->n_leaders++;
    ear->n_rivals += ear->leaders[p->round] && ear->leaders[p->round] != node + 1;
    ear->leaders[p->round] = node + 1;
}

/* A cluster that has not started. */
static inline struct ear *ear_new(struct cluster *c, uint32_t n, uint64_t seed) {
    cluster_new(c, "raft", n, seed);
    struct ear *ear = calloc(1, sizeof *ear);
    c->ctx = ear;
    c->output = ear_output;
    c->sent = ear_sent;
    return ear;
}
static inline void ear_free(struct cluster *c) {
    free(c->ctx);
    cluster_free(c);
}
static inline void ear_expect(const struct cluster *c, uint64_t seed) {
    const struct ear *ear = c->ctx;
    ck_assert_msg(!ear->n_forks && !ear->n_gaps && !ear->n_rivals && !ear->n_double_votes,
                  "%u forks, %u gaps, %u terms of two leaders, %u double votes; "
                  "replay: ORRERY_SEED=%lu", ear->n_forks, ear->n_gaps, ear->n_rivals,
                  ear->n_double_votes, (unsigned long)seed);
}
static inline void ear_set_bool(struct cluster *c, const char *key, bool value) {
    for (const struct orr_config_key *k = c->protocol->config; k->name; k++)
        if (!strcmp(k->name, key)) {
            ck_assert_int_eq(k->type, ORR_CONFIG_BOOL);
            *((bool *)c->config + k->offset) = value;
            return;
        }
    ck_abort_msg("no config key %s", key);
}
static inline struct orr_raft *server(const struct cluster *c, orr_peer i) {
    return c->nodes[i].state;
}
/* A node that comes back: its decisions begin anew. */
static inline void ear_boot(struct cluster *c, orr_peer i) {
    ((struct ear *)c->ctx)->first_of_life[i] = 0;
    cluster_boot(c, i);
}
/* Runs until some node leads, and returns it. */
static inline orr_peer ear_leader(struct cluster *c) {
    for (;;) { /* ends: with the test, if nobody is ever elected */
        for (orr_peer i = 0; i < c->cohort.n; i++)
            if (c->nodes[i].is_up && server(c, i)->role == ORR_RAFT_LEADER) return i;
        ck_assert(cluster_turn(c, 60000 * MS));
    }
}
#endif
