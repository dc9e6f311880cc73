#include "sim/scenario/names.h"

#include <stdio.h>
#include <string.h>

#include "models/layer.h"
#include "sim/base/data_file.h"
#include "sim/net/regions.h"

enum { MAX_NAMES = 2048 };

struct orr_tree *orr_bind_part(struct orr_binder *b, const struct orr_tree *tree, size_t from,
                               size_t len) {
    struct orr_span where = tree->where;
    /* the text stands in the file as it is, but for quotes and escapes; then the whole is shown */
    size_t skip = from + (tree->quoted ? 1 : 0);
    if (where.source && where.len == tree->len + (tree->quoted ? 2 : 0) && skip + len <= where.len)
        where.offset += (uint32_t)skip, where.len = (uint32_t)len;
    struct orr_tree *part =
        orr_tree_scalar(b->store, orr_store_text(b->store, tree->text + from, len), where);
    part->quoted = tree->quoted;
    return part;
}

/* ---- regions ---- */

/* What the regions of the preset are called by Amazon. */
static const struct {
    const char *code, *name;
} aws_codes[] = {
    {"us-east-1", "N_Virginia"},    {"ca-central-1", "Canada"},   {"us-west-1", "N_California"},
    {"eu-west-2", "London"},        {"us-west-2", "Oregon"},      {"eu-west-1", "Ireland"},
    {"eu-central-1", "Frankfurt"},  {"sa-east-1", "S_Paulo"},     {"ap-northeast-1", "Tokyo"},
    {"ap-south-1", "Mumbai"},       {"ap-southeast-2", "Sydney"}, {"ap-northeast-2", "Seoul"},
    {"ap-southeast-1", "Singapore"},
};
enum { N_AWS_CODES = sizeof aws_codes / sizeof aws_codes[0] };

static uint32_t find_region(const struct orr_scenario *s, const char *name) {
    for (uint32_t i = 0; s->region_matrix.source == ORR_REGIONS_AWS_13 && i < N_AWS_CODES; i++)
        if (!strcmp(aws_codes[i].code, name)) name = aws_codes[i].name;
    for (uint32_t i = 0; i < s->n_regions; i++)
        if (!strcmp(s->regions[i], name)) return i;
    return ORR_NO_INDEX;
}

static void name_regions(struct orr_binder *b, const struct orr_regions *matrix) {
    struct orr_scenario *s = b->scenario;
    const char **names = orr_store_alloc(b->store, matrix->n * sizeof *names);
    for (uint32_t i = 0; i < matrix->n; i++)
        names[i] = orr_store_text(b->store, matrix->names[i], strlen(matrix->names[i]));
    s->regions = names;
    s->n_regions = matrix->n;
}

/* The names of the preset or of the file, which is read for them. */
static void read_regions(struct orr_binder *b) {
    struct orr_scenario *s = b->scenario;
    struct orr_regions_spec *spec = &s->region_matrix;
    struct orr_regions *matrix = NULL;
    if (spec->path && spec->source == ORR_REGIONS_NAMED) {
        spec->source = ORR_REGIONS_FILE;
        if (orr_regions_load(spec->path, spec->where, s->files, b->diags, &matrix)) return;
    } else if (spec->source == ORR_REGIONS_AWS_13) {
        matrix = orr_regions_aws();
    }
    if (!matrix) return;
    name_regions(b, matrix);
    orr_regions_free(matrix);
}

/* Without a matrix the regions are those that groups are in, in order of first mention. */
static void collect_regions(struct orr_binder *b) {
    struct orr_scenario *s = b->scenario;
    uint32_t n = 0, cap = 0;
    for (struct orr_pending *p = b->first; p; p = p->next) cap += p->resolve == orr_resolve_region;
    if (s->region_matrix.source != ORR_REGIONS_NAMED || !cap) return;
    const char **names = orr_store_alloc(b->store, cap * sizeof *names);
    s->regions = names;
    for (struct orr_pending *p = b->first; p; p = p->next) {
        if (p->resolve != orr_resolve_region || find_region(s, p->tree->text) != ORR_NO_INDEX)
            continue;
        if (n == MAX_NAMES) {
            orr_bind_error(b, p->tree, "the limit is 2,048", "too many regions");
            break;
        }
        names[n] = p->tree->text;
        s->n_regions = ++n;
    }
}

static const char *list_names(struct orr_binder *b, const char *what, const char *const *names,
                              size_t n) {
    char text[400];
    size_t used = (size_t)snprintf(text, sizeof text, "%s: ", what);
    for (size_t i = 0; i < n && used + 90 < sizeof text; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i ? ", " : "", names[i]);
    return orr_store_printf(b->store, "%s%s", text, used + 90 >= sizeof text ? ", ..." : "");
}

void orr_resolve_region(struct orr_binder *b, const struct orr_pending *pending) {
    struct orr_region_share *share = pending->out;
    const struct orr_scenario *s = b->scenario;
    share->region = find_region(s, pending->tree->text);
    if (s->region_matrix.source == ORR_REGIONS_FILE && !s->n_regions) return; /* has its error */
    if (share->region != ORR_NO_INDEX) return;
    const char *all = list_names(b, "the regions are", s->regions, s->n_regions);
    const char *hint = orr_bind_hint(b, pending->tree, s->regions, s->n_regions, all);
    const char *codes[N_AWS_CODES];
    for (uint32_t i = 0; i < N_AWS_CODES; i++) codes[i] = aws_codes[i].code;
    if (s->region_matrix.source == ORR_REGIONS_AWS_13 && hint == all)
        hint = orr_bind_hint(
            b, pending->tree, codes, N_AWS_CODES,
            orr_store_printf(b->store, "%s; or Amazon's codes of these, such as us-east-1", all));
    orr_bind_error(b, pending->tree, hint, "there is no region '%.80s'", pending->tree->text);
}

/* ---- targets ---- */

static const char *accepted_targets(struct orr_binder *b, uint32_t allow) {
    const struct orr_scenario *s = b->scenario;
    const char *names[40];
    size_t n = 0;
    for (uint32_t i = 0; allow & ORR_ALLOW_GROUP && i < s->n_groups && n < 32; i++)
        names[n++] = s->groups[i].name;
    for (uint32_t i = 0; allow & ORR_ALLOW_REGION && i < s->n_regions && n < 32; i++)
        names[n++] = s->regions[i];
    if (allow & ORR_ALLOW_NODE && s->n_groups)
        names[n++] = orr_store_printf(b->store, "%.40s.0", s->groups[0].name);
    if (allow & ORR_ALLOW_LEADER) names[n++] = "leader";
    if (allow & ORR_ALLOW_ALL) names[n++] = "all";
    if (allow & ORR_ALLOW_ANY_OF && s->n_groups)
        names[n++] = orr_store_printf(b->store, "any 2 of %.40s", s->groups[0].name);
    return list_names(b, "for example", names, n);
}

static void refuse_name(struct orr_binder *b, const struct orr_tree *tree, size_t word_len,
                        uint32_t allow) {
    const struct orr_scenario *s = b->scenario;
    const char *names[MAX_NAMES + 80];
    size_t n = 0;
    for (uint32_t i = 0; i < s->n_groups && n < MAX_NAMES / 2; i++) names[n++] = s->groups[i].name;
    for (uint32_t i = 0; i < s->n_regions && n < MAX_NAMES; i++) names[n++] = s->regions[i];
    if (allow & ORR_ALLOW_LEADER) names[n++] = "leader";
    if (allow & ORR_ALLOW_ALL) names[n++] = "all";
    const struct orr_tree *word = orr_bind_part(b, tree, 0, word_len);
    const char *hint = orr_bind_hint(b, word, names, n, accepted_targets(b, allow));
    if (allow & ORR_ALLOW_LEADER && !strncmp(tree->text, "leader ", 7))
        hint = "`leader` stands alone: it is the node of the whole network that proposes next\n"
               "(`val.0` is a node of a group, `any 1 of val` one drawn by the seed)";
    const char *what = allow & ORR_ALLOW_NODE ? "group, region or role" : "group or region";
    orr_bind_error(b, tree, hint, "there is no %s '%.80s'", what, word->text);
}

static bool read_number(const char *text, size_t len, uint32_t *n) {
    uint64_t value = 0;
    if (!len || len > 9 || (len > 1 && *text == '0')) return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') return false;
        value = 10 * value + (uint64_t)(text[i] - '0');
    }
    *n = (uint32_t)value;
    return true;
}

static const struct orr_group_spec *find_group(const struct orr_scenario *s, const char *text,
                                               size_t len) {
    for (uint32_t i = 0; i < s->n_groups; i++)
        if (strlen(s->groups[i].name) == len && !memcmp(s->groups[i].name, text, len))
            return &s->groups[i];
    return NULL;
}

/* `val.3`, or `val.0..7` for eight nodes at once */
static void resolve_nodes(struct orr_binder *b, const struct orr_tree *tree, const char *dot,
                          uint32_t allow, struct orr_target *out) {
    size_t name_len = (size_t)(dot - tree->text);
    const struct orr_group_spec *group = find_group(b->scenario, tree->text, name_len);
    if (!group) {
        refuse_name(b, tree, name_len, allow);
        return;
    }
    if (!group->count) return; /* an error has been added already */
    const char *number = dot + 1, *range = strstr(number, "..");
    size_t len = range ? (size_t)(range - number) : strlen(number);
    uint32_t first, last;
    bool good = read_number(number, len, &first);
    last = first;
    if (good && range) good = read_number(range + 2, strlen(range + 2), &last) && last >= first;
    if (!good || last >= group->count) {
        orr_bind_error(b, tree, NULL, "%s has the nodes %s.0 to %s.%u", group->name, group->name,
                       group->name, group->count - 1);
        return;
    }
    out->kind = ORR_TARGET_NODES;
    out->first = group->first + first;
    out->n = last - first + 1;
}

static void resolve_word(struct orr_binder *b, const struct orr_tree *tree, uint32_t allow,
                         struct orr_target *out) {
    const struct orr_scenario *s = b->scenario;
    const struct orr_group_spec *group = find_group(s, tree->text, tree->len);
    const char *dot = strchr(tree->text, '.');
    uint32_t region = find_region(s, tree->text);
    if (allow & ORR_ALLOW_ALL && !strcmp(tree->text, "all")) {
        out->kind = ORR_TARGET_NODES;
        out->first = 0, out->n = s->n_nodes;
        return;
    }
    if (allow & ORR_ALLOW_LEADER && !strcmp(tree->text, "leader")) {
        out->kind = ORR_TARGET_LEADER;
        return;
    }
    if (allow & ORR_ALLOW_GROUP && group) {
        out->kind = ORR_TARGET_NODES;
        out->first = group->first, out->n = group->count;
        return;
    }
    if (allow & ORR_ALLOW_REGION && region != ORR_NO_INDEX) {
        out->kind = ORR_TARGET_REGION;
        out->index = region;
        return;
    }
    for (uint32_t i = 0; allow & ORR_ALLOW_ROLE && i < s->n_groups; i++)
        if (s->groups[i].role && !strcmp(s->groups[i].role->name, tree->text)) {
            out->kind = ORR_TARGET_ROLE;
            out->role = s->groups[i].role;
            return;
        }
    if (allow & ORR_ALLOW_NODE && dot)
        resolve_nodes(b, tree, dot, allow, out);
    else
        refuse_name(b, tree, tree->len, allow);
}

/* Nodes in each region, counted once. */
static const uint32_t *region_sizes(struct orr_binder *b) {
    const struct orr_scenario *s = b->scenario;
    if (b->region_sizes) return b->region_sizes;
    b->region_sizes = orr_store_alloc(b->store, (s->n_regions + 1) * sizeof *b->region_sizes);
    for (uint32_t node = 0; node < s->n_nodes; node++) {
        uint32_t region = orr_scenario_region_of(s, node);
        if (region != ORR_NO_INDEX) b->region_sizes[region]++;
    }
    return b->region_sizes;
}

static uint64_t n_meant(struct orr_binder *b, const struct orr_target *target) {
    const struct orr_scenario *s = b->scenario;
    uint64_t n = 0;
    switch (target->kind) {
    case ORR_TARGET_NODES: return target->n;
    case ORR_TARGET_REGION: return region_sizes(b)[target->index];
    case ORR_TARGET_ROLE:
        for (uint32_t i = 0; i < s->n_groups; i++)
            n += s->groups[i].role == target->role ? s->groups[i].count : 0;
        return n;
    default: return 1;
    }
}

/* `twin of val.0` */
static void resolve_twin(struct orr_binder *b, const struct orr_tree *tree, uint32_t allow,
                         struct orr_target *out) {
    const struct orr_tree *rest = orr_bind_part(b, tree, 8, tree->len - 8);
    const char *dot = strchr(rest->text, '.');
    if (!(allow & ORR_ALLOW_TWIN))
        orr_bind_error(b, tree, accepted_targets(b, allow),
                       "a twin is named in the groups of a partition alone");
    else if (!dot)
        orr_bind_error(b, tree, "for example `twin of val.0`", "one node's twin is meant");
    else
        resolve_nodes(b, rest, dot, ORR_ALLOW_NODE, out);
    out->twin = true;
}

/* `any 2 of val` */
void orr_resolve_target(struct orr_binder *b, const struct orr_pending *pending) {
    struct orr_target *out = pending->out;
    const struct orr_tree *tree = pending->tree;
    uint32_t allow = pending->allow;
    if (!strncmp(tree->text, "twin of ", 8)) {
        resolve_twin(b, tree, allow, out);
        return;
    }
    if (strncmp(tree->text, "any ", 4)) {
        resolve_word(b, tree, allow, out);
        return;
    }
    const char *number = tree->text + 4, *of = strstr(number, " of ");
    uint32_t any;
    if (!(allow & ORR_ALLOW_ANY_OF)) {
        orr_bind_error(b, tree, accepted_targets(b, allow),
                       "'any ...' cannot stand here: it must be known beforehand who is meant");
        return;
    }
    if (!of || !read_number(number, (size_t)(of - number), &any) || !any) {
        orr_bind_error(b, tree, "for example `any 2 of val`", "'%.80s' is not understood",
                       tree->text);
        return;
    }
    size_t from = (size_t)(of + 4 - tree->text);
    resolve_word(b, orr_bind_part(b, tree, from, tree->len - from),
                 allow & ~(uint32_t)(ORR_ALLOW_LEADER | ORR_ALLOW_NODE), out);
    if (b->diags->n_errors) return;
    out->any = any;
    uint64_t n = n_meant(b, out);
    if (any > n)
        orr_bind_error(b, tree, NULL, "there are only %llu of them", (unsigned long long)n);
}

void orr_resolve_receivers(struct orr_binder *b, const struct orr_pending *pending) {
    struct orr_workload_spec *workload = pending->out;
    const struct orr_scenario *s = b->scenario;
    struct orr_target *targets = orr_store_alloc(b->store, s->n_groups * sizeof *targets);
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->n_groups; i++) {
        const struct orr_group_spec *group = &s->groups[i];
        if (!group->role || !group->role->workload.make_tx) continue;
        targets[n++] = (struct orr_target){.kind = ORR_TARGET_NODES,
                                           .first = group->first,
                                           .n = group->count,
                                           .where = group->where};
    }
    workload->to = (struct orr_targets){targets, n};
    if (!n && !b->diags->n_errors)
        orr_bind_error(b, pending->tree, NULL, "no group's role takes transactions");
}

/* ---- message kinds, faults ---- */

void orr_resolve_kind(struct orr_binder *b, const struct orr_pending *pending) {
    const struct orr_scenario *s = b->scenario;
    const char *names[256];
    size_t n = 0;
    for (uint32_t i = 0; i < s->n_groups; i++) {
        const struct orr_protocol *role = s->groups[i].role;
        if (i && role == s->groups[i - 1].role) continue;
        const char *name;
        uint32_t type;
        for (uint32_t k = 0; role && (name = orr_protocol_kind(role, k, &type)); k++) {
            if (!strcmp(name, pending->tree->text)) {
                *(const char **)pending->out = name;
                return;
            }
            if (n < sizeof names / sizeof names[0]) names[n++] = name;
        }
    }
    orr_bind_error(b, pending->tree,
                   orr_bind_hint(b, pending->tree, names, n, list_names(b, "accepted", names, n)),
                   "no role here has messages of kind '%.80s'", pending->tree->text);
}

void orr_resolve_field(struct orr_binder *b, const struct orr_pending *pending) {
    static const char *const kinds[] = {
#define FIELD(name, text, help) text,
        ORR_FIELDS(FIELD)
#undef FIELD
    };
    const struct orr_scenario *s = b->scenario;
    const char *names[256];
    size_t n = 0;
    for (; n < ORR_N_FIELDS; n++) names[n] = kinds[n];
    for (uint32_t i = 0; i < s->n_groups; i++) {
        const struct orr_msg_field *f = s->groups[i].role ? s->groups[i].role->fault.fields : NULL;
        for (; f && f->name && n < sizeof names / sizeof names[0]; f++) {
            size_t k = 0;
            while (k < n && strcmp(names[k], f->name)) k++;
            if (k == n) names[n++] = f->name;
        }
    }
    for (size_t k = 0; k < n; k++)
        if (!strcmp(names[k], pending->tree->text)) {
            *(const char **)pending->out = names[k];
            return;
        }
    orr_bind_error(b, pending->tree,
                   orr_bind_hint(b, pending->tree, names, n, list_names(b, "accepted", names, n)),
                   "no role here has a field '%.80s' in its messages", pending->tree->text);
}

void orr_resolve_fault(struct orr_binder *b, const struct orr_pending *pending) {
    const struct orr_scenario *s = b->scenario;
    const char *names[256];
    size_t n = 0;
    for (uint32_t i = 0; i < s->n_faults + s->n_schedule; i++) {
        const char *name =
            i < s->n_faults ? s->faults[i].name : s->schedule[i - s->n_faults].name;
        if (!strcmp(name, pending->tree->text)) {
            *(uint32_t *)pending->out = i;
            return;
        }
        if (n < sizeof names / sizeof names[0]) names[n++] = name;
    }
    orr_bind_error(
        b, pending->tree,
        orr_bind_hint(b, pending->tree, names, n, list_names(b, "the faults are", names, n)),
        "there is no fault '%.80s'", pending->tree->text);
}

/* ---- the pass ---- */

static void name_decisions(struct orr_binder *b) {
    struct orr_fault_spec *decisions = (struct orr_fault_spec *)b->scenario->schedule;
    for (uint32_t i = 0; i < b->scenario->n_schedule; i++)
        if (!decisions[i].name) decisions[i].name = orr_store_printf(b->store, "decision-%u", i);
}

/* Numbers of nodes and names of faults, on which names depend. */
static bool number_nodes(struct orr_binder *b) {
    struct orr_scenario *s = b->scenario;
    struct orr_group_spec *groups = (struct orr_group_spec *)s->groups;
    uint64_t n = 0;
    for (uint32_t i = 0; i < s->n_groups; i++) {
        groups[i].index = i;
        groups[i].first = (uint32_t)n;
        n += groups[i].count;
        if (n > ORR_SCENARIO_MAX_NODES) {
            struct orr_tree at = {.where = groups[i].where};
            return orr_bind_error(b, &at, "the limit is 16,777,216", "too many nodes");
        }
    }
    s->n_nodes = (uint32_t)n;
    struct orr_fault_spec *faults = (struct orr_fault_spec *)s->faults;
    for (uint32_t i = 0; i < s->n_faults; i++)
        if (!faults[i].name) faults[i].name = orr_store_printf(b->store, "fault-%u", i);
    name_decisions(b);
    struct orr_workload_spec *workloads = (struct orr_workload_spec *)s->workloads;
    for (uint32_t i = 0; i < s->n_workloads; i++)
        if (!workloads[i].name) workloads[i].name = orr_store_printf(b->store, "workload-%u", i);
    return true;
}

/* The decisions of the schedule behind the faults, when no name needs its place any more. */
static void join_schedule(struct orr_binder *b) {
    struct orr_scenario *s = b->scenario;
    if (!s->n_schedule) return;
    uint32_t n = s->n_faults + s->n_schedule;
    struct orr_fault_spec *all = orr_store_alloc(b->store, n * sizeof *all);
    if (s->n_faults) memcpy(all, s->faults, s->n_faults * sizeof *all);
    memcpy(all + s->n_faults, s->schedule, s->n_schedule * sizeof *all);
    s->faults = all;
    s->schedule = all + s->n_faults;
    s->n_faults = n;
}

void orr_bind_schedule(struct orr_binder *b) {
    name_decisions(b);
    for (struct orr_pending *p = b->first; p; p = p->next) {
        snprintf(b->path, sizeof b->path, "%s", p->path);
        p->resolve(b, p);
    }
    b->path[0] = 0;
    join_schedule(b);
}

void orr_bind_names(struct orr_binder *b) {
    if (!number_nodes(b)) return;
    read_regions(b);
    collect_regions(b);
    /* regions of groups first: whether a node is in a region depends on them */
    for (int pass = 0; pass < 2; pass++)
        for (struct orr_pending *p = b->first; p; p = p->next) {
            if ((p->resolve == orr_resolve_region) != (pass == 0)) continue;
            snprintf(b->path, sizeof b->path, "%s", p->path);
            p->resolve(b, p);
        }
    b->path[0] = 0;
    join_schedule(b);
}
