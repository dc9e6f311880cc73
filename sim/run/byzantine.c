#include "sim/run/byzantine.h"

#include <string.h>

#include "models/fault/byzantine.h"
#include "models/layer.h"

uint32_t orr_byzantine_types(const struct orr_protocol *protocol, const char *const *names,
                             uint32_t n, uint32_t *types) {
    uint32_t n_types = 0, type;
    const char *name;
    for (uint32_t k = 0; (name = orr_protocol_kind(protocol, k, &type)); k++)
        for (uint32_t i = 0; i < n; i++) {
            if (strcmp(name, names[i])) continue;
            if (types) types[n_types] = type;
            n_types++;
            break;
        }
    return n_types;
}

bool orr_byzantine_might(const struct orr_scenario *s, const struct orr_fault_spec *fault,
                      uint32_t node) {
    for (uint32_t i = 0; i < fault->targets.n; i++) {
        const struct orr_target *t = &fault->targets.v[i];
        if (t->kind == ORR_TARGET_LEADER ? orr_scenario_group_of(s, node)->role->fault.leads != NULL
                                         : orr_target_has(s, t, node))
            return true;
    }
    return false;
}

enum { DELAY_QUANTILES = 64 }; /* a wrapper draws one of so many equally likely delays */

/* The message types that a fault names, for the wrapper. */
static const uint32_t *types_of(struct orr_build *build, const struct orr_protocol *protocol,
                                const struct orr_fault_spec *fault, uint32_t *n) {
    *n = orr_byzantine_types(protocol, fault->kinds, fault->n_kinds, NULL);
    uint32_t *types = orr_alloc(&build->plan_arena.mem, (*n + 1) * sizeof *types);
    orr_byzantine_types(protocol, fault->kinds, fault->n_kinds, types);
    return types;
}

static const char *const field_kinds[] = {
#define FIELD(name, text, help) text,
    ORR_FIELDS(FIELD)
#undef FIELD
};

/* The fields that a fault names by kind or by name. */
static const struct orr_msg_field *const *fields_of(struct orr_build *build,
                                                const struct orr_protocol *protocol,
                                                const struct orr_fault_spec *fault, uint32_t *n) {
    uint32_t n_all = 0;
    while (protocol->fault.fields && protocol->fault.fields[n_all].name) n_all++;
    const struct orr_msg_field **list =
        orr_alloc(&build->plan_arena.mem, (n_all + 1) * sizeof *list);
    *n = 0;
    for (uint32_t i = 0; i < n_all; i++) {
        const struct orr_msg_field *field = &protocol->fault.fields[i];
        for (uint32_t k = 0; k < fault->n_fields; k++) {
            if (strcmp(fault->fields[k], field->name) &&
                strcmp(fault->fields[k], field_kinds[field->kind]))
                continue;
            list[(*n)++] = field;
            break;
        }
    }
    return list;
}

/* Does this fault say of a target which nodes it means, before it begins? */
static bool is_fixed(const struct orr_target *t) { return t->kind != ORR_TARGET_LEADER && !t->any; }

/* The worlds of twins: the first partition's first group is in the first, its other groups in the
 * second, so that the net parts where they do; whoever is in none is so by rank. */
static const uint8_t *sides_of(struct orr_build *build) {
    const struct orr_scenario *s = &build->scenario;
    uint8_t *sides = orr_alloc_zero(&build->plan_arena.mem, s->n_nodes);
    bool is_parted = false;
    for (uint32_t f = 0; f < s->n_faults; f++) {
        const struct orr_fault_spec *fault = &s->faults[f];
        bool is_twins = fault->kind == ORR_FAULT_BYZANTINE &&
                        fault->behaviour == ORR_BEHAVIOUR_TWINS;
        for (uint32_t i = 0; is_twins && i < s->n_nodes; i++)
            if (orr_byzantine_might(s, fault, i)) sides[i] |= ORR_SIDE_TWINS;
        if (fault->kind != ORR_FAULT_PARTITION || is_parted) continue;
        is_parted = true;
        for (uint32_t g = 0; g < fault->n_groups; g++)
            for (uint32_t t = 0; t < fault->groups[g].n; t++)
                for (uint32_t i = 0; i < s->n_nodes; i++)
                    if (is_fixed(&fault->groups[g].v[t]) &&
                        orr_target_has(s, &fault->groups[g].v[t], i))
                        sides[i] |= g ? ORR_SIDE_SECOND : ORR_SIDE_FIRST;
    }
    return sides;
}

/* ---- parts ---- */

static bool is_choosy_partition(const struct orr_fault_spec *f) {
    return f->kind == ORR_FAULT_PARTITION && (f->view.is_given || f->height.is_given);
}

static bool names_twins(const struct orr_scenario *s) {
    for (uint32_t f = 0; f < s->n_faults; f++)
        for (uint32_t g = 0; g < s->faults[f].n_groups; g++)
            for (uint32_t t = 0; t < s->faults[f].groups[g].n; t++)
                if (s->faults[f].groups[g].v[t].twin) return true;
    return false;
}

static bool runs_twice(const struct orr_scenario *s, uint32_t node) {
    for (uint32_t f = 0; f < s->n_faults; f++)
        if (s->faults[f].kind == ORR_FAULT_BYZANTINE &&
            s->faults[f].behaviour == ORR_BEHAVIOUR_TWINS &&
            orr_byzantine_might(s, &s->faults[f], node))
            return true;
    return false;
}

bool orr_byzantine_is_parted(const struct orr_build *build, const struct orr_fault_spec *partition,
                             uint32_t node) {
    const struct orr_scenario *s = &build->scenario;
    return is_choosy_partition(partition) && names_twins(s) && runs_twice(s, node);
}

static struct orr_byzantine_range range(const struct orr_range *r) {
    return (struct orr_byzantine_range){r->first, r->last, r->step, r->is_given};
}

static struct orr_twin_part part_of(struct orr_build *build, uint32_t number) {
    const struct orr_scenario *s = &build->scenario;
    const struct orr_fault_spec *f = &s->faults[number];
    uint8_t *groups[2];
    for (int i = 0; i < 2; i++) groups[i] = orr_alloc_zero(&build->plan_arena.mem, s->n_nodes);
    for (uint32_t g = 0; g < f->n_groups; g++)
        for (uint32_t t = 0; t < f->groups[g].n; t++) {
            const struct orr_target *target = &f->groups[g].v[t];
            for (uint32_t i = 0; i < s->n_nodes; i++)
                if (target->twin ? i - target->first < target->n : orr_target_has(s, target, i))
                    groups[target->twin][i] = (uint8_t)(g + 1);
        }
    return (struct orr_twin_part){range(&f->view), range(&f->height), &build->parts_on[number],
                                  f->one_way, {groups[0], groups[1]}};
}

/* The parts of twins; none unless some partition names them. */
static const struct orr_twin_part *parts_of(struct orr_build *build, uint32_t *n) {
    const struct orr_scenario *s = &build->scenario;
    *n = 0;
    if (!names_twins(s)) return NULL;
    struct orr_twin_part *parts =
        orr_alloc(&build->plan_arena.mem, s->n_faults * sizeof *parts);
    for (uint32_t f = 0; f < s->n_faults; f++)
        if (is_choosy_partition(&s->faults[f])) parts[(*n)++] = part_of(build, f);
    return parts;
}

/* ---- wrappers ---- */

/* Which nodes the lies are told to; NULL: all. */
static const uint8_t *told(struct orr_build *build, const struct orr_fault_spec *fault) {
    const struct orr_scenario *s = &build->scenario;
    if (!fault->to.n) return NULL;
    uint8_t *to = orr_alloc_zero(&build->plan_arena.mem, s->n_nodes);
    for (uint32_t t = 0; t < fault->to.n; t++)
        for (uint32_t i = 0; i < s->n_nodes; i++) to[i] |= orr_target_has(s, &fault->to.v[t], i);
    return to;
}

/* What all twins of a plan are told alike. */
struct twins {
    const uint8_t *sides;
    const struct orr_twin_part *parts;
    uint32_t n_parts;
};

static int wrap(struct orr_build *build, struct orr_node_spec *node, uint32_t id,
                const struct orr_fault_spec *fault, const int64_t *delays,
                const struct twins *twins, struct orr_diags *diags) {
    struct orr_byzantine_config *config = orr_alloc(&build->plan_arena.mem, sizeof *config);
    struct orr_protocol *wrapped = orr_alloc(&build->plan_arena.mem, sizeof *wrapped);
    *config = (struct orr_byzantine_config){
        .inner = node->protocol, .inner_cfg = node->config, .id = id,
        .behaviour = fault->behaviour, .p = fault->p == ORR_UNSET ? 1000000000 : fault->p,
        .depth = (uint32_t)fault->depth, .forgets = fault->forgets,
        .split = fault->split == ORR_UNSET ? 500000000 : fault->split,
        .view = range(&fault->view), .height = range(&fault->height), .to = told(build, fault),
        .delays_ns = delays, .n_delays = delays ? DELAY_QUANTILES : 0, .sides = twins->sides,
        .parts = twins->parts, .n_parts = twins->n_parts,
        .change = fault->change};
    config->fields = fields_of(build, node->protocol, fault, &config->n_fields);
    config->types = types_of(build, node->protocol, fault, &config->n_types);
    int error = orr_byzantine_wrap(config, wrapped);
    if (error) {
        orr_diag_add(diags, ORR_DIAG_ERROR, fault->where, NULL,
                     error == ORR_EUNSUPPORTED ? "role '%s' does not know how to do that"
                                               : "role '%s' cannot be made faulty in this way",
                     node->protocol->name);
        return error;
    }
    node->protocol = wrapped;
    node->config = config;
    return 0;
}

int orr_byzantine_place(struct orr_build *build, struct orr_diags *diags) {
    const struct orr_scenario *s = &build->scenario;
    struct orr_node_spec *nodes = build->nodes;
    struct twins twins = {.sides = sides_of(build)};
    build->parts_on = orr_alloc_zero(&build->plan_arena.mem, s->n_faults + 1);
    twins.parts = parts_of(build, &twins.n_parts);
    for (uint32_t f = 0; f < s->n_faults; f++) {
        const struct orr_fault_spec *fault = &s->faults[f];
        if (fault->kind != ORR_FAULT_BYZANTINE) continue;
        int64_t *delays = NULL;
        const struct orr_dist *by = orr_dists_get(&build->dists, &fault->by, diags);
        if (by) {
            delays = orr_alloc(&build->plan_arena.mem, DELAY_QUANTILES * sizeof *delays);
            for (uint64_t i = 0; i < DELAY_QUANTILES; i++)
                delays[i] = orr_dist_draw(by, (2 * i + 1) << 57); /* the middle of each 64th */
        }
        for (uint32_t i = 0; i < s->n_nodes; i++) {
            if (!orr_byzantine_might(s, fault, i)) continue;
            if (fault->n_kinds &&
                !orr_byzantine_types(nodes[i].protocol, fault->kinds, fault->n_kinds, NULL))
                continue; /* its role knows none of them */
            int error = wrap(build, &nodes[i], f, fault, delays, &twins, diags);
            if (error) return error;
        }
    }
    return diags->n_errors ? ORR_EFORMAT : 0;
}
