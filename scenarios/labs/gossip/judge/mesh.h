/* Oracles of the heartbeat.  `mesh`: each correct node keeps a mesh of D_LOW to D_HIGH peers, both
 * ends know of it, and it is as large as the node says.  `copies`: messages come seldom enough.
 * `asked`: nobody asks for what it has.
 *
 * A mesh is what GRAFT and PRUNE make it: who sends GRAFT has the other in its mesh, who gets it
 * and does not answer with PRUNE, too; PRUNE ends it at both ends, as does a link that closes. */
#include "rules.h"

enum { D_LOW = 3, D_HIGH = 6, DIFFERS_MOST = 4 };
static const orr_time LOOK = 250000000, YOUNG = INT64_C(3000000000), LOW = INT64_C(2500000000),
                      HIGH = INT64_C(1200000000), ONE_SIDED = INT64_C(1200000000);

struct mesh {
    orr_time low_most;   /* so long a node may have too few */
    uint64_t has[NODES]; /* bit per peer                         */
    uint64_t linked[NODES];
    orr_time born[NODES]; /* or when its links last changed       */
    orr_time low[NODES];  /* since when it has too few, 0: it has not; the same of too many */
    orr_time high[NODES];
    orr_time one_sided[NODES][NODES];
    uint32_t differs[NODES]; /* heartbeats, one after the other, at which it said something else */
};

static uint32_t size_of(const struct mesh *m, orr_peer node) {
    return (uint32_t)__builtin_popcountll(m->has[node]);
}

static bool mesh_begin(void *state, struct orr_check *check, const void *settings) {
    ((struct mesh *)state)->low_most = LOW;
    return few_nodes(state, check, settings);
}

/* GRAFT, PRUNE, links and crashes: for whoever keeps an account of meshes. */
static void mesh_note(struct mesh *m, struct orr_check *check, const struct orr_tap_record *r) {
    if (has_gone(check, r)) m->has[r->node] = m->linked[r->node] = 0, m->born[r->node] = r->at;
    if (r->node >= NODES || r->peer >= NODES) return;
    uint64_t bit = BIT(r->peer);
    if (r->kind == ORR_TAP_EVENT && (r->what == ORR_PEER_UP || r->what == ORR_PEER_DOWN)) {
        m->has[r->node] &= ~bit;
        if (r->what == ORR_PEER_UP)
            m->linked[r->node] |= bit;
        else
            m->linked[r->node] &= ~bit;
        m->born[r->node] = r->at;
    }
    if (r->kind != ORR_TAP_SEND && !is_received(r)) return;
    if (!r->msg || r->msg->len) return; /* of another length: nobody's */
    if (is_message(r, PRUNE, 0)) m->has[r->node] &= ~bit;
    if (is_message(r, GRAFT, 0) && m->linked[r->node] & bit) m->has[r->node] |= bit;
}

static void says(struct mesh *m, struct orr_check *check, const struct orr_tap_record *r) {
    const struct orr_metric_point *point = (const void *)r->msg->data;
    if (strncmp(point->name, "mesh", sizeof point->name)) return;
    bool same = point->value == (int64_t)size_of(m, r->node);
    m->differs[r->node] = same ? 0 : m->differs[r->node] + 1;
    struct orr_violation *v =
        m->differs[r->node] == DIFFERS_MOST ? orr_check_break(check, NULL, r->node) : NULL;
    if (v)
        snprintf(v->text, sizeof v->text,
                 "node %u counts %lld peers in its mesh; after GRAFT and PRUNE there must be %u "
                 "(at %.3f s)",
                 r->node, (long long)point->value, size_of(m, r->node), seconds(r->at));
}

static void mesh_hear(void *state, struct orr_check *check, const struct orr_tap_record *r) {
    struct mesh *m = state;
    mesh_note(m, check, r);
    if (r->kind == ORR_TAP_OUTPUT && r->msg && r->node < NODES &&
        orr_check_is_correct(check, r->node))
        says(m, check, r);
}

/* Since when has it been so?  true: for longer than `most`. */
static bool lasts(orr_time *since, bool is_so, orr_time now, orr_time most) {
    if (!is_so)
        *since = 0;
    else if (!*since)
        *since = now;
    return is_so && now - *since > most;
}

static void look_at(struct mesh *m, struct orr_check *check, orr_peer a, orr_time now) {
    uint32_t size = size_of(m, a), links = (uint32_t)__builtin_popcountll(m->linked[a]);
    bool is_low = lasts(&m->low[a], size < D_LOW && size < links, now, m->low_most);
    bool is_high = lasts(&m->high[a], size > D_HIGH, now, HIGH);
    struct orr_violation *v = is_low || is_high ? orr_check_break(check, NULL, a) : NULL;
    if (v)
        snprintf(v->text, sizeof v->text,
                 "node %u has had %s than %d peers in its mesh since "
                 "%.1f s: %u of %u links (at %.3f s)",
                 a, is_low ? "fewer" : "more", is_low ? D_LOW : D_HIGH,
                 seconds(is_low ? m->low[a] : m->high[a]), size, links, seconds(now));
    for (orr_peer b = 0; b < orr_check_n_nodes(check); b++) {
        bool is_one = m->has[a] & BIT(b) && !(m->has[b] & BIT(a)) &&
                      orr_check_is_correct(check, b) && orr_check_is_up(check, b);
        if (!lasts(&m->one_sided[a][b], is_one, now, ONE_SIDED)) continue;
        if ((v = orr_check_break(check, NULL, a)))
            snprintf(v->text, sizeof v->text,
                     "node %u has node %u in its mesh, and node %u has not node %u, since %.1f s",
                     a, b, b, a, seconds(m->one_sided[a][b]));
    }
}

static orr_time mesh_look(void *state, struct orr_check *check) {
    struct mesh *m = state;
    orr_time now = orr_check_now(check);
    for (orr_peer a = 0; a < orr_check_n_nodes(check); a++) {
        bool counts =
            orr_check_is_correct(check, a) && orr_check_is_up(check, a) && now - m->born[a] > YOUNG;
        if (counts)
            look_at(m, check, a, now);
        else
            m->low[a] = m->high[a] = 0;
    }
    return now + LOOK;
}

static void mesh_judge(void *state, struct orr_check *check) {
    (void)state;
    struct orr_verdict *v = orr_check_verdict(check, NULL);
    snprintf(v->expected, sizeof v->expected, "%d to %d peers, and both ends know", D_LOW, D_HIGH);
    snprintf(v->observed, sizeof v->observed, v->violation ? "not so" : "so");
    v->pass = !v->violation;
}

/* ---- copies ---- */

enum { COPIES_MOST = 5 }; /* of a message at a node, on average */
struct copies {
    uint64_t n_received, n_delivered;
};

static void copies_hear(void *state, struct orr_check *check, const struct orr_tap_record *r) {
    struct copies *c = state;
    if (!orr_check_is_correct(check, r->node)) return;
    if (r->kind == ORR_TAP_OUTPUT)
        c->n_delivered++;
    else if (is_received(r) && is_message(r, DATA, 16) && orr_check_is_correct(check, r->peer))
        c->n_received++;
}
static void copies_judge(void *state, struct orr_check *check) {
    const struct copies *c = state;
    struct orr_verdict *v = orr_check_verdict(check, NULL);
    uint64_t tenths = c->n_delivered ? c->n_received * 10 / c->n_delivered : 0;
    snprintf(v->expected, sizeof v->expected, "at most %d copies of a message", COPIES_MOST);
    snprintf(v->observed, sizeof v->observed, "%llu.%llu", (unsigned long long)tenths / 10,
             (unsigned long long)tenths % 10);
    v->pass = tenths <= 10 * COPIES_MOST;
    if (!c->n_delivered) orr_verdict_open(v, "nothing was delivered");
}

/* ---- asked ---- */

struct asking {
    struct ids ids;
    uint64_t has[IDS]; /* bit per node */
    uint32_t n;
};

static void asked_hear(void *state, struct orr_check *check, const struct orr_tap_record *r) {
    struct asking *a = state;
    if (has_gone(check, r))
        for (uint32_t i = 0; i < IDS; i++) a->has[i] &= ~BIT(r->node);
    if (!r->msg || r->node >= NODES || !orr_check_is_correct(check, r->node)) return;
    if (r->kind == ORR_TAP_OUTPUT) {
        a->has[number_of(&a->ids, ((const struct orr_delivered *)(const void *)r->msg->data)->id,
                         true)] |= BIT(r->node);
        return;
    }
    for (uint32_t k = 0; is_message(r, IWANT, 8) && k < r->msg->len / 8; k++) {
        uint32_t i = number_of(&a->ids, id_at(r->msg, k), false);
        a->n++;
        if (!i || !(a->has[i] & BIT(r->node))) continue;
        struct orr_violation *v = orr_check_break(check, NULL, r->node);
        if (v)
            snprintf(v->text, sizeof v->text,
                     "node %u asked node %u for %016llx, which it had delivered (at %.3f s)",
                     r->node, r->peer, (unsigned long long)id_at(r->msg, k), seconds(r->at));
    }
}
static void asked_judge(void *state, struct orr_check *check) {
    const struct asking *a = state;
    struct orr_verdict *v = orr_check_verdict(check, NULL);
    snprintf(v->expected, sizeof v->expected, "who asks has it not");
    snprintf(v->observed, sizeof v->observed, v->violation ? "not so" : "so, %u asked for", a->n);
    v->pass = !v->violation;
}

#define MESH_WANTS                                                                         \
    (ORR_TAP_BIT(ORR_TAP_SEND) | ORR_TAP_BIT(ORR_TAP_EVENT) | ORR_TAP_BIT(ORR_TAP_FAULT) | \
     ORR_TAP_BIT(ORR_TAP_OUTPUT))
static const struct orr_oracle mesh = {.name = "mesh",
                                       .wants = MESH_WANTS,
                                       .outputs = ORR_OUTPUT_BIT(ORR_OUT_METRIC),
                                       .size = sizeof(struct mesh),
                                       .begin = mesh_begin,
                                       .hear = mesh_hear,
                                       .look = mesh_look,
                                       .judge = mesh_judge};
static const struct orr_oracle copies = {.name = "copies",
                                         .wants = ORR_TAP_BIT(ORR_TAP_EVENT) |
                                                  ORR_TAP_BIT(ORR_TAP_OUTPUT),
                                         .outputs = ORR_OUTPUT_BIT(ORR_OUT_DELIVERED),
                                         .size = sizeof(struct copies),
                                         .begin = few_nodes,
                                         .hear = copies_hear,
                                         .judge = copies_judge};
static const struct orr_oracle asked = {
    .name = "asked",
    .wants = ORR_TAP_BIT(ORR_TAP_SEND) | ORR_TAP_BIT(ORR_TAP_OUTPUT) | ORR_TAP_BIT(ORR_TAP_FAULT),
    .outputs = ORR_OUTPUT_BIT(ORR_OUT_DELIVERED),
    .size = sizeof(struct asking),
    .begin = few_nodes,
    .hear = asked_hear,
    .judge = asked_judge};
