#include "sim/cli/sweep_plan.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/bytes.h"
#include "models/base/sha256.h"
#include "sim/base/memory.h"
#include "sim/base/text.h"
#include "sim/cli/stdout.h"
#include "sim/run/build.h"
#include "sim/scenario/scenario.h"

enum { RANGE_MAX = 100000 };

/* ---- what is written ---- */

static char *copy(const char *text, size_t len) {
    char *to = orr_xrealloc(NULL, len + 1);
    memcpy(to, text, len);
    to[len] = '\0';
    return to;
}

/* The end of the item that begins at `at`: a comma outside of brackets and quotes, or the end. */
static size_t item_end(const char *text, size_t at) {
    int depth = 0;
    char quote = 0;
    for (; text[at]; at++) {
        char c = text[at];
        if (quote) quote = c == quote ? 0 : quote;
        else if (c == '"' || c == '\'') quote = c;
        else if (c == '[' || c == '{') depth++;
        else if (c == ']' || c == '}') depth--;
        else if (c == ',' && depth <= 0) break;
    }
    return at;
}

/* A whole number of at most 19 digits, all of the text; false: it is none. */
static bool read_number(const char *text, size_t len, uint64_t *value) {
    uint64_t n = 0;
    if (!len || len > 19) return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') return false;
        n = 10 * n + (uint64_t)(text[i] - '0');
    }
    *value = n;
    return n <= INT64_MAX;
}

/* "A..B" of whole numbers, A <= B. */
static bool read_range(const char *text, size_t len, uint64_t *from, uint64_t *to) {
    for (size_t i = 0; i + 1 < len; i++)
        if (text[i] == '.' && text[i + 1] == '.')
            return read_number(text, i, from) &&
                   read_number(text + i + 2, len - i - 2, to) && *from <= *to;
    return false;
}

static bool add_seeds(struct orr_sweep_plan *p, uint64_t from, uint64_t to) {
    if (to - from >= RANGE_MAX || p->n_seeds + (to - from) >= RANGE_MAX) {
        fprintf(stderr, "orrery sweep: more than %d seeds\n", RANGE_MAX);
        return false;
    }
    p->seeds = orr_xrealloc(p->seeds, (p->n_seeds + (to - from) + 1) * sizeof *p->seeds);
    for (uint64_t seed = from; seed <= to; seed++) p->seeds[p->n_seeds++] = seed;
    return true;
}

bool orr_sweep_plan_seeds(struct orr_sweep_plan *p, const char *text) {
    for (size_t at = 0, end;; at = end + 1) { /* ends: at grows to the text's end */
        uint64_t from, to;
        end = item_end(text, at);
        bool is_one = read_number(text + at, end - at, &from);
        if (is_one) to = from;
        else if (!read_range(text + at, end - at, &from, &to)) {
            fprintf(stderr,
                    "orrery sweep: --seeds and `seeds:` take numbers and ranges, as 1..10,20: "
                    "'%s'\n",
                    ORR_SHOWN(text));
            return false;
        }
        if (!add_seeds(p, from, to)) return false;
        if (!text[end]) return true;
    }
}

static bool add_value(const struct orr_sweep_plan *p, struct orr_sweep_axis *axis, char *moved) {
    bool may_repeat = &p->axes[axis->lead] != axis;
    for (uint32_t i = 0; i < axis->n && !may_repeat; i++)
        if (!strcmp(axis->values[i], moved)) {
            fprintf(stderr, "orrery sweep: %s has the value %s twice\n", axis->key, moved);
            free(moved);
            return false;
        }
    axis->values = orr_xrealloc(axis->values, (axis->n + 1) * sizeof *axis->values);
    axis->values[axis->n++] = moved;
    return true;
}

static bool add_values(const struct orr_sweep_plan *p, struct orr_sweep_axis *axis,
                       const char *text, size_t len) {
    uint64_t from, to;
    if (!read_range(text, len, &from, &to)) return len && add_value(p, axis, copy(text, len));
    if (to - from >= RANGE_MAX) return false;
    for (uint64_t n = from; n <= to; n++) {
        char number[24];
        snprintf(number, sizeof number, "%llu", (unsigned long long)n);
        if (!add_value(p, axis, copy(number, strlen(number)))) return false;
    }
    return true;
}

/* A new axis; lead: the one that it goes along with, or itself.  NULL: refused, and told. */
static struct orr_sweep_axis *add_axis(struct orr_sweep_plan *p, const char *key, size_t len,
                                       uint32_t lead) {
    if (p->n_axes == ORR_SWEEP_AXES) {
        fprintf(stderr, "orrery sweep: more than %d keys that vary\n", ORR_SWEEP_AXES);
        return NULL;
    }
    for (uint32_t i = 0; i < p->n_axes; i++)
        if (strlen(p->axes[i].key) == len && !memcmp(p->axes[i].key, key, len)) {
            fprintf(stderr, "orrery sweep: %s varies twice\n", p->axes[i].key);
            return NULL;
        }
    struct orr_sweep_axis *axis = &p->axes[p->n_axes++];
    *axis = (struct orr_sweep_axis){.key = copy(key, len), .lead = lead};
    return axis;
}

/* KEY=VALUE,VALUE,... of the option that is called so. */
static bool read_axis(struct orr_sweep_plan *p, const char *option, const char *text,
                      uint32_t lead) {
    const char *is = strchr(text, '=');
    if (!is || is == text || !is[1]) {
        fprintf(stderr, "orrery sweep: %s wants KEY=VALUE,VALUE,...\n", option);
        return false;
    }
    struct orr_sweep_axis *axis = add_axis(p, text, (size_t)(is - text), lead);
    if (!axis) return false;
    for (size_t at = 0, end; is[at]; at = end) { /* ends: at grows to the text's end */
        end = item_end(is, at + 1);
        if (!add_values(p, axis, is + at + 1, end - at - 1)) {
            fprintf(stderr, "orrery sweep: %s %s: no values, or a range of too many: '%s'\n",
                    option, axis->key, ORR_SHOWN(is + 1));
            return false;
        }
    }
    return true;
}

bool orr_sweep_plan_vary(struct orr_sweep_plan *p, const char *text) {
    return read_axis(p, "--vary", text, p->n_axes);
}

bool orr_sweep_plan_zip(struct orr_sweep_plan *p, const char *text) {
    if (p->n_axes) return read_axis(p, "--zip", text, p->axes[p->n_axes - 1].lead);
    fprintf(stderr, "orrery sweep: --zip goes behind the --vary that it goes along with\n");
    return false;
}

/* ---- what the scenario says ---- */

static bool take_key(struct orr_sweep_plan *p, const struct orr_vary_spec *v) {
    uint32_t lead = p->n_axes;
    for (uint32_t i = 0; i < p->n_axes && *v->with; i++)
        if (!strcmp(p->axes[i].key, v->with)) lead = i;
    struct orr_sweep_axis *axis = add_axis(p, v->key, strlen(v->key), lead);
    for (uint32_t i = 0; axis && i < v->n_values; i++)
        if (!add_values(p, axis, v->values[i], strlen(v->values[i]))) return false;
    return axis != NULL;
}

static bool take_variants(struct orr_sweep_plan *p, const struct orr_sweep_spec *s) {
    struct orr_sweep_axis *axis = add_axis(p, "variant", 7, p->n_axes);
    for (uint32_t i = 0; axis && i < s->n_variants; i++)
        if (!add_value(p, axis, copy(s->variants[i].name, strlen(s->variants[i].name))))
            return false;
    return axis != NULL;
}

static const struct orr_variant_spec *variant_of(const struct orr_sweep_spec *s,
                                                 const char *name) {
    for (uint32_t i = 0; i < s->n_variants; i++)
        if (!strcmp(s->variants[i].name, name)) return &s->variants[i];
    return NULL;
}

/* An axis `variant` means the scenario's variants, if it has any. */
static bool mark_variants(struct orr_sweep_plan *p, const struct orr_sweep_spec *s) {
    for (uint32_t i = 0; i < p->n_axes && s->n_variants; i++) {
        struct orr_sweep_axis *axis = &p->axes[i];
        if (strcmp(axis->key, "variant")) continue;
        axis->is_variant = true;
        for (uint32_t k = 0; k < axis->n; k++) {
            if (variant_of(s, axis->values[k])) continue;
            fprintf(stderr, "orrery sweep: the scenario has no variant '%s'; it has",
                    ORR_SHOWN(axis->values[k]));
            for (uint32_t v = 0; v < s->n_variants; v++)
                fprintf(stderr, " %s", s->variants[v].name);
            fprintf(stderr, "\n");
            return false;
        }
    }
    return true;
}

int orr_sweep_plan_take(struct orr_sweep_plan *p) {
    struct orr_diags diags = {0};
    int kept = orr_stdout_keep();
    int error = orr_scenario_load(p->path, p->fixed, p->n_fixed, &p->base, &diags);
    orr_stdout_give_back(kept);
    orr_diags_fini(&diags); /* orr_sweep_plan_check tells what is wrong with each combination */
    if (error) return 0;
    const struct orr_sweep_spec *s = &p->base->sweep;
    bool good = true, given = p->n_axes > 0;
    for (uint32_t i = 0; i < s->n_seeds && good && !(i == 0 && p->n_seeds); i++)
        good = orr_sweep_plan_seeds(p, s->seeds[i]);
    for (uint32_t i = 0; i < s->n_vary && good && !given; i++) good = take_key(p, &s->vary[i]);
    if (good && !given && s->n_variants) good = take_variants(p, s);
    return good && mark_variants(p, s) ? 0 : 2;
}

/* ---- runs ---- */

static uint32_t n_combinations(const struct orr_sweep_plan *p) {
    uint64_t n = 1;
    for (uint32_t i = 0; i < p->n_axes && n <= ORR_SWEEP_RUNS; i++)
        if (p->axes[i].lead == i) n *= p->axes[i].n;
    return n > ORR_SWEEP_RUNS ? ORR_SWEEP_RUNS + 1 : (uint32_t)n;
}

static const char *value_of(const struct orr_sweep_plan *p, uint32_t combination, uint32_t axis) {
    uint32_t lead = p->axes[axis].lead;
    for (uint32_t i = p->n_axes; i-- > lead + 1;)
        if (p->axes[i].lead == i) combination /= p->axes[i].n;
    return p->axes[axis].values[combination % p->axes[lead].n];
}

static void add_change(char ***changes, uint32_t *n, const char *key, const char *value) {
    size_t size = strlen(key) + strlen(value) + 2;
    char *text = orr_xrealloc(NULL, size);
    snprintf(text, size, "%s%s%s", key, *key ? "=" : "", value);
    *changes = orr_xrealloc(*changes, (*n + 1) * sizeof **changes);
    (*changes)[(*n)++] = text;
}

static char **changes_of(const struct orr_sweep_plan *p, uint32_t combination, uint32_t *n) {
    char **changes = NULL;
    *n = 0;
    for (uint32_t i = 0; i < p->n_fixed; i++) add_change(&changes, n, "", p->fixed[i]);
    for (uint32_t i = 0; i < p->n_axes; i++) {
        const char *value = value_of(p, combination, i);
        if (!p->axes[i].is_variant) {
            add_change(&changes, n, p->axes[i].key, value);
            continue;
        }
        const struct orr_variant_spec *v = variant_of(&p->base->sweep, value);
        for (uint32_t k = 0; k < v->n_changes; k++) add_change(&changes, n, "", v->changes[k]);
    }
    return changes;
}

char **orr_sweep_plan_changes(const struct orr_sweep_plan *p, uint32_t run, uint32_t *n) {
    assert(run < p->n_runs);
    return changes_of(p, run / p->n_seeds, n);
}

void orr_sweep_plan_changes_free(char **changes, uint32_t n) {
    while (n) free(changes[--n]);
    free(changes);
}

const char *orr_sweep_plan_value(const struct orr_sweep_plan *p, uint32_t run, uint32_t axis) {
    assert(run < p->n_runs && axis < p->n_axes);
    return value_of(p, run / p->n_seeds, axis);
}

uint64_t orr_sweep_plan_seed(const struct orr_sweep_plan *p, uint32_t run) {
    assert(run < p->n_runs);
    return p->seeds[run % p->n_seeds];
}

void orr_sweep_plan_digest(const struct orr_sweep_plan *p, uint32_t run,
                           char text[ORR_SWEEP_DIGEST]) {
    uint8_t seed[8], digest[32];
    orr_store_le64(seed, orr_sweep_plan_seed(p, run));
    orr_sha256_tagged('r', p->digests[run / p->n_seeds], 32, seed, sizeof seed, digest);
    for (int i = 0; i < 16; i++) snprintf(text + 2 * i, 3, "%02x", digest[i]);
}

/* ---- the scenario in each combination ---- */

/* Of the text without its `sweep:`, so that more of a sweep leaves the runs that are there. */
static void take_digest(const struct orr_scenario *s, uint8_t digest[32]) {
    const char *text = s->source.text;
    size_t begin = s->sweep.begin, end = s->sweep.end;
    memcpy(digest, s->digest, 32);
    if (end) {
        orr_sha256_tagged('s', text, begin, text + end, s->source.len - end, digest);
        for (uint32_t i = 0; i < s->n_overrides; i++)
            orr_sha256_tagged('o', digest, 32, s->overrides[i], strlen(s->overrides[i]), digest);
    }
    const struct orr_data_file *at = NULL;
    for (const struct orr_source *f; (f = orr_data_each(s->files, &at));)
        orr_sha256_tagged('f', digest, 32, f->text, f->len, digest);
}

static int check_one(struct orr_sweep_plan *p, uint32_t combination) {
    uint32_t n;
    char **changes = changes_of(p, combination, &n);
    struct orr_diags diags = {0};
    struct orr_scenario *s = NULL;
    struct orr_build build;
    int kept = orr_stdout_keep();
    int error = orr_scenario_load(p->path, (const char *const *)changes, n, &s, &diags);
    if (!error) {
        error = orr_build(&build, s, s->files, &diags);
        orr_build_fini(&build);
    }
    orr_stdout_give_back(kept);
    if (error) {
        orr_diags_print(&diags, stderr, orr_diag_colour(stderr));
    } else {
        take_digest(s, p->digests[combination]);
        snprintf(p->name, sizeof p->name, "%s", s->name);
        if (!p->n_seeds) add_seeds(p, s->seed, s->seed);
    }
    orr_sweep_plan_changes_free(changes, n);
    orr_scenario_free(s);
    orr_diags_fini(&diags);
    return !error ? 0 : error == ORR_ENOMEM ? 3 : 2;
}

static bool lengths_agree(const struct orr_sweep_plan *p) {
    for (uint32_t i = 0; i < p->n_axes; i++) {
        const struct orr_sweep_axis *axis = &p->axes[i], *lead = &p->axes[axis->lead];
        if (axis->n == lead->n) continue;
        fprintf(stderr, "orrery sweep: %s goes along with %s and has %u values where that has %u\n",
                axis->key, lead->key, axis->n, lead->n);
        return false;
    }
    return true;
}

int orr_sweep_plan_check(struct orr_sweep_plan *p) {
    if (!lengths_agree(p)) return 2;
    uint32_t n = n_combinations(p);
    if ((uint64_t)n * (p->n_seeds ? p->n_seeds : 1) > ORR_SWEEP_RUNS) {
        fprintf(stderr, "orrery sweep: more than %d runs\n", ORR_SWEEP_RUNS);
        return 2;
    }
    p->digests = orr_xrealloc(NULL, n * sizeof *p->digests);
    for (uint32_t i = 0; i < n; i++) {
        int code = check_one(p, i);
        if (code) return code;
    }
    for (uint32_t i = 0; i < p->n_seeds; i++)
        for (uint32_t k = 0; k < i; k++)
            if (p->seeds[k] == p->seeds[i]) {
                fprintf(stderr, "orrery sweep: seed %llu is there twice\n",
                        (unsigned long long)p->seeds[i]);
                return 2;
            }
    p->n_runs = n * p->n_seeds;
    return 0;
}

void orr_sweep_plan_fini(struct orr_sweep_plan *p) {
    for (uint32_t i = 0; i < p->n_axes; i++) {
        for (uint32_t k = 0; k < p->axes[i].n; k++) free(p->axes[i].values[k]);
        free(p->axes[i].values);
        free(p->axes[i].key);
    }
    free(p->seeds);
    free(p->digests);
    orr_scenario_free(p->base);
    *p = (struct orr_sweep_plan){0};
}
