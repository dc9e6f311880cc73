/* What the whole of a scenario must fulfil beyond its parts; its faults are in check_faults.c. */
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/scenario/check.h"

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

static bool has_role(const struct orr_scenario *s, const struct orr_protocol *role) {
    for (uint32_t i = 0; i < s->n_groups; i++)
        if (s->groups[i].role == role) return true;
    return false;
}

static void check_groups(struct orr_binder *b) {
    const struct orr_scenario *s = b->scenario;
    for (uint32_t i = 0; i < s->n_groups; i++) {
        const struct orr_group_spec *g = &s->groups[i];
        size_t mark = orr_bind_enter(b, "nodes"), inner = orr_bind_enter(b, g->name);
        for (uint32_t r = 0; r < s->n_regions; r++)
            if (!strcmp(g->name, s->regions[r]))
                complain(b, g->where, "choose another name", "a region has the same name");
        orr_scenario_check_dist(b, &g->disk.write);
        orr_scenario_check_dist(b, &g->disk.fsync);
        orr_scenario_check_dist(b, &g->skew);
        if (g->queue_bytes != ORR_UNSET && g->up_bps == ORR_UNSET && g->down_bps == ORR_UNSET)
            complain(b, g->where, "up: 10 Mbit/s, or down: 10 Mbit/s",
                     "'queue' bounds what waits for 'up' or 'down'; nothing waits without them");
        orr_scenario_check_priority(b, g);
        unsigned __int128 sum = 0;
        uint32_t n_nodes = 0;
        bool first = true; /* a cohort's stake is added up at its first group */
        for (uint32_t j = 0; j < s->n_groups; j++) {
            const struct orr_group_spec *other = &s->groups[j];
            if (other->role != g->role && other->role->follows != g->role) continue;
            n_nodes += other->count;
            if (other->role != g->role) continue;
            if (j < i) first = false;
            if (other->n_stakes == 1)
                sum += (unsigned __int128)other->stakes[0] * other->count;
            else
                for (uint32_t k = 0; k < other->count; k++) sum += other->stakes[k];
        }
        if (first && sum > ORR_SCENARIO_MAX_STAKE)
            complain(b, g->where, "the limit is 2^60", "the stakes of all %s nodes are too large",
                     g->role->name);
        if (first && !sum && !g->role->follows)
            complain(b, g->where, NULL, "no %s node has any stake", g->role->name);
        if (first && g->role->follows && !has_role(s, g->role->follows))
            complain(b, g->where, NULL, "%s nodes need some of role '%s' to follow", g->role->name,
                     g->role->follows->name);
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
                     l->queue_bytes == ORR_UNSET && !l->n_priority && !l->transport;
        if (empty) complain(b, l->where, NULL, "this link says nothing about its messages");
        orr_scenario_check_dist(b, &l->latency);
        orr_scenario_check_dist(b, &l->reorder_by);
        orr_scenario_check_link_priority(b, (struct orr_link_spec *)l);
        for (uint32_t j = 0; j < i && l->name; j++)
            if (s->links[j].name && !strcmp(s->links[j].name, l->name))
                complain(b, l->where, NULL, "another link is called '%s' too", l->name);
        orr_bind_leave(b, inner);
        orr_bind_leave(b, mark);
    }
}

/* One model; sets its kind. */
static void check_model(struct orr_binder *b) {
    struct orr_model_spec *m = &b->scenario->model;
    if (!m->where.source) return;
    bool has_gst = m->gst != ORR_NEVER, is_synchronous = m->synchronous != ORR_NEVER;
    uint32_t n = (m->kind == ORR_MODEL_ASYNCHRONOUS) + is_synchronous + has_gst;
    if (n != 1 || has_gst != (m->delta != ORR_NEVER)) {
        complain(b, m->where, "asynchronous, {synchronous: 50 ms}, or {gst: 10 s, delta: 50 ms}",
                 "model: one of three is needed, and 'delta' with 'gst' alone");
        return;
    }
    if (is_synchronous) m->delta = m->synchronous;
    if (m->kind != ORR_MODEL_ASYNCHRONOUS)
        m->kind = is_synchronous ? ORR_MODEL_SYNCHRONOUS : ORR_MODEL_GST;
}

static void check_network(struct orr_binder *b) {
    const struct orr_scenario *s = b->scenario;
    const struct orr_regions_spec *regions = &s->region_matrix;
    check_overlay(b);
    size_t mark = orr_bind_enter(b, "network");
    check_model(b);
    orr_scenario_check_dist(b, &s->latency);
    orr_scenario_check_dist(b, &regions->jitter);
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
    orr_scenario_check_dist(b, &w->size);
}

/* What the scenario leaves to be worked out. */
static void check_workload(struct orr_binder *b, struct orr_workload_spec *w) {
    orr_time end = b->scenario->duration;
    if (w->kind == ORR_WORKLOAD_POWER) orr_scenario_check_power(b, w);
    else check_load(b, w);
    if (w->stop == ORR_NEVER) w->stop = end;
    if (w->kind == ORR_WORKLOAD_POWER && w->start >= end)
        complain(b, w->where, NULL, "it comes at %s, and the end at %s", orr_bind_time(b, w->start),
                 orr_bind_time(b, end));
    else if (w->stop > end)
        complain(b, w->where, NULL, "it stops at %s, after the end at %s",
                 orr_bind_time(b, w->stop),
                 orr_bind_time(b, end));
    else if (w->start >= w->stop)
        complain(b, w->where, NULL, "it starts at %s but stops at %s", orr_bind_time(b, w->start),
                 orr_bind_time(b, w->stop));
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
           e->throughput_nhz != ORR_UNSET || e->delivery_ratio != ORR_UNSET ||
           e->final_agreement_where.source || e->index_where.source ||
           e->settlement_where.source || e->deposits_where.source ||
           e->derivation_where.source || e->supply_where.source ||
           e->reorg_depth_where.source || e->inclusion_within != ORR_NEVER;
}

/* Whoever is named is guilty; who is accused without guilt is nobody's to name. */
static void check_evidence(struct orr_binder *b) {
    const struct orr_expect_spec *e = &b->scenario->expect;
    if (e->evidence == ORR_PRESENCE_WRONG && e->culprits.n)
        complain(b, e->culprits.v[0].where, "leave `names` out",
                 "evidence that is broken accuses a correct node, whichever");
}

static void check_expectations(struct orr_binder *b) {
    check_evidence(b);
    struct orr_scenario *s = b->scenario;
    struct orr_expect_spec *e = &s->expect;
    size_t mark = orr_bind_enter(b, "expect");
    if (e->termination == ORR_TERMINATION_WITHIN && !e->views &&
        last_change(s) + e->within > s->duration)
        complain(b, e->termination_where, "lengthen `duration`",
                 "the last fault is over at %s; %s later the run has ended at %s",
                 orr_bind_time(b, last_change(s)), orr_bind_time(b, e->within),
                 orr_bind_time(b, s->duration));
    bool latency =
        e->p50 != ORR_NEVER || e->p90 != ORR_NEVER || e->p99 != ORR_NEVER || e->max != ORR_NEVER;
    if ((latency || e->throughput_nhz != ORR_UNSET || e->committed) && !s->n_workloads)
        complain(b, e->where, "add a `workload:`",
                 "latency, throughput and commitment are those of transactions, and there are "
                 "none");
    if (e->nothing && (is_written(e) || latency))
        complain(b, e->nothing_where, "remove it, or what else is expected",
                 "something is expected besides `nothing`");
    orr_scenario_check_leader(b, &e->of);
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
        if (f->kind == ORR_FAULT_REORG) { /* another way to write it */
            f->kind = ORR_FAULT_BYZANTINE;
            f->behaviour = ORR_BEHAVIOUR_REORG;
            f->change = ORR_N_CHANGES;
        }
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
    inherit(&s->expect, &s->expect.deposits);
    inherit(&s->expect, &s->expect.derivation);
    inherit(&s->expect, &s->expect.supply);
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
    orr_scenario_check_faults(b);
    check_expectations(b);
}

void orr_scenario_check(struct orr_binder *b) {
    complete(b);
    check_record_file(b);
    check_groups(b);
    check_network(b);
    check_connections(b);
    check_workloads(b);
    orr_scenario_check_faults(b);
    orr_scenario_check_sweep(b);
    check_expectations(b);
}
