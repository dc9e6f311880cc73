#include "sim/run/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/sha256.h"
#include "models/layer.h"
#include "sim/base/data_file.h"
#include "sim/base/plugin.h"
#include "sim/engine/use.h"
#include "sim/run/byzantine.h"

_Static_assert((int)ORR_KEEP_MESSAGES == (int)ORR_RECORD_MESSAGES &&
                   (int)ORR_KEEP_DECISIONS == (int)ORR_RECORD_DECISIONS &&
                   (int)ORR_KEEP_FAULTS == (int)ORR_RECORD_FAULTS &&
                   (int)ORR_KEEP_EVENTS == (int)ORR_RECORD_EVENTS &&
                   (int)ORR_KEEP_LOGS == (int)ORR_RECORD_LOGS &&
                   (int)ORR_KEEP_METRICS == (int)ORR_RECORD_METRICS &&
                   (int)ORR_KEEP_HEADS == (int)ORR_RECORD_HEADS &&
                   (int)ORR_KEEP_BLOCKS == (int)ORR_RECORD_BLOCKS &&
                   (int)ORR_KEEP_OUTPUTS == (int)ORR_RECORD_OUTPUTS &&
                   (int)ORR_KEEP_ALL == (int)ORR_RECORD_TRACE,
               "the scenario's parts are the trace's");

static uint64_t n_events_of(const void *sim) { return orr_sim_counts(sim).events; }
static uint64_t fold_of(const void *sim, orr_peer first, uint32_t n) {
    return orr_sim_fold(sim, first, n);
}
static void call_at(void *sim, orr_time at, void (*fn)(void *ctx, orr_time at), void *ctx) {
    orr_sim_call_at(sim, at, fn, ctx);
}

static bool is_recorded(const struct orr_scenario *s, uint32_t node) {
    for (uint32_t i = 0; i < s->record.of.n; i++)
        if (orr_target_has(s, &s->record.of.v[i], node)) return true;
    return s->record.of.n == 0;
}

static void describe_nodes(const struct orr_build *build, struct orr_trace *trace) {
    const struct orr_scenario *s = &build->scenario;
    for (uint32_t i = 0; i < s->n_nodes; i++) {
        const struct orr_group_spec *g = orr_scenario_group_of(s, i);
        char name[128];
        snprintf(name, sizeof name, "%s.%u", g->name, i - g->first);
        bool faulty = false;
        for (uint32_t f = 0; f < s->n_faults; f++)
            faulty |= s->faults[f].kind == ORR_FAULT_BYZANTINE && !s->faults[f].budget &&
                      orr_byzantine_might(s, &s->faults[f], i);
        const char *region = s->n_regions ? s->regions[build->region_of[i]] : "";
        orr_trace_node(trace, i, name, g->role->name, region, build->nodes[i].stake, faulty,
                       is_recorded(s, i) ? (uint32_t)s->record.sample : 0);
    }
}

static void describe_kinds(const struct orr_scenario *s, struct orr_trace *trace) {
    for (uint32_t g = 0; g < s->n_groups; g++) {
        const struct orr_protocol *role = s->groups[g].role;
        bool known = false;
        for (uint32_t k = 0; k < g; k++) known |= s->groups[k].role == role;
        if (known) continue;
        orr_trace_role(trace, role->name);
        uint32_t type;
        const char *name;
        for (uint32_t k = 0; (name = orr_protocol_kind(role, k, &type)); k++) {
            uint32_t i = 0;
            while (i < s->record.n_kinds && strcmp(name, s->record.kinds[i])) i++;
            orr_trace_kind(trace, type, name, s->record.n_kinds == 0 || i < s->record.n_kinds);
        }
    }
}

#ifndef ORRERY_VERSION
#define ORRERY_VERSION "0"
#endif
const char *orr_build_id(void) {
    return "orrery " ORRERY_VERSION
#if defined(__clang__)
           ", clang " __clang_version__
#else
           ", gcc " __VERSION__
#endif
#ifdef __OPTIMIZE__
           ", optimised";
#else
           ", -O0";
#endif
}

/* A path as the scenario writes it: without the folder in which the scenario is. */
static const char *as_written(const struct orr_scenario *s, const char *path) {
    const char *slash = strrchr(s->source.name, '/');
    size_t len = slash ? (size_t)(slash - s->source.name) + 1 : 0;
    return strncmp(path, s->source.name, len) ? path : path + len;
}

/* What the scenario read beside itself: files, and plug-ins by their digests.  Returns how many;
 * trace NULL: only counts. */
static uint32_t describe_inputs(const struct orr_scenario *s, struct orr_trace *trace) {
    uint32_t n = 0;
    const struct orr_data_file *at = NULL;
    for (const struct orr_source *file; (file = orr_data_each(s->files, &at)); n++) {
        if (!trace) continue;
        uint8_t digest[ORR_SHA256_BYTES];
        char hex[2 * ORR_SHA256_BYTES + 1];
        orr_sha256(file->text, file->len, digest);
        for (int i = 0; i < ORR_SHA256_BYTES; i++) sprintf(hex + 2 * i, "%02x", digest[i]);
        orr_trace_input(trace, n, as_written(s, file->name), hex, file->text, file->len);
    }
    for (uint32_t g = 0; g < s->n_groups; g++) {
        const struct orr_plugin *plugin = s->groups[g].plugin;
        bool known = !plugin;
        for (uint32_t k = 0; k < g; k++) known |= s->groups[k].plugin == plugin;
        if (known) continue;
        if (trace)
            orr_trace_input(trace, n, s->groups[g].plugin_name, plugin->digest, NULL, 0);
        n++;
    }
    return n;
}

int orr_record_open(const struct orr_build *build, struct orr_sim *sim, const char *path,
                    struct orr_trace **trace, char *error, size_t error_len) {
    const struct orr_scenario *s = &build->scenario;
    size_t len = 1;
    for (uint32_t i = 0; i < s->n_overrides; i++) len += strlen(s->overrides[i]) + 1;
    char *overrides = orr_xrealloc(NULL, len), *at = overrides;
    *at = 0;
    for (uint32_t i = 0; i < s->n_overrides; i++) at += sprintf(at, "%s\n", s->overrides[i]);
    struct orr_trace_setup setup = {
        .path = path, .name = s->name, .title = s->title, .build = orr_build_id(),
        .scenario = s->source.text, .scenario_len = s->source.len, .overrides = overrides,
        .seed = s->seed, .shuffle_ties = build->spec.shuffle_ties,
        .flush_ns = s->record.flush,
        .keep = s->record.parts & ORR_RECORD_TRACE,
        .n_nodes = s->n_nodes, .n_inputs = describe_inputs(s, NULL)};
    int status = orr_trace_open(trace, &setup, error, error_len);
    free(overrides);
    if (status < 0) return status;
    describe_nodes(build, *trace);
    describe_kinds(s, *trace);
    describe_inputs(s, *trace);
    for (uint32_t f = 0; f < s->n_faults; f++) orr_trace_plan(*trace, f, s->faults[f].name);
    struct orr_trace_source source = {sim, n_events_of, fold_of, call_at, s->record.checkpoint,
                                      s->duration};
    orr_trace_follow(*trace, &source);
    orr_sim_attach(sim, orr_trace_tap(*trace));
    return 0;
}

int orr_record_close(const struct orr_build *build, struct orr_trace *trace,
                     const struct orr_sim *sim,
                     const struct orr_verdict *verdicts, uint32_t n_verdicts, int exit_code,
                     enum orr_trace_ended ended, char *error, size_t error_len) {
    for (uint32_t i = 0; i < n_verdicts; i++)
        orr_trace_verdict(trace, verdicts[i].name, verdicts[i].expected, verdicts[i].observed,
                          verdicts[i].judged, verdicts[i].pass);
    for (orr_peer i = 0; i < build->spec.n_nodes && build->spec.cpu_model; i++)
        orr_trace_use(trace, i, build->spec.nodes[i].cores, orr_sim_cpu_used(sim, i));
    struct orr_trace_result result = {
        .ended = ended, .end = orr_sim_now(sim), .exit_code = exit_code,
        .n_events = orr_sim_counts(sim).events, .fingerprint = orr_sim_fingerprint(sim)};
    return orr_trace_close(trace, &result, error, error_len);
}
