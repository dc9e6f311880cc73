/* orrery bench [NAME...]: how fast, beside what. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/error.h"
#include "sim/base/text.h"
#include "sim/cli/bench.h"
#include "sim/cli/main.h"
#include "sim/cli/options.h"

enum { SEEDS, SECONDS, TARGET, JSON };
static const struct orr_option options[] = {
    [SEEDS] = {"--seeds", "N", "of `hunt`: hunts of each target (default: 20)"},
    [SECONDS] = {"--seconds", "N", "of `hunt`: after which one gives up (default: 300)"},
    [TARGET] = {"--target", "NAME", "of `hunt`: this target alone"},
    [JSON] = {"--json", NULL,
              "one object a figure: name, value, unit, yardstick, ratio; null: never"},
};
enum { N_OPTIONS = sizeof options / sizeof options[0], NAMES_MAX = 64 };

static int usage(FILE *to) {
    fprintf(to, "usage: orrery bench [NAME...] [OPTION...]\n\n"
                "Prints each figure with what it is compared to, measured in the same call.\n\n");
    for (const struct orr_benchmark *b = orr_benchmarks; b->name; b++)
        fprintf(to, "  %-16s %s\n", b->name, b->summary);
    fprintf(to, "\n");
    orr_options_print(options, N_OPTIONS, to);
    return to == stdout ? 0 : 2;
}

static void print_text(void *ctx, const struct orr_figure *f) {
    (void)ctx;
    printf("%-24s %10.3f %-16s", f->name, f->value, f->unit);
    if (!isnan(f->ratio)) printf(" %7.3f x %s (%.3f)", f->ratio, f->yardstick, f->yardstick_value);
    printf("\n");
    fflush(stdout);
}

/* What is no number, or never came, is null. */
static json_t *number(double value) { return isfinite(value) ? json_real(value) : json_null(); }

static void print_json(void *ctx, const struct orr_figure *f) {
    (void)ctx;
    bool has = !isnan(f->ratio) || isinf(f->yardstick_value);
    json_t *object = json_pack(
        "{s:s, s:o, s:s, s:o, s:o, s:o}", "name", f->name, "value", number(f->value), "unit",
        f->unit, "yardstick", has ? json_string(f->yardstick) : json_null(), "yardstick_value",
        has ? number(f->yardstick_value) : json_null(), "ratio", number(f->ratio));
    char *text = json_dumps(object, JSON_COMPACT);
    printf("%s\n", text);
    fflush(stdout);
    free(text);
    json_decref(object);
}

static bool is_known(const char *name) {
    for (const struct orr_benchmark *b = orr_benchmarks; b->name; b++)
        if (!strcmp(b->name, name)) return true;
    fprintf(stderr, "orrery bench: no benchmark '%s'; `orrery bench --help` names them\n",
            ORR_SHOWN(name));
    return false;
}

static bool is_wanted(const char *name, const char *const *names, int n_names) {
    for (int i = 0; i < n_names; i++)
        if (!strcmp(name, names[i])) return true;
    return !n_names;
}

int orr_main_bench(int argc, char **argv) {
    orr_figure_sink sink = print_text;
    struct orr_bench_sample sample = {0};
    struct orr_options walk = {
        .verb = "bench", .list = options, .n = N_OPTIONS, .argc = argc, .argv = argv};
    const char *value, *names[NAMES_MAX];
    int n_names = 0;
    for (int i; (i = orr_options_next(&walk, &value)) != ORR_OPTION_END;) {
        if (i == ORR_OPTION_HELP) return usage(stdout);
        if (i == ORR_OPTION_BAD) return 2;
        if (i == JSON) sink = print_json;
        if (i == TARGET) sample.target = value;
        uint64_t *number = i == SEEDS ? &sample.seeds : &sample.seconds;
        if ((i == SEEDS || i == SECONDS) &&
            !orr_options_number(&walk, options[i].name, value, number))
            return 2;
        if (i != ORR_OPTION_OPERAND) continue;
        if (!is_known(value)) return 2;
        if (n_names < NAMES_MAX) names[n_names++] = value;
    }
    int code = 0;
    for (const struct orr_benchmark *b = orr_benchmarks; b->name; b++) {
        if (!is_wanted(b->name, names, n_names)) continue;
        int error = b->run ? b->run(sink, NULL) : b->run_sample(sink, NULL, &sample);
        if (error) code = error == ORR_EFORMAT ? 2 : 3;
    }
    return code;
}
