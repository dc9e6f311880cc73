/* What a trace says about the scenario that it records. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/memory.h"
#include "sim/scenario.h"
#include "sim/trace.h"

_Static_assert(ORR_KEEP_MESSAGES == (int)ORR_RECORD_MESSAGES &&
                   ORR_KEEP_DECISIONS == (int)ORR_RECORD_DECISIONS &&
                   ORR_KEEP_FAULTS == (int)ORR_RECORD_FAULTS &&
                   ORR_KEEP_EVENTS == (int)ORR_RECORD_EVENTS,
               "`record:` and the trace name the same parts");

static bool has_node(const struct orr_scenario *s, const struct orr_targets *targets,
                     uint32_t node) {
    for (uint32_t i = 0; i < targets->n; i++)
        if (orr_target_has(s, &targets->v[i], node)) return true;
    return false;
}

/* Byzantine for certain; whom `any 2 of val` will mean only the faults of the run tell. */
static bool is_faulty(const struct orr_scenario *s, uint32_t node) {
    for (uint32_t f = 0; f < s->n_faults; f++) {
        const struct orr_targets *targets = &s->faults[f].targets;
        if (s->faults[f].kind != ORR_FAULT_BYZANTINE) continue;
        for (uint32_t i = 0; i < targets->n; i++)
            if (targets->v[i].any == 0 && orr_target_has(s, &targets->v[i], node)) return true;
    }
    return false;
}

static bool is_named(const struct orr_record_spec *record, const char *kind) {
    for (uint32_t i = 0; i < record->n_kinds; i++)
        if (!strcmp(record->kinds[i], kind)) return true;
    return record->n_kinds == 0;
}

/* One role for each protocol, once; returns its number. */
static uint32_t add_role(struct orr_trace *t, const struct orr_scenario *s, uint32_t group,
                         const uint32_t *role_of) {
    const struct orr_protocol *role = s->groups[group].role;
    for (uint32_t i = 0; i < group; i++)
        if (s->groups[i].role == role) return role_of[i];
    uint32_t number = orr_trace_role(t, role->name, role->kinds);
    for (uint16_t kind = 0; role->kinds && role->kinds[kind] && kind < ORR_TRACE_KINDS_MAX; kind++)
        if (!is_named(&s->record, role->kinds[kind])) orr_trace_skip_kind(t, number, kind);
    return number;
}

static void add_nodes(struct orr_trace *t, const struct orr_scenario *s) {
    uint32_t *role_of = orr_xrealloc(NULL, s->n_groups * sizeof *role_of);
    for (uint32_t g = 0; g < s->n_groups; g++) {
        const struct orr_group_spec *group = &s->groups[g];
        role_of[g] = add_role(t, s, g, role_of);
        for (uint32_t i = 0; i < group->count; i++) {
            uint32_t node = group->first + i, region = orr_scenario_region_of(s, node);
            bool recorded = s->record.of.n == 0 || has_node(s, &s->record.of, node);
            char name[64];
            snprintf(name, sizeof name, "%.48s.%u", group->name, i);
            orr_trace_node(
                t, node, name, role_of[g], region < s->n_regions ? s->regions[region] : "",
                orr_group_stake(group, i), is_faulty(s, node), recorded ? s->record.sample : 0);
        }
    }
    free(role_of);
}

static void add_plan(struct orr_trace *t, const struct orr_scenario *s) {
    static const char *const kinds[] = {
#define FAULT(name, text, help) text,
        ORR_FAULTS(FAULT)
#undef FAULT
    };
    for (uint32_t i = 0; i < s->n_faults; i++) {
        const struct orr_span where = s->faults[i].where;
        char text[256];
        snprintf(text, sizeof text, "%s", s->faults[i].name ? s->faults[i].name : "");
        if (where.source && where.offset < where.source->len && where.len > 1) {
            size_t left = where.source->len - where.offset,
                   len = where.len < left ? where.len : left;
            snprintf(text, sizeof text, "%.*s", (int)(len < 255 ? len : 255),
                     where.source->text + where.offset);
        }
        for (char *p = text; *p; p++)
            if ((unsigned char)*p < ' ') *p = ' ';
        orr_trace_plan(t, i, kinds[s->faults[i].kind], text);
    }
}

/* The folder of the scenario's file, absolute; relative names in it start there. */
static char *folder_of(const struct orr_scenario *s) {
    char *path = s->source.name ? realpath(s->source.name, NULL) : NULL;
    char *slash = path ? strrchr(path, '/') : NULL;
    if (!slash) {
        free(path);
        return realpath(".", NULL);
    }
    slash[slash == path] = '\0';
    return path;
}

static char *joined_overrides(const struct orr_scenario *s) {
    size_t len = 1;
    for (uint32_t i = 0; i < s->n_overrides; i++) len += strlen(s->overrides[i]) + 1;
    char *text = orr_xrealloc(NULL, len), *p = text;
    for (uint32_t i = 0; i < s->n_overrides; i++) p += sprintf(p, "%s\n", s->overrides[i]);
    *p = '\0';
    return text;
}

int orr_trace_open_scenario(struct orr_trace **trace, const char *path, const char *build,
                            const struct orr_scenario *s, char *error, size_t error_len) {
    char *folder = folder_of(s), *overrides = joined_overrides(s);
    struct orr_trace_setup setup = {.path = path,
                                    .name = s->name,
                                    .title = s->title,
                                    .build = build,
                                    .scenario = s->source.text,
                                    .scenario_len = s->source.len,
                                    .overrides = overrides,
                                    .directory = folder,
                                    .seed = s->seed,
                                    .flush_ns = s->record.flush,
                                    .keep = s->record.parts,
                                    .n_nodes = s->n_nodes};
    int status = orr_trace_open(trace, &setup, error, error_len);
    if (status == 0) {
        add_nodes(*trace, s);
        add_plan(*trace, s);
    }
    free(overrides);
    free(folder);
    return status;
}
