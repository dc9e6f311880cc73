/* laws.h - the roles that the laws are tried on, and an ear that hears whether they were kept.
 *
 * A role stands in the table with what makes its runs short, and with what its paper promises. */
#ifndef ORR_TESTS_MODELS_BFT_LAWS_H
#define ORR_TESTS_MODELS_BFT_LAWS_H

#include "models/fault/byzantine.h"
#include "models/statement.h"
#include "tests/models/bft/watch.h"

enum { LAW_KEYS = 8, LAW_LINK = 10 /* ms */, LAW_HEIGHTS = 4096 };

struct law {
    const char *role;
    uint32_t links;       /* from a proposal to the decision at the last replica, fault-free;
                             0: not counted in links (it has a clock of its own)             */
    orr_time recovers;    /* ms, at most, from a good network to a decision at every node    */
    bool needs_txs;       /* decides nothing that nobody asked for                           */
    struct { const char *key; uint64_t value; } set[LAW_KEYS];
};

static const struct law laws[] = {
    {.role = "tendermint", .links = 3, .recovers = 4000,
     .set = {{"timeout_commit", 20 * MS}, {"timeout_propose", 100 * MS},
             {"timeout_prevote", 60 * MS}, {"timeout_precommit", 60 * MS},
             {"timeout_propose_delta", 20 * MS}, {"gossip_interval", 50 * MS}}},
    {.role = "pbft", .links = 3, .recovers = 4000, .needs_txs = true,
     .set = {{"timeout", 100 * MS}, {"retry", 40 * MS}, {"status_interval", 30 * MS},
             {"checkpoint_interval", 8}, {"window", 16}}},
    {.role = "hotstuff", .links = 7, .recovers = 4000,
     .set = {{"timeout", 100 * MS}, {"timeout_max", 400 * MS}}},
    {.role = "hotstuff-basic", .links = 7, .recovers = 4000,
     .set = {{"timeout", 250 * MS}, {"timeout_max", 500 * MS}, {"retain_blocks", 2}}},
    {.role = "hotstuff-2", .links = 5, .recovers = 4000,
     .set = {{"timeout", 150 * MS}, {"timeout_max", 600 * MS}, {"delta", 20 * MS},
             {"retain_blocks", 3}}},
    {.role = "jolteon", .links = 5, .recovers = 4000,
     .set = {{"timeout", 100 * MS}, {"timeout_max", 400 * MS}}},
    {.role = "fast-hotstuff", .links = 5, .recovers = 4000,
     .set = {{"timeout", 100 * MS}, {"timeout_max", 400 * MS}}},
    {.role = "tusk", .recovers = 4000, .set = {{"header_delay", 0}, {"retry", 40 * MS}}},
    {.role = "bullshark", .links = 6, .recovers = 4000,
     .set = {{"header_delay", 0}, {"retry", 40 * MS}, {"leader_timeout", 100 * MS}}},
    {.role = "mysticeti", .links = 3, .recovers = 4000,
     .set = {{"retry", 40 * MS}, {"leader_timeout", 60 * MS}}},
    {.role = "streamlet", .recovers = 4000, .set = {{"epoch", 40 * MS}, {"retain_blocks", 1}}},
};
enum { N_LAWS = sizeof laws / sizeof laws[0] };

/* What was heard in a run. */
struct law_ear {
    const struct law *law;
    uint64_t decided[CLUSTER_MAX];       /* heights, by node                               */
    uint8_t values[LAW_HEIGHTS][32];     /* [height], of the first decision                */
    bool is_decided[LAW_HEIGHTS];
    orr_time decided_at[LAW_HEIGHTS];    /* by the last correct node that decided          */
    orr_time proposed_at[LAW_HEIGHTS];   /* of the value that was decided; 0: not told     */
    struct { uint8_t value[32]; uint64_t height; orr_time at; } proposed[LAW_HEIGHTS];
    uint32_t n_proposed;
    bool is_liar[CLUSTER_MAX];
    uint32_t n_forks, n_gaps, n_accused; /* n_accused: correct nodes named by evidence     */
    struct orr_statement *said;          /* [said_cap] by slot; signer + 1, 0: free        */
    uint32_t said_cap, n_said, n_double; /* n_double: slots of correct nodes with two      */
};

static inline uint64_t law_slot(const struct orr_statement *s) {
    uint64_t slot[4] = {s->signer, s->kind, s->height, s->view};
    return orr_hash64(0, slot, sizeof slot);
}

static inline void law_say(struct law_ear *ear, const struct orr_statement *s);

/* Twice the room: short runs should not pay for long ones. */
static inline void law_grow(struct law_ear *ear) {
    struct orr_statement *old = ear->said;
    uint32_t n = ear->said_cap;
    ear->said_cap = n ? 2 * n : 1024;
    ear->said = calloc(ear->said_cap, sizeof *ear->said);
    ear->n_said = 0;
    for (uint32_t i = 0; i < n; i++)
        if (old[i].signer) {
            old[i].signer--;
            law_say(ear, &old[i]);
        }
    free(old);
}

/* Remembers a correct node's statement, and whether it contradicts an earlier one. */
static inline void law_say(struct law_ear *ear, const struct orr_statement *s) {
    if (2 * ear->n_said >= ear->said_cap) law_grow(ear);
    uint32_t at = (uint32_t)law_slot(s) % ear->said_cap;
    for (; ear->said[at].signer; at = (at + 1) % ear->said_cap) { /* ends: half are free */
        struct orr_statement old = ear->said[at];
        old.signer--;
        if (old.signer != s->signer || old.kind != s->kind || old.height != s->height ||
            old.view != s->view)
            continue;
        ear->n_double += orr_statements_conflict(&old, s);
        return;
    }
    ear->n_said++;
    ear->said[at] = *s;
    ear->said[at].signer++;
}

static inline void law_sent(struct cluster *c, orr_peer from, const struct orr_effect *e) {
    struct law_ear *ear = c->ctx;
    struct orr_statement s;
    if (!e->msg || ear->is_liar[from] || !c->protocol->report.statement) return;
    for (uint32_t i = 0; c->protocol->report.statement(&c->common, e->msg, i, &s); i++)
        if (!ear->is_liar[s.signer]) law_say(ear, &s);
}

static inline void law_decided(struct law_ear *ear, struct cluster *c, orr_peer node,
                               const struct orr_decided *d) {
    if (d->height >= LAW_HEIGHTS) ck_abort_msg("height %lu", (unsigned long)d->height);
    if (d->height != ear->decided[node] && d->height != ear->decided[node] + 1) ear->n_gaps++;
    if (d->height > ear->decided[node]) {
        ear->decided[node] = d->height;
        ear->decided_at[d->height] = c->now;
    }
    if (!ear->is_decided[d->height]) memcpy(ear->values[d->height], d->value, 32);
    ear->is_decided[d->height] = true;
    ear->n_forks += memcmp(ear->values[d->height], d->value, 32) != 0;
    for (uint32_t i = 0; i < ear->n_proposed; i++)
        if (!memcmp(ear->proposed[i].value, d->value, 32))
            ear->proposed_at[d->height] = ear->proposed[i].at;
}

static inline void law_output(struct cluster *c, orr_peer node, uint32_t key,
                              const struct orr_msg *m) {
    struct law_ear *ear = c->ctx;
    if (ear->is_liar[node]) return;
    if (key == ORR_OUT_DECIDED) law_decided(ear, c, node, (const struct orr_decided *)m->data);
    if (key == ORR_OUT_ADOPTED) {
        const struct orr_adopted *state = (const struct orr_adopted *)m->data;
        ear->n_forks += ear->is_decided[state->height] &&
                        memcmp(ear->values[state->height], state->value, 32) != 0;
        if (state->height > ear->decided[node]) ear->decided[node] = state->height;
    }
    if (key == ORR_OUT_EVIDENCE)
        ear->n_accused += !ear->is_liar[((const struct orr_evidence *)m->data)->culprit];
    if (key == ORR_OUT_PROPOSED && ear->n_proposed < LAW_HEIGHTS) {
        const struct orr_proposed *p = (const struct orr_proposed *)m->data;
        memcpy(ear->proposed[ear->n_proposed].value, p->value, 32);
        ear->proposed[ear->n_proposed++].at = c->now;
    }
}

/* A cluster of a role that has not started; signatures are modelled. */
static inline struct law_ear *law_new(struct cluster *c, const struct law *law, uint32_t n,
                                      uint64_t seed) {
    cluster_new(c, law->role, n, seed);
    c->cohort.signatures = ORR_SIGNATURES_MODELLED;
    for (uint32_t i = 0; i < LAW_KEYS && law->set[i].key; i++)
        cluster_set(c, law->set[i].key, law->set[i].value);
    struct law_ear *ear = calloc(1, sizeof *ear);
    ear->law = law;
    c->ctx = ear;
    c->output = law_output;
    c->sent = law_sent;
    return ear;
}

static inline void law_free(struct cluster *c) {
    struct law_ear *ear = c->ctx;
    free(ear->said);
    free(ear);
    cluster_free(c);
}

/* Runs until a time, with a transaction handed to each node in turn if the role needs some. */
static inline void law_run(struct cluster *c, orr_time until) {
    const struct law_ear *ear = c->ctx;
    for (uint64_t i = 1; ear->law->needs_txs && c->now < until; i++) {
        orr_peer to = (orr_peer)(i % c->cohort.n);
        if (c->nodes[to].is_up) cluster_submit(c, to, 1, (uint64_t)c->now + i, 100);
        orr_time next = c->now + 20 * MS;
        cluster_run(c, next < until ? next : until);
    }
    cluster_run(c, until);
}

/* The fewest heights that a correct node has decided, and the most. */
static inline uint64_t law_least(const struct cluster *c) {
    const struct law_ear *ear = c->ctx;
    uint64_t least = UINT64_MAX;
    for (orr_peer i = 0; i < c->cohort.n; i++)
        if (!ear->is_liar[i] && ear->decided[i] < least) least = ear->decided[i];
    return least;
}
static inline uint64_t law_most(const struct cluster *c) {
    const struct law_ear *ear = c->ctx;
    uint64_t most = 0;
    for (orr_peer i = 0; i < c->cohort.n; i++)
        if (!ear->is_liar[i] && ear->decided[i] > most) most = ear->decided[i];
    return most;
}
#endif
