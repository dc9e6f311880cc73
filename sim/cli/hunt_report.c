#include "sim/cli/hunt_report.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/base/text.h"
#include "sim/cli/hunt_files.h"
#include "sim/cli/main.h"

static const char *const strategies[] = {
#define STRATEGY(name, text, help) text,
    ORR_STRATEGIES(STRATEGY)
#undef STRATEGY
};

uint32_t orr_hunt_report_add(struct orr_hunt_report *report, const struct orr_catch *c) {
    for (uint32_t i = 0; i < report->n; i++)
        if (!strcmp(report->v[i].shape, c->shape)) {
            report->v[i].n_seen++;
            return 0;
        }
    report->v = orr_xrealloc(report->v, (report->n + 1) * sizeof *report->v);
    struct orr_reported *r = &report->v[report->n++];
    *r = (struct orr_reported){.first = c->caught,
                               .finding = c->finding,
                               .before = c->before,
                               .after = c->after,
                               .n_seen = 1,
                               .n_asks = c->n_asks,
                               .is_least = c->is_least,
                               .is_real = c->is_real,
                               .control = c->control,
                               .lasso = c->lasso};
    r->story = c->story ? strdup(c->story) : NULL;
    memcpy(r->shape, c->shape, sizeof r->shape);
    memcpy(r->control_text, c->control_text, sizeof r->control_text);
    return report->n;
}

/* ---- words ---- */

static const char *what_kind(const struct orr_finding *f) {
    switch (f->kind) {
    case ORR_FINDING_FAILED: return "breaks";
    case ORR_FINDING_DUE: return "breaks, as it must";
    case ORR_FINDING_MISHAP: return "is a protocol's mistake";
    case ORR_FINDING_STOPPED: return "by itself";
    case ORR_FINDING_ENDLESS: return "it does not end";
    default: return "ends the program";
    }
}

static const char *what_control(enum orr_control control) {
    return control == ORR_CONTROL_NONE    ? "none: no setting here is a known mistake"
           : control == ORR_CONTROL_HOLDS ? "without the roles' flaws it holds under the same plan"
                                          : "it breaks without the roles' flaws, too";
}

/* A stall that goes round, as a sentence; to[0] is NUL when it does not. */
static void put_lasso(const struct orr_lasso *l, char *to, size_t size) {
    to[0] = '\0';
    if (!l->is_one) return;
    snprintf(to, size,
             "a lasso: all stand at %.6g s as at %.6g s, %" PRIu64 " view%s later, and nobody has "
             "decided in between",
             (double)l->to * 1e-9, (double)l->from * 1e-9, l->n_views, l->n_views == 1 ? "" : "s");
}

void orr_hunt_comment(const struct orr_catch *c, struct orr_yaml_text *text) {
    char line[1200];
    snprintf(line, sizeof line,
             "%s %s: %s\n"
             "Control: %s.\n"
             "%u decisions, %u nodes, %u views and heights named; drawn with %u, %u, %u. %s\n"
             "fingerprint %016" PRIx64 "\nshape %s%s",
             c->finding.name, what_kind(&c->finding), c->finding.text, what_control(c->control),
             c->after.n_decisions, c->after.n_nodes, c->after.n_views, c->before.n_decisions,
             c->before.n_nodes, c->before.n_views,
             c->is_least ? "Nothing more can be taken away." : "It may not be the least.",
             c->finding.fingerprint, c->shape,
             c->is_real ? "" : "\nIt shows this with modelled signatures alone.");
    orr_yaml_comment(text, line);
    put_lasso(&c->lasso, line, sizeof line);
    if (*line) orr_yaml_comment(text, line);
    if (c->story) orr_yaml_comment(text, "What happens:");
    if (c->story) orr_yaml_comment(text, c->story);
}

/* ---- the verdict ---- */

/* Does the scenario say that something must break? */
static bool wants_a_break(const struct orr_scenario *s) {
    const struct orr_expect_spec *e = &s->expect;
    bool wants = e->agreement == ORR_EXPECT_BROKEN || e->total_order == ORR_EXPECT_BROKEN ||
                 e->validity == ORR_EXPECT_BROKEN || e->integrity == ORR_EXPECT_BROKEN ||
                 e->state_root == ORR_EXPECT_BROKEN || e->evidence == ORR_PRESENCE_WRONG ||
                 e->termination == ORR_TERMINATION_STALLED;
    for (uint32_t i = 0; i < e->n_own; i++) wants |= e->own[i].expected == ORR_EXPECT_BROKEN;
    return wants;
}

static bool is_as_expected(const struct orr_hunt_report *report) {
    uint32_t n_due = 0, n_other = 0;
    for (uint32_t i = 0; i < report->hunt->n_caught; i++) {
        bool is_due = report->hunt->caught[i].finding.kind == ORR_FINDING_DUE;
        n_due += is_due;
        n_other += !is_due;
    }
    return !n_other && (n_due || !wants_a_break(report->hunt->scenario));
}

/* Runs that showed the same check. */
static uint32_t times_seen(const struct orr_hunt_report *report, const struct orr_finding *f,
                           uint64_t *second) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < report->hunt->n_caught; i++)
        if (orr_finding_same(&report->hunt->caught[i].finding, f) && n++ == 1)
            *second = report->hunt->caught[i].run;
    return n;
}

/* ---- text ---- */

static void print_one(const struct orr_hunt_report *report, uint32_t i, FILE *to) {
    const struct orr_reported *r = &report->v[i];
    uint64_t second = 0;
    uint32_t n = times_seen(report, &r->first.finding, &second);
    fprintf(to, "\n%u. %s %s: %s\n", i + 1, r->finding.name, what_kind(&r->finding),
            ORR_SHOWN(r->finding.text));
    fprintf(to, "   first in run %" PRIu64, r->first.run);
    if (n > 1) fprintf(to, ", the check again in run %" PRIu64 ", %u times in all", second, n);
    fprintf(to,
            "\n   %u decisions on %u nodes, size %u; drawn as %u on %u, size %u; %s after %u "
            "runs%s\n",
            r->after.n_decisions, r->after.n_nodes, orr_catch_size_sum(r->after),
            r->before.n_decisions, r->before.n_nodes, orr_catch_size_sum(r->before),
            r->is_least ? "the least" : "perhaps not the least", r->n_asks,
            r->is_real ? "" : "; with modelled signatures alone");
    fprintf(to, "   control: %s\n", what_control(r->control));
    char lasso[200];
    put_lasso(&r->lasso, lasso, sizeof lasso);
    if (*lasso) fprintf(to, "   %s\n", lasso);
    for (const char *p = r->story; p && *p; p = strchr(p, '\n') + 1)
        fprintf(to, "     %.*s\n", (int)strcspn(p, "\n"), p);
    fprintf(to, "   to see it: %s run %s/%s-%u.yaml\n", orr_called, report->folder,
            report->hunt->scenario->name, i + 1);
}

/* New states of each strategy, after 512, 1,024, ... runs of the hunt. */
static void print_paces(const struct orr_hunt *h, FILE *to) {
    if (!h->n_paces) return;
    fprintf(to, "\nnew abstract states after so many runs\n  %-10s %8s", "", "runs");
    for (uint32_t i = 0; i < h->n_paces; i++)
        fprintf(to, " %8" PRIu64, (uint64_t)ORR_HUNT_GENERATION << i);
    fputc('\n', to);
    for (uint32_t s = 0; s < ORR_N_STRATEGIES; s++) {
        if (!h->pace.runs[s]) continue;
        fprintf(to, "  %-10s %8" PRIu64, strategies[s], h->pace.runs[s]);
        for (uint32_t i = 0; i < h->n_paces; i++)
            fprintf(to, " %8" PRIu64, h->paces[i].states[s]);
        fputc('\n', to);
    }
}

static void print_text(const struct orr_hunt_report *report, FILE *to) {
    const struct orr_hunt *h = report->hunt;
    fprintf(to, "%s: %s, seed %" PRIu64 ", %" PRIu64 " runs, %" PRIu64 " beyond the assumptions\n",
            h->scenario->name, strategies[h->strategy], h->seed, h->n_done, h->n_skipped);
    if (h->n_caught)
        fprintf(to, "%u runs show something, %u kinds of it\n", h->n_caught, report->n);
    else
        fprintf(to, "nothing found\n");
    for (uint32_t i = 0; i < report->n; i++) print_one(report, i, to);
    print_paces(h, to);
}

/* ---- JSON ---- */

static json_t *size_json(struct orr_catch_size s) {
    return json_pack("{s:i, s:i, s:i}", "decisions", (int)s.n_decisions, "nodes", (int)s.n_nodes,
                     "views", (int)s.n_views);
}

static json_t *finding_json(const struct orr_hunt_report *report, uint32_t i) {
    static const char *const controls[] = {"none", "holds", "breaks"};
    const struct orr_reported *r = &report->v[i];
    char fingerprint[20], file[800];
    uint64_t second = 0;
    uint32_t n = times_seen(report, &r->first.finding, &second);
    snprintf(fingerprint, sizeof fingerprint, "%016" PRIx64, r->finding.fingerprint);
    snprintf(file, sizeof file, "%s/%s-%u.yaml", report->folder, report->hunt->scenario->name,
             i + 1);
    json_t *object = json_pack(
        "{s:s, s:b, s:s, s:I, s:i, s:o, s:o, s:i, s:b, s:b, s:s, s:s, s:s}", "check",
        r->finding.name, "expected", r->finding.kind == ORR_FINDING_DUE, "text",
        ORR_SHOWN(r->finding.text), "first_run", (json_int_t)r->first.run, "times_seen", (int)n,
        "drawn", size_json(r->before), "shrunk", size_json(r->after), "shrink_runs", (int)r->n_asks,
        "least", r->is_least, "real_signatures", r->is_real, "control", controls[r->control],
        "file", file, "fingerprint", fingerprint);
    if (r->lasso.is_one)
        json_object_set_new(object, "lasso",
                            json_pack("{s:f, s:f, s:I}", "from_s", (double)r->lasso.from * 1e-9,
                                      "to_s", (double)r->lasso.to * 1e-9, "views",
                                      (json_int_t)r->lasso.n_views));
    if (r->story) json_object_set_new(object, "story", json_string(r->story));
    if (n > 1) json_object_set_new(object, "second_run", json_integer((json_int_t)second));
    return object;
}

/* {"swarm": {"runs": 52, "states": [[512, 80], ...]}, ...} */
static json_t *paces_json(const struct orr_hunt *h) {
    json_t *all = json_object();
    for (uint32_t s = 0; s < ORR_N_STRATEGIES; s++) {
        if (!h->pace.runs[s]) continue;
        json_t *states = json_array();
        for (uint32_t i = 0; i < h->n_paces; i++)
            json_array_append_new(states,
                                  json_pack("[I, I]", (json_int_t)ORR_HUNT_GENERATION << i,
                                            (json_int_t)h->paces[i].states[s]));
        json_object_set_new(all, strategies[s],
                            json_pack("{s:I, s:I, s:o}",
                                      "runs", (json_int_t)h->pace.runs[s],
                                      "new_states", (json_int_t)h->pace.states[s],
                                      "after", states));
    }
    return all;
}

static void print_json(const struct orr_hunt_report *report) {
    const struct orr_hunt *h = report->hunt;
    json_t *list = json_array();
    for (uint32_t i = 0; i < report->n; i++) json_array_append_new(list, finding_json(report, i));
    json_t *object = json_pack(
        "{s:s, s:s, s:I, s:I, s:I, s:i, s:f, s:b, s:o, s:o}", "scenario", h->scenario->name,
        "strategy", strategies[h->strategy], "seed", (json_int_t)h->seed,
        "runs", (json_int_t)h->n_done,
        "beyond_assumptions", (json_int_t)h->n_skipped, "runs_found", (int)h->n_caught,
        "runs_per_s",
        report->seconds > 0 ? (double)(h->n_done - report->n_before) / report->seconds : 0.0,
        "as_expected", is_as_expected(report), "findings", list, "strategies", paces_json(h));
    char *text = json_dumps(object, JSON_INDENT(2));
    printf("%s\n", text);
    free(text);
    json_decref(object);
}

int orr_hunt_report_print(const struct orr_hunt_report *report, bool is_json) {
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    if (!to) return 3;
    print_text(report, to);
    bool good = !fclose(to) && orr_hunt_file_write(report->folder, "report.txt", text, len);
    if (is_json)
        print_json(report);
    else
        printf("%s", text);
    free(text);
    if (fflush(stdout)) good = false;
    return !good ? 3 : is_as_expected(report) ? 0 : 1;
}

void orr_hunt_report_fini(struct orr_hunt_report *report) {
    for (uint32_t i = 0; i < report->n; i++) free(report->v[i].story);
    free(report->v);
}
