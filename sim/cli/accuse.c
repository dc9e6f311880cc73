/* accuse.c - the rules that a signed statement can break.
 *
 * Two values in one slot are proof in every protocol.  Where a fork can come of statements in
 * different views, a rule says what a node must hold once it has made the first statement, and
 * what the second one shows that it does not.  The rule is one that the text of the protocol
 * gives, and holds for a correct node through crashes and restarts.  One case is left: a node of
 * the chains whose own lock or highest QC a decision of another branch has taken away (agreement
 * is gone by then) may afterwards vote below it.
 *
 * Of a fork these name more than a third of the power, by the argument of each paper: a quorum
 * made the first decision, a quorum let the first conflicting block pass, and whoever is in both
 * has broken the rule.  jolteon and fast-hotstuff let it pass by a timeout certificate, so that
 * there it is the timeouts that lie. */
#include "sim/cli/accuse.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void accuse(struct orr_explanation *e, enum orr_broken_rule rule, uint32_t first,
                   uint32_t second) {
    struct orr_culprit *c = &e->culprits[e->said[first].s.signer];
    assert(e->said[first].s.signer == e->said[second].s.signer && rule != ORR_RULE_KEPT);
    if (c->rule == ORR_RULE_KEPT) *c = (struct orr_culprit){rule, first, second};
}

static bool is_kind(const struct orr_explanation *e, uint32_t at, const char *kind) {
    return !strcmp(orr_explain_kind(e, &e->said[at].s), kind);
}

/* ---- two values in one slot ---- */

static uint32_t other_value(const struct orr_explanation *e, uint32_t first) {
    for (uint32_t i = e->said[first].next; i != ORR_NOWHERE; i = e->said[i].next) /* ends: a list */
        if (orr_statements_conflict(&e->said[first].s, &e->said[i].s)) return i;
    return ORR_NOWHERE;
}

/* Of the height of the fork first. */
static void find_doubles(struct orr_explanation *e) {
    for (int any_height = !e->n_sides; any_height < 2; any_height++)
        for (uint32_t i = 0; i < e->n_said; i++) {
            if (!any_height && e->said[i].s.height != e->sides[0].height) continue;
            uint32_t other = other_value(e, i);
            if (other != ORR_NOWHERE) accuse(e, ORR_RULE_TWO_VALUES, i, other);
        }
}

/* ---- Tendermint: arXiv 1807.04938, lines 22 to 31 ---- */

/* Have more than 2/3 of the power prevoted so in a round from the precommit's on (line 29: "locked
 * round <= vr"), before the prevote's? */
static bool has_quorum_between(const struct orr_explanation *e, const struct orr_said *precommit,
                               const struct orr_said *prevote) {
    const struct orr_cohort *c = orr_explain_common(e, prevote->s.signer)->cohort;
    uint64_t total = 0;
    for (uint32_t i = 0; i < c->n; i++) total += c->stakes[i];
    for (uint64_t view = precommit->s.view; view < prevote->s.view; view++) {
        uint64_t power = 0;
        for (uint32_t i = 0; i < e->n_said; i++) {
            const struct orr_statement *s = &e->said[i].s;
            if (s->kind != prevote->s.kind || s->height != prevote->s.height || s->view != view ||
                memcmp(s->value, prevote->s.value, 32))
                continue;
            for (uint32_t k = 0; k < c->n; k++)
                if (c->members[k] == s->signer) power += c->stakes[k];
        }
        if (power > total / 3 * 2 + total % 3 * 2 / 3) return true;
    }
    return false;
}

/* Powers that change in a run are not followed: a quorum is not known then, and nobody is named. */
static bool powers_change(const struct orr_scenario *s) {
    for (uint32_t i = 0; i < s->n_workloads; i++)
        if (s->workloads[i].kind == ORR_WORKLOAD_POWER) return true;
    return false;
}

static void find_forgotten_locks(struct orr_explanation *e) {
    static const uint8_t nil[32];
    if (!e->n_sides || powers_change(e->scenario)) return;
    for (uint32_t i = 0; i < e->n_said; i++) {
        const struct orr_said *a = &e->said[i];
        bool is_lock = a->s.height == e->sides[0].height && memcmp(a->s.value, nil, 32) &&
                       is_kind(e, i, "precommit");
        for (uint32_t k = 0; is_lock && k < e->n_said; k++) {
            const struct orr_said *b = &e->said[k];
            if (b->s.signer == a->s.signer && b->s.height == a->s.height &&
                b->s.view > a->s.view && is_kind(e, k, "prevote") &&
                memcmp(b->s.value, nil, 32) && memcmp(b->s.value, a->s.value, 32) &&
                !has_quorum_between(e, a, b))
                accuse(e, ORR_RULE_LOCK, i, k);
        }
    }
}

/* ---- PBFT: 4.4, what a view change must carry ---- */

/* Does the node's change to a view show that a number was prepared in a view no earlier? */
static bool shows_prepared(const struct orr_explanation *e, const struct orr_said *change,
                           const struct orr_said *commit) {
    uint64_t slot = orr_explain_slot(change->s.signer, change->s.kind, commit->s.height,
                                     change->s.view);
    uint32_t i = orr_index_find(&e->by_slot, e->said, slot);
    for (; i != ORR_NOWHERE; i = e->said[i].next) /* ends: a list */
        if (e->said[i].s.justify_view >= commit->s.view) return true;
    return false;
}

/* "P is a set containing a set Pm for each request m that prepared at i with a sequence number
 * higher than n": whoever has signed a commit had prepared it. */
static void find_left_out(struct orr_explanation *e) {
    for (uint32_t i = 0; i < e->n_said; i++) {
        const struct orr_said *change = &e->said[i];
        if (change->s.height || strcmp(orr_explain_role(e, change->s.signer), "pbft") ||
            !is_kind(e, i, "view-change"))
            continue;
        for (uint32_t k = 0; k < e->n_said; k++) {
            const struct orr_said *commit = &e->said[k];
            if (commit->s.signer == change->s.signer && commit->s.view < change->s.view &&
                commit->s.height > change->s.justify_view && is_kind(e, k, "commit") &&
                !shows_prepared(e, change, commit))
                accuse(e, ORR_RULE_LEFT_OUT, k, i);
        }
    }
}

/* ---- the chains of HotStuff and Streamlet ---- */

/* What a statement shows of the highest quorum, or of the longest chain, that its signer knew. */
enum measure {
    OWN_VIEW,  /* of a commit vote: locked on a block of that view                      */
    JUSTIFY,   /* the view of the QC that its block stands on, or that a timeout shows  */
    JUSTIFIED, /* the view of the QC before that: chained HotStuff locks with two QCs    */
    LENGTH     /* blocks                                                                */
};
static const struct order {
    const char *role;
    enum orr_broken_rule rule;
    const char *first, *second; /* kinds */
    enum measure held, shown;
    bool in_same_view;          /* the second may be of the view of the first, too      */
} orders[] = {
    /* arXiv 1803.05069, algorithm 1, safeNode; arXiv 2010.06785 */
    {"hotstuff-basic", ORR_RULE_JUSTIFY, "commit", "vote", OWN_VIEW, JUSTIFY, false},
    /* algorithm 4, update() and onReceiveProposal: a parent is the block of its child's QC, so
     * that what extends the lock stands on a QC no older than it */
    {"hotstuff", ORR_RULE_LOCKED_QC, "vote", "vote", JUSTIFIED, JUSTIFY, false},
    /* eprint 2023/397, "vote" */
    {"hotstuff-2", ORR_RULE_OLDER_QC, "vote", "vote", JUSTIFY, JUSTIFY, false},
    /* arXiv 2106.10362, "timeout"; arXiv 2010.11454, AdvanceView: the highest QC, signed */
    {"jolteon", ORR_RULE_TIMEOUT, "vote", "timeout", JUSTIFY, JUSTIFY, true},
    {"fast-hotstuff", ORR_RULE_TIMEOUT, "vote", "timeout", JUSTIFY, JUSTIFY, true},
    /* eprint 2020/088, figure 1, "vote" */
    {"streamlet", ORR_RULE_SHORTER, "vote", "vote", LENGTH, LENGTH, false},
};
enum { N_ORDERS = sizeof orders / sizeof orders[0] };

/* What is known of a view: the oldest QC that a block of it stands on, of all spoken of. */
struct view_justify { uint64_t view, oldest; };
struct ordering {
    struct orr_explanation *e;
    const struct order *order;
    uint32_t *at, *spare, n; /* [n] of `said`, by signer, then view */
    struct view_justify *views;
    uint32_t n_views;
    struct orr_index by_view;
};

static bool is_first(const struct ordering *o, uint32_t at) {
    return is_kind(o->e, at, o->order->first);
}
static bool is_second(const struct ordering *o, uint32_t at) {
    return is_kind(o->e, at, o->order->second);
}
static bool of_role(const struct ordering *o, uint32_t at) {
    return !strcmp(orr_explain_role(o->e, o->e->said[at].s.signer), o->order->role);
}

static void know_view(struct ordering *o, const struct orr_statement *s) {
    uint32_t at = orr_index_find(&o->by_view, o->views, s->view);
    if (at == ORR_NOWHERE) {
        at = o->n_views++;
        o->views[at] = (struct view_justify){s->view, s->justify_view};
        orr_index_put(&o->by_view, o->views, at);
    } else if (s->justify_view < o->views[at].oldest) {
        o->views[at].oldest = s->justify_view;
    }
}

/* 0: nothing. */
static uint64_t measure(const struct ordering *o, enum measure how, const struct orr_said *said) {
    uint32_t at;
    switch (how) {
    case OWN_VIEW: return said->s.view;
    case LENGTH: return said->length;
    case JUSTIFIED:
        at = orr_index_find(&o->by_view, o->views, said->s.justify_view);
        return at == ORR_NOWHERE ? 0 : o->views[at].oldest;
    default: return said->s.justify_view;
    }
}

static bool is_before(const struct orr_explanation *e, uint32_t a, uint32_t b) {
    const struct orr_statement *s = &e->said[a].s, *t = &e->said[b].s;
    if (s->signer != t->signer) return s->signer < t->signer;
    if (s->view != t->view) return s->view < t->view;
    return a < b;
}

/* Merges runs of twice the length each time. */
static void sort(struct ordering *o) {
    for (uint64_t run = 1; run < o->n; run *= 2) {
        for (uint64_t from = 0; from < o->n; from += 2 * run) {
            uint64_t mid = from + run < o->n ? from + run : o->n;
            uint64_t end = mid + run < o->n ? mid + run : o->n;
            for (uint64_t a = from, b = mid, to = from; to < end; to++)
                o->spare[to] = b == end || (a < mid && is_before(o->e, o->at[a], o->at[b]))
                                   ? o->at[a++]
                                   : o->at[b++];
        }
        uint32_t *sorted = o->spare;
        o->spare = o->at;
        o->at = sorted;
    }
}

/* Statements of one signer and one view, after others of the signer of which `most` held most. */
static uint32_t judge_view(struct ordering *o, uint32_t from, uint32_t to, uint32_t most) {
    const struct order *order = o->order;
    struct orr_explanation *e = o->e;
    uint32_t before = most;
    for (uint32_t i = from; i < to; i++) {
        uint32_t at = o->at[i];
        if (is_first(o, at) && (most == ORR_NOWHERE || measure(o, order->held, &e->said[at]) >
                                                           measure(o, order->held, &e->said[most])))
            most = at;
    }
    uint32_t held = order->in_same_view ? most : before;
    for (uint32_t i = from; i < to && held != ORR_NOWHERE; i++)
        if (is_second(o, o->at[i]) && measure(o, order->shown, &e->said[o->at[i]]) <
                                          measure(o, order->held, &e->said[held]))
            accuse(e, order->rule, held, o->at[i]);
    return most;
}

static void judge_order(struct ordering *o) {
    const struct orr_said *said = o->e->said;
    uint32_t most = ORR_NOWHERE;
    sort(o);
    for (uint32_t from = 0, to; from < o->n; from = to) {
        const struct orr_statement *s = &said[o->at[from]].s;
        if (from && said[o->at[from - 1]].s.signer != s->signer) most = ORR_NOWHERE;
        for (to = from + 1; to < o->n && said[o->at[to]].s.signer == s->signer &&
                            said[o->at[to]].s.view == s->view;)
            to++;
        most = judge_view(o, from, to, most);
    }
}

static void find_out_of_order(struct orr_explanation *e, const struct order *order) {
    struct ordering o = {.e = e, .order = order};
    o.at = orr_xrealloc(NULL, (e->n_said + 1) * sizeof *o.at);
    o.spare = orr_xrealloc(NULL, (e->n_said + 1) * sizeof *o.spare);
    o.views = orr_xrealloc(NULL, (e->n_said + 1) * sizeof *o.views);
    orr_index_init(&o.by_view, &e->heap.mem, sizeof *o.views,
                   offsetof(struct view_justify, view));
    for (uint32_t i = 0; i < e->n_said; i++) {
        if (!of_role(&o, i)) continue;
        if (is_first(&o, i) || is_kind(e, i, "proposal")) know_view(&o, &e->said[i].s);
        if (is_first(&o, i) || is_second(&o, i)) o.at[o.n++] = i;
    }
    judge_order(&o);
    orr_index_fini(&o.by_view);
    free(o.views);
    free(o.spare);
    free(o.at);
}

void orr_accuse_all(struct orr_explanation *e) {
    find_doubles(e);
    find_forgotten_locks(e);
    find_left_out(e);
    for (uint32_t i = 0; i < N_ORDERS; i++) find_out_of_order(e, &orders[i]);
}
