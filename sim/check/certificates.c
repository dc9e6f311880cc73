/* certificates.c - whose votes made a decision final; who, at a fork, voted for both values. */
#include <inttypes.h>
#include <string.h>

#include "sim/check/state.h"

/* Nodes mostly tell them in order already. */
static void sort(orr_peer *v, uint32_t n) {
    for (uint32_t i = 1; i < n; i++) {
        orr_peer node = v[i];
        uint32_t at = i;
        for (; at && v[at - 1] > node; at--) v[at] = v[at - 1];
        v[at] = node;
    }
}

void orr_certificates_hear(struct orr_check *c, orr_peer node, const struct orr_msg *msg) {
    struct certificate *latest = &c->certificate;
    latest->node = ORR_NOBODY;
    if (!orr_output_fits(ORR_OUT_SIGNERS, msg)) return;
    const struct orr_signers *told = (const void *)msg->data;
    latest->node = node;
    latest->height = told->height;
    latest->round = told->round;
    latest->n = told->n_signers;
    memcpy(latest->value, told->value, sizeof latest->value);
    memcpy(latest->statement, told->statement, sizeof told->statement);
    if (latest->cap < latest->n) {
        latest->signers = orr_resize(&c->heap.mem, latest->signers,
                                     latest->cap * sizeof *latest->signers,
                                     latest->n * sizeof *latest->signers);
        latest->cap = latest->n;
    }
    memcpy(latest->signers, told->signers, latest->n * sizeof *latest->signers);
    sort(latest->signers, latest->n);
}

bool orr_certificates_is_of(const struct certificate *certificate, orr_peer node, uint64_t height,
                            const uint8_t value[32]) {
    return certificate->node == node && certificate->height == height &&
           !memcmp(certificate->value, value, 32);
}

void orr_certificates_keep(struct orr_check *c, const struct decision *first) {
    struct certificate *kept = &c->certificates[first->index % RECENT_HEIGHTS], old = *kept;
    kept->node = ORR_NOBODY;
    if (!orr_certificates_is_of(&c->certificate, first->node, first->d->height, first->d->value))
        return;
    *kept = c->certificate; /* the arrays change places, so that none is copied */
    c->certificate =
        (struct certificate){.node = ORR_NOBODY, .cap = old.cap, .signers = old.signers};
}

static struct orr_violation_signers copy(struct orr_check *c,
                                         const struct certificate *certificate) {
    struct orr_violation_signers signers = {.n = certificate->n};
    memcpy(signers.statement, certificate->statement, sizeof signers.statement);
    signers.v = orr_alloc(&c->heap.mem, signers.n * sizeof *signers.v);
    memcpy(signers.v, certificate->signers, signers.n * sizeof *signers.v);
    return signers;
}

void orr_certificates_describe(struct orr_check *c, struct orr_violation *v) {
    const struct certificate *kept = &c->certificates[c->decision.index % RECENT_HEIGHTS];
    if (orr_certificates_is_of(&c->certificate, v->side.node, v->side.height, v->side.value))
        v->signers = copy(c, &c->certificate);
    if (orr_certificates_is_of(kept, v->other.node, v->other.height, v->other.value))
        v->other_signers = copy(c, kept);
}

/* ---- in words ---- */

/* "val.1, val.4" */
static void print_nodes(const struct orr_scenario *s, const orr_peer *v, uint32_t n, FILE *to) {
    for (uint32_t i = 0; i < n; i++)
        fprintf(to, "%s%s", i ? ", " : "", orr_words_node(s, v[i]).text);
}

static void print_one(const struct orr_scenario *s, const struct orr_violation_side *side,
                      const struct orr_violation_signers *signers, FILE *to) {
    fprintf(to, "  %s decided on %u times %s %s, height %" PRIu64 ", round %u, of ",
            orr_words_node(s, side->node).text, signers->n, signers->statement,
            orr_words_value(side->value).text, side->height, side->round);
    print_nodes(s, signers->v, signers->n, to);
    fputs("\n", to);
}

static void print_signed(const struct orr_violation_side *side,
                         const struct orr_violation_signers *signers, FILE *to) {
    fprintf(to, "%s %s in height %" PRIu64 " round %u", signers->statement,
            orr_words_value(side->value).text, side->height, side->round);
}

void orr_certificates_print(const struct orr_scenario *s, const struct orr_violation *v, FILE *to) {
    const struct orr_violation_signers *a = &v->other_signers, *b = &v->signers;
    if (!a->v || !b->v) return;
    print_one(s, &v->other, a, to);
    print_one(s, &v->side, b, to);
    uint32_t n = 0;
    for (uint32_t i = 0, k = 0; i < a->n && k < b->n;) {
        if (a->v[i] != b->v[k]) {
            if (a->v[i] < b->v[k])
                i++;
            else
                k++;
            continue;
        }
        fprintf(to, "    %s signed both: ", orr_words_node(s, a->v[i]).text);
        print_signed(&v->other, a, to);
        fputs(", and ", to);
        print_signed(&v->side, b, to);
        fputs("\n", to);
        n++, i++, k++;
    }
    if (!n)
        fputs("  nobody signed both\n", to);
    else if (v->side.round == v->other.round && !strcmp(a->statement, b->statement))
        fprintf(to, "  %u culprit%s: no correct node signs two values in one round\n", n,
                n > 1 ? "s" : "");
    else
        fprintf(to, "  %u suspect%s: whether the later vote was allowed is in what they received\n",
                n, n > 1 ? "s" : "");
}

static void free_one(struct orr_check *c, struct certificate *certificate) {
    orr_free(&c->heap.mem, certificate->signers, certificate->cap * sizeof *certificate->signers);
}

static void free_signers(struct orr_check *c, struct orr_violation_signers *signers) {
    orr_free(&c->heap.mem, signers->v, signers->n * sizeof *signers->v);
}

void orr_certificates_fini(struct orr_check *c) {
    for (uint32_t i = 0; i < RECENT_HEIGHTS; i++) free_one(c, &c->certificates[i]);
    orr_free(&c->heap.mem, c->certificates, RECENT_HEIGHTS * sizeof *c->certificates);
    free_one(c, &c->certificate);
    for (uint32_t i = 0; i < c->n_broken; i++) {
        free_signers(c, &c->broken[i]->signers);
        free_signers(c, &c->broken[i]->other_signers);
    }
}
