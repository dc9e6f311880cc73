/* What all parts of the gossip lab share: `genuine`, what was published is delivered, once, and
 * nothing else; `clean`, nothing else is passed on; `once`, nobody is sent a message a second time
 * or gets back what it has sent, unless it asks. */
#include <stdio.h>
#include <string.h>

#include "models/base/bytes.h"
#include "models/output.h"
#include "sim/check/verdict.h"

enum { NODES = 64, IDS = 1024, SLOTS = 2 * IDS }; /* SLOTS: a power of two */
enum { DATA, IHAVE, IWANT, GRAFT, PRUNE };
#define BIT(i) ((uint64_t)1 << (i))

/* Ids get numbers 1, 2, ... as they are first heard of. */
struct ids {
    uint64_t id[SLOTS];
    uint32_t number[SLOTS]; /* 0: free */
    uint32_t n;
};
/* The number of an id; 0: it is new and there is no room, or it is new and not to be added. */
static uint32_t number_of(struct ids *ids, uint64_t id, bool adds) {
    uint32_t at = (uint32_t)(id * 0x9e3779b97f4a7c15u >> 32) % SLOTS;
    while (ids->number[at] && ids->id[at] != id) at = (at + 1) % SLOTS; /* half are free */
    if (ids->number[at] || !adds || ids->n + 1 == IDS) return ids->number[at];
    ids->id[at] = id;
    return ids->number[at] = ++ids->n;
}

static bool few_nodes(void *state, struct orr_check *check, const void *settings) {
    (void)state, (void)settings;
    return orr_check_n_nodes(check) <= NODES;
}
static double seconds(orr_time t) { return (double)t * 1e-9; }
static bool is_message(const struct orr_tap_record *r, uint16_t kind, uint32_t least) {
    return r->msg && r->msg->kind == kind && r->msg->len >= least;
}
static uint64_t id_at(const struct orr_msg *m, uint32_t i) {
    return orr_load_le64(m->data + 8 * i);
}
static bool is_received(const struct orr_tap_record *r) {
    return r->kind == ORR_TAP_EVENT && r->what == ORR_RECV;
}
/* A node has crashed or left: what it knew is gone. */
static bool has_gone(const struct orr_check *check, const struct orr_tap_record *r) {
    return r->kind == ORR_TAP_FAULT && r->node < NODES && !orr_check_is_up(check, r->node);
}

/* ---- genuine, clean ---- */

struct published {
    struct ids ids;          /* that clients have handed in */
    uint64_t delivered[IDS]; /* bit per node                */
    uint32_t n;              /* deliveries, or messages that were sent */
};

static void genuine_hear(void *state, struct orr_check *check, const struct orr_tap_record *r) {
    struct published *p = state;
    if (r->kind == ORR_TAP_SUBMIT) number_of(&p->ids, r->hash, true);
    if (has_gone(check, r))
        for (uint32_t i = 0; i < IDS; i++) p->delivered[i] &= ~BIT(r->node);
    if (r->kind != ORR_TAP_OUTPUT || !r->msg || !orr_check_is_correct(check, r->node)) return;
    const struct orr_delivered *d = (const void *)r->msg->data;
    uint32_t i = number_of(&p->ids, d->id, false);
    p->n++;
    bool twice = p->delivered[i] & BIT(r->node);
    struct orr_violation *v = !i || twice ? orr_check_break(check, NULL, r->node) : NULL;
    p->delivered[i] |= BIT(r->node);
    if (v)
        snprintf(v->text, sizeof v->text, "node %u delivered %016llx, %s (at %.3f s)", r->node,
                 (unsigned long long)d->id, i ? "a second time" : "which nobody has published",
                 seconds(r->at));
}

static void genuine_judge(void *state, struct orr_check *check) {
    const struct published *p = state;
    struct orr_verdict *v = orr_check_verdict(check, NULL);
    snprintf(v->expected, sizeof v->expected, "what is published, once, and nothing else");
    snprintf(v->observed, sizeof v->observed, v->violation ? "something else" : "%u deliveries",
             p->n);
    v->pass = !v->violation;
    if (!p->n) orr_verdict_open(v, "nothing was delivered");
}

static void clean_hear(void *state, struct orr_check *check, const struct orr_tap_record *r) {
    struct published *p = state;
    if (r->kind == ORR_TAP_SUBMIT) number_of(&p->ids, r->hash, true);
    if (r->kind != ORR_TAP_SEND || !is_message(r, DATA, 16)) return;
    if (!orr_check_is_correct(check, r->node)) return;
    p->n++;
    if (number_of(&p->ids, id_at(r->msg, 0), false)) return;
    struct orr_violation *v = orr_check_break(check, NULL, r->node);
    if (v)
        snprintf(v->text, sizeof v->text,
                 "node %u sent %016llx to node %u, which nobody has published (at %.3f s)", r->node,
                 (unsigned long long)id_at(r->msg, 0), r->peer, seconds(r->at));
}

static void clean_judge(void *state, struct orr_check *check) {
    const struct published *p = state;
    struct orr_verdict *v = orr_check_verdict(check, NULL);
    snprintf(v->expected, sizeof v->expected, "what is false goes no further");
    snprintf(v->observed, sizeof v->observed, v->violation ? "it does" : "so, %u messages", p->n);
    v->pass = !v->violation;
    if (!p->n) orr_verdict_open(v, "nobody sent a message");
}

/* ---- once ---- */

struct once {
    struct ids ids;
    /* by node and message: bit per peer, it was sent there, came from there; how often each peer
     * has asked for it and not got it yet */
    uint64_t sent[NODES][IDS], came[NODES][IDS];
    uint8_t asked[NODES][IDS][NODES];
    uint32_t n;
};

static void once_sent(struct once *o, struct orr_check *check, const struct orr_tap_record *r) {
    uint32_t i = number_of(&o->ids, id_at(r->msg, 0), true);
    uint64_t bit = BIT(r->peer);
    if (!i) return;
    o->n++;
    uint8_t *asked = &o->asked[r->node][i][r->peer];
    bool is_asked = *asked, is_back = o->came[r->node][i] & bit;
    bool breaks = !is_asked && (is_back || o->sent[r->node][i] & bit);
    o->sent[r->node][i] |= bit;
    *asked -= is_asked;
    struct orr_violation *v = breaks ? orr_check_break(check, NULL, r->node) : NULL;
    if (v)
        snprintf(v->text, sizeof v->text, "node %u sent %016llx to node %u, %s (at %.3f s)",
                 r->node, (unsigned long long)id_at(r->msg, 0), r->peer,
                 is_back ? "from which it had come" : "which had been sent it before",
                 seconds(r->at));
}

static void once_hear(void *state, struct orr_check *check, const struct orr_tap_record *r) {
    struct once *o = state;
    if (has_gone(check, r)) {
        memset(o->sent[r->node], 0, sizeof o->sent[0]);
        memset(o->came[r->node], 0, sizeof o->came[0]);
        memset(o->asked[r->node], 0, sizeof o->asked[0]);
    }
    if (!r->msg || r->node >= NODES || r->peer >= NODES || !orr_check_is_correct(check, r->node))
        return;
    if (r->kind == ORR_TAP_SEND && is_message(r, DATA, 16)) once_sent(o, check, r);
    if (!is_received(r)) return;
    uint32_t i = is_message(r, DATA, 16) ? number_of(&o->ids, id_at(r->msg, 0), true) : 0;
    if (i) o->came[r->node][i] |= BIT(r->peer);
    for (uint32_t k = 0; is_message(r, IWANT, 8) && k < r->msg->len / 8; k++)
        if ((i = number_of(&o->ids, id_at(r->msg, k), false))) {
            uint8_t *asked = &o->asked[r->node][i][r->peer];
            *asked += *asked < UINT8_MAX;
        }
}

static void once_judge(void *state, struct orr_check *check) {
    const struct once *o = state;
    struct orr_verdict *v = orr_check_verdict(check, NULL);
    snprintf(v->expected, sizeof v->expected, "to nobody twice, nor back, unasked");
    snprintf(v->observed, sizeof v->observed, v->violation ? "not so" : "so, %u messages", o->n);
    v->pass = !v->violation;
    if (!o->n) orr_verdict_open(v, "nobody sent a message");
}

static const struct orr_oracle genuine = {
    .name = "genuine",
    .wants = ORR_TAP_BIT(ORR_TAP_OUTPUT) | ORR_TAP_BIT(ORR_TAP_SUBMIT) | ORR_TAP_BIT(ORR_TAP_FAULT),
    .outputs = ORR_OUTPUT_BIT(ORR_OUT_DELIVERED),
    .size = sizeof(struct published),
    .begin = few_nodes,
    .hear = genuine_hear,
    .judge = genuine_judge};
static const struct orr_oracle clean = {.name = "clean",
                                        .wants =
                                            ORR_TAP_BIT(ORR_TAP_SEND) | ORR_TAP_BIT(ORR_TAP_SUBMIT),
                                        .size = sizeof(struct published),
                                        .begin = few_nodes,
                                        .hear = clean_hear,
                                        .judge = clean_judge};
static const struct orr_oracle once = {
    .name = "once",
    .wants = ORR_TAP_BIT(ORR_TAP_SEND) | ORR_TAP_BIT(ORR_TAP_EVENT) | ORR_TAP_BIT(ORR_TAP_FAULT),
    .size = sizeof(struct once),
    .begin = few_nodes,
    .hear = once_hear,
    .judge = once_judge};
