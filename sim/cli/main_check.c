/* orrery check FILE...: is a scenario well formed?  Files that it names are read too. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/cli/main.h"
#include "sim/run/build.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/units.h"

enum { MAX_OVERRIDES = 256 };

struct options {
    const char *overrides[MAX_OVERRIDES];
    uint32_t n_overrides;
    bool json;
};

static int usage(FILE *to) {
    fprintf(to, "usage: orrery check FILE... [--set KEY=VALUE]... [--json]\n\n"
                "Reads scenarios (- is standard input) and tells all that is wrong with them.\n\n"
                "  --set KEY=VALUE  change a key first, for example nodes.val.count=4\n"
                "  --json           one object a file on standard output\n\n"
                "Exit codes: 0 all are good, 2 some are not.\n");
    return to == stdout ? 0 : 2;
}

static void print_summary(const char *path, const struct orr_scenario *s) {
    char duration[48];
    orr_quantity_print(ORR_QUANTITY_TIME, s->duration, duration, sizeof duration);
    printf("%s: ok (%s: %u node%s in %u group%s, %u region%s, %u fault%s, %s, seed %llu)\n", path,
           s->name, s->n_nodes, s->n_nodes == 1 ? "" : "s", s->n_groups,
           s->n_groups == 1 ? "" : "s", s->n_regions, s->n_regions == 1 ? "" : "s", s->n_faults,
           s->n_faults == 1 ? "" : "s", duration, (unsigned long long)s->seed);
}

static json_t *diag_as_json(const struct orr_diag *diag) {
    static const char *const words[] = {"error", "warning", "note"};
    uint32_t line, column;
    orr_span_position(diag->where, &line, &column);
    json_t *object = json_object();
    json_object_set_new(object, "severity", json_string(words[diag->severity]));
    json_object_set_new(object, "message", json_string(diag->text));
    if (diag->where.source) {
        json_object_set_new(object, "file", json_string(diag->where.source->name));
        json_object_set_new(object, "line", json_integer(line));
        json_object_set_new(object, "column", json_integer(column));
    }
    if (diag->hint) json_object_set_new(object, "hint", json_string(diag->hint));
    return object;
}

static void print_json(const char *path, const struct orr_scenario *s,
                       const struct orr_diags *diags) {
    bool good = s && !diags->n_errors;
    json_t *messages = json_array();
    for (uint32_t i = 0; i < diags->n; i++)
        json_array_append_new(messages, diag_as_json(&diags->v[i]));
    json_t *object = json_pack("{s:s, s:b, s:o}", "file", path, "ok", good, "messages", messages);
    if (good) {
        char digest[65];
        for (int i = 0; i < 32; i++) snprintf(digest + 2 * i, 3, "%02x", s->digest[i]);
        json_object_set_new(object, "name", json_string(s->name));
        json_object_set_new(object, "nodes", json_integer(s->n_nodes));
        json_object_set_new(object, "groups", json_integer(s->n_groups));
        json_object_set_new(object, "regions", json_integer(s->n_regions));
        json_object_set_new(object, "faults", json_integer(s->n_faults));
        json_object_set_new(object, "duration_ns", json_integer(s->duration));
        json_object_set_new(object, "seed", json_integer((json_int_t)s->seed));
        json_object_set_new(object, "digest", json_string(digest));
    }
    char *text = json_dumps(object, JSON_COMPACT);
    printf("%s\n", text);
    free(text);
    json_decref(object);
}

/* What only shows when it is built: files that the scenario names, tables, overlay, wrappers. */
static int check_parts(const struct orr_scenario *scenario, struct orr_diags *diags) {
    struct orr_build build;
    int error = orr_build(&build, scenario, scenario->files, diags);
    orr_build_fini(&build);
    return error;
}

static bool check_file(const char *path, const struct options *options) {
    struct orr_diags diags = {0};
    struct orr_scenario *scenario;
    int result =
        orr_scenario_load(path, options->overrides, options->n_overrides, &scenario, &diags);
    if (!result) result = check_parts(scenario, &diags);
    if (options->json) {
        print_json(path, scenario, &diags);
    } else {
        orr_diags_print(&diags, stderr, orr_diag_colour(stderr));
        if (!result) print_summary(path, scenario);
    }
    orr_diags_fini(&diags);
    orr_scenario_free(scenario);
    return !result;
}

int orr_main_check(int argc, char **argv) {
    struct options options = {0};
    const char **files = orr_xrealloc(NULL, (size_t)(argc + 1) * sizeof *files);
    int n_files = 0, code = 0;
    bool ended = false;
    for (int i = 1; i < argc && !code; i++) {
        bool set = !ended && !strcmp(argv[i], "--set");
        if (!ended && (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))) {
            free(files);
            return usage(stdout);
        }
        if (!ended && !strcmp(argv[i], "--"))
            ended = true;
        else if (!ended && !strcmp(argv[i], "--json"))
            options.json = true;
        else if (set && i + 1 < argc && options.n_overrides < MAX_OVERRIDES)
            options.overrides[options.n_overrides++] = argv[++i];
        else if (!ended && argv[i][0] == '-' && argv[i][1]) {
            fprintf(stderr,
                    set ? "orrery check: --set wants KEY=VALUE\n"
                        : "orrery check: no option '%s'\n",
                    argv[i]);
            code = 2;
        } else
            files[n_files++] = argv[i];
    }
    if (!code && !n_files) code = usage(stderr);
    for (int i = 0, stop = code; i < n_files && !stop; i++)
        if (!check_file(files[i], &options)) code = 2;
    free(files);
    return code;
}
