/* What the whole of a scenario must fulfil beyond its parts. */
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/scenario/bind.h"

#define complain(b, ...) orr_bind_say(b, ORR_DIAG_ERROR, __VA_ARGS__)

static const char *time_text(struct orr_binder *b, orr_time t) {
    char text[48];
    orr_quantity_print(ORR_QUANTITY_TIME, t, text, sizeof text);
    return orr_store_printf(b->store, "%s", text);
}

/* ---- distributions ---- */

static void check_dist(struct orr_binder *b, const struct orr_dist_spec *d) {
    if (d->kind == ORR_DIST_UNIFORM && d->min > d->max)
        complain(b, d->where, NULL, "min is above max");
    if (d->kind == ORR_DIST_LOGNORMAL && d->p99 <= d->median)
        complain(b, d->where, NULL, "p99 must be above the median");
    if (d->kind == ORR_DIST_EXPONENTIAL && d->mean <= d->min)
        complain(b, d->where, NULL, "the mean must be above min");
}

/* ---- recording ---- */

/* Whatever the file is called, the trace stays below the folder of outputs. */
static void check_record_file(struct orr_binder *b) {
    const char *file = b->scenario->record.file;
    if (!file) return;
    bool good = *file && *file != '/' && strlen(file) < 1000;
    for (const char *p = file; good && *p;) {
        size_t len = strcspn(p, "/");
        good = len && strncmp(p, ".", len) && strncmp(p, "..", len);
        for (size_t i = 0; i < len; i++) good = good && (unsigned char)p[i] >= 0x20;
        p += len;
        if (*p == '/') good = *++p && good;
    }
    if (!good)
        complain(b, b->scenario->record.file_where,
                 "a path below out/, or below the folder that --out names: `file: week-3/slow.h5`",
                 "record.file: a trace cannot go to '%.80s'", file);
}

/* ---- nodes ---- */

static void check_groups(struct orr_binder *b) {
    const struct orr_scenario *s = b->scenario;
    for (uint32_t i = 0; i < s->n_groups; i++) {
        const struct orr_group_spec *g = &s->groups[i];
        size_t mark = orr_bind_enter(b, "nodes"), inner = orr_bind_enter(b, g->name);
        for (uint32_t r = 0; r < s->n_regions; r++)
            if (!strcmp(g->name, s->regions[r]))
                complain(b, g->where, "choose another name", "a region has the same name");
        check_dist(b, &g->disk.write);
        check_dist(b, &g->disk.fsync);
        check_dist(b, &g->skew);
        if (g->queue_bytes != ORR_UNSET && g->up_bps == ORR_UNSET && g->down_bps == ORR_UNSET)
            complain(b, g->where, "up: 10 Mbit/s, or down: 10 Mbit/s",
                     "'queue' bounds what waits for 'up' or 'down'; nothing waits without them");
        unsigned __int128 sum = 0;
        uint32_t n_nodes = 0;
        bool first = true; /* a cohort's stake is added up at its first group */
        for (uint32_t j = 0; j < s->n_groups; j++) {
            const struct orr_group_spec *other = &s->groups[j];
            if (other->role != g->role) continue;
            n_nodes += other->count;
            if (j < i) first = false;
            if (other->n_stakes == 1)
                sum += (unsigned __int128)other->stakes[0] * other->count;
            else
                for (uint32_t k = 0; k < other->count; k++) sum += other->stakes[k];
        }
        if (first && sum > ORR_SCENARIO_MAX_STAKE)
            complain(b, g->where, "the limit is 2^60", "the stakes of all %s nodes are too large",
                     g->role->name);
        if (first && !sum) complain(b, g->where, NULL, "no %s node has any stake", g->role->name);
        const struct orr_protocol *role = g->role;
        const char *why =
            role->genesis.refuses ? role->genesis.refuses(g->config, n_nodes) : NULL;
        if (why) complain(b, g->where, NULL, "%s", why);
        orr_bind_leave(b, inner);
        orr_bind_leave(b, mark);
    }
}

/* ---- network ---- */

static void check_overlay(struct orr_binder *b) {
    const struct orr_overlay_spec *o = &b->scenario->overlay;
    uint32_t n = b->scenario->n_nodes;
    size_t mark = orr_bind_enter(b, "network.overlay");
    switch (o->kind) {
    case ORR_OVERLAY_RANDOM_REGULAR:
        if (o->degree >= n)
            complain(b, o->where, NULL, "degree %u needs more than %u nodes", o->degree, n);
        else if ((uint64_t)o->degree * n % 2)
            complain(b, o->where, "make one of them even",
                     "there is no graph of %u nodes of degree %u: both are odd", n, o->degree);
        break;
    case ORR_OVERLAY_SMALL_WORLD:
        if (o->k % 2)
            complain(b, o->where, NULL, "k must be even: half of it on either side");
        else if (o->k >= n)
            complain(b, o->where, NULL, "k = %u needs more than %u nodes", o->k, n);
        break;
    case ORR_OVERLAY_SCALE_FREE:
        if (o->m >= n) complain(b, o->where, NULL, "m = %u needs more than %u nodes", o->m, n);
        break;
    default: break;
    }
    orr_bind_leave(b, mark);
}

static void check_links(struct orr_binder *b) {
    const struct orr_scenario *s = b->scenario;
    for (uint32_t i = 0; i < s->n_links; i++) {
        const struct orr_link_spec *l = &s->links[i];
        size_t mark = orr_bind_enter(b, "network.links"), inner = orr_bind_enter_item(b, i);
        bool between = !l->within && l->a.where.source;
        if (!l->within && !between)
            complain(b, l->where, "between: [us-east, eu-west], or within: us-east",
                     "a link needs 'between' or 'within'");
        bool empty = l->latency.kind == ORR_DIST_NONE && l->loss == ORR_UNSET &&
                     l->duplicate == ORR_UNSET && l->corrupt == ORR_UNSET &&
                     l->reorder == ORR_UNSET && l->bandwidth_bps == ORR_UNSET &&
                     l->queue_bytes == ORR_UNSET && !l->transport;
        if (empty) complain(b, l->where, NULL, "this link says nothing about its messages");
        check_dist(b, &l->latency);
        check_dist(b, &l->reorder_by);
        for (uint32_t j = 0; j < i && l->name; j++)
            if (s->links[j].name && !strcmp(s->links[j].name, l->name))
                complain(b, l->where, NULL, "another link is called '%s' too", l->name);
        orr_bind_leave(b, inner);
        orr_bind_leave(b, mark);
    }
}

static void check_network(struct orr_binder *b) {
    const struct orr_scenario *s = b->scenario;
    const struct orr_regions_spec *regions = &s->region_matrix;
    check_overlay(b);
    size_t mark = orr_bind_enter(b, "network");
    check_dist(b, &s->latency);
    check_dist(b, &regions->jitter);
    if (regions->source == ORR_REGIONS_AWS_13 && regions->path)
        complain(b, regions->where, NULL, "regions: 'preset' and 'file' exclude each other");
    if (regions->where.source && regions->source == ORR_REGIONS_NAMED)
        complain(b, regions->where, "preset: aws-13, or file: matrix.csv",
                 "regions: a 'preset' or a 'file' is needed");
    orr_bind_leave(b, mark);
    check_links(b);
}

/* ---- workload ---- */

static bool takes_transactions(const struct orr_scenario *s, const struct orr_target *target) {
    for (uint32_t i = 0; i < s->n_groups; i++) {
        const struct orr_group_spec *g = &s->groups[i];
        bool overlaps =
            target->kind == ORR_TARGET_NODES
                ? g->first < target->first + target->n && target->first < g->first + g->count
                : target->kind != ORR_TARGET_ROLE || g->role == target->role;
        if (overlaps && g->role->workload.make_tx) return true;
    }
    return false;
}

/* The shares of kinds of transactions; those that are left out are none. */
static void check_mix(struct orr_binder *b, struct orr_workload_spec *w) {
    uint64_t sum = 0;
    bool is_given = false;
    for (int i = 0; i < ORR_N_TX_MIXES; i++) {
        if (i == ORR_TX_ANY || w->mix[i] == ORR_UNSET) w->mix[i] = 0;
        else is_given = true;
        sum += w->mix[i];
    }
    if (is_given && sum != 1000000000)
        complain(b, w->where, "for example mix: {transfer: 60 %, token: 40 %}",
                 "the shares of 'mix' are not 100 %% together");
}

/* The rate that a load leaves to be worked out. */
static void check_load(struct orr_binder *b, struct orr_workload_spec *w) {
    if (w->arrivals == ORR_ARRIVE_BURST) {
        if (w->rate_nhz != ORR_UNSET)
            complain(b, w->where, "leave out 'rate'", "a burst's size and interval give the rate");
        unsigned __int128 nhz = (unsigned __int128)w->burst_size * 1000000000 * 1000000000;
        nhz /= (uint64_t)w->burst_every;
        w->rate_nhz = nhz > INT64_MAX ? INT64_MAX : nhz ? (uint64_t)nhz : 1;
    } else if (w->rate_nhz == ORR_UNSET) {
        complain(b, w->where, "for example rate: 200 /s", "a workload needs 'rate'");
    }
    check_mix(b, w);
    check_dist(b, &w->size);
}

/* Do all nodes that the target means run the role? */
static bool all_run(const struct orr_scenario *s, const struct orr_target *target,
                    const struct orr_protocol *role) {
    for (uint32_t i = 0; i < s->n_groups; i++)
        for (uint32_t k = 0; k < s->groups[i].count; k++)
            if (orr_target_has(s, target, s->groups[i].first + k) && s->groups[i].role != role)
                return false;
    return true;
}

/* Who is asked has an application that sets powers, and the same role as those whose power it is.
 */
static void check_power(struct orr_binder *b, struct orr_workload_spec *w) {
    const struct orr_scenario *s = b->scenario;
    const struct orr_protocol *role = NULL;
    w->clients = 1;
    w->stop = s->duration;
    w->size = (struct orr_dist_spec){.kind = ORR_DIST_CONSTANT};
    for (uint32_t i = 0; i < s->n_groups && !role; i++)
        if (s->groups[i].role->workload.sets_power) role = s->groups[i].role;
    if (!role) {
        complain(b, w->where, "use the role tendermint",
                 "no role here lets transactions change voting power");
        return;
    }
    for (uint32_t i = 0; i < w->of.n; i++)
        if (w->of.v[i].kind == ORR_TARGET_LEADER || w->of.v[i].any)
            complain(b, w->of.v[i].where, "name a group, a node or a region",
                     "whose power it is must be known beforehand");
        else if (!all_run(s, &w->of.v[i], role))
            complain(b, w->of.v[i].where, NULL, "their role is not %s", role->name);
    for (uint32_t i = 0; i < w->to.n; i++)
        if (!all_run(s, &w->to.v[i], role))
            complain(b, w->to.v[i].where, NULL, "ask nodes of the role %s", role->name);
}

/* What the scenario leaves to be worked out. */
static void check_workload(struct orr_binder *b, struct orr_workload_spec *w) {
    orr_time end = b->scenario->duration;
    if (w->kind == ORR_WORKLOAD_POWER) check_power(b, w);
    else check_load(b, w);
    if (w->stop == ORR_NEVER) w->stop = end;
    if (w->kind == ORR_WORKLOAD_POWER && w->start >= end)
        complain(b, w->where, NULL, "it comes at %s, and the end at %s", time_text(b, w->start),
                 time_text(b, end));
    else if (w->stop > end)
        complain(b, w->where, NULL, "it stops at %s, after the end at %s", time_text(b, w->stop),
                 time_text(b, end));
    else if (w->start >= w->stop)
        complain(b, w->where, NULL, "it starts at %s but stops at %s", time_text(b, w->start),
                 time_text(b, w->stop));
    for (uint32_t i = 0; i < w->to.n; i++)
        if (!takes_transactions(b->scenario, &w->to.v[i]))
            complain(b, w->to.v[i].where, NULL, "the role of these nodes takes no transactions");
}

static void check_workloads(struct orr_binder *b) {
    struct orr_scenario *s = b->scenario;
    struct orr_workload_spec *workloads = (struct orr_workload_spec *)s->workloads;
    for (uint32_t i = 0; i < s->n_workloads; i++) {
        size_t mark = orr_bind_enter(b, "workload"), inner = orr_bind_enter_item(b, i);
        check_workload(b, &workloads[i]);
        for (uint32_t j = 0; j < i; j++)
            if (!strcmp(workloads[j].name, workloads[i].name))
                complain(b, workloads[i].where, NULL, "another workload is called '%s' too",
                         workloads[i].name);
        orr_bind_leave(b, inner);
        orr_bind_leave(b, mark);
    }
}

/* ---- faults ---- */

/* Looking through all nodes for every name of a partition must end in this life. */
#define MAX_LOOKS ((uint64_t)1 << 26)

static bool is_placed_by_seed(const struct orr_scenario *s, const struct orr_target *target) {
    for (uint32_t g = 0; g < s->n_groups; g++)
        if (s->groups[g].placement == ORR_PLACE_RANDOM &&
            (target->kind == ORR_TARGET_REGION || orr_target_has(s, target, s->groups[g].first) ||
             (target->first > s->groups[g].first &&
              target->first - s->groups[g].first < s->groups[g].count)))
            return true;
    return false;
}

/* Nodes beside regions would be on one side or on two as the seed has it. */
static void check_sides_by_seed(struct orr_binder *b, const struct orr_fault_spec *f) {
    const struct orr_target *region = NULL, *other = NULL;
    for (uint32_t g = 0; g < f->n_groups; g++)
        for (uint32_t i = 0; i < f->groups[g].n; i++) {
            const struct orr_target *target = &f->groups[g].v[i];
            if (!is_placed_by_seed(b->scenario, target)) continue;
            if (target->kind == ORR_TARGET_REGION) region = target;
            else other = target;
        }
    if (region && other)
        complain(b, other->where, "name regions on all sides, or nodes on all sides",
                 "with `placement: random` the seed says which nodes are in a region");
}

static void check_partition(struct orr_binder *b, const struct orr_fault_spec *f,
                            uint64_t *n_looks) {
    const struct orr_scenario *s = b->scenario;
    check_sides_by_seed(b, f);
    uint32_t *owner = orr_xrealloc(NULL, (s->n_nodes + 1) * sizeof *owner);
    memset(owner, 0, (s->n_nodes + 1) * sizeof *owner);
    bool told = false;
    for (uint32_t g = 0; g < f->n_groups; g++)
        for (uint32_t i = 0; i < f->groups[g].n; i++) {
            const struct orr_target *target = &f->groups[g].v[i];
            *n_looks += s->n_nodes;
            for (uint32_t node = 0; node < s->n_nodes && *n_looks <= MAX_LOOKS && !told; node++) {
                if (!orr_target_has(s, target, node)) continue;
                if (owner[node] && owner[node] != g + 1) {
                    const struct orr_group_spec *group = orr_scenario_group_of(s, node);
                    complain(b, target->where, "a node can be on one side only",
                             "%s.%u is in an earlier group of the partition already", group->name,
                             node - group->first);
                    told = true;
                }
                owner[node] = g + 1;
            }
        }
    if (*n_looks > MAX_LOOKS)
        complain(b, f->where, "name whole groups or regions",
                 "too many nodes and names to compare");
    free(owner);
}

static bool any_group(const struct orr_scenario *s, const struct orr_targets *targets,
                      bool (*has)(const struct orr_group_spec *)) {
    for (uint32_t i = 0; i < s->n_groups; i++) {
        const struct orr_group_spec *g = &s->groups[i];
        for (uint32_t j = 0; j < targets->n; j++) {
            const struct orr_target *t = &targets->v[j];
            bool meant = t->kind == ORR_TARGET_NODES
                             ? g->first < t->first + t->n && t->first < g->first + g->count
                             : t->kind != ORR_TARGET_ROLE || t->role == g->role;
            if (meant && has(g)) return true;
        }
    }
    return false;
}

static bool can_lead(const struct orr_group_spec *g) { return g->role->fault.leads; }
/* Does a group's role lack what a behaviour needs? */
#define BEHAVIOUR(name, text, help)                                                     \
    static bool lacks_##name(const struct orr_group_spec *g) {                          \
        return !orr_byzantine_knows(g->role, ORR_BEHAVIOUR_##name);                     \
    }
ORR_BEHAVIOURS(BEHAVIOUR)
#undef BEHAVIOUR
static bool (*const lacks[])(const struct orr_group_spec *) = {
#define BEHAVIOUR(name, text, help) lacks_##name,
    ORR_BEHAVIOURS(BEHAVIOUR)
#undef BEHAVIOUR
};
static bool has_disk(const struct orr_group_spec *g) {
    return g->disk.write.kind != ORR_DIST_NONE || g->disk.fsync.kind != ORR_DIST_NONE;
}

static void check_byzantine(struct orr_binder *b, const struct orr_fault_spec *f) {
    bool is_late = f->behaviour == ORR_BEHAVIOUR_DELAY || f->behaviour == ORR_BEHAVIOUR_EDGE;
    bool mutates = f->behaviour == ORR_BEHAVIOUR_MUTATE;
    if (is_late && f->by.kind == ORR_DIST_NONE)
        complain(b, f->where, "for example by: 200 ms", "behaviour: %s needs 'by'",
                 f->behaviour == ORR_BEHAVIOUR_EDGE ? "edge" : "delay");
    if (!is_late && f->by.kind != ORR_DIST_NONE)
        complain(b, f->where, NULL, "'by' goes with behaviour: delay or edge");
    if (mutates && !f->n_fields)
        complain(b, f->where, "for example field: view", "behaviour: mutate needs 'field'");
    if (!mutates && (f->n_fields || f->change != ORR_N_CHANGES))
        complain(b, f->where, NULL, "'field' and 'change' go with behaviour: mutate");
    if (f->behaviour == ORR_BEHAVIOUR_TWINS &&
        (f->view.is_given || f->height.is_given || f->to.n))
        complain(b, f->where, "'view', 'height' and 'to' go with the other behaviours",
                 "twins say all that they say");
    for (uint32_t i = 0; i < f->to.n; i++)
        if (f->to.v[i].kind == ORR_TARGET_LEADER || f->to.v[i].any)
            complain(b, f->to.v[i].where, "nodes, groups, regions or roles",
                     "it must be known beforehand whom it lies to");
    if (any_group(b->scenario, &f->targets, lacks[f->behaviour]))
        complain(b, f->where, "what it must bring: orr_protocol.fault in models/protocol.h",
                 "some of these run a protocol that does not know how to do that");
}

static void check_leader(struct orr_binder *b, const struct orr_targets *targets) {
    const struct orr_target everyone = {.kind = ORR_TARGET_NODES, .n = b->scenario->n_nodes};
    const struct orr_targets all = {&everyone, 1};
    for (uint32_t i = 0; i < targets->n; i++)
        if (targets->v[i].kind == ORR_TARGET_LEADER && !any_group(b->scenario, &all, can_lead))
            complain(b, targets->v[i].where, NULL, "no protocol here has a leader");
}

static void check_time(struct orr_binder *b, const struct orr_fault_spec *f) {
    orr_time end = b->scenario->duration;
    if (f->conditional == (f->at != ORR_NEVER))
        complain(b, f->where, "at: 10 s, or when: height(val) >= 20",
                 f->conditional ? "'at' and 'when' exclude each other"
                                : "a fault needs 'at' or 'when'");
    else if (!f->conditional && f->at >= end)
        complain(b, f->where, "lengthen `duration`, or let it begin earlier",
                 "it begins at %s, but the run ends at %s", time_text(b, f->at), time_text(b, end));
}

static bool tells_views(const struct orr_group_spec *g) {
    return g->role->report.place || g->role->report.statement || g->role->report.stand;
}

/* Messages meant by their view, height or number. */
static void check_choice(struct orr_binder *b, const struct orr_fault_spec *f) {
    const struct orr_target everyone = {.kind = ORR_TARGET_NODES, .n = b->scenario->n_nodes};
    const struct orr_targets all = {&everyone, 1};
    enum { MAX_COUNTED = 1024 }; /* a count for each pair of nodes */
    if ((f->view.is_given || f->height.is_given) && !any_group(b->scenario, &all, tells_views))
        complain(b, f->where, ".report.place in models/protocol.h says it",
                 "no protocol here says which view and height a message is about");
    if (f->nth.is_given && b->scenario->n_nodes > MAX_COUNTED)
        complain(b, f->where, "the limit is 1,024", "messages of too many nodes to count");
}

static void check_fault(struct orr_binder *b, const struct orr_fault_spec *f, uint64_t *n_looks) {
    const struct orr_scenario *s = b->scenario;
    check_time(b, f);
    check_choice(b, f);
    check_dist(b, &f->extra);
    check_dist(b, &f->by);
    check_dist(b, &f->back_after);
    check_dist(b, &f->reorder_by);
    check_leader(b, &f->targets);
    check_leader(b, &f->from);
    check_leader(b, &f->to);
    bool pair = f->between[0].n;
    switch (f->kind) {
    case ORR_FAULT_PARTITION: check_partition(b, f, n_looks); break;
    case ORR_FAULT_SLOW_LINK:
        if (f->extra.kind == ORR_DIST_NONE && f->factor == ORR_UNSET)
            complain(b, f->where, "latency: 100 ms, or factor: 3",
                     "slow-link needs to know how slow");
        break;
    case ORR_FAULT_LOSSY_LINK:
        if (!f->loss && !f->duplicate && !f->corrupt && f->reorder == ORR_UNSET)
            complain(b, f->where, "loss, duplicate, corrupt or reorder",
                     "lossy-link loses nothing");
        break;
    case ORR_FAULT_CLOCK:
        if (!f->skew && !f->drift)
            complain(b, f->where, "skew: 500 ms, or drift: 100 ppm", "the clock is left as it is");
        break;
    case ORR_FAULT_SLOW_CPU:
        if (!s->cpu)
            complain(b, f->where, "add `cost: {}` for the default costs",
                     "without a `cost:` section work takes no time");
        break;
    case ORR_FAULT_SLOW_DISK:
        if (!any_group(s, &f->targets, has_disk))
            complain(b, f->where, "give the group a `disk: {fsync: 5 ms}`",
                     "none of these nodes has a disk that takes time");
        break;
    case ORR_FAULT_BYZANTINE: check_byzantine(b, f); break;
    default: break;
    }
    if ((f->kind == ORR_FAULT_SLOW_LINK || f->kind == ORR_FAULT_LOSSY_LINK) &&
        pair == (f->targets.n > 0))
        complain(b, f->where, "target: val.3, or between: [us-east, eu-west]",
                 pair ? "'target' and 'between' exclude each other" : "which links are meant?");
}

static void check_faults(struct orr_binder *b) {
    const struct orr_scenario *s = b->scenario;
    uint64_t n_looks = 0;
    for (uint32_t i = 0; i < s->n_faults; i++) {
        uint32_t n_stated = s->n_faults - s->n_schedule;
        bool is_stated = i < n_stated;
        size_t mark = orr_bind_enter(b, is_stated ? "faults" : "schedule");
        size_t inner = orr_bind_enter_item(b, is_stated ? i : i - n_stated);
        check_fault(b, &s->faults[i], &n_looks);
        for (uint32_t j = 0; j < i; j++)
            if (!strcmp(s->faults[j].name, s->faults[i].name))
                complain(b, s->faults[i].where, NULL, "another fault is called '%s' too",
                         s->faults[i].name);
        orr_bind_leave(b, inner);
        orr_bind_leave(b, mark);
    }
}

/* ---- expectations ---- */

/* The latest time at which a fault of the timeline begins or ends; conditional ones apart. */
static orr_time last_change(const struct orr_scenario *s) {
    orr_time last = 0;
    for (uint32_t i = 0; i < s->n_faults; i++) {
        const struct orr_fault_spec *f = &s->faults[i];
        if (f->conditional) continue;
        orr_time over = f->at;
        if (f->duration != ORR_NEVER) over += f->duration;
        if (f->kind == ORR_FAULT_CRASH && f->restart_after != ORR_NEVER) over += f->restart_after;
        if (over > last) last = over;
    }
    return last;
}

/* Is anything asked for but percentiles? */
static bool is_written(const struct orr_expect_spec *e) {
    return e->agreement_where.source || e->total_order_where.source || e->validity_where.source ||
           e->integrity_where.source || e->state_root_where.source || e->committed ||
           e->evidence != ORR_PRESENCE_UNCHECKED || e->termination != ORR_TERMINATION_UNCHECKED ||
           e->caught_up_within != ORR_NEVER || e->max_gap != ORR_NEVER ||
           e->throughput_nhz != ORR_UNSET || e->delivery_ratio != ORR_UNSET;
}

static void check_expectations(struct orr_binder *b) {
    struct orr_scenario *s = b->scenario;
    struct orr_expect_spec *e = &s->expect;
    size_t mark = orr_bind_enter(b, "expect");
    if (e->termination == ORR_TERMINATION_WITHIN && last_change(s) + e->within > s->duration)
        complain(b, e->termination_where, "lengthen `duration`",
                 "the last fault is over at %s; %s later the run has ended at %s",
                 time_text(b, last_change(s)), time_text(b, e->within), time_text(b, s->duration));
    bool latency =
        e->p50 != ORR_NEVER || e->p90 != ORR_NEVER || e->p99 != ORR_NEVER || e->max != ORR_NEVER;
    if ((latency || e->throughput_nhz != ORR_UNSET || e->committed) && !s->n_workloads)
        complain(b, e->where, "add a `workload:`",
                 "latency, throughput and commitment are those of transactions, and there are "
                 "none");
    if (e->nothing && (is_written(e) || latency))
        complain(b, e->nothing_where, "remove it, or what else is expected",
                 "something is expected besides `nothing`");
    check_leader(b, &e->of);
    orr_bind_leave(b, mark);
}

/* ---- the whole ---- */

static void inherit(struct orr_expect_spec *e, enum orr_expectation *safety) {
    if (*safety != ORR_EXPECT_AS_AGREEMENT) return;
    *safety = e->agreement == ORR_EXPECT_HOLDS ? ORR_EXPECT_HOLDS : ORR_EXPECT_UNCHECKED;
}

/* Defaults of faults that depend on their other keys. */
static void complete_faults(struct orr_scenario *s) {
    struct orr_fault_spec *faults = (struct orr_fault_spec *)s->faults;
    for (uint32_t i = 0; i < s->n_faults; i++) { /* kinds without `for:` do not end by themselves */
        struct orr_fault_spec *f = &faults[i];
        bool is_choosy = f->view.is_given || f->height.is_given || f->nth.is_given;
        if (!f->duration) f->duration = ORR_NEVER;
        if (is_choosy && f->at == ORR_NEVER && !f->conditional) f->at = 0;
    }
}

/* Defaults that depend on other keys. */
static void complete(struct orr_binder *b) {
    struct orr_scenario *s = b->scenario;
    s->cpu = s->cost_where.source;
    if (!s->cpu) s->memo = true; /* as `cost: {}` would have it */
    complete_faults(s);
    struct orr_expect_spec *e = &s->expect;
    if (e->nothing && !e->agreement_where.source) e->agreement = ORR_EXPECT_UNCHECKED;
    inherit(&s->expect, &s->expect.total_order);
    inherit(&s->expect, &s->expect.validity);
    inherit(&s->expect, &s->expect.integrity);
    inherit(&s->expect, &s->expect.state_root);
    for (uint32_t i = 0; i < s->n_groups; i++)
        if (!s->cpu && s->groups[i].cores > 1) {
            size_t mark = orr_bind_enter(b, "nodes"), inner = orr_bind_enter(b, s->groups[i].name);
            complain(b, s->groups[i].where, "add `cost: {}` for the default costs",
                     "'cores' count only with a `cost:` section");
            orr_bind_leave(b, inner);
            orr_bind_leave(b, mark);
        }
}

/* Connections are counted on streams alone. */
static void check_connections(struct orr_binder *b) {
    const struct orr_scenario *s = b->scenario;
    bool has_rule = false;
    for (uint32_t i = 0; i < s->n_links; i++)
        has_rule |= s->links[i].transport == ORR_TRANSPORT_STREAM;
    for (uint32_t i = 0; i < s->n_groups; i++) {
        const struct orr_group_spec *g = &s->groups[i];
        enum orr_transport_rule said = g->transport ? g->transport : s->transport;
        bool on_streams = said ? said == ORR_TRANSPORT_STREAM
                               : g->role && g->role->transport == ORR_STREAM;
        if (on_streams || has_rule || (!g->max_in && !g->max_out && g->listens)) continue;
        size_t mark = orr_bind_enter(b, "nodes"), inner = orr_bind_enter(b, g->name);
        complain(b, g->where, "transport: stream",
                 "'max_in', 'max_out' and 'listens' are of connections, and its nodes run on "
                 "datagrams");
        orr_bind_leave(b, inner);
        orr_bind_leave(b, mark);
    }
}

void orr_scenario_check_schedule(struct orr_binder *b) {
    complete_faults(b->scenario);
    check_faults(b);
    check_expectations(b);
}

void orr_scenario_check(struct orr_binder *b) {
    complete(b);
    check_record_file(b);
    check_groups(b);
    check_network(b);
    check_connections(b);
    check_workloads(b);
    check_faults(b);
    check_expectations(b);
}
