/* ear.h - clusters of PBFT replicas, and an ear that hears decisions, sendings and answers. */
#ifndef ORR_TESTS_MODELS_BFT_PBFT_EAR_H
#define ORR_TESTS_MODELS_BFT_PBFT_EAR_H

#include "models/bft/pbft/state.h"
#include "models/statement.h"
#include "tests/models/bft/watch.h"

enum { EAR_HEIGHTS = 4096 };

struct ear {
    uint64_t decided[CLUSTER_MAX];
    uint32_t n_decided[EAR_HEIGHTS];         /* nodes that have */
    uint8_t values[EAR_HEIGHTS][32];
    orr_time proposed_at[EAR_HEIGHTS], first_at[EAR_HEIGHTS], last_at[EAR_HEIGHTS];
    orr_time latency[CLUSTER_MAX];           /* of the last answer that a client of it took */
    uint32_t n_forks, n_adopted, n_answers, n_accused, n_txs, n_dropped;
    uint64_t max_view;
    uint64_t n_of_kind[ORR_PBFT_N_KINDS];    /* messages, by receiver */
    bool is_liar[CLUSTER_MAX];
};

static inline void ear_output(struct cluster *c, orr_peer node, uint32_t key,
                              const struct orr_msg *m) {
    struct ear *ear = c->ctx;
    if (ear->is_liar[node]) return;
    if (key == ORR_OUT_DECIDED) {
        const struct orr_decided *d = (const void *)m->data;
        ck_assert_uint_lt(d->height, EAR_HEIGHTS);
        if (!ear->n_decided[d->height]++) {
            memcpy(ear->values[d->height], d->value, 32);
            ear->first_at[d->height] = c->now;
            ear->n_txs += d->n_txs;
        }
        ear->last_at[d->height] = c->now;
        ear->decided[node] = d->height;
        ear->n_forks += memcmp(ear->values[d->height], d->value, 32) != 0;
    } else if (key == ORR_OUT_PROPOSED) {
        const struct orr_proposed *p = (const void *)m->data;
        ear->proposed_at[p->height] = c->now;
    } else if (key == ORR_OUT_ADOPTED) {
        ear->n_adopted++;
        ear->decided[node] = ((const struct orr_adopted *)(const void *)m->data)->height;
    } else if (key == ORR_OUT_METRIC) {
        const struct orr_metric_point *p = (const void *)m->data;
        ck_assert_str_eq(p->name, "client_latency");
        ear->latency[node] = p->value;
        ear->n_answers++;
    } else if (key == ORR_OUT_VIEW) {
        const struct orr_view_entered *v = (const void *)m->data;
        if (v->view > ear->max_view) ear->max_view = v->view;
    }
    ear->n_accused += key == ORR_OUT_EVIDENCE;
    ear->n_dropped += key == ORR_OUT_DROPPED;
}

static inline void ear_sent(struct cluster *c, orr_peer from, const struct orr_effect *e) {
    struct ear *ear = c->ctx;
    (void)from;
    ck_assert_int_eq(e->kind, ORR_SEND);
    ear->n_of_kind[e->msg->kind]++;
}

/* A cluster that has not started; signatures are modelled. */
static inline struct ear *ear_new(struct cluster *c, uint32_t n, uint64_t seed) {
    cluster_new(c, "pbft", n, seed);
    c->cohort.signatures = ORR_SIGNATURES_MODELLED;
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
static inline void ear_set_bool(struct cluster *c, const char *key, bool value) {
    for (const struct orr_config_key *k = c->protocol->config; k->name; k++)
        if (!strcmp(k->name, key)) {
            ck_assert_int_eq(k->type, ORR_CONFIG_BOOL);
            *((bool *)c->config + k->offset) = value;
            return;
        }
    ck_abort_msg("no config key %s", key);
}
static inline struct orr_pbft_replica *replica(const struct cluster *c, orr_peer i) {
    return c->nodes[i].state;
}
/* The fewest that a correct node has decided. */
static inline uint64_t ear_least(const struct cluster *c) {
    const struct ear *ear = c->ctx;
    uint64_t least = UINT64_MAX;
    for (orr_peer i = 0; i < c->cohort.n; i++)
        if (!ear->is_liar[i] && c->nodes[i].is_up && ear->decided[i] < least)
            least = ear->decided[i];
    return least;
}
#endif
