/* orrery explain TRACE.h5: who is to blame for a fork, by what they signed, and what led there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/text.h"
#include "sim/cli/explain.h"
#include "sim/cli/main.h"
#include "sim/cli/options.h"
#include "sim/cli/replay_inputs.h"
#include "sim/cli/stdout.h"
#include "sim/cli/story_picture.h"
#include "sim/run/run.h"
#include "sim/trace/trace.h"

enum { EXPLAINED, NO_PROOF, BAD_INPUT, MACHINE_FAILED };

struct explaining {
    const char *trace, *svg;
    const char *plugins[ORR_PLUGINS_MAX];
    uint32_t n_plugins;
    struct orr_trace_reader *reader;
    const struct orr_trace_head *head;
};

struct telling {
    struct orr_explanation *explanation;
    char *story; /* owned */
    struct orr_story_picture picture;
    uint32_t n_told; /* of the messages that led to the fork */
};

enum { FORK_LINES = 40 }; /* proposal and three votes of four validators to either side, twice */

enum { SVG, PLUGIN };
static const struct orr_option options[] = {
    [SVG] = {"--svg", "FILE", "draw the story in space and time"},
    [PLUGIN] = {"--plugin", "FILE", "a plug-in that the trace was made with (role: ./mine.c)"},
};
enum { N_OPTIONS = sizeof options / sizeof options[0] };

static int usage(FILE *to) {
    fprintf(to,
            "usage: orrery explain TRACE.h5 [OPTION...]\n\n"
            "Runs the scenario of a trace again and reads what each node signed.  Names the nodes\n"
            "that signed what no correct node signs, with two statements of each, the rule that\n"
            "they broke and their share of the power, and tells in a few lines what happened:\n"
            "of a fork, which messages led to either decision.\n\n");
    orr_options_print(options, N_OPTIONS, to);
    fprintf(to, "\nExit codes: 0 nothing forked, or the culprits are named, 1 a fork without proof "
                "against anybody,\n2 bad input, 3 the machine failed.\n");
    return to == stdout ? 0 : BAD_INPUT;
}

static int read_arguments(int argc, char **argv, struct explaining *x) {
    struct orr_options walk = {
        .verb = "explain", .list = options, .n = N_OPTIONS, .argc = argc, .argv = argv};
    const char *value;
    for (int i; (i = orr_options_next(&walk, &value)) != ORR_OPTION_END;) {
        if (i == ORR_OPTION_HELP) return usage(stdout), -1;
        if (i == ORR_OPTION_BAD) return BAD_INPUT;
        if (i == SVG) {
            x->svg = value;
        } else if (i == PLUGIN) {
            if (x->n_plugins == ORR_PLUGINS_MAX) return usage(stderr);
            x->plugins[x->n_plugins++] = value;
        } else if (x->trace) {
            fprintf(stderr, "orrery explain: one trace at a time: %s, %s\n",
                    ORR_SHOWN(x->trace), ORR_SHOWN(value));
            return BAD_INPUT;
        } else {
            x->trace = value;
        }
    }
    return x->trace ? 0 : usage(stderr);
}

/* ---- what is told ---- */

static double seconds(orr_time ns) { return (double)ns * 1e-9; }

static void print_value(const uint8_t value[32]) {
    for (int i = 0; i < 8; i++) printf("%02x", value[i]);
}

static void print_said(const struct orr_explanation *e, const struct orr_said *said) {
    char name[96];
    printf("      %s of height %llu, round %llu: ", orr_explain_kind(e, &said->s),
           (unsigned long long)said->s.height, (unsigned long long)said->s.view);
    print_value(said->s.value);
    printf(", sent at %.6f s, to %s first\n", seconds(said->at),
           said->to == ORR_NOBODY ? "all" : orr_explain_node(e, said->to, name));
}

/* The power of the culprits, and of all in their role. */
static void print_culprits(const struct orr_explanation *e) {
    static const char *const rules[ORR_N_RULES] = {
        [ORR_RULE_TWO_VALUES] = "signed two values in one slot",
        [ORR_RULE_LOCK] = "voted against its own lock, and no quorum released it",
        [ORR_RULE_LEFT_OUT] = "left out of its view change what it had committed to",
        [ORR_RULE_JUSTIFY] =
            "voted on a QC older than its own commit, so against what it had locked",
        [ORR_RULE_LOCKED_QC] = "voted on a QC older than the one that had locked its earlier vote",
        [ORR_RULE_OLDER_QC] = "voted on a QC older than that of its earlier vote",
        [ORR_RULE_TIMEOUT] = "hid in a timeout the QC on which it had voted",
        [ORR_RULE_SHORTER] = "voted for a chain shorter than the one that it had voted to extend"};
    uint64_t power = 0, total = 0;
    char name[96];
    for (uint32_t g = 0; g < e->scenario->n_groups; g++)
        for (uint32_t i = 0; i < e->scenario->groups[g].count; i++) {
            orr_peer node = e->scenario->groups[g].first + i;
            const struct orr_culprit *c = &e->culprits[node];
            uint64_t stake = orr_group_stake(&e->scenario->groups[g], i);
            total += stake;
            if (c->rule == ORR_RULE_KEPT) continue;
            power += stake;
            printf("  %s %s:\n", orr_explain_node(e, node, name), rules[c->rule]);
            print_said(e, &e->said[c->first]);
            print_said(e, &e->said[c->second]);
        }
    if (power)
        printf("  together %llu of %llu of the power, %s a third\n", (unsigned long long)power,
               (unsigned long long)total,
               3 * (unsigned __int128)power > total    ? "more than"
               : 3 * (unsigned __int128)power == total ? "exactly" : "less than");
}

static int tell(const struct orr_explanation *e, const struct telling *t) {
    uint32_t n = 0;
    char a[96], b[96];
    for (uint32_t i = 0; i < e->scenario->n_nodes; i++) n += e->culprits[i].rule != ORR_RULE_KEPT;
    if (e->n_sides)
        printf("fork: %s and %s decided differently at height %llu\n",
               orr_explain_node(e, e->sides[0].node, a), orr_explain_node(e, e->sides[1].node, b),
               (unsigned long long)e->sides[0].height);
    else
        printf("no fork\n");
    if (n) printf("culprits: %u\n", n);
    else printf("culprits: none that can be proven: nobody signed what a correct node does not\n");
    print_culprits(e);
    printf("story%s\n", e->n_sides ? ": what made either decide" : "");
    for (const char *line = t->story; *line; line += strcspn(line, "\n") + 1)
        printf("  %.*s\n", (int)strcspn(line, "\n"), line);
    if (t->n_told < e->n_causes)
        printf("  (%u of the %u messages that made either decide are told)\n", t->n_told,
               e->n_causes);
    return e->n_sides && !n ? NO_PROOF : EXPLAINED;
}

/* ---- the runs ---- */

/* Runs the scenario and tells it; `how` as far as this verb decides. */
static int run_and_tell(const struct orr_scenario *scenario, struct orr_story_wish *wish,
                        char **story) {
    struct orr_diags diags = {0};
    int kept = orr_stdout_keep();
    int error = orr_story_tell_as(scenario, wish, story, &diags);
    orr_stdout_give_back(kept);
    orr_diags_print(&diags, stderr, orr_diag_colour(stderr));
    orr_diags_fini(&diags);
    return error;
}

static void hear_told(void *ctx, const struct orr_story_event *event) {
    struct telling *t = ctx;
    t->n_told += event->kind == ORR_STORY_MESSAGE;
    orr_story_picture_add(&t->picture, event);
}

static const char *cause(void *ctx, const struct orr_tap_record *r) {
    return orr_explain_cause(((struct telling *)ctx)->explanation, r);
}

static const char *note_culprit(const void *ctx, orr_peer node) {
    const struct orr_explanation *e = ctx;
    return e->culprits[node].rule == ORR_RULE_KEPT ? NULL : "(culprit)";
}

static int draw(const struct explaining *x, const struct orr_explanation *e,
                const struct telling *t) {
    FILE *to = fopen(x->svg, "w");
    const char *title = e->n_sides ? "What made either decide" : "What happened";
    int error =
        to ? orr_story_picture_draw(&t->picture, title, note_culprit, e, to) : ORR_EIO;
    if (to && fclose(to)) error = ORR_EIO;
    if (error) fprintf(stderr, "orrery explain: %s: it cannot be written\n", ORR_SHOWN(x->svg));
    return error;
}

/* What nodes sign is heard in a first run, which tells the story of one without a fork; what led to
 * a fork, which is known then, in a second one. */
static int run_twice(const struct explaining *x, struct orr_explanation *e, struct telling *t) {
    struct orr_tap listen = orr_explain_listen(e);
    struct orr_run_result result;
    struct orr_story_wish wish = {.n_lines = ORR_STORY_LINES, .told = hear_told, .ctx = t,
                                  .result = &result,
                                  .how = {.shuffle_ties = x->head->shuffle_ties,
                                          .taps = &listen}};
    int error = run_and_tell(e->scenario, &wish, &t->story);
    if (!error) orr_explain_judge(e, result.verdicts, result.n_verdicts);
    orr_run_result_fini(&result);
    if (error || !e->n_sides) return error;
    free(t->story);
    t->story = NULL;
    t->n_told = 0;
    orr_story_picture_fini(&t->picture);
    orr_story_picture_init(&t->picture, e->scenario);
    wish.n_lines = FORK_LINES;
    wish.how.taps = NULL;
    wish.cause = cause, wish.result = NULL;
    return run_and_tell(e->scenario, &wish, &t->story);
}

static int explain(const struct explaining *x, const struct orr_scenario *scenario) {
    struct orr_explanation e;
    struct telling t = {.explanation = &e};
    orr_explanation_init(&e, scenario);
    orr_story_picture_init(&t.picture, scenario);
    int code = BAD_INPUT;
    if (!run_twice(x, &e, &t)) {
        code = tell(&e, &t);
        if (x->svg && draw(x, &e, &t)) code = MACHINE_FAILED;
    }
    free(t.story);
    orr_story_picture_fini(&t.picture);
    orr_explanation_fini(&e);
    return code;
}

static int take_scenario(const struct explaining *x) {
    struct orr_diags diags = {0};
    struct orr_scenario_inputs inputs;
    bool good = false;
    if (!orr_replay_inputs(x->reader, x->trace, x->plugins, x->n_plugins, &inputs))
        return BAD_INPUT;
    int kept = orr_stdout_keep();
    struct orr_scenario *scenario = orr_replay_scenario(x->head, &inputs, &diags, &good);
    orr_stdout_give_back(kept);
    orr_replay_inputs_free(&inputs);
    int code = BAD_INPUT;
    if (good) code = explain(x, scenario);
    else orr_diags_print(&diags, stderr, orr_diag_colour(stderr));
    if (!good)
        fprintf(stderr, "orrery explain: %s: its scenario is not one that this program can run\n",
                ORR_SHOWN(x->trace));
    orr_diags_fini(&diags);
    orr_scenario_free(scenario);
    return code;
}

int orr_main_explain(int argc, char **argv) {
    struct explaining x = {0};
    int code = read_arguments(argc, argv, &x);
    if (code) return code < 0 ? 0 : code;
    char error[ORR_READER_ERROR_LEN] = "";
    int status = orr_trace_reader_open(&x.reader, x.trace, error);
    if (status) {
        fprintf(stderr, "orrery explain: %s\n", ORR_SHOWN(error));
        code = status == ORR_EIO ? MACHINE_FAILED : BAD_INPUT;
    } else {
        x.head = orr_trace_reader_head(x.reader);
        code = take_scenario(&x);
    }
    orr_trace_reader_close(x.reader);
    return code;
}
