/* orrery lab explain: a test that fails, as the shortest story that still shows it.
 *
 * What may be taken away depends on what fails.  Safety and the contract hold in every run, so that
 * all of a scenario but its expectations may go.  What must happen in time holds under the test's
 * own network, load and number of nodes: there faults alone go. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sim/base/file.h"
#include "sim/cli/lab/commands.h"
#include "sim/cli/lab/folder.h"
#include "sim/cli/lab/hidden.h"
#include "sim/cli/lab/rig.h"
#include "sim/cli/options.h"
#include "sim/cli/scratch.h"
#include "sim/cli/spacetime_of.h"
#include "sim/search/finding.h"
#include "sim/search/shrink.h"
#include "sim/search/yaml.h"

enum { PASSES, TOLD, BAD_INPUT, MACHINE_FAILED };
enum { DEFAULT_SECONDS = 20, ASKS = 5000, STEPS = 14, TEXT_MESSAGES = 30, SVG_MESSAGES = 1000,
       PATH_BYTES = 4400 };

enum { DIR_OPTION, SCENARIO, OUT, SECONDS, LAB, HIDDEN, CASE, SEEDS, SALT };
static const struct orr_option options[] = {
    [DIR_OPTION] = {"--dir", "FOLDER", "the student's folder (default: the one one is in)"},
    [SCENARIO] = {"--scenario", "FILE", "tell this scenario as it is, with the exercise's judge"},
    [OUT] = {"--out", "NAME", "NAME.yaml and NAME.svg are written (default: explained)"},
    [SECONDS] = {"--seconds", "N", "make it shorter for at most so long (default: 20)"},
    [LAB] = {"--lab", "NAME", "which lab (default: the one that the folder was started from)"},
    [HIDDEN] = {"--hidden", "FILE", "hidden tests as well, of this file: for instructors"},
    [CASE] = {"--case", "NAME", "of the exercise one test: the name of its scenario's file"},
    [SEEDS] = {"--seeds", "N", "seeds of each hidden test (default: as the test says)"},
    [SALT] = {"--salt", "FILE", "from which the seeds of hidden tests are made, as for grade"},
};
enum { N_OPTIONS = sizeof options / sizeof options[0] };

static int usage(FILE *to) {
    fprintf(to, "usage: orrery lab explain [EXERCISE] [OPTION...]\n\n"
                "Takes the first public test that fails, makes its scenario shorter as long as "
                "the same\nbreaks, and tells what is left: numbered steps, the messages as a "
                "diagram, what broke, and\nthe line that shows it again.\n\n");
    orr_options_print(options, N_OPTIONS, to);
    fprintf(to, "\nExit codes: 0 there is nothing to explain: it passes, 1 told, 2 bad input, 3 "
                "the machine failed.\n");
    return to == stdout ? 0 : BAD_INPUT;
}

struct explaining {
    const char *folder, *only, *scenario, *out, *name, *hidden, *salt;
    struct orr_lab_wish wish;
    uint64_t n_seeds;
    uint8_t digest[32];          /* of the salt */
    struct orr_lab *lab;
    const struct orr_lab_exercise *exercise;
    struct orr_lab_rig rig;
    struct orr_yaml_text text;   /* of the scenario that is told     */
    struct orr_lab_trial first;  /* what is to be kept...            */
    struct orr_lab_trial last;   /* ... and as the text shows it     */
    struct orr_assumptions assumed, asked;
    bool is_first;               /* `asked` is not held against `assumed` */
    double began_s;
    uint64_t seconds;
    struct orr_shrink shrink;
};

static int read_arguments(int argc, char **argv, struct explaining *x) {
    struct orr_options walk = {
        .verb = "lab explain", .list = options, .n = N_OPTIONS, .argc = argc, .argv = argv};
    const char *value;
    for (int i; (i = orr_options_next(&walk, &value)) != ORR_OPTION_END;) {
        if (i == ORR_OPTION_HELP) return usage(stdout);
        if (i == ORR_OPTION_BAD) return BAD_INPUT;
        if (i == DIR_OPTION) x->folder = value;
        else if (i == SCENARIO) x->scenario = value;
        else if (i == OUT) x->out = value;
        else if (i == LAB) x->name = value;
        else if (i == HIDDEN) x->hidden = value;
        else if (i == CASE) x->wish.only_case = value;
        else if (i == SALT) x->salt = value;
        else if (i == SECONDS || i == SEEDS) {
            uint64_t *n = i == SECONDS ? &x->seconds : &x->n_seeds;
            if (!orr_options_number(&walk, options[i].name, value, n)) return BAD_INPUT;
        }
        else if (x->only) return usage(stderr);
        else x->only = value;
    }
    if ((x->scenario || x->wish.only_case) && !x->only) {
        fprintf(stderr, "orrery lab explain: %s needs the name of an exercise\n",
                x->scenario ? "--scenario" : "--case");
        return BAD_INPUT;
    }
    return -1;
}

static double wall_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- one try ---- */

static bool wants(void *ctx, const struct orr_scenario *s) {
    struct explaining *x = ctx;
    x->asked = orr_assumptions_of(s);
    return x->is_first || orr_assumptions_within(x->asked, x->assumed);
}

static struct orr_lab_trial_order order_of(struct explaining *x, const char *text, size_t len,
                                           bool is_once) {
    static const char *const overrides[] = {ORR_LAB_MEMORY};
    struct orr_lab_trial_order order =
        orr_lab_rig_order(&x->rig, text, len, x->scenario ? x->scenario : "the test's scenario");
    order.overrides = overrides, order.n_overrides = 1;
    order.is_once = is_once;
    order.wants = wants, order.ctx = x;
    return order;
}

static int shows(void *ctx, const char *text, size_t len) {
    struct explaining *x = ctx;
    struct orr_lab_trial trial;
    if (wall_s() - x->began_s > (double)x->seconds) return -1;
    if (len >= ORR_SCENARIO_MAX_BYTES) return 0;
    struct orr_lab_trial_order order =
        order_of(x, text, len, x->first.outcome != ORR_LAB_UNSTEADY);
    orr_lab_try(&order, &trial);
    if (trial.outcome != x->first.outcome || strcmp(trial.what, x->first.what)) return 0;
    x->last = trial;
    return 1;
}

/* ---- from a test to the least text ---- */

/* What fails shows it in every run: the contract, safety (what a lab caps). */
static bool is_of_every_run(const struct explaining *x) {
    bool is_capped = false;
    for (uint32_t i = 0; i < x->exercise->n_caps; i++)
        is_capped |= !strcmp(x->exercise->caps[i].name, x->first.what);
    return is_capped || x->first.outcome == ORR_LAB_MISTAKE ||
           x->first.outcome == ORR_LAB_UNSTEADY;
}

static void shrink(struct explaining *x, struct orr_tree *root, struct orr_scenario_store *store) {
    static const char *const safety[] = {"expect", "role", NULL};
    static const char *const in_time[] = {"expect", "role", "nodes", "network", "workload",
                                          "duration", "seed", NULL};
    x->shrink = (struct orr_shrink){.shows = shows, .ctx = x, .max_asks = ASKS,
                                    .kept = is_of_every_run(x) ? safety : in_time};
    orr_shrink(&x->shrink, root, store);
    free(x->text.v);
    x->text = (struct orr_yaml_text){0};
    orr_yaml_write(&x->text, root);
}

/* The scenario's text with the seed that failed, and what it comes to: of a test's made shorter. */
static int take_scenario(struct explaining *x, const char *path, const char *seed,
                         struct orr_diags *diags) {
    struct orr_scenario_store *store = orr_store_new();
    struct orr_source source, override = {"--seed", seed, seed ? strlen(seed) : 0};
    char *text = NULL;
    const char *why;
    size_t len;
    struct orr_tree *root = NULL;
    if (orr_file_read(path, ORR_SCENARIO_MAX_BYTES - 1, &text, &len, &why)) {
        fprintf(stderr, "orrery lab explain: %s: %s\n", ORR_SHOWN(path), why);
    } else {
        source = (struct orr_source){path, text, len};
        root = orr_tree_parse(&source, 0, len, store, diags, &(bool){false});
        if (root && seed && !orr_tree_override(root, &override, store, diags)) root = NULL;
        if (root && root->kind != ORR_TREE_MAP) root = NULL;
        if (!root) fprintf(stderr, "orrery lab explain: %s is no scenario\n", ORR_SHOWN(path));
        if (!root) orr_diags_print(diags, stderr, orr_diag_colour(stderr));
    }
    if (root) {
        orr_yaml_write(&x->text, root);
        struct orr_lab_trial_order order = order_of(x, x->text.v, x->text.len, false);
        x->is_first = true;
        orr_lab_try(&order, &x->first);
        x->is_first = false;
        x->assumed = x->asked;
        x->last = x->first;
        if (!x->scenario && x->first.outcome != ORR_LAB_PASSED &&
            x->first.outcome != ORR_LAB_FORGED && !orr_lab_is_hopeless(&x->first))
            shrink(x, root, store);
    }
    free(text);
    orr_store_free(store);
    return root ? 0 : BAD_INPUT;
}

/* ---- what is told ---- */

/* The longest part before the end that has at most so many messages, of halves. */
static int choose_part(struct orr_trace_reader *reader, orr_time end, size_t most,
                       struct orr_spacetime_part *part, char error[ORR_READER_ERROR_LEN]) {
    for (int64_t span = end;; span /= 2) {
        struct orr_spacetime_query query = {
            .from_ns = end - span, .to_ns = end, .most_messages = most};
        int status = orr_spacetime_of(reader, &query, part, error);
        if (status || !part->is_cut || span < 1000) return status;
        orr_spacetime_part_free(part);
    }
}

static int draw(const struct explaining *x, const char *trace) {
    char error[ORR_READER_ERROR_LEN] = "", path[PATH_BYTES];
    struct orr_trace_reader *reader = NULL;
    struct orr_spacetime_part part;
    int status = orr_trace_reader_open(&reader, trace, error);
    if (!status) status = choose_part(reader, x->last.ended_at, TEXT_MESSAGES, &part, error);
    if (!status) {
        printf("\nThe messages before it:\n\n");
        orr_spacetime_print(&part.diagram, ORR_SPACETIME_TEXT_WIDTH, stdout);
        orr_spacetime_part_free(&part);
        status = choose_part(reader, x->last.ended_at, SVG_MESSAGES, &part, error);
    }
    if (!status) {
        snprintf(path, sizeof path, "%s.svg", x->out);
        FILE *to = fopen(path, "we");
        if (to) orr_spacetime_draw(&part.diagram, to);
        bool bad = !to || ferror(to);
        if (to && fclose(to)) bad = true;
        if (bad) snprintf(error, sizeof error, "%.200s: it cannot be written", path);
        if (bad) status = ORR_EIO;
        orr_spacetime_part_free(&part);
    }
    if (status) fprintf(stderr, "orrery lab explain: %s\n", ORR_SHOWN(error));
    orr_trace_reader_close(reader);
    return status ? MACHINE_FAILED : TOLD;
}

static void print_steps(const char *story) {
    printf("\n");
    for (uint32_t n = 1; *story; n++, story++) {
        size_t len = strcspn(story, "\n");
        printf("%3u. t = %.*s\n", n, (int)len, story);
        story += len;
        if (!*story) break;
    }
}

static int tell_run(struct explaining *x, struct orr_diags *diags) {
    char folder[ORR_SCRATCH_LEN], trace[ORR_SCRATCH_LEN + 16];
    if (!orr_scratch_folder("lab", folder)) return MACHINE_FAILED;
    snprintf(trace, sizeof trace, "%s/run.h5", folder);
    char *story = NULL;
    struct orr_lab_trial_order order = order_of(x, x->text.v, x->text.len, true);
    int code = TOLD, error = orr_lab_account(&order, &x->last, STEPS, trace, &story, diags);
    if (!error) {
        print_steps(story);
        code = draw(x, trace);
    } else if (error == ORR_EUNSUPPORTED) {
        printf("\nThere is no run to tell: it came to no end.\n");
    } else {
        orr_diags_print(diags, stderr, orr_diag_colour(stderr));
        code = MACHINE_FAILED;
    }
    free(story);
    unlink(trace);
    rmdir(folder);
    return code;
}

static int write_scenario(const struct explaining *x) {
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s.yaml", x->out);
    FILE *to = fopen(path, "we");
    bool good = to && fwrite(x->text.v, 1, x->text.len, to) == x->text.len;
    if (to && fclose(to)) good = false;
    if (!good) fprintf(stderr, "orrery lab explain: %s cannot be written\n", ORR_SHOWN(path));
    return good ? 0 : MACHINE_FAILED;
}

/* The text's lines, each behind some blanks. */
static void print_text(const char *text) {
    for (size_t len; *text; text += len + (text[len] == '\n')) {
        len = strcspn(text, "\n");
        char line[600];
        snprintf(line, sizeof line, "%.*s", (int)(len < 500 ? len : 500), text);
        printf("  %s\n", ORR_SHOWN(line));
    }
}

static int tell(struct explaining *x, const char *test, struct orr_diags *diags) {
    const char *because = orr_lab_because(x->exercise, &x->last);
    int code = x->scenario ? 0 : write_scenario(x);
    if (code) return code;
    printf("%s: %s\n", x->exercise->name, test);
    if (x->shrink.n_asks)
        printf("%u of %u values of the scenario are left after %u tries%s\n", x->shrink.n_after,
               x->shrink.n_before, x->shrink.n_asks,
               x->shrink.is_least ? "" : ", when the time was up");
    code = tell_run(x, diags);
    printf("\nWhat broke: %s\n", x->last.what);
    print_text(x->last.text);
    if (because) print_text(because);
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s.yaml", x->out);
    printf("\nto see it again: orrery lab explain %s --scenario %s", x->exercise->name,
           ORR_SHOWN(x->scenario ? x->scenario : path));
    if (strcmp(x->folder, ".")) printf(" --dir %s", ORR_SHOWN(x->folder));
    printf("\n");
    return code;
}

/* ---- the verb ---- */

static int explain(struct explaining *x, const char *test, const char *path, const char *seed,
                   struct orr_diags *diags) {
    int error = orr_lab_rig_open(x->lab, x->exercise, x->folder, &x->rig, diags), code;
    if (error == ORR_EFORMAT) {
        printf("%s: it cannot be built\n%s", x->exercise->name,
               x->rig.build.text ? x->rig.build.text : "");
        code = TOLD;
    } else if (error) {
        orr_diags_print(diags, stderr, orr_diag_colour(stderr));
        code = MACHINE_FAILED;
    } else {
        x->began_s = wall_s();
        code = take_scenario(x, path, seed, diags);
        if (!code && x->last.outcome == ORR_LAB_PASSED) {
            printf("%s: %s: it passes\n", x->exercise->name, test);
        } else if (!code && x->last.outcome == ORR_LAB_BROKEN) {
            fprintf(stderr, "orrery lab explain: %s", x->last.text);
            code = x->scenario ? BAD_INPUT : MACHINE_FAILED;
        } else if (!code) {
            code = tell(x, test, diags);
        }
    }
    orr_lab_rig_fini(&x->rig);
    free(x->text.v);
    return code;
}

/* The first test of the folder that fails. */
static int explain_first(struct explaining *x, struct orr_diags *diags) {
    x->wish.only = x->only;
    x->wish.stops = true;
    x->wish.has_hidden = x->hidden;
    x->wish.n_seeds = (uint32_t)x->n_seeds;
    struct orr_lab_report report;
    int code = PASSES;
    if (orr_lab_check(x->lab, x->folder, &x->wish, &report, diags)) {
        orr_diags_print(diags, stderr, orr_diag_colour(stderr));
        code = MACHINE_FAILED;
    }
    const struct orr_lab_mark *m = report.n_marks ? &report.marks[report.n_marks - 1] : NULL;
    const struct orr_lab_result *r = NULL;
    for (uint32_t i = 0; m && i < m->n_results && !r; i++)
        if (m->results[i].failed.outcome != ORR_LAB_PASSED) r = &m->results[i];
    if (!code && m && !m->passed) {
        char seed[40] = "";
        x->exercise = m->exercise;
        if (r && !r->has_own_seed)
            snprintf(seed, sizeof seed, "seed=%llu", (unsigned long long)r->first_seed);
        code = explain(x, r ? r->test->name : "", r ? r->test->scenario : "",
                       *seed ? seed : NULL, diags);
    } else if (!code) {
        printf("There is nothing to explain: all tests pass.\n");
    }
    orr_lab_report_fini(&report);
    return code;
}

int orr_lab_explain_command(int argc, char **argv) {
    struct explaining x = {.folder = ".", .seconds = DEFAULT_SECONDS};
    char out[PATH_BYTES] = "explained";
    int code = read_arguments(argc, argv, &x);
    if (code >= 0) return code;
    if (strcmp(x.folder, ".")) snprintf(out, sizeof out, "%.4300s/explained", x.folder);
    if (!x.out) x.out = out;
    if (x.salt && (code = orr_lab_read_salt(x.salt, "explain", x.digest)) > 0) return code;
    if (x.salt) x.wish.salt = x.digest;
    x.lab = x.name ? orr_lab_open(x.name, &code) : orr_lab_open_of(x.folder, &code);
    if (!x.lab) return code;
    if (x.hidden && (code = orr_lab_add_hidden(x.lab, x.hidden, "explain"))) {
        orr_lab_free(x.lab);
        return code;
    }
    x.exercise = x.only ? orr_lab_exercise_of(x.lab, x.only) : NULL;
    struct orr_diags diags = {0};
    if (x.only && !x.exercise) {
        fprintf(stderr, "orrery lab: %s has no exercise '%s'\n", x.lab->name, ORR_SHOWN(x.only));
        code = BAD_INPUT;
    } else if (!orr_lab_has_case(x.lab, x.only, x.wish.only_case, "explain")) {
        code = BAD_INPUT;
    } else if (x.scenario) {
        code = explain(&x, x.scenario, x.scenario, NULL, &diags);
    } else {
        code = explain_first(&x, &diags);
    }
    orr_diags_fini(&diags);
    orr_lab_free(x.lab);
    return code;
}
