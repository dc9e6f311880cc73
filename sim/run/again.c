#include "sim/run/again.h"

#include <stdio.h>

#include "sim/run/plan.h"
#include "sim/run/workload.h"

enum { PARTS = 1000 }; /* between which the caller sees progress */

/* false: it was stopped. */
static bool go(const struct orr_again *again, const struct orr_poison *poison) {
    orr_time duration = again->build->scenario.duration;
    const struct orr_run_options *o = again->options;
    for (int i = 1; i <= PARTS; i++) {
        orr_time until = (orr_time)((__int128)duration * i / PARTS);
        if (until < orr_sim_now(*again->sim)) continue;
        orr_sim_run(*again->sim, until);
        if (orr_sim_mishap(*again->sim)) return true;
        if (poison && poison->stop_at && poison->n_steps >= poison->stop_at) return true;
        if (again->build->spec.makers && again->build->spec.makers->made.n_frames) return true;
        if (o->progress && o->progress(o->ctx, *again->sim, until, duration)) return false;
    }
    return true;
}

/* The run once more, as build->spec says.  false: it did not start, or was stopped. */
static bool run(const struct orr_again *again, struct orr_poison *poison,
                struct orr_makers *makers) {
    struct orr_build *build = again->build;
    struct orr_diags diags = {0}; /* it started before: nothing is said */
    orr_peer failed;
    build->spec.poison = poison;
    build->spec.makers = makers;
    bool ran = !orr_sim_renew(again->sim, &build->spec, &failed);
    if (ran) {
        struct orr_plan *plan = orr_plan_new(build, *again->sim, &diags);
        struct orr_workload *workload = orr_workload_new(build, *again->sim, &diags);
        orr_plan_start(plan);
        orr_workload_start(workload);
        ran = go(again, poison);
        orr_workload_free(workload);
        orr_plan_free(plan);
    }
    build->spec.poison = NULL;
    build->spec.makers = NULL;
    orr_diags_fini(&diags);
    return ran;
}

/* ---- poison ---- */

/* Both runs to where they differ, logged, and what differs. */
static int name_step(const struct orr_again *again, uint64_t from, uint64_t to,
                     struct orr_mishap *m) {
    static const uint8_t bytes[2] = {ORR_POISON_FIRST, ORR_POISON_SECOND};
    struct orr_poison both[2];
    bool ran = true;
    for (int i = 0; i < 2; i++) {
        orr_poison_init(&both[i], bytes[i]);
        both[i].log_from = from;
        both[i].stop_at = to;
        ran = ran && run(again, &both[i], NULL);
    }
    if (ran) orr_poison_name(&both[0], &both[1], m);
    for (int i = 0; i < 2; i++) orr_poison_fini(&both[i]);
    return ran ? 1 : ORR_ELIMIT;
}

int orr_again_poisoned(const struct orr_again *again, const struct orr_poison *first,
                       bool is_whole, const uint64_t *digests, struct orr_mishap *m) {
    struct orr_poison second;
    uint64_t from, to;
    orr_poison_init(&second, ORR_POISON_SECOND);
    /* Of a whole run a step more is a difference; what follows the last step, a crash say, happens
     * in both.  One that was stopped is stopped at the same step. */
    second.stop_at = first->n_steps + is_whole;
    bool ran = run(again, &second, NULL);
    const struct orr_mishap *own = ran ? orr_sim_mishap(*again->sim) : NULL;
    bool differ = orr_poison_differ(first, &second, &from, &to);
    orr_poison_fini(&second);
    if (!ran) return ORR_ELIMIT;
    if (own) { /* the first run had none */
        *m = *own;
        m->kind = ORR_MISHAP_UNINITIALISED;
        snprintf(m->text, sizeof m->text,
                 "when memory that it had not written held other bytes: %s%s%.150s",
                 orr_mishap_meaning(own->kind), *own->text ? "; " : "", own->text);
        return 1;
    }
    if (differ) return name_step(again, from, to, m);
    for (orr_peer i = 0; i < again->build->spec.n_nodes; i++) {
        bool was_down = !is_whole && !digests[i]; /* since then, perhaps */
        if (was_down || orr_sim_digest_of(*again->sim, i) == digests[i]) continue;
        *m = (struct orr_mishap){.kind = ORR_MISHAP_UNINITIALISED, .node = i,
                                 .callback = ORR_CALLBACK_DIGEST, .event = ORR_MISHAP_NO_EVENT,
                                 .peer = ORR_NOBODY, .at = orr_sim_now(*again->sim),
                                 .n_events = orr_sim_counts(*again->sim).events};
        snprintf(m->text, sizeof m->text,
                 "its digest at the end was another when memory that it had not written held "
                 "other bytes");
        return 1;
    }
    return 0;
}

/* ---- makers ---- */

static void say(const struct orr_made *made, bool messages, struct orr_mishap *m) {
    char what[sizeof m->text];
    if (messages) {
        const struct orr_msg *msg = made->at;
        snprintf(what, sizeof what,
                 "%llu of them, %llu made by this node; the oldest is of kind %u and %u B, with %u "
                 "references, and was made here",
                 (unsigned long long)made->n_all, (unsigned long long)made->n_of_node, msg->kind,
                 msg->len, msg->refs);
    } else {
        snprintf(what, sizeof what,
                 "%.120s; the oldest of %llu blocks has %zu B and was taken here", m->text,
                 (unsigned long long)made->n_all, made->size);
    }
    snprintf(m->text, sizeof m->text, "%s", what);
}

void orr_again_find_maker(const struct orr_again *again, struct orr_mishap *m) {
    bool messages = m->kind == ORR_MISHAP_LEAK_MESSAGE;
    struct orr_makers makers;
    struct orr_mishap told = *m;
    orr_makers_init(&makers, messages, 0);
    bool ran = run(again, NULL, &makers);
    if (ran) orr_sim_end(*again->sim);
    struct orr_made made = orr_makers_oldest(&makers);
    if (made.number) say(&made, messages, &told);
    orr_makers_fini(&makers);
    if (!ran || !made.number) return; /* it did not leak this time: state outside of its node */
    orr_makers_init(&makers, messages, made.number);
    if (run(again, NULL, &makers) && makers.made.n_frames) {
        *m = makers.made;
        m->kind = told.kind;
        memcpy(m->text, told.text, sizeof m->text);
    }
    orr_makers_fini(&makers);
}
