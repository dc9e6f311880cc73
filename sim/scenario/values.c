/* Values whose text has a grammar of its own: roles and their settings, regions, stakes, targets,
 * conditions. */
#include <stdio.h>
#include <string.h>

#include "models/registry.h"
#include "sim/base/plugin.h"
#include "sim/scenario/bind.h"
#include "sim/scenario/names.h"

enum { MAX_ROLES = 64 };

static bool refuse(struct orr_binder *b, const struct orr_scenario_key *key,
                   const struct orr_tree *tree, const char *what) {
    char accepts[600];
    return orr_bind_error(b, tree, orr_scenario_key_accepts(key, accepts, sizeof accepts), "%s",
                          what);
}

static void put_array(const struct orr_scenario_key *key, void *base, const void *array,
                      uint32_t n) {
    memcpy(orr_bind_at(base, key->offset), &array, sizeof array);
    memcpy(orr_bind_at(base, key->count_offset), &n, sizeof n);
}

/* One or a list: the number of items, and item i. */
static uint32_t n_items(const struct orr_tree *tree) {
    return tree->kind == ORR_TREE_LIST ? tree->n : 1;
}
static const struct orr_tree *item_of(const struct orr_tree *tree, uint32_t i) {
    return tree->kind == ORR_TREE_LIST ? tree->items[i] : tree;
}

static bool is_text(const struct orr_tree *tree) {
    return tree->kind == ORR_TREE_SCALAR && tree->len > 0;
}

/* ---- roles ---- */

/* A protocol from a file, relative to the scenario's folder. */
static bool bind_plugin(struct orr_binder *b, const struct orr_tree *tree, void *base) {
    struct orr_group_spec *group = base;
    const char *path = group->plugin_name = tree->text;
    for (uint32_t i = 0; b->inputs && i < b->inputs->n_plugins; i++)
        if (!strcmp(b->inputs->plugins[i].name, path)) group->plugin = b->inputs->plugins[i].plugin;
    if (b->inputs && !group->plugin)
        return orr_bind_error(b, tree, NULL, "the plug-in '%.200s' was not given", path);
    if (group->plugin) {
        group->role = group->plugin->protocol;
        return true;
    }
    if (*path != '/') path = orr_store_printf(b->store, "%s%s", b->folder, path);
    if (orr_plugin_load(path, tree->where, b->diags, &group->plugin)) return false;
    group->role = group->plugin->protocol;
    return true;
}

static bool bind_role(struct orr_binder *b, const struct orr_scenario_key *key,
                      const struct orr_tree *tree, void *base) {
    if (!is_text(tree)) return refuse(b, key, tree, "the name of a protocol is meant");
    if (orr_plugin_is_path(tree->text)) return bind_plugin(b, tree, base);
    const struct orr_protocol *role = orr_registry_find(tree->text);
    if (role) {
        *(const struct orr_protocol **)orr_bind_at(base, key->offset) = role;
        return true;
    }
    const char *names[MAX_ROLES];
    size_t n = 0;
    const struct orr_protocol *p;
    while (n < MAX_ROLES && (p = orr_registry_at((unsigned)n))) names[n++] = p->name;
    char accepts[600];
    const char *hint =
        orr_bind_hint(b, tree, names, n, orr_scenario_key_accepts(key, accepts, sizeof accepts));
    return orr_bind_error(b, tree, hint, "there is no protocol '%.80s'", tree->text);
}

static bool bind_config(struct orr_binder *b, const struct orr_scenario_key *key,
                        const struct orr_tree *tree, void *base) {
    const struct orr_protocol *role = ((struct orr_group_spec *)base)->role;
    if (!role) return true; /* an error has been added already */
    if (tree->kind != ORR_TREE_MAP) return refuse(b, key, tree, "a map of settings is meant");
    const void **config = orr_bind_at(base, key->offset);
    return orr_bind_settings(b, tree, role->config, role->config_size, role->name, config);
}

/* ---- regions ---- */

static bool bind_region(struct orr_binder *b, const struct orr_scenario_key *key,
                        const struct orr_tree *tree, void *base) {
    if (is_text(tree) && !strcmp(tree->text, "any")) return true;
    bool one = is_text(tree);
    uint32_t n = one ? 1 : tree->kind == ORR_TREE_MAP ? tree->n : 0;
    if (!n) return refuse(b, key, tree, "a region, `any` or a map of shares is meant");
    struct orr_region_share *shares = orr_store_alloc(b->store, n * sizeof *shares);
    int64_t sum = 0;
    bool good = true;
    for (uint32_t i = 0; i < n; i++) {
        const struct orr_tree *name = one ? tree : tree->keys[i];
        const char *implicit = name->quoted ? NULL : orr_implicit_type(name->text, name->len);
        if (implicit || !strcmp(name->text, "any") || !strcmp(name->text, "all"))
            good = orr_bind_error(b, name, "choose another name", "'%.80s' cannot name a region",
                                  name->text);
        int64_t share = 1000000000;
        if (!one) {
            static const struct orr_scenario_key share_key = {.name = "share",
                                                              .type = ORR_KEY_QUANTITY,
                                                              .quantity = ORR_QUANTITY_SHARE,
                                                              .max = 1000000000};
            size_t mark = orr_bind_enter(b, name->text);
            if (!orr_bind_key(b, &share_key, tree->items[i], &share)) good = false, share = 0;
            orr_bind_leave(b, mark);
        }
        sum += share;
        shares[i].share = (uint64_t)share;
        orr_bind_later(b, name, &shares[i], 0, orr_resolve_region);
    }
    if (good && sum != 1000000000) {
        char text[48];
        orr_quantity_print(ORR_QUANTITY_SHARE, sum, text, sizeof text);
        return orr_bind_error(b, tree, "the shares of a group add up to 100 %", "they add up to %s",
                              text);
    }
    put_array(key, base, shares, n);
    return good;
}

static bool bind_jitter(struct orr_binder *b, const struct orr_tree *tree, void *base) {
    struct orr_regions_spec *regions = base;
    int64_t share;
    size_t at;
    if (is_text(tree) && orr_quantity_parse(ORR_QUANTITY_SHARE, tree->text, tree->len, &share,
                                            &at) == ORR_QUANTITY_GOOD) {
        if (share > 1000000000)
            return orr_bind_error(b, tree, "from 0 % to 100 %", "%s is too large", tree->text);
        regions->jitter_share = (uint64_t)share;
        return true;
    }
    return orr_bind_table(b, orr_dist_time_keys, tree, &regions->jitter);
}

/* ---- stakes ---- */

static bool bind_stakes(struct orr_binder *b, const struct orr_scenario_key *key,
                        const struct orr_tree *tree, void *base) {
    uint32_t n = n_items(tree), count = ((struct orr_group_spec *)base)->count;
    if (tree->kind == ORR_TREE_MAP || !n) return refuse(b, key, tree, "numbers are meant");
    if (tree->kind == ORR_TREE_LIST && count && n != count)
        return orr_bind_error(b, tree, "one number for all nodes, or a list with one for each",
                              "%u stakes for %u nodes", n, count);
    uint64_t *stakes = orr_store_alloc(b->store, n * sizeof *stakes);
    struct orr_scenario_key one = *key;
    one.type = ORR_KEY_NUMBER;
    one.offset = 0;
    bool good = true;
    for (uint32_t i = 0; i < n; i++)
        good = orr_bind_key(b, &one, item_of(tree, i), &stakes[i]) && good;
    put_array(key, base, stakes, n);
    return good;
}

static bool bind_numbers(struct orr_binder *b, const struct orr_scenario_key *key,
                         const struct orr_tree *tree, void *base) {
    uint32_t n = n_items(tree);
    if (tree->kind == ORR_TREE_MAP || !n) return refuse(b, key, tree, "numbers are meant");
    uint64_t *numbers = orr_store_alloc(b->store, n * sizeof *numbers);
    struct orr_scenario_key one = *key;
    one.type = ORR_KEY_NUMBER;
    one.offset = 0;
    bool good = true;
    for (uint32_t i = 0; i < n; i++)
        good = orr_bind_key(b, &one, item_of(tree, i), &numbers[i]) && good;
    *(const uint64_t **)orr_bind_at(base, key->offset) = numbers;
    *(uint64_t *)orr_bind_at(base, key->count_offset) = n;
    return good;
}

/* ---- who is meant ---- */

static bool bind_targets(struct orr_binder *b, const struct orr_scenario_key *key,
                         const struct orr_tree *tree, uint32_t allow, struct orr_targets *out) {
    uint32_t n = n_items(tree);
    if (tree->kind == ORR_TREE_MAP || !n) return refuse(b, key, tree, "names are meant");
    struct orr_target *targets = orr_store_alloc(b->store, n * sizeof *targets);
    for (uint32_t i = 0; i < n; i++) {
        const struct orr_tree *item = item_of(tree, i);
        if (!is_text(item)) return refuse(b, key, item, "a name is meant");
        targets[i].where = item->where;
        orr_bind_later(b, item, &targets[i], allow, orr_resolve_target);
    }
    *out = (struct orr_targets){targets, n};
    return true;
}

static bool bind_groups(struct orr_binder *b, const struct orr_scenario_key *key,
                        const struct orr_tree *tree, void *base) {
    if (tree->kind != ORR_TREE_LIST || tree->n < 2)
        return refuse(b, key, tree, "two groups or more are meant");
    struct orr_targets *groups = orr_store_alloc(b->store, tree->n * sizeof *groups);
    bool good = true;
    for (uint32_t i = 0; i < tree->n; i++) {
        size_t mark = orr_bind_enter_item(b, i);
        /* the members of a partition must be known beforehand, to detect overlaps */
        good = bind_targets(b, key, tree->items[i],
                            ORR_ALLOW_GROUP | ORR_ALLOW_NODE | ORR_ALLOW_REGION | ORR_ALLOW_ROLE |
                                ORR_ALLOW_TWIN,
                            &groups[i]) &&
               good;
        orr_bind_leave(b, mark);
    }
    put_array(key, base, groups, tree->n);
    return good;
}

static bool is_pair(struct orr_binder *b, const struct orr_scenario_key *key,
                    const struct orr_tree *tree) {
    return (tree->kind == ORR_TREE_LIST && tree->n == 2) || refuse(b, key, tree, "a pair is meant");
}

static bool bind_between(struct orr_binder *b, const struct orr_scenario_key *key,
                         const struct orr_tree *tree, void *base) {
    struct orr_link_spec *link = base;
    if (!is_pair(b, key, tree)) return false;
    struct orr_target *ends[2] = {&link->a, &link->b};
    for (uint32_t i = 0; i < 2; i++) {
        if (!is_text(tree->items[i])) return refuse(b, key, tree->items[i], "a name is meant");
        ends[i]->where = tree->items[i]->where;
        orr_bind_later(b, tree->items[i], ends[i], ORR_ALLOW_GROUP | ORR_ALLOW_REGION,
                       orr_resolve_target);
    }
    return true;
}

static bool bind_within(struct orr_binder *b, const struct orr_scenario_key *key,
                        const struct orr_tree *tree, void *base) {
    struct orr_link_spec *link = base;
    if (!is_text(tree)) return refuse(b, key, tree, "a name is meant");
    if (link->a.where.source)
        return orr_bind_error(b, tree, NULL, "'between' and 'within' exclude each other");
    link->within = true;
    link->within_any = !strcmp(tree->text, "any");
    link->a.where = link->b.where = tree->where;
    if (link->within_any) return true;
    orr_bind_later(b, tree, &link->a, ORR_ALLOW_GROUP | ORR_ALLOW_REGION, orr_resolve_target);
    orr_bind_later(b, tree, &link->b, ORR_ALLOW_GROUP | ORR_ALLOW_REGION, orr_resolve_target);
    return true;
}

static bool bind_receivers(struct orr_binder *b, const struct orr_scenario_key *key,
                           const struct orr_tree *tree, void *base) {
    struct orr_workload_spec *workload = base;
    bool all = is_text(tree) && !strcmp(tree->text, "all");
    if (all || (is_text(tree) && !strcmp(tree->text, "one"))) {
        workload->to_every = all;
        orr_bind_later(b, tree, workload, 0, orr_resolve_receivers);
        return true;
    }
    if (is_text(tree) && tree->len > 7 && !memcmp(tree->text, "all of ", 7)) {
        workload->to_every = true;
        tree = orr_bind_part(b, tree, 7, tree->len - 7);
    }
    return bind_targets(b, key, tree,
                        ORR_ALLOW_GROUP | ORR_ALLOW_NODE | ORR_ALLOW_REGION | ORR_ALLOW_ROLE,
                        &workload->to);
}

static bool bind_words(struct orr_binder *b, const struct orr_scenario_key *key,
                       const struct orr_tree *tree, void *base, size_t size,
                       void (*resolve)(struct orr_binder *, const struct orr_pending *)) {
    uint32_t n = n_items(tree);
    if (tree->kind == ORR_TREE_MAP || !n) return refuse(b, key, tree, "names are meant");
    char *array = orr_store_alloc(b->store, n * size);
    for (uint32_t i = 0; i < n; i++) {
        const struct orr_tree *item = item_of(tree, i);
        if (!is_text(item)) return refuse(b, key, item, "a name is meant");
        orr_bind_later(b, item, array + i * size, 0, resolve);
    }
    put_array(key, base, array, n);
    return true;
}

/* ---- conditions ---- */

static size_t skip_spaces(const char *text, size_t i) {
    while (text[i] == ' ') i++;
    return i;
}

/* METRIC(TARGET) >= NUMBER */
static bool bind_condition(struct orr_binder *b, const struct orr_scenario_key *key,
                           const struct orr_tree *tree, void *base) {
    static const char *const metrics[] = {"height", "round", "decisions"};
    struct orr_condition *when = orr_bind_at(base, key->offset);
    if (!is_text(tree)) return refuse(b, key, tree, "a condition is meant");
    const char *text = tree->text;
    size_t word = 0;
    while (text[word] >= 'a' && text[word] <= 'z') word++;
    uint32_t metric = 0;
    while (metric < 3 && !(strlen(metrics[metric]) == word && !memcmp(metrics[metric], text, word)))
        metric++;
    if (metric == 3) {
        char accepts[600];
        struct orr_tree *wrong = orr_bind_part(b, tree, 0, word ? word : tree->len);
        const char *hint = orr_bind_hint(b, wrong, metrics, 3,
                                         orr_scenario_key_accepts(key, accepts, sizeof accepts));
        return orr_bind_error(b, wrong, hint, "'%.80s' is nothing to wait for", wrong->text);
    }
    size_t open = skip_spaces(text, word), from = skip_spaces(text, open + (text[open] == '('));
    const char *close = strchr(text, ')');
    if (text[open] != '(' || !close || (size_t)(close - text) <= from)
        return refuse(b, key, tree, "after the word comes (WHO)");
    size_t to = (size_t)(close - text), i = skip_spaces(text, to + 1);
    while (text[to - 1] == ' ') to--;
    bool greater = text[i] == '>', equal = greater && text[i + 1] == '=';
    if (!greater) return refuse(b, key, tree, "after (WHO) comes >= or >");
    i = skip_spaces(text, i + 1 + equal);
    struct orr_tree *number = orr_bind_part(b, tree, i, tree->len - i);
    struct orr_scenario_key whole = {
        .name = "number", .type = ORR_KEY_NUMBER, .max = INT64_MAX / 2};
    uint64_t value;
    number->quoted = false;
    if (!orr_bind_key(b, &whole, number, &value)) return false;
    *when = (struct orr_condition){.metric = metric, .at_least = value + !equal};
    when->of.where = tree->where;
    ((struct orr_fault_spec *)base)->conditional = true;
    orr_bind_later(b, orr_bind_part(b, tree, from, to - from), &when->of,
                   ORR_ALLOW_GROUP | ORR_ALLOW_NODE | ORR_ALLOW_REGION | ORR_ALLOW_ROLE |
                       ORR_ALLOW_ALL,
                   orr_resolve_target);
    return true;
}

/* `5`, or `2..7` */
static bool bind_range(struct orr_binder *b, const struct orr_scenario_key *key,
                       const struct orr_tree *tree, void *base) {
    struct orr_range *range = orr_bind_at(base, key->offset);
    struct orr_scenario_key whole = {
        .name = key->name, .type = ORR_KEY_NUMBER, .min = key->min, .max = key->max};
    if (!is_text(tree) || tree->quoted) return refuse(b, key, tree, "a number or a range is meant");
    const char *dots = strstr(tree->text, ".."), *slash = dots ? strchr(dots, '/') : NULL;
    size_t len = dots ? (size_t)(dots - tree->text) : tree->len;
    size_t end = slash ? (size_t)(slash - tree->text) : tree->len;
    uint64_t ends[2], step = 1;
    if (!orr_bind_key(b, &whole, dots ? orr_bind_part(b, tree, 0, len) : tree, &ends[0]))
        return false;
    ends[1] = ends[0];
    if (dots && !orr_bind_key(b, &whole, orr_bind_part(b, tree, len + 2, end - len - 2),
                              &ends[1]))
        return false;
    whole.min = 1;
    if (slash && !orr_bind_key(b, &whole, orr_bind_part(b, tree, end + 1, tree->len - end - 1),
                               &step))
        return false;
    if (ends[1] < ends[0]) return refuse(b, key, tree, "the last comes before the first");
    *range = (struct orr_range){ends[0], ends[1], step, true};
    return true;
}

bool orr_bind_value(struct orr_binder *b, const struct orr_scenario_key *key,
                    const struct orr_tree *tree, void *base) {
    switch (key->type) {
    case ORR_KEY_ROLE: return bind_role(b, key, tree, base);
    case ORR_KEY_CONFIG: return bind_config(b, key, tree, base);
    case ORR_KEY_OWN: return orr_bind_own(b, key, tree, base);
    case ORR_KEY_REGION: return bind_region(b, key, tree, base);
    case ORR_KEY_STAKES: return bind_stakes(b, key, tree, base);
    case ORR_KEY_NUMBERS: return bind_numbers(b, key, tree, base);
    case ORR_KEY_JITTER: return bind_jitter(b, tree, base);
    case ORR_KEY_TARGETS:
        return bind_targets(b, key, tree, ORR_ALLOW_EVERYTHING, orr_bind_at(base, key->offset));
    case ORR_KEY_PLACES:
        return bind_targets(b, key, tree, ORR_ALLOW_GROUP | ORR_ALLOW_REGION,
                            orr_bind_at(base, key->offset));
    case ORR_KEY_RECEIVERS: return bind_receivers(b, key, tree, base);
    case ORR_KEY_GROUPS: return bind_groups(b, key, tree, base);
    case ORR_KEY_PAIR: {
        struct orr_targets *pair = orr_bind_at(base, key->offset);
        return is_pair(b, key, tree) &&
               bind_targets(b, key, tree->items[0], ORR_ALLOW_EVERYTHING, &pair[0]) &&
               bind_targets(b, key, tree->items[1], ORR_ALLOW_EVERYTHING, &pair[1]);
    }
    case ORR_KEY_BETWEEN: return bind_between(b, key, tree, base);
    case ORR_KEY_WITHIN: return bind_within(b, key, tree, base);
    case ORR_KEY_CONDITION: return bind_condition(b, key, tree, base);
    case ORR_KEY_RANGE: return bind_range(b, key, tree, base);
    case ORR_KEY_KINDS: return bind_words(b, key, tree, base, sizeof(char *), orr_resolve_kind);
    case ORR_KEY_FIELDS: return bind_words(b, key, tree, base, sizeof(char *), orr_resolve_field);
    case ORR_KEY_ENDS: return bind_words(b, key, tree, base, sizeof(uint32_t), orr_resolve_fault);
    case ORR_KEY_VALUES: return orr_bind_values(b, key, tree, base);
    case ORR_KEY_CHANGES: return orr_bind_changes(b, key, tree, base);
    default: return refuse(b, key, tree, "is not understood");
    }
}
