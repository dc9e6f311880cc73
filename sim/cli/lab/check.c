#include "sim/cli/lab/check.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/bytes.h"
#include "models/base/sha256.h"
#include "sim/base/file.h"
#include "sim/base/memory.h"
#include "sim/cli/lab/rig.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/tree.h"

uint64_t orr_lab_seed(const uint8_t salt[32], const char *lab, const char *exercise,
                      const char *test, uint32_t i) {
    uint8_t digest[32], number[4];
    const char *parts[] = {lab, exercise, test};
    memcpy(digest, salt, sizeof digest);
    for (size_t k = 0; k < sizeof parts / sizeof parts[0]; k++)
        orr_sha256_tagged(1, digest, sizeof digest, parts[k], strlen(parts[k]), digest);
    orr_store_le32(number, i);
    orr_sha256_tagged(2, digest, sizeof digest, number, sizeof number, digest);
    return orr_load_le64(digest) >> 1; /* as --seed takes them */
}

const char *orr_lab_because(const struct orr_lab_exercise *e, const struct orr_lab_trial *t) {
    const char *text = orr_lab_pair_text(e->because, e->n_because, t->what);
    return text ? text : orr_lab_pair_text(e->because, e->n_because,
                                           orr_lab_outcome_name(t->outcome));
}

/* ---- one test ---- */

struct checking {
    const struct orr_lab *lab;
    const struct orr_lab_exercise *exercise;
    const struct orr_lab_wish *wish;
    struct orr_lab_mark *mark;
    struct orr_lab_rig rig;
};

bool orr_lab_is_hopeless(const struct orr_lab_trial *t) {
    return t->outcome == ORR_LAB_FORBIDDEN || t->outcome == ORR_LAB_BROKEN ||
           !strcmp(t->what, "hang") || !strcmp(t->what, "cpu-time") ||
           !strcmp(t->what, "refused") || !strcmp(t->what, "effects") ||
           !strcmp(t->what, "memory");
}

static void note_failure(struct checking *c, struct orr_lab_result *r,
                         const struct orr_lab_trial *t, uint64_t seed, bool is_own) {
    if (r->failed.outcome == ORR_LAB_PASSED) {
        r->failed = *t;
        r->first_seed = seed;
        r->has_own_seed = is_own;
    }
    for (uint32_t i = 0; i < c->exercise->n_caps; i++) {
        const struct orr_lab_pair *cap = &c->exercise->caps[i];
        if (strcmp(cap->name, t->what) || cap->share >= c->mark->cap) continue;
        c->mark->cap = cap->share;
        c->mark->capped_by = cap->name;
    }
}

static uint64_t seed_of(const struct checking *c, const struct orr_lab_test *test, uint32_t i) {
    if (test->is_hidden && c->wish->salt)
        return orr_lab_seed(c->wish->salt, c->lab->name, c->exercise->name, test->name, i);
    return i;
}

static void run_test(struct checking *c, const struct orr_lab_test *test,
                     struct orr_lab_result *r) {
    *r = (struct orr_lab_result){.test = test, .n_seeds = test->n_seeds};
    if (test->is_hidden && c->wish->n_seeds) r->n_seeds = c->wish->n_seeds;
    char *text;
    size_t len;
    const char *why;
    if (orr_file_read(test->scenario, ORR_SCENARIO_MAX_BYTES - 1, &text, &len, &why)) {
        r->failed.outcome = ORR_LAB_BROKEN;
        snprintf(r->failed.text, sizeof r->failed.text, "%s: %s\n", test->scenario, why);
        return;
    }
    for (uint32_t i = 0; i < r->n_seeds && !orr_lab_is_hopeless(&r->failed); i++) {
        uint64_t seed = seed_of(c, test, i);
        bool is_own = !seed && !(test->is_hidden && c->wish->salt);
        char word[40];
        snprintf(word, sizeof word, "seed=%" PRIu64, seed);
        const char *overrides[] = {ORR_LAB_MEMORY, word};
        struct orr_lab_trial_order order = orr_lab_rig_order(&c->rig, text, len, test->scenario);
        order.overrides = overrides, order.n_overrides = is_own ? 1 : 2;
        struct orr_lab_trial trial;
        orr_lab_try(&order, &trial);
        r->n_run++;
        r->fingerprint = (r->fingerprint ^ trial.fingerprint) * 0x9e3779b97f4a7c15u;
        if (trial.outcome == ORR_LAB_PASSED) r->n_passed++;
        else note_failure(c, r, &trial, seed, is_own);
    }
    free(text);
    assert(r->n_passed <= r->n_run && r->n_run <= r->n_seeds);
}

/* ---- one exercise ---- */

/* Hundredths of points, rounded down once. */
static void score(struct orr_lab_mark *m) {
    unsigned __int128 sum = 0;
    uint64_t weights = 0;
    m->passed = !m->build_error && m->n_results;
    for (uint32_t i = 0; i < m->n_results; i++) weights += m->results[i].test->points;
    for (uint32_t i = 0; i < m->n_results; i++) {
        const struct orr_lab_result *r = &m->results[i];
        m->passed &= r->n_passed == r->n_seeds;
        uint64_t part = (uint64_t)m->exercise->points * 100 * r->test->points * r->n_passed;
        sum += ((unsigned __int128)part << 32) / r->n_seeds;
    }
    if (weights) m->earned = (uint64_t)((sum / weights + (1u << 16)) >> 32);
    uint64_t most = (uint64_t)m->exercise->points * m->cap;
    if (m->earned > most) m->earned = most;
    assert(m->earned <= (uint64_t)m->exercise->points * 100);
}

static int check_exercise(struct checking *c, const char *folder, struct orr_diags *diags) {
    const struct orr_lab_exercise *e = c->exercise;
    struct orr_lab_mark *m = c->mark;
    int error = orr_lab_rig_open(c->lab, e, folder, &c->rig, diags);
    m->text = c->rig.build.text;
    c->rig.build.text = NULL;
    m->build_error = error;
    for (uint32_t i = 0; i < e->n_tests && !error; i++) {
        const struct orr_lab_test *test = &e->tests[i];
        if (test->is_hidden && !c->wish->has_hidden) continue;
        if (c->wish->only_case && !orr_lab_test_is(test, c->wish->only_case)) continue;
        if (c->wish->on_test) c->wish->on_test(c->wish->ctx, e, test);
        m->results = orr_xrealloc(m->results, (m->n_results + 1) * sizeof *m->results);
        run_test(c, test, &m->results[m->n_results++]);
    }
    orr_lab_rig_fini(&c->rig);
    score(m);
    return error == ORR_EFORMAT ? 0 : error;
}

int orr_lab_check(const struct orr_lab *lab, const char *folder, const struct orr_lab_wish *wish,
                  struct orr_lab_report *report, struct orr_diags *diags) {
    *report = (struct orr_lab_report){.lab = lab, .passed = true};
    int error = 0;
    for (uint32_t i = 0; i < lab->n_exercises && !error; i++) {
        const struct orr_lab_exercise *e = &lab->exercises[i];
        if (wish->only && strcmp(wish->only, e->name)) continue;
        struct orr_lab_mark *m = &report->marks[report->n_marks++];
        *m = (struct orr_lab_mark){.exercise = e, .cap = 100};
        struct checking c = {.lab = lab, .exercise = e, .wish = wish, .mark = m};
        error = check_exercise(&c, folder, diags);
        report->earned += m->earned;
        report->possible += (uint64_t)e->points * 100;
        report->passed &= m->passed;
        for (uint32_t k = 0; k < m->n_results; k++)
            report->is_broken |= m->results[k].failed.outcome == ORR_LAB_BROKEN;
        if (wish->stops && !m->passed) break;
    }
    return error;
}

void orr_lab_report_fini(struct orr_lab_report *report) {
    for (uint32_t i = 0; i < report->n_marks; i++) {
        free(report->marks[i].text);
        free(report->marks[i].results);
    }
}
