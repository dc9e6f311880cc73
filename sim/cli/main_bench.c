/* orrery bench [NAME...]: how fast, beside what. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cli/bench.h"
#include "sim/cli/main.h"

static int usage(FILE *to) {
    fprintf(to, "usage: orrery bench [NAME...] [--json]\n\n"
                "Prints each figure with what it is compared to, measured in the same call.\n\n");
    for (const struct orr_benchmark *b = orr_benchmarks; b->name; b++)
        fprintf(to, "  %-16s %s\n", b->name, b->summary);
    fprintf(to, "\n  --json           one object a figure: name, value, unit, yardstick, ratio\n");
    return to == stdout ? 0 : 2;
}

static void print_text(void *ctx, const struct orr_figure *f) {
    (void)ctx;
    printf("%-24s %10.3f %-16s", f->name, f->value, f->unit);
    if (!isnan(f->ratio))
        printf(" %7.3f x %s (%.3f)", f->ratio, f->yardstick, f->yardstick_value);
    printf("\n");
    fflush(stdout);
}

static void print_json(void *ctx, const struct orr_figure *f) {
    (void)ctx;
    bool has = !isnan(f->ratio);
    json_t *object = json_pack("{s:s, s:f, s:s, s:o, s:o, s:o}", "name", f->name, "value", f->value,
                               "unit", f->unit, "yardstick",
                               has ? json_string(f->yardstick) : json_null(), "yardstick_value",
                               has ? json_real(f->yardstick_value) : json_null(), "ratio",
                               has ? json_real(f->ratio) : json_null());
    char *text = json_dumps(object, JSON_COMPACT);
    printf("%s\n", text);
    fflush(stdout);
    free(text);
    json_decref(object);
}

int orr_main_bench(int argc, char **argv) {
    orr_figure_sink sink = print_text;
    int n_names = 0;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) return usage(stdout);
        if (!strcmp(argv[i], "--json")) {
            sink = print_json;
            continue;
        }
        bool known = false;
        for (const struct orr_benchmark *b = orr_benchmarks; b->name; b++)
            known |= !strcmp(b->name, argv[i]);
        if (!known) {
            fprintf(stderr, "orrery bench: no benchmark '%s'\n", argv[i]);
            return usage(stderr);
        }
        n_names++;
    }
    int code = 0;
    for (const struct orr_benchmark *b = orr_benchmarks; b->name; b++) {
        bool wanted = n_names == 0;
        for (int i = 1; i < argc; i++) wanted |= !strcmp(b->name, argv[i]);
        if (wanted && b->run(sink, NULL)) code = 3;
    }
    return code;
}
