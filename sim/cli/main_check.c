/* orrery check FILE...: is a scenario well formed?  Files that it names are read too. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/cli/main.h"
#include "sim/cli/options.h"
#include "sim/cli/stdout.h"
#include "sim/run/build.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/units.h"

enum { MAX_OVERRIDES = 256 };

struct wishes {
    const char *overrides[MAX_OVERRIDES];
    uint32_t n_overrides;
    bool json;
};

enum { SET, JSON };
static const struct orr_option options[] = {
    [SET] = {"--set", "KEY=VALUE", "change a key first, for example nodes.val.count=4"},
    [JSON] = {"--json", NULL, "one object a file on standard output"},
};
enum { N_OPTIONS = sizeof options / sizeof options[0] };

static int usage(FILE *to) {
    fprintf(to, "usage: orrery check FILE... [OPTION...]\n\n"
                "Reads scenarios (- is standard input) and tells all that is wrong with them.\n\n");
    orr_options_print(options, N_OPTIONS, to);
    fprintf(to, "\nExit codes: 0 all are good, 2 some are not.\n");
    return to == stdout ? 0 : 2;
}

static void print_summary(const char *path, const struct orr_scenario *s) {
    char duration[48];
    orr_quantity_print(ORR_QUANTITY_TIME, s->duration, duration, sizeof duration);
    printf("%s: ok (%s: %u node%s in %u group%s, %u region%s, %u fault%s, %s, seed %llu)\n",
           ORR_SHOWN(path), s->name, s->n_nodes, s->n_nodes == 1 ? "" : "s", s->n_groups,
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
    char *text = json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII);
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

static bool check_file(const char *path, const struct wishes *wishes) {
    struct orr_diags diags = {0};
    struct orr_scenario *scenario;
    int kept = orr_stdout_keep();
    int result =
        orr_scenario_load(path, wishes->overrides, wishes->n_overrides, &scenario, &diags);
    if (!result) result = check_parts(scenario, &diags);
    orr_stdout_give_back(kept);
    if (wishes->json) {
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
    struct wishes wishes = {0};
    struct orr_options walk = {
        .verb = "check", .list = options, .n = N_OPTIONS, .argc = argc, .argv = argv};
    const char **files = orr_xrealloc(NULL, (size_t)(argc + 1) * sizeof *files), *value;
    int n_files = 0, code = -1;
    for (int i; code < 0 && (i = orr_options_next(&walk, &value)) != ORR_OPTION_END;) {
        if (i == ORR_OPTION_HELP) code = usage(stdout);
        if (i == ORR_OPTION_BAD) code = 2;
        if (i == JSON) wishes.json = true;
        if (i == ORR_OPTION_OPERAND) files[n_files++] = value;
        if (i != SET) continue;
        if (wishes.n_overrides < MAX_OVERRIDES) wishes.overrides[wishes.n_overrides++] = value;
        else code = usage(stderr);
    }
    if (code < 0 && !n_files) code = usage(stderr);
    if (code < 0) {
        code = 0;
        for (int i = 0; i < n_files; i++)
            if (!check_file(files[i], &wishes)) code = 2;
    }
    free(files);
    return code;
}
