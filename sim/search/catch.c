#include "sim/search/catch.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/search/shrink.h"
#include "sim/search/story.h"

enum { CPU_S = 10 };

/* ---- the scenario of a plan as a tree ---- */

static struct orr_tree *entry(const struct orr_tree *map, const char *key) {
    if (!map || map->kind != ORR_TREE_MAP) return NULL;
    int64_t at = orr_tree_find(map, key, strlen(key));
    return at < 0 ? NULL : map->items[at];
}

static void take_away(struct orr_tree *map, const char *key) {
    int64_t found = orr_tree_find(map, key, strlen(key));
    if (found < 0) return;
    uint32_t at = (uint32_t)found, behind = map->n - at - 1;
    memmove(map->items + at, map->items + at + 1, behind * sizeof *map->items);
    memmove(map->keys + at, map->keys + at + 1, behind * sizeof *map->keys);
    map->n--;
}

static bool set(struct orr_tree *root, struct orr_scenario_store *store, struct orr_diags *diags,
                const char *text) {
    struct orr_source *source = orr_store_alloc(store, sizeof *source);
    *source = (struct orr_source){"--set", text, strlen(text)};
    return orr_tree_override(root, source, store, diags);
}

static struct orr_tree *parse(const char *text, size_t len, struct orr_scenario_store *store,
                              struct orr_diags *diags) {
    struct orr_source *source = orr_store_alloc(store, sizeof *source);
    *source = (struct orr_source){"plan", orr_store_text(store, text, len), len};
    return orr_tree_parse(source, 0, len, store, diags, NULL);
}

/* A stall that the phase for liveness has found. */
static bool is_of_live(const struct orr_hunt *hunt, const struct orr_finding *finding) {
    return hunt->ground.live_views && !strcmp(finding->name, "termination");
}

/* The hunt's scenario with the plan's seed, nodes and decisions; is_live: of the phase for
 * liveness. */
static struct orr_tree *tree_of(const struct orr_hunt *hunt, const struct orr_plan_drawn *plan,
                                bool is_live, struct orr_scenario_store *store,
                                struct orr_diags *diags) {
    struct orr_live_words live = orr_hunt_live_words(&hunt->ground);
    struct orr_tree *root = parse(hunt->text, hunt->len, store, diags);
    char *list = orr_store_alloc(store, ORR_PLAN_CHARS);
    size_t len = orr_plan_text(plan, list, ORR_PLAN_CHARS);
    struct orr_tree *decisions = parse(list, len, store, diags);
    if (!root || !decisions) return NULL;
    for (uint32_t i = 0; i < hunt->n_overrides; i++)
        if (!set(root, store, diags, hunt->overrides[i])) return NULL;
    if (is_live &&
        (!set(root, store, diags, live.duration) || !set(root, store, diags, live.termination)))
        return NULL;
    char duration[ORR_DURATION_CHARS];
    orr_hunt_duration_word(&hunt->ground, plan->halves, duration);
    if (!is_live && plan->halves != 2 && !set(root, store, diags, duration)) return NULL;
    take_away(root, "signatures");
    take_away(root, "schedule");
    if (!set(root, store, diags,
             orr_store_printf(store, "seed=%llu", (unsigned long long)plan->seed)) ||
        !set(root, store, diags,
             orr_store_printf(store, "nodes.%s.count=%u", hunt->ground.group, plan->n_nodes)))
        return NULL;
    orr_tree_append(store, root, orr_tree_scalar(store, "schedule", root->where), decisions);
    return root;
}

/* ---- what a text shows ---- */

struct asking {
    struct orr_catch *c;
    struct orr_assumptions assumed;
    struct orr_finding kept; /* what is to be kept                        */
    struct orr_finding last; /* what the latest text that shows it came to */
    bool is_real;            /* with the signatures that the text names    */
    bool failed;             /* there can be no process                    */
};

/* Runs a text; false: it is none that can be run. */
static bool look(const struct orr_catch *c, const char *text, size_t len, bool is_real,
                 struct orr_assumptions *assumed, struct orr_finding *finding, bool *failed) {
    static const char *const modelled[] = {"signatures=modelled"};
    struct orr_diags diags = {0};
    struct orr_scenario *s;
    int error = orr_scenario_parse(text, len, c->hunt->name, modelled, is_real ? 0 : 1, &s, &diags);
    if (!error) *assumed = orr_assumptions_of(s);
    if (!error) error = orr_finding_hunt(s, CPU_S, finding);
    orr_scenario_free(s);
    orr_diags_fini(&diags);
    *failed = error == ORR_EIO || error == ORR_ENOMEM;
    return !error;
}

static int shows(void *ctx, const char *text, size_t len) {
    struct asking *a = ctx;
    struct orr_assumptions assumed;
    struct orr_finding finding;
    if (a->c->enough && a->c->enough(a->c->ctx)) return -1;
    if (!look(a->c, text, len, a->is_real, &assumed, &finding, &a->failed))
        return a->failed ? -1 : 0;
    if (!orr_finding_same(&finding, &a->kept) || !orr_assumptions_within(assumed, a->assumed))
        return 0;
    a->last = finding;
    return 1;
}

/* ---- size and shape ---- */

static struct orr_catch_size size_of(const struct orr_tree *root) {
    static const char *const lists[] = {"faults", "schedule"};
    static const char *const places[] = {"view", "height"};
    struct orr_catch_size size = {0};
    for (unsigned l = 0; l < 2; l++) {
        const struct orr_tree *list = entry(root, lists[l]);
        for (uint32_t i = 0; list && i < list->n; i++) {
            size.n_decisions++;
            for (unsigned p = 0; p < 2; p++) size.n_views += entry(list->items[i], places[p]) != 0;
        }
    }
    const struct orr_tree *nodes = entry(root, "nodes");
    for (uint32_t g = 0; nodes && g < nodes->n; g++) {
        const struct orr_tree *count = entry(nodes->items[g], "count");
        size.n_nodes += count && count->kind == ORR_TREE_SCALAR ? (uint32_t)atoi(count->text) : 1;
    }
    return size;
}

static void put_shape(struct orr_catch *c, const struct orr_tree *root) {
    size_t used = (size_t)snprintf(c->shape, sizeof c->shape, "%s:", c->finding.name);
    const struct orr_tree *list = entry(root, "schedule");
    for (uint32_t i = 0; list && i < list->n && used < sizeof c->shape; i++) {
        const struct orr_tree *what = entry(list->items[i], "do");
        const struct orr_tree *how = entry(list->items[i], "behaviour");
        used += (size_t)snprintf(c->shape + used, sizeof c->shape - used, " %.20s",
                                 how    ? how->text
                                 : what ? what->text
                                        : "?");
    }
}

/* ---- the control ---- */

static bool is_flaw(const struct orr_protocol *role, const char *key) {
    for (const struct orr_config_key *k = role->config; k && k->name; k++)
        if (k->flaw && (!strcmp(k->name, key) || (k->also && !strcmp(k->also, key)))) return true;
    return false;
}

/* Takes the flaws out of the roles' settings; false: there are none. */
static bool mend(const struct orr_hunt *hunt, struct orr_tree *root) {
    bool any = false;
    struct orr_tree *nodes = entry(root, "nodes");
    for (uint32_t g = 0; nodes && g < nodes->n; g++) {
        struct orr_tree *config = entry(nodes->items[g], "config");
        for (uint32_t k = config && config->kind == ORR_TREE_MAP ? config->n : 0; k-- > 0;) {
            if (!is_flaw(hunt->scenario->groups[g].role, config->keys[k]->text)) continue;
            take_away(config, config->keys[k]->text);
            any = true;
        }
    }
    return any;
}

/* The shrunk scenario is parsed again: the control is cut out of a tree of its own. */
static void hold_against_control(struct orr_catch *c) {
    struct orr_scenario_store *store = orr_store_new();
    struct orr_diags diags = {0};
    struct orr_tree *root = parse(c->shrunk.v, c->shrunk.len, store, &diags);
    struct orr_assumptions assumed;
    struct orr_finding finding;
    bool failed = false;
    if (root && mend(c->hunt, root)) {
        struct orr_yaml_text text = {0};
        orr_yaml_write(&text, root);
        if (look(c, text.v, text.len, true, &assumed, &finding, &failed)) {
            bool holds = !orr_finding_same(&finding, &c->finding);
            c->control = holds ? ORR_CONTROL_HOLDS : ORR_CONTROL_BREAKS;
            snprintf(c->control_text, sizeof c->control_text, "%s", finding.text);
        }
        free(text.v);
    }
    orr_diags_fini(&diags);
    orr_store_free(store);
}

/* ---- the story ---- */

/* Of a run that comes to an end: it is run once more, in this process. */
static void tell(struct orr_catch *c) {
    static const char *const modelled[] = {"signatures=modelled"};
    if (c->finding.kind == ORR_FINDING_CRASH || c->finding.kind == ORR_FINDING_ENDLESS) return;
    struct orr_diags diags = {0};
    struct orr_scenario *s;
    int error = orr_scenario_parse(c->shrunk.v, c->shrunk.len, c->hunt->name, modelled,
                                   c->is_real ? 0 : 1, &s, &diags);
    if (!error && orr_story_tell(s, ORR_STORY_LINES, &c->story, &diags)) c->story = NULL;
    if (!error && !strcmp(c->finding.name, "termination")) orr_lasso_find(s, &c->lasso, &diags);
    orr_scenario_free(s);
    orr_diags_fini(&diags);
}

/* ---- all of it ---- */

/* Shrinks with modelled signatures, which are quick, or with real ones.  True: what comes out shows
 * it with real ones. */
static bool shrink(struct orr_catch *c, struct asking *a, bool is_real, struct orr_tree *root,
                   struct orr_scenario_store *store) {
    /* who decides nothing for want of work is not what was found */
    bool is_stall = !strcmp(a->kept.name, "termination");
    const char *const kept[] = {"config", "role", "network", "expect", is_stall ? "workload" : NULL,
                                NULL};
    struct orr_shrink s = {.shows = shows, .ctx = a, .max_asks = c->max_asks, .kept = kept};
    a->is_real = is_real;
    orr_shrink(&s, root, store);
    c->n_asks += s.n_asks;
    c->is_least = s.is_least;
    free(c->shrunk.v);
    c->shrunk = (struct orr_yaml_text){0};
    orr_yaml_write(&c->shrunk, root);
    struct orr_assumptions assumed;
    struct orr_finding real;
    bool shows_it = look(c, c->shrunk.v, c->shrunk.len, true, &assumed, &real, &a->failed) &&
                    orr_finding_same(&real, &a->kept);
    c->finding = shows_it ? real : a->last;
    c->after = size_of(root);
    put_shape(c, root);
    return shows_it;
}

int orr_catch(struct orr_catch *c) {
    const struct orr_hunt *hunt = c->hunt;
    struct orr_scenario_store *store = orr_store_new();
    struct orr_diags diags = {0};
    bool is_live = is_of_live(hunt, &c->caught.finding);
    struct orr_tree *root = tree_of(hunt, &c->plan, is_live, store, &diags);
    struct asking a = {.c = c, .kept = c->caught.finding, .last = c->caught.finding};
    struct orr_finding real;
    int error = root ? 0 : ORR_EFORMAT;
    if (!error) {
        orr_yaml_write(&c->drawn, root);
        c->before = size_of(root);
        if (!look(c, c->drawn.v, c->drawn.len, true, &a.assumed, &real, &a.failed))
            error = a.failed ? ORR_EIO : ORR_EFORMAT;
    }
    if (!error) {
        bool was_real = orr_finding_same(&real, &a.kept);
        c->is_real = shrink(c, &a, false, root, store);
        if (was_real && !c->is_real && !a.failed) { /* it hangs on the signatures' bytes */
            root = tree_of(hunt, &c->plan, is_live, store, &diags);
            c->is_real = shrink(c, &a, true, root, store);
        }
        hold_against_control(c);
        tell(c);
        if (a.failed) error = ORR_EIO;
    }
    orr_diags_fini(&diags);
    orr_store_free(store);
    return error;
}

void orr_catch_fini(struct orr_catch *c) {
    free(c->story);
    free(c->drawn.v);
    free(c->shrunk.v);
}
