#include "sim/scenario/scenario.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/data_file.h"
#include "sim/base/file.h"
#include "sim/base/memory.h"
#include "sim/scenario/bind.h"

static void take_digest(struct orr_scenario *s) {
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, (const unsigned char *)s->source.text, s->source.len);
    crypto_hash_sha256_update(&state, (const unsigned char *)"", 1);
    for (uint32_t i = 0; i < s->n_overrides; i++)
        crypto_hash_sha256_update(&state, (const unsigned char *)s->overrides[i],
                                  strlen(s->overrides[i]) + 1);
    crypto_hash_sha256_final(&state, s->digest);
}

static const char *folder_of(struct orr_scenario_store *store, const char *name) {
    const char *slash = strrchr(name, '/');
    return slash ? orr_store_text(store, name, (size_t)(slash + 1 - name)) : "";
}

/* The overrides as sources of their own, kept by the scenario. */
static bool apply_overrides(struct orr_scenario *s, struct orr_tree *root,
                            const char *const *overrides, uint32_t n, struct orr_diags *diags) {
    const char **texts = orr_store_alloc(s->store, (n + 1) * sizeof *texts);
    bool good = true;
    for (uint32_t i = 0; i < n; i++) {
        struct orr_source *source = orr_store_alloc(s->store, sizeof *source);
        texts[i] = orr_store_text(s->store, overrides[i], strlen(overrides[i]));
        *source = (struct orr_source){"--set", texts[i], strlen(texts[i])};
        good = orr_tree_override(root, source, s->store, diags) && good;
    }
    s->overrides = texts;
    s->n_overrides = n;
    return good;
}

/* The part of the text from the key to the next one. */
static void find_sweep(struct orr_scenario *s, const struct orr_tree *root) {
    int64_t i = root->kind == ORR_TREE_MAP ? orr_tree_find(root, "sweep", 5) : -1;
    if (i < 0) return;
    s->sweep.begin = root->keys[i]->where.offset;
    s->sweep.end = (uint32_t)i + 1 < root->n ? root->keys[i + 1]->where.offset : s->source.len;
}

/* Binds, resolves, checks.  Later steps lean on earlier ones, so they wait for them to be clean. */
static void build(struct orr_scenario *s, const struct orr_tree *root,
                  const struct orr_scenario_inputs *inputs, struct orr_diags *diags) {
    struct orr_binder b = {.scenario = s, .store = s->store, .diags = diags, .inputs = inputs};
    b.last = &b.first;
    b.folder = folder_of(s->store, s->source.name);
    bool bound = orr_bind_table(&b, &orr_scenario_keys, root, s);
    if (s->groups || bound) orr_bind_names(&b);
    if (bound && !diags->n_errors) orr_scenario_check(&b);
    if (bound && !diags->n_errors) orr_scenario_warn(&b);
}

int orr_scenario_parse(const char *text, size_t len, const char *name, const char *const *overrides,
                       uint32_t n_overrides, struct orr_scenario **scenario,
                       struct orr_diags *diags) {
    return orr_scenario_parse_with(text, len, name, overrides, n_overrides, NULL, scenario, diags);
}

int orr_scenario_parse_with(const char *text, size_t len, const char *name,
                            const char *const *overrides, uint32_t n_overrides,
                            const struct orr_scenario_inputs *inputs,
                            struct orr_scenario **scenario, struct orr_diags *diags) {
    uint32_t n_errors = diags->n_errors, first = diags->n;
    bool limit = false;
    struct orr_scenario_store *store = orr_store_new();
    struct orr_scenario *s = orr_store_alloc(store, sizeof *s);
    s->store = store;
    s->files = orr_store_alloc(store, sizeof *s->files);
    if (inputs) {
        *s->files = inputs->files;
        s->files->closed = true;
    }
    size_t kept = len <= ORR_SCENARIO_MAX_BYTES ? len : 0;
    s->source = (struct orr_source){orr_store_text(store, name, strlen(name)),
                                    orr_store_text(store, text, kept), kept};
    if (kept < len) {
        limit = true;
        orr_diag_add(diags, ORR_DIAG_ERROR, (struct orr_span){&s->source, 0, 0},
                     "the limit is 1 MiB", "the file is too large");
    } else {
        struct orr_tree *root = orr_tree_parse(&s->source, 0, len, store, diags, &limit);
        if (root) find_sweep(s, root);
        if (root && apply_overrides(s, root, overrides, n_overrides, diags))
            build(s, root, inputs, diags);
    }
    orr_diags_sort(diags, first);
    take_digest(s);
    *scenario = s;
    if (diags->n_errors == n_errors) return 0;
    return limit ? ORR_ELIMIT : ORR_EFORMAT;
}

int orr_scenario_reschedule(const struct orr_scenario *scenario, const char *text, size_t len,
                            struct orr_scenario_store *store, struct orr_scenario *plan,
                            struct orr_diags *diags) {
    uint32_t n_errors = diags->n_errors;
    struct orr_source *source = orr_store_alloc(store, sizeof *source);
    *source = (struct orr_source){"schedule", orr_store_text(store, text, len), len};
    *plan = *scenario;
    plan->n_faults -= plan->n_schedule;
    plan->schedule = NULL;
    plan->n_schedule = 0;
    plan->store = store;
    struct orr_binder b = {.scenario = plan, .store = store, .diags = diags};
    b.last = &b.first;
    const struct orr_scenario_key *key =
        &orr_scenario_keys.keys[orr_scenario_key_find(&orr_scenario_keys, "schedule", 8)];
    struct orr_tree *list = orr_tree_parse(source, 0, len, store, diags, NULL);
    if (list && orr_bind_key(&b, key, list, plan)) orr_bind_schedule(&b);
    if (diags->n_errors == n_errors) orr_scenario_check_schedule(&b);
    return diags->n_errors == n_errors ? 0 : ORR_EFORMAT;
}

/* All of standard input, one byte more than the limit at most. */
static int read_input(char **text, size_t *len, const char **why) {
    *text = orr_xrealloc(NULL, ORR_SCENARIO_MAX_BYTES + 1);
    *len = fread(*text, 1, ORR_SCENARIO_MAX_BYTES + 1, stdin);
    if (!ferror(stdin)) return 0;
    *why = strerror(errno);
    free(*text);
    return ORR_EIO;
}

int orr_scenario_load(const char *path, const char *const *overrides, uint32_t n_overrides,
                      struct orr_scenario **scenario, struct orr_diags *diags) {
    bool standard = !strcmp(path, "-");
    size_t len = 0;
    char *text;
    const char *why = "", *hint = NULL;
    int error = standard ? read_input(&text, &len, &why)
                         : orr_file_read(path, ORR_SCENARIO_MAX_BYTES, &text, &len, &why);
    if (error) {
        if (error == ORR_ELIMIT) hint = "the limit is 1 MiB";
        else if (!strcmp(why, "not a regular file")) hint = "`-` is standard input";
        orr_diag_add(diags, ORR_DIAG_ERROR, (struct orr_span){0}, hint, "cannot read %s: %s", path,
                     why);
        *scenario = NULL;
        return error;
    }
    int result = orr_scenario_parse(text, len, standard ? "<stdin>" : path, overrides, n_overrides,
                                    scenario, diags);
    free(text);
    return result;
}

void orr_scenario_free(struct orr_scenario *scenario) {
    if (!scenario) return;
    orr_data_files_free(scenario->files);
    orr_store_free(scenario->store);
}

const struct orr_group_spec *orr_scenario_group_of(const struct orr_scenario *scenario,
                                                   uint32_t node) {
    assert(node < scenario->n_nodes);
    uint32_t low = 0, high = scenario->n_groups;
    while (high - low > 1) { /* groups[low].first <= node < groups[high].first */
        uint32_t middle = low + (high - low) / 2;
        if (scenario->groups[middle].first <= node)
            low = middle;
        else
            high = middle;
    }
    return &scenario->groups[low];
}

uint32_t orr_scenario_region_of(const struct orr_scenario *scenario, uint32_t node) {
    if (scenario->region_of) return scenario->region_of[node];
    const struct orr_group_spec *group = orr_scenario_group_of(scenario, node);
    uint32_t i = node - group->first;
    if (!group->n_shares) return scenario->n_regions ? i % scenario->n_regions : ORR_NO_INDEX;
    uint64_t sum = 0;
    for (uint32_t j = 0; j < group->n_shares; j++) {
        sum += group->shares[j].share;
        if (i < (group->count * sum + 500000000) / 1000000000) return group->shares[j].region;
    }
    return group->shares[group->n_shares - 1].region;
}

const struct orr_config_key *orr_scenario_leaders_key(const struct orr_protocol *role) {
    for (const struct orr_config_key *k = role->config; k && k->name; k++)
        if (k->type == ORR_CONFIG_LIST && !strcmp(k->name, "leaders")) return k;
    return NULL;
}

bool orr_target_has(const struct orr_scenario *scenario, const struct orr_target *target,
                    uint32_t node) {
    switch (target->kind) {
    case ORR_TARGET_NODES: return !target->twin && node - target->first < target->n;
    case ORR_TARGET_REGION: return orr_scenario_region_of(scenario, node) == target->index;
    case ORR_TARGET_ROLE: return orr_scenario_group_of(scenario, node)->role == target->role;
    default: return false;
    }
}
