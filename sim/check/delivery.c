/* delivery.c - every correct node delivers what a correct one published, once, and nothing else.
 *
 * Published is what a client submits to a node (ORR_TAP_SUBMIT), or else what a node delivers as
 * its own origin before any other has (orr_delivered.origin).  A pair is a message and a node of
 * the publisher's role, the publisher included.  It is due when both are correct and have been up
 * from the publishing to the end of the run: who crashed meanwhile may have lost it. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/check/state.h"

struct message {
    uint64_t key; /* of chain and id */
    orr_time published;
    orr_peer publisher; /* ORR_NOBODY: none that was correct and up */
    uint32_t chain;
};

struct delivery {
    struct orr_index by_id;
    struct message *messages;
    uint32_t n, cap, words;
    uint64_t *got;     /* [cap][words] bit per node: it has delivered the message in this life */
    uint64_t *in_time; /* the same, within the bound on p99; NULL without one                  */
    uint64_t n_unfollowed;
    uint32_t *took; /* [N_TIMES] deliveries by how long they took, see time_class */
    uint64_t n_took;
    uint64_t n_due, n_got, n_counted, n_fast; /* pairs, at the end */
};
#define MAX_BITS_BYTES ((uint64_t)1 << 30) /* of got; later messages are not followed */

/* Classes of times, 16 to a doubling, so that a class's bound is within 1/16 of what is in it. */
enum { N_TIMES = 64 * 16 };
static uint32_t time_class(orr_time ns) {
    uint64_t us = ns > 0 ? (uint64_t)ns / 1000 : 0;
    if (us < 16) return (uint32_t)us;
    uint32_t log = 63 - (uint32_t)__builtin_clzll(us);
    return (log - 3) * 16 + (uint32_t)(us >> (log - 4) & 15);
}
/* The least time that is above those of a class. */
static orr_time class_bound(uint32_t class) {
    if (class < 16) return (class + 1) * (orr_time)1000;
    return ((orr_time)(16 + class % 16 + 1) << (class / 16 - 1)) * 1000;
}
/* So many of a thousand deliveries took no longer. */
static orr_time quantile(const struct delivery *s, uint64_t per_mille) {
    uint64_t rank = (s->n_took * per_mille + 999) / 1000, sum = 0;
    for (uint32_t i = 0; i < N_TIMES; i++)
        if ((sum += s->took[i]) >= rank) return class_bound(i);
    return class_bound(N_TIMES - 1);
}

static bool begin(void *state, struct orr_check *c, const void *settings) {
    struct delivery *s = state;
    const struct orr_expect_spec *e = settings;
    s->words = (c->n_nodes + 63) / 64;
    s->took = orr_xrealloc(NULL, N_TIMES * sizeof *s->took);
    memset(s->took, 0, N_TIMES * sizeof *s->took);
    orr_index_init(&s->by_id, &c->heap.mem, sizeof *s->messages, offsetof(struct message, key));
    orr_check_expect(c, ORR_EXPECT_HOLDS, e->delivery_ratio != ORR_UNSET);
    return e->delivery_ratio != ORR_UNSET;
}

static void fini(void *state) {
    struct delivery *s = state;
    orr_index_fini(&s->by_id);
    free(s->took);
    free(s->messages);
    free(s->got);
    free(s->in_time);
}

/* ---- messages and pairs ---- */

static uint64_t key_of(uint32_t chain, uint64_t id) { return id + 0x9e3779b97f4a7c15ull * chain; }

static void grow(struct delivery *s, bool timed) {
    uint32_t old = s->cap;
    s->cap = old ? 2 * old : 64;
    s->messages = orr_xrealloc(s->messages, s->cap * sizeof *s->messages);
    size_t row = s->words * sizeof *s->got;
    s->got = orr_xrealloc(s->got, s->cap * row);
    memset(s->got + (size_t)old * s->words, 0, (s->cap - old) * row);
    if (!timed) return;
    s->in_time = orr_xrealloc(s->in_time, s->cap * row);
    memset(s->in_time + (size_t)old * s->words, 0, (s->cap - old) * row);
}

/* A message that has not been heard of, ORR_NOWHERE when it is one too many. */
static uint32_t add(struct delivery *s, struct orr_check *c, struct message message) {
    if ((s->n + (uint64_t)1) * s->words * 8 > MAX_BITS_BYTES) {
        s->n_unfollowed++;
        return ORR_NOWHERE;
    }
    if (s->n == s->cap) grow(s, c->expect->delivery_p99 != ORR_NEVER);
    s->messages[s->n] = message;
    orr_index_put(&s->by_id, s->messages, s->n);
    return s->n++;
}

static void submit(struct delivery *s, struct orr_check *c, const struct orr_tap_record *r) {
    uint32_t chain = c->nodes[r->node].chain;
    bool counts = is_correct(c, r->node) && !is_down(&c->nodes[r->node]);
    struct message message = {key_of(chain, r->hash), r->at, counts ? r->node : ORR_NOBODY, chain};
    uint32_t index = orr_index_find(&s->by_id, s->messages, message.key);
    if (index == ORR_NOWHERE)
        add(s, c, message);
    else if (counts && s->messages[index].publisher == ORR_NOBODY)
        s->messages[index] = message; /* the first time at a correct node counts */
}

static void break_delivery(struct orr_check *c, orr_peer node, uint64_t id, const char *what) {
    struct orr_violation *v = orr_check_break(c, NULL, node);
    if (!v) return;
    v->tx = id;
    snprintf(v->text, sizeof v->text, "%s delivered message %016" PRIx64 " %s (at %s)",
             orr_words_node(c->scenario, node).text, id, what, orr_words_time(c->now).text);
}

/* Nobody has published it: does a node do so now, or can only a liar have? */
static uint32_t publish(struct delivery *s, struct orr_check *c, orr_peer node,
                        const struct orr_delivered *d) {
    uint32_t chain = c->nodes[node].chain;
    struct message message = {key_of(chain, d->id), c->now, ORR_NOBODY, chain};
    bool own = d->origin == node, correct = is_correct(c, node);
    if (own && correct) message.publisher = node;
    bool may_be_a_liars = d->origin < c->n_nodes ? !is_correct(c, d->origin) : c->n_byzantine > 0;
    if (correct && !own && !may_be_a_liars && !s->n_unfollowed)
        break_delivery(c, node, d->id, "that nobody had published");
    if (!correct && !own) return ORR_NOWHERE;
    return add(s, c, message);
}

static void deliver(struct delivery *s, struct orr_check *c, const struct orr_tap_record *r) {
    struct orr_delivered d;
    if (!r->msg || r->msg->len != sizeof d) return;
    memcpy(&d, r->msg->data, sizeof d);
    uint32_t index = orr_index_find(&s->by_id, s->messages, key_of(c->nodes[r->node].chain, d.id));
    if (index == ORR_NOWHERE) index = publish(s, c, r->node, &d);
    if (index == ORR_NOWHERE || !is_correct(c, r->node)) return;
    size_t word = (size_t)index * s->words + r->node / 64;
    uint64_t bit = (uint64_t)1 << r->node % 64;
    if (s->got[word] & bit) break_delivery(c, r->node, d.id, "twice");
    s->got[word] |= bit;
    s->took[time_class(c->now - s->messages[index].published)]++;
    s->n_took++;
    if (s->in_time && c->now - s->messages[index].published < c->expect->delivery_p99)
        s->in_time[word] |= bit;
}

/* A new life has delivered nothing yet. */
static void forget(struct delivery *s, const struct orr_check *c, orr_peer node) {
    if (node == ORR_NOBODY || c->nodes[node].born != c->now) return;
    for (uint32_t i = 0; i < s->n; i++)
        s->got[(size_t)i * s->words + node / 64] &= ~((uint64_t)1 << node % 64);
}

static void hear(void *state, struct orr_check *c, const struct orr_tap_record *r) {
    if (r->kind == ORR_TAP_OUTPUT)
        deliver(state, c, r);
    else if (r->kind == ORR_TAP_SUBMIT)
        submit(state, c, r);
    else
        forget(state, c, r->node);
}

/* ---- the end ---- */

/* The pairs of one message that are due; the first that is missing is named. */
static void count_message(struct delivery *s, const struct orr_check *c, uint32_t i,
                          orr_peer *missing) {
    const struct message *m = &s->messages[i];
    if (m->publisher == ORR_NOBODY || !has_lived_since(c, m->publisher, m->published)) return;
    if (m->published > c->end - c->expect->delivery_within) return;
    for (orr_peer node = 0; node < c->n_nodes; node++) {
        if (c->nodes[node].chain != m->chain || !has_lived_since(c, node, m->published)) continue;
        size_t word = (size_t)i * s->words + node / 64;
        bool got = s->got[word] >> node % 64 & 1;
        s->n_due++, s->n_got += got;
        if (!got && *missing == ORR_NOBODY) *missing = node;
        bool waited = s->in_time && c->end - m->published >= c->expect->delivery_p99;
        s->n_counted += got || waited;
        s->n_fast += s->in_time && s->in_time[word] >> node % 64 & 1;
    }
}

/* Of what was delivered, in whole ms, rounded up by 1/16 at most. */
static void write_quantiles(const struct delivery *s, char *to, size_t size) {
    snprintf(to, size, "p50 %" PRId64 " ms, p90 %" PRId64 " ms, p99 %" PRId64 " ms",
             quantile(s, 500) / 1000000, quantile(s, 900) / 1000000, quantile(s, 990) / 1000000);
}

static void judge_ratio(struct delivery *s, struct orr_check *c, orr_peer missing, uint64_t id) {
    uint64_t ratio = c->expect->delivery_ratio;
    bool enough = (unsigned __int128)s->n_got * 1000000000 >= (unsigned __int128)s->n_due * ratio;
    if (!enough && !orr_check_is_stopped(c)) {
        struct orr_violation *broken = orr_check_break(c, NULL, missing);
        if (broken)
            snprintf(broken->text, sizeof broken->text,
                     "%" PRIu64 " of %" PRIu64 " deliveries are missing; the first is that of the "
                     "message of %s at %s, at %s",
                     s->n_due - s->n_got, s->n_due,
                     orr_words_node(c->scenario, s->messages[id].publisher).text,
                     orr_words_time(s->messages[id].published).text,
                     orr_words_node(c->scenario, missing).text);
    }
    struct orr_verdict *v = orr_check_verdict(c, NULL);
    snprintf(v->expected, sizeof v->expected, "%g %%, once each", (double)ratio * 1e-7);
    uint64_t of_million =
        s->n_due ? (uint64_t)((unsigned __int128)s->n_got * 1000000 / s->n_due) : 0;
    snprintf(v->observed, sizeof v->observed, "%" PRIu64 ".%04" PRIu64 " %% of %" PRIu64,
             of_million / 10000, of_million % 10000, s->n_due);
    char took[80];
    write_quantiles(s, took, sizeof took);
    orr_verdict_say(v, "%u messages%s; delivered %s", s->n,
                    s->n_unfollowed ? " (not all were followed)" : "", took);
    v->pass = !v->violation;
    if (!s->n_due) orr_verdict_open(v, "no correct node that stayed up published anything");
    if (orr_check_is_stopped(c)) orr_verdict_open(v, "the run was stopped");
}

static void judge_p99(struct delivery *s, struct orr_check *c) {
    orr_time bound = c->expect->delivery_p99;
    if (bound == ORR_NEVER) return;
    if (s->n_fast < (s->n_counted * 99 + 99) / 100 && !orr_check_is_stopped(c)) {
        struct orr_violation *broken = orr_check_break(c, "p99", ORR_NOBODY);
        if (broken)
            snprintf(broken->text, sizeof broken->text,
                     "%" PRIu64 " of %" PRIu64 " deliveries took %s or longer",
                     s->n_counted - s->n_fast, s->n_counted, orr_words_time(bound).text);
    }
    struct orr_verdict *v = orr_check_verdict(c, "p99");
    snprintf(v->expected, sizeof v->expected, "below %s", orr_words_time(bound).text);
    char took[80];
    write_quantiles(s, took, sizeof took);
    snprintf(v->observed, sizeof v->observed, "%" PRIu64 " of %" PRIu64 " below; %s", s->n_fast,
             s->n_counted, took);
    v->pass = !v->violation;
    if (!s->n_counted) orr_verdict_open(v, "nothing was delivered that counts");
    if (orr_check_is_stopped(c)) orr_verdict_open(v, "the run was stopped");
}

static void judge(void *state, struct orr_check *c) {
    struct delivery *s = state;
    orr_peer missing = ORR_NOBODY;
    uint32_t of = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        bool none = missing == ORR_NOBODY;
        count_message(s, c, i, &missing);
        if (none && missing != ORR_NOBODY) of = i;
    }
    judge_ratio(s, c, missing, of);
    judge_p99(s, c);
}

const struct orr_oracle orr_oracle_delivery = {
    .name = "delivery",
    .wants = ORR_TAP_BIT(ORR_TAP_OUTPUT) | ORR_TAP_BIT(ORR_TAP_SUBMIT) | ORR_TAP_BIT(ORR_TAP_FAULT),
    .outputs = ORR_OUTPUT_BIT(ORR_OUT_DELIVERED),
    .size = sizeof(struct delivery),
    .begin = begin,
    .hear = hear,
    .judge = judge,
    .fini = fini,
};
