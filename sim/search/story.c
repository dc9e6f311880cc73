/* Everything that may be told is noted while the run goes; when it is known what broke, each note
 * gets a weight by what it has to do with that, and the heaviest are told. */
#include "sim/search/story.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/base/text.h"

enum { NOTES_MAX = 1 << 16, LATEST = 32 };

struct note {
    enum what { FAULT_BEGINS, FAULT_ENDS, PROPOSED, DECIDED, LOCKED, GIVEN_UP, EVIDENCE,
                ARRIVED, TIMER, DELIVERED, CAUSE } what;
    uint32_t weight;   /* 0: not told */
    orr_time at;
    orr_peer node;
    uint32_t fault;    /* or the culprit */
    uint64_t height, view; /* of what was delivered: height is its hash */
    uint8_t value[32];
    orr_peer peer;         /* of an event */
    uint32_t kind;         /* of its message, or the timer */
    orr_time sent;
    const char *says;      /* CAUSE: lent by the wish */
};

struct telling {
    const struct orr_scenario *scenario;
    const struct orr_story_wish *wish;
    struct note latest[LATEST]; /* the last events of n_events: number i in latest[i % LATEST] */
    uint32_t n_events;
    struct note *notes; /* [n] in the order of time */
    uint32_t n, cap;
    const struct orr_violation *violation; /* of the run, or NULL */
};

/* ---- while it runs ---- */

static bool is_late(const struct telling *t, orr_time at) {
    return t->wish->ending && at > t->wish->until;
}

static void keep(struct telling *t, struct note note) {
    if (t->n == NOTES_MAX || is_late(t, note.at)) return;
    if (t->n == t->cap) {
        t->cap = t->cap ? 2 * t->cap : 256;
        t->notes = orr_xrealloc(t->notes, t->cap * sizeof *t->notes);
    }
    t->notes[t->n++] = note;
}

static void keep_latest(struct telling *t, struct note note) {
    if (t->wish->fills && !is_late(t, note.at)) t->latest[t->n_events++ % LATEST] = note;
}

static void hear_event(struct telling *t, const struct orr_tap_record *r) {
    struct note note = {.what = ARRIVED, .at = r->at, .node = r->node, .peer = r->peer,
                        .sent = r->sent};
    if (t->wish->cause && (note.says = t->wish->cause(t->wish->ctx, r))) {
        note.what = CAUSE;
        keep(t, note);
        return;
    }
    if (r->what == ORR_TIMER) note.what = TIMER, note.kind = r->key;
    else if (r->what == ORR_RECV && r->msg) note.kind = r->msg->kind;
    else return;
    keep_latest(t, note);
}

static void hear_output(struct telling *t, const struct orr_tap_record *r) {
    struct note note = {.at = r->at, .node = r->node};
    const void *data = r->msg ? r->msg->data : NULL;
    if (!data) return;
    if (r->key == ORR_OUT_DECIDED) {
        const struct orr_decided *d = data;
        note.what = DECIDED, note.height = d->height, note.view = d->round;
        memcpy(note.value, d->value, 32);
    } else if (r->key == ORR_OUT_PROPOSED) {
        const struct orr_proposed *p = data;
        note.what = PROPOSED, note.height = p->height, note.view = p->round;
        memcpy(note.value, p->value, 32);
    } else if (r->key == ORR_OUT_LOCK) {
        const struct orr_named *l = data;
        note.what = LOCKED, note.height = l->height, note.view = l->view;
        memcpy(note.value, l->value, 32);
    } else if (r->key == ORR_OUT_VIEW) {
        const struct orr_view_entered *v = data;
        if (v->reason != ORR_VIEW_TC && v->reason != ORR_VIEW_TIMEOUT) return;
        note.what = GIVEN_UP, note.view = v->view;
    } else if (r->key == ORR_OUT_EVIDENCE) {
        const struct orr_evidence *e = data;
        note.what = EVIDENCE, note.fault = e->culprit, note.height = e->height;
        note.view = e->round;
    } else if (r->key == ORR_OUT_DELIVERED) {
        const struct orr_delivered *d = data;
        note.what = DELIVERED, note.height = d->id, note.peer = d->origin;
        keep_latest(t, note);
        return;
    } else {
        return;
    }
    keep(t, note);
}

static void hear(void *ctx, const struct orr_tap_record *r) {
    struct telling *t = ctx;
    if (r->kind == ORR_TAP_OUTPUT) {
        hear_output(t, r);
    } else if (r->kind == ORR_TAP_EVENT) {
        hear_event(t, r);
    } else if (r->node == ORR_NOBODY) {
        keep(t, (struct note){.what = r->what ? FAULT_BEGINS : FAULT_ENDS, .at = r->at,
                              .node = ORR_NOBODY, .fault = r->key});
    }
}

/* ---- what it has to do with what broke ---- */

static bool is_of_fork(const struct telling *t, const struct note *n) {
    const struct orr_violation *v = t->violation;
    return v && v->other.node != ORR_NOBODY && n->height == v->side.height &&
           (!memcmp(n->value, v->side.value, 32) || !memcmp(n->value, v->other.value, 32));
}

static bool decides_fork(const struct telling *t, const struct note *n) {
    const struct orr_violation *v = t->violation;
    return is_of_fork(t, n) && ((n->node == v->side.node && n->at == v->side.at) ||
                                (n->node == v->other.node && n->at == v->other.at));
}

/* Had both decided by then? */
static bool is_behind(const struct orr_violation *v, orr_time at) {
    return at > v->side.at && at > v->other.at;
}

static uint32_t weight_of(const struct telling *t, const struct note *n) {
    bool is_fork = t->violation && t->violation->other.node != ORR_NOBODY;
    bool forks = is_of_fork(t, n);
    if (is_fork && n->what != EVIDENCE && is_behind(t->violation, n->at)) return 0;
    switch (n->what) {
    case FAULT_BEGINS: return 80;
    case FAULT_ENDS: return 30;
    case PROPOSED: return forks ? 70 : 4;
    case DECIDED:
        if (decides_fork(t, n)) return 100;
        return forks && !t->wish->cause ? 50 : is_fork ? 0 : 10;
    case CAUSE: return 60;
    case LOCKED: return forks ? 40 : 2;
    case GIVEN_UP: return 6;
    case EVIDENCE: return 90;
    default: return 0; /* events: fill() */
    }
}

/* Of notes that say the same the first alone is told: evidence of one culprit, a view that many
 * leave, a value that is proposed again.  Of decisions that are no fork's the last. */
static bool says_the_same(const struct note *a, const struct note *b) {
    if (a->what != b->what) return false;
    switch (a->what) {
    case EVIDENCE: return a->fault == b->fault;
    case GIVEN_UP: return a->view == b->view;
    case PROPOSED: return a->height == b->height && !memcmp(a->value, b->value, 32);
    case LOCKED: return a->node == b->node && !memcmp(a->value, b->value, 32);
    default: return false;
    }
}

static void weigh(struct telling *t) {
    for (uint32_t i = 0; i < t->n; i++) {
        struct note *n = &t->notes[i];
        n->weight = weight_of(t, n);
        uint32_t first = i > 200 ? i - 200 : 0; /* what is long ago is no repetition */
        for (uint32_t k = first; k < i && n->weight; k++)
            if (says_the_same(&t->notes[k], n)) n->weight = 0;
    }
    const struct note *last = NULL, *proof = NULL;
    for (uint32_t i = 0; i < t->n; i++)
        if (t->notes[i].what == DECIDED && t->notes[i].weight == 10) last = &t->notes[i];
    if (last) t->notes[last - t->notes].weight = 60;
    uint32_t n_heavy = 0;
    for (uint32_t i = 0; i < t->n; i++) {
        n_heavy += t->notes[i].weight >= 10;
        if (!proof && t->notes[i].what == EVIDENCE) proof = &t->notes[i];
    }
    for (uint32_t i = 0; i < t->n; i++) {
        struct note *n = &t->notes[i];
        bool is_of_proof = proof && n->what == PROPOSED && n->height == proof->height;
        if (is_of_proof && n->weight) n->weight = 45;
        else if (n_heavy >= 3 && n->weight < 6) n->weight = 0; /* there is enough to tell */
    }
}

enum { WEIGHT_MOST = 100 };

/* Leaves the heaviest n; of equal ones the earlier. */
static void choose(struct telling *t, uint32_t n) {
    uint32_t count[WEIGHT_MOST + 1] = {0}, cut = WEIGHT_MOST;
    for (uint32_t i = 0; i < t->n; i++) count[t->notes[i].weight]++;
    while (cut && count[cut] <= n) n -= count[cut--]; /* n: room for those of weight cut */
    for (uint32_t i = 0; i < t->n; i++) {
        struct note *note = &t->notes[i];
        if (note->weight < cut || (note->weight == cut && !n)) note->weight = 0;
        else if (note->weight == cut) n--;
    }
}

/* Of n_lines the chosen leave some: the last events come between them, each in its time. */
static void fill(struct telling *t, uint32_t n_lines) {
    for (uint32_t i = 0; i < t->n; i++) n_lines -= t->notes[i].weight > 0;
    if (n_lines > LATEST) n_lines = LATEST;
    if (n_lines > t->n_events) n_lines = t->n_events;
    struct note *all = orr_xrealloc(NULL, (t->n + n_lines + 1) * sizeof *all);
    uint32_t n = 0, k = 0;
    for (uint32_t i = t->n_events - n_lines; i < t->n_events; i++) {
        struct note note = t->latest[i % LATEST];
        note.weight = 1;
        while (k < t->n && t->notes[k].at <= note.at) all[n++] = t->notes[k++];
        all[n++] = note;
    }
    while (k < t->n) all[n++] = t->notes[k++];
    free(t->notes);
    t->notes = all;
    t->n = n;
}

/* ---- words ---- */

static const char *kind_of(const struct telling *t, const struct note *n) {
    const struct orr_group_spec *g =
        n->peer < t->scenario->n_nodes ? orr_scenario_group_of(t->scenario, n->peer) : NULL;
    const char *const *kinds = g ? g->role->kinds : NULL;
    for (uint32_t i = 0; kinds && kinds[i]; i++)
        if (i == n->kind) return kinds[i];
    return "a message";
}

static const char *name_of(const struct telling *t, orr_peer node, char text[96]) {
    const struct orr_group_spec *g =
        node < t->scenario->n_nodes ? orr_scenario_group_of(t->scenario, node) : NULL;
    if (g) snprintf(text, 96, "%.80s.%u", g->name, node - g->first);
    else snprintf(text, 96, "somebody");
    return text;
}

/* A fault as the scenario has it, on one line. */
static void put_fault(const struct telling *t, uint32_t fault, char *to, size_t size) {
    const struct orr_fault_spec *f = &t->scenario->faults[fault];
    const struct orr_span *w = &f->where;
    size_t n = 0;
    bool blank = true;
    for (size_t i = 0; w->source && i < w->len && n + 4 < size; i++) {
        char c = w->source->text[w->offset + i];
        bool is_blank = c == ' ' || c == '\n' || c == '\t' || c == '\r';
        if (!is_blank || !blank) to[n++] = is_blank ? ' ' : c;
        blank = is_blank;
    }
    if (w->source && n + 4 >= size) n = (size_t)(stpcpy(to + n, "...") - to);
    to[n] = '\0';
    if (!n) snprintf(to, size, "%s", f->name);
}

static void hex(const uint8_t value[32], char text[17]) {
    for (int i = 0; i < 8; i++) snprintf(text + 2 * i, 3, "%02x", value[i]);
}

/* "; precommits of val.0, val.1" */
static void put_signers(const struct telling *t, const struct note *n, char *to, size_t size) {
    const struct orr_violation *v = t->violation;
    *to = '\0';
    if (!decides_fork(t, n)) return;
    bool is_side = n->node == v->side.node && n->at == v->side.at;
    const struct orr_violation_signers *s = is_side ? &v->signers : &v->other_signers;
    size_t used = s->n ? (size_t)snprintf(to, size, "; %s of", s->statement) : 0;
    char name[96];
    for (uint32_t i = 0; i < s->n && used < size; i++)
        used += (size_t)snprintf(to + used, size - used, "%s %s", i ? "," : "",
                                 name_of(t, s->v[i], name));
}

static void put_note(const struct telling *t, const struct note *n, char *to, size_t size) {
    char node[96], culprit[96], value[17], fault[100], signers[60];
    hex(n->value, value);
    name_of(t, n->node, node);
    size_t used = (size_t)snprintf(to, size, "%.6f s  ", (double)n->at * 1e-9);
    char *rest = to + used;
    size -= used;
    switch (n->what) {
    case FAULT_BEGINS:
    case FAULT_ENDS:
        put_fault(t, n->fault, fault, sizeof fault);
        snprintf(rest, size, "%s %s", n->what == FAULT_BEGINS ? "from here on" : "over:", fault);
        break;
    case PROPOSED:
        snprintf(rest, size, "%.40s proposes %s at height %" PRIu64 ", round %" PRIu64, node, value,
                 n->height, n->view);
        break;
    case DECIDED:
        put_signers(t, n, signers, sizeof signers);
        snprintf(rest, size, "%.40s decides %s at height %" PRIu64 ", round %" PRIu64 "%s", node,
                 value, n->height, n->view, signers);
        break;
    case LOCKED:
        snprintf(rest, size, "%.40s is locked on %s of view %" PRIu64, node, value, n->view);
        break;
    case GIVEN_UP:
        snprintf(rest, size, "%.40s enters view %" PRIu64 ": the one before was given up", node,
                 n->view);
        break;
    case EVIDENCE:
        snprintf(rest, size, "%.40s has proof that %.40s signed twice at height %" PRIu64
                 ", round %" PRIu64, node, name_of(t, n->fault, culprit), n->height, n->view);
        break;
    case ARRIVED:
        snprintf(rest, size, "%.40s gets %.30s of %.40s, sent at %.6f s", node, kind_of(t, n),
                 name_of(t, n->peer, culprit), (double)n->sent * 1e-9);
        break;
    case TIMER:
        snprintf(rest, size, "%.40s: its timer %u fires", node, n->kind);
        break;
    case CAUSE:
        snprintf(rest, size, "%.40s -> %.40s: %.60s", name_of(t, n->peer, culprit), node, n->says);
        break;
    case DELIVERED:
        snprintf(rest, size, "%.40s delivers %016" PRIx64 " of %.40s", node, n->height,
                 name_of(t, n->peer, culprit));
        break;
    }
}

/* ---- the whole ---- */

static void put_end(const struct telling *t, const struct orr_run_result *r, char *to,
                    size_t size) {
    if (t->wish->ending) {
        snprintf(to, size, "%.6f s  %.120s", (double)t->wish->until * 1e-9, t->wish->ending);
        return;
    }
    size_t used = (size_t)snprintf(to, size, "%.6f s  ", (double)r->ended_at * 1e-9);
    const struct orr_verdict *broken = NULL;
    for (uint32_t i = 0; i < r->n_verdicts && !broken; i++)
        if (r->verdicts[i].judged && (r->verdicts[i].violation || !r->verdicts[i].pass))
            broken = &r->verdicts[i];
    if (r->mishap.kind)
        snprintf(to + used, size - used, "a protocol's mistake: %.120s", r->mishap.text);
    else if (broken)
        snprintf(to + used, size - used, "so %s breaks%s%.100s", broken->name,
                 broken->violation ? "" : ": ", broken->violation ? "" : broken->text);
    else if (r->n_stops)
        snprintf(to + used, size - used, "a node stops by itself: %.120s", r->stops[0].what);
    else
        snprintf(to + used, size - used, "the end, and nothing is broken");
}

/* What is told, for those who draw it; line: as it is written. */
static void tell_event(const struct telling *t, const struct note *n, const char *line) {
    struct orr_story_event event = {.kind = ORR_STORY_AT_NODE, .at = n->at, .sent = n->at,
                                    .from = ORR_NOBODY, .node = n->node,
                                    .is_wrong = n->what == DECIDED && decides_fork(t, n)};
    char fault[100];
    const char *rest = strstr(line, "  "); /* behind the time */
    event.text = rest ? rest + 2 : line;
    if (n->what == FAULT_BEGINS || n->what == FAULT_ENDS) {
        event.kind = n->what == FAULT_BEGINS ? ORR_STORY_FAULT_BEGINS : ORR_STORY_FAULT_ENDS;
        put_fault(t, n->fault, fault, sizeof fault);
        event.text = fault;
    }
    if (n->what == CAUSE || n->what == ARRIVED) {
        event.kind = ORR_STORY_MESSAGE;
        event.sent = n->sent, event.from = n->peer;
        event.text = n->what == CAUSE ? n->says : kind_of(t, n);
    }
    t->wish->told(t->wish->ctx, &event);
}

static void tell(struct telling *t, const struct orr_run_result *r, uint32_t n_lines,
                 char **story) {
    char line[ORR_STORY_LINE_CHARS], shown[4 * ORR_STORY_LINE_CHARS];
    size_t len = 0, size = (size_t)n_lines * sizeof shown + 1;
    *story = orr_xrealloc(NULL, size);
    for (uint32_t i = 0; i < r->n_verdicts && !t->violation; i++)
        t->violation = r->verdicts[i].violation;
    weigh(t);
    choose(t, n_lines - 1);
    if (t->wish->fills) fill(t, n_lines - 1);
    for (uint32_t i = 0; i <= t->n; i++) {
        if (i < t->n && !t->notes[i].weight) continue;
        if (i < t->n) put_note(t, &t->notes[i], line, sizeof line);
        else put_end(t, r, line, sizeof line);
        if (i < t->n && t->wish->told) tell_event(t, &t->notes[i], line);
        len += (size_t)snprintf(*story + len, size - len, "%s\n",
                                orr_text_show(shown, sizeof shown, line));
    }
}

int orr_story_tell_as(const struct orr_scenario *scenario, const struct orr_story_wish *wish,
                      char **story, struct orr_diags *diags) {
    struct telling *t = orr_xrealloc(NULL, sizeof *t);
    *t = (struct telling){.scenario = scenario, .wish = wish};
    struct orr_run_options how = wish->how;
    struct orr_tap tap = {ORR_TAP_BIT(ORR_TAP_OUTPUT) | ORR_TAP_BIT(ORR_TAP_FAULT), t, hear,
                          how.taps};
    if (wish->fills || wish->cause) tap.wants |= ORR_TAP_BIT(ORR_TAP_EVENT);
    how.taps = &tap;
    struct orr_run_result result;
    int error = orr_run(scenario, &how, &result, diags);
    if (!error) tell(t, &result, wish->n_lines ? wish->n_lines : 1, story);
    if (wish->result) *wish->result = result;
    else orr_run_result_fini(&result);
    free(t->notes);
    free(t);
    return error;
}

int orr_story_tell(const struct orr_scenario *scenario, uint32_t n_lines, char **story,
                   struct orr_diags *diags) {
    struct orr_story_wish wish = {.n_lines = n_lines};
    return orr_story_tell_as(scenario, &wish, story, diags);
}
