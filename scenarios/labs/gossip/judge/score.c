/* Oracles of the score: those of peer choice, and
 * `outcast`: in the last five seconds nobody has a liar in its mesh or sends it anything but PRUNE;
 * `answers`: a peer gets a message four times at most. */
#include "backoff.h"

static const orr_time LAST = INT64_C(5000000000), LONG = INT64_C(8000000000);
enum { SENT_MOST = 4 };

struct outcast {
    struct mesh mesh;
    orr_time spoke[NODES][NODES]; /* when a correct node last sent a liar something else, by liar */
};

static void outcast_hear(void *state, struct orr_check *check, const struct orr_tap_record *r) {
    struct outcast *o = state;
    mesh_note(&o->mesh, check, r);
    if (r->kind != ORR_TAP_SEND || r->node >= NODES || r->peer >= NODES) return;
    if (!orr_check_is_correct(check, r->node) || orr_check_is_correct(check, r->peer)) return;
    if (!is_message(r, PRUNE, 0)) o->spoke[r->node][r->peer] = r->at;
}

static void outcast_judge(void *state, struct orr_check *check) {
    const struct outcast *o = state;
    orr_time end = orr_check_now(check);
    uint32_t n_nodes = orr_check_n_nodes(check), n_liars = 0, n = 0;
    for (orr_peer b = 0; b < n_nodes; b++) n_liars += !orr_check_is_correct(check, b);
    for (orr_peer a = 0; a < n_nodes; a++)
        for (orr_peer b = 0; b < n_nodes; b++) {
            if (!orr_check_is_correct(check, a) || orr_check_is_correct(check, b)) continue;
            bool is_in = o->mesh.has[a] & BIT(b);
            bool spoke = o->spoke[a][b] && end - o->spoke[a][b] < LAST;
            if (!is_in && !spoke) continue;
            n++;
            struct orr_violation *v = orr_check_break(check, NULL, a);
            if (v)
                snprintf(v->text, sizeof v->text,
                         "node %u %s node %u, which has done harm since the beginning (at %.3f s)",
                         a, is_in ? "has in its mesh" : "still talks to", b,
                         seconds(is_in ? end : o->spoke[a][b]));
        }
    struct orr_verdict *v = orr_check_verdict(check, NULL);
    snprintf(v->expected, sizeof v->expected, "nobody deals with who does harm");
    snprintf(v->observed, sizeof v->observed, "%u pairs do", n);
    v->pass = !n;
    if (!n_liars) orr_verdict_open(v, "nobody did harm");
}

struct answers {
    struct ids ids;
    uint8_t n[NODES][IDS][NODES]; /* by sender, message and receiver */
    uint32_t most;
};

static void answers_hear(void *state, struct orr_check *check, const struct orr_tap_record *r) {
    struct answers *a = state;
    if (has_gone(check, r)) memset(a->n[r->node], 0, sizeof a->n[0]);
    if (r->kind != ORR_TAP_SEND || !is_message(r, DATA, 16)) return;
    if (r->node >= NODES || r->peer >= NODES || !orr_check_is_correct(check, r->node)) return;
    uint32_t i = number_of(&a->ids, id_at(r->msg, 0), true);
    uint8_t *n = &a->n[r->node][i][r->peer];
    if (*n < UINT8_MAX) (*n)++;
    if (*n > a->most) a->most = *n;
    struct orr_violation *v = i && *n > SENT_MOST ? orr_check_break(check, NULL, r->node) : NULL;
    if (v)
        snprintf(v->text, sizeof v->text,
                 "node %u sent %016llx to node %u for the fifth time (at %.3f s)", r->node,
                 (unsigned long long)id_at(r->msg, 0), r->peer, seconds(r->at));
}
static void answers_judge(void *state, struct orr_check *check) {
    const struct answers *a = state;
    struct orr_verdict *v = orr_check_verdict(check, NULL);
    snprintf(v->expected, sizeof v->expected, "a message goes to a peer %d times at most",
             SENT_MOST);
    snprintf(v->observed, sizeof v->observed, v->violation ? "more often" : "%u times", a->most);
    v->pass = !v->violation;
    if (!a->most) orr_verdict_open(v, "nobody sent a message");
}

/* Where sybils have taken all places of all meshes it takes a while to find a free one. */
static bool patient_begin(void *state, struct orr_check *check, const void *settings) {
    ((struct mesh *)state)->low_most = LONG;
    return few_nodes(state, check, settings);
}
static const struct orr_oracle mesh_in_the_end = {.name = "mesh",
                                                  .wants = MESH_WANTS,
                                                  .outputs = ORR_OUTPUT_BIT(ORR_OUT_METRIC),
                                                  .size = sizeof(struct mesh),
                                                  .begin = patient_begin,
                                                  .hear = mesh_hear,
                                                  .look = mesh_look,
                                                  .judge = mesh_judge};
static const struct orr_oracle outcast = {
    .name = "outcast",
    .wants = ORR_TAP_BIT(ORR_TAP_SEND) | ORR_TAP_BIT(ORR_TAP_EVENT) | ORR_TAP_BIT(ORR_TAP_FAULT),
    .size = sizeof(struct outcast),
    .begin = few_nodes,
    .hear = outcast_hear,
    .judge = outcast_judge};
static const struct orr_oracle answers = {.name = "answers",
                                          .wants = ORR_TAP_BIT(ORR_TAP_SEND) |
                                                   ORR_TAP_BIT(ORR_TAP_FAULT),
                                          .size = sizeof(struct answers),
                                          .begin = few_nodes,
                                          .hear = answers_hear,
                                          .judge = answers_judge};
__attribute__((visibility("default"))) const struct orr_oracle *const orr_oracles[] = {
    &genuine, &clean, &once, &mesh_in_the_end, &asked, &backoff, &answers, &outcast, NULL};
