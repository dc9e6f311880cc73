#include "sim/scenario/bind.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The kinds that all keys of the map have a meaning with, when the map does not say which it is and
 * the default is none of them; 0: it is as it may be. */
static uint32_t kinds_meant(const struct orr_scenario_table *table, const struct orr_tree *map) {
    const struct orr_scenario_key *kind_key = &table->keys[table->kind_key];
    uint32_t kinds = UINT32_MAX, usual = 0;
    if (!kind_key->fallback || orr_tree_find(map, kind_key->name, strlen(kind_key->name)) >= 0)
        return 0;
    for (const struct orr_choice *c = kind_key->choices; c->text; c++)
        if (!strcmp(c->text, kind_key->fallback)) usual = 1u << c->value;
    for (uint32_t i = 0; i < map->n; i++) {
        uint32_t k = orr_scenario_key_find(table, map->keys[i]->text, map->keys[i]->len);
        if (k != ORR_NO_KEY && table->keys[k].kinds) kinds &= table->keys[k].kinds;
    }
    return kinds & usual || kinds == UINT32_MAX ? 0 : kinds;
}

static bool bind_entries(struct orr_binder *b, const struct orr_scenario_table *table,
                         const struct orr_tree *map, void *base);

bool orr_bind_table(struct orr_binder *b, const struct orr_scenario_table *table,
                    const struct orr_tree *tree, void *base) {
    struct orr_tree short_form = {.kind = ORR_TREE_MAP, .where = tree->where};
    if (tree->kind == ORR_TREE_SCALAR && tree->len == 0 && !tree->quoted)
        return orr_bind_error(b, tree, "remove the key, or write {} for an empty map",
                              "has no value");
    if (tree->kind != ORR_TREE_MAP && table->scalar_key != ORR_NO_KEY &&
        (tree->kind == ORR_TREE_SCALAR || table->keys[table->scalar_key].type == ORR_KEY_FLAGS)) {
        struct orr_tree *key =
            orr_tree_scalar(b->store, table->keys[table->scalar_key].name, tree->where);
        orr_tree_append(b->store, &short_form, key, (struct orr_tree *)tree);
        tree = &short_form;
    }
    if (tree->kind != ORR_TREE_MAP)
        return orr_bind_error(b, tree,
                              "a map is written {key: value, ...}, or one `key: value` a line",
                              "a map of keys is meant, not %s",
                              tree->kind == ORR_TREE_LIST ? "a list" : "a single value");
    if (table->where_offset)
        *(struct orr_span *)orr_bind_at(base, table->where_offset) = tree->where;
    return bind_entries(b, table, tree, base);
}

/* ---- messages ---- */

void orr_bind_say(struct orr_binder *b, enum orr_severity severity, struct orr_span where,
                  const char *hint, const char *format, ...) {
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    orr_diag_add(b->diags, severity, where, hint, "%s%s%s", b->path, *b->path ? ": " : "", text);
}

bool orr_bind_error(struct orr_binder *b, const struct orr_tree *tree, const char *hint,
                    const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    orr_diag_add(b->diags, ORR_DIAG_ERROR, tree->where, hint, "%s%s%s", b->path,
                 *b->path ? ": " : "", text);
    return false;
}

const char *orr_bind_hint(struct orr_binder *b, const struct orr_tree *wrong,
                          const char *const *names, size_t n, const char *accepted) {
    const char *nearest = wrong ? orr_diag_nearest(wrong->text, wrong->len, names, n) : NULL;
    if (nearest && accepted)
        return orr_store_printf(b->store, "did you mean '%s'?\n%s", nearest, accepted);
    return nearest ? orr_store_printf(b->store, "did you mean '%s'?", nearest) : accepted;
}

size_t orr_bind_enter(struct orr_binder *b, const char *name) {
    size_t mark = strlen(b->path);
    snprintf(b->path + mark, sizeof b->path - mark, "%s%.64s", mark ? "." : "", name);
    return mark;
}

size_t orr_bind_enter_item(struct orr_binder *b, uint32_t i) {
    size_t mark = strlen(b->path);
    snprintf(b->path + mark, sizeof b->path - mark, "[%u]", i);
    return mark;
}

void orr_bind_leave(struct orr_binder *b, size_t mark) { b->path[mark] = 0; }

void orr_bind_later(struct orr_binder *b, const struct orr_tree *tree, void *out, uint32_t allow,
                    void (*resolve)(struct orr_binder *, const struct orr_pending *)) {
    struct orr_pending *pending = orr_store_alloc(b->store, sizeof *pending);
    *pending = (struct orr_pending){.resolve = resolve,
                                    .out = out,
                                    .tree = tree,
                                    .allow = allow,
                                    .path = orr_store_text(b->store, b->path, strlen(b->path))};
    *b->last = pending;
    b->last = &pending->next;
}

/* ---- maps ---- */

/* "accepted: count, role, ...", those of the kind when it is known */
static const char *key_names(struct orr_binder *b, const struct orr_scenario_table *table,
                             uint32_t kind, const char **names, size_t *n) {
    char text[1024] = "accepted: ";
    size_t used = strlen(text);
    *n = 0;
    for (uint32_t i = 0; i < table->n; i++) {
        const struct orr_scenario_key *key = &table->keys[i];
        if (key->kinds && !(key->kinds & kind)) continue;
        names[*n] = key->name;
        int len = snprintf(text + used, sizeof text - used, "%s%s", *n ? ", " : "", key->name);
        used += (size_t)len;
        if (used >= sizeof text) used = sizeof text - 1;
        ++*n;
    }
    return orr_store_text(b->store, text, used);
}

/* A word that is no key, but a value of the key that may stand alone: `{stalled: true}`. */
static const char *value_meant(struct orr_binder *b, const struct orr_scenario_table *table,
                               const struct orr_tree *word) {
    if (table->scalar_key == ORR_NO_KEY) return NULL;
    const struct orr_scenario_key *key = &table->keys[table->scalar_key];
    const struct orr_choice *c = key->type == ORR_KEY_CHOICE ? key->choices : NULL;
    while (c && c->text && strcmp(c->text, word->text)) c++;
    return c && c->text ? orr_store_printf(b->store, "%s: %s", key->name, c->text) : NULL;
}

static bool refuse_unknown_keys(struct orr_binder *b, const struct orr_scenario_table *table,
                                const struct orr_tree *map, uint32_t kind) {
    bool good = true;
    const char *names[64];
    size_t n;
    for (uint32_t i = 0; i < map->n; i++) {
        const struct orr_tree *key = map->keys[i];
        if (orr_scenario_key_find(table, key->text, key->len) != ORR_NO_KEY) continue;
        assert(table->n <= sizeof names / sizeof names[0]);
        const char *accepted = key_names(b, table, kind, names, &n);
        const char *hint = orr_bind_hint(b, key, names, n, accepted);
        const char *value = value_meant(b, table, key);
        if (value) hint = orr_store_printf(b->store, "did you mean '%s'?\n%s", value, accepted);
        good = orr_bind_error(b, key, hint, "%s has no key '%s'", table->title, key->text);
    }
    return good;
}

static const char *kind_names(struct orr_binder *b, const struct orr_scenario_key *kind_key,
                              uint32_t kinds) {
    char text[256] = "";
    size_t used = 0;
    for (const struct orr_choice *c = kind_key->choices; c->text; c++)
        if (kinds & (1u << c->value)) {
            int len = snprintf(text + used, sizeof text - used, "%s%s", used ? ", " : "", c->text);
            used += (size_t)len;
            if (used >= sizeof text) used = sizeof text - 1;
        }
    return orr_store_text(b->store, text, used);
}

static const char *kind_text(const struct orr_scenario_key *kind_key, uint32_t kind) {
    for (const struct orr_choice *c = kind_key->choices; c->text; c++)
        if (1u << c->value == kind) return c->text;
    return "?";
}

/* What an absent key without a default leaves behind. */
static void put_unset(const struct orr_scenario_key *key, void *base) {
    if (key->type == ORR_KEY_BELOW) {
        *(orr_time *)orr_bind_at(base, key->offset) = ORR_NEVER;
    } else if (key->type == ORR_KEY_QUANTITY) {
        switch (key->quantity) {
        case ORR_QUANTITY_TIME: *(orr_time *)orr_bind_at(base, key->offset) = ORR_NEVER; break;
        case ORR_QUANTITY_OFFSET:
        case ORR_QUANTITY_DRIFT: break;
        default: *(uint64_t *)orr_bind_at(base, key->offset) = ORR_UNSET; break;
        }
    } else if (key->type == ORR_KEY_MAP && !key->table->where_offset) {
        for (uint32_t i = 0; i < key->table->n; i++)
            put_unset(&key->table->keys[i], orr_bind_at(base, key->offset));
    }
}

static bool bind_fallback(struct orr_binder *b, const struct orr_scenario_key *key,
                          struct orr_span where, void *base) {
    if (key->fallback[0] == '{') {
        assert(!strcmp(key->fallback, "{}"));
        return orr_bind_key(b, key, orr_tree_map(b->store, where), base);
    }
    if (key->fallback[0] == '[') {
        struct orr_source *source = orr_store_alloc(b->store, sizeof *source);
        *source = (struct orr_source){"default", key->fallback, strlen(key->fallback)};
        struct orr_tree *tree = orr_tree_parse(source, 0, source->len, b->store, b->diags, NULL);
        assert(tree);
        return orr_bind_key(b, key, tree, base);
    }
    return orr_bind_key(b, key, orr_tree_scalar(b->store, key->fallback, where), base);
}

/* Is there an unknown key that was probably meant to be this one?  Its error is added already. */
static bool is_misspelt(const struct orr_scenario_table *table, const struct orr_scenario_key *key,
                        const struct orr_tree *map) {
    for (uint32_t i = 0; i < map->n; i++)
        if (orr_scenario_key_find(table, map->keys[i]->text, map->keys[i]->len) == ORR_NO_KEY &&
            orr_diag_nearest(map->keys[i]->text, map->keys[i]->len, &key->name, 1))
            return true;
    return false;
}

/* One row of the table against the map: the value, the default, or a complaint. */
static bool bind_row(struct orr_binder *b, const struct orr_scenario_table *table,
                     const struct orr_scenario_key *key, const struct orr_tree *map, uint32_t kind,
                     void *base) {
    int64_t i = orr_tree_find(map, key->name, strlen(key->name));
    const struct orr_scenario_key *kind_key =
        table->kind_key == ORR_NO_KEY ? NULL : &table->keys[table->kind_key];
    bool fits = !key->kinds || (key->kinds & kind);
    if (i >= 0 && !fits) {
        const char *hint = orr_store_printf(b->store, "it goes with %s: %s%s", kind_key->name,
                                            kind_names(b, kind_key, key->kinds),
                                            key->otherwise ? key->otherwise : "");
        return orr_bind_error(b, map->keys[i], hint, "'%s' has no meaning with %s: %s", key->name,
                              kind_key->name, kind_text(kind_key, kind));
    }
    if (fits && key->kinds) put_unset(key, base);
    size_t mark = orr_bind_enter(b, key->name);
    bool good = true;
    if (i >= 0) {
        good = orr_bind_key(b, key, map->items[i], base);
        if (key->where_offset)
            *(struct orr_span *)orr_bind_at(base, key->where_offset) = map->items[i]->where;
    } else if (key->needed & kind) {
        orr_bind_leave(b, mark);
        if (is_misspelt(table, key, map)) return false;
        char accepts[400];
        const char *hint = orr_store_printf(b->store, "%s: %s; %s", key->name, key->help,
                                            orr_scenario_key_accepts(key, accepts, sizeof accepts));
        return orr_bind_error(
            b, map, hint, "%s%s%s needs '%s'",
            kind_key && key->needed != ORR_KEY_NEEDED ? kind_key->name : table->title,
            kind_key && key->needed != ORR_KEY_NEEDED ? ": " : "",
            kind_key && key->needed != ORR_KEY_NEEDED ? kind_text(kind_key, kind) : "", key->name);
    } else if (key->fallback && fits) {
        good = bind_fallback(b, key, map->where, base);
    }
    orr_bind_leave(b, mark);
    return good;
}

static bool bind_entries(struct orr_binder *b, const struct orr_scenario_table *table,
                         const struct orr_tree *map, void *base) {
    bool good = true;
    uint32_t kind = ORR_KEY_NEEDED;
    for (uint32_t i = 0; i < table->n; i++) /* what belongs to another kind stays 0 */
        if (!table->keys[i].kinds) put_unset(&table->keys[i], base);
    if (table->kind_key != ORR_NO_KEY) {
        const struct orr_scenario_key *key = &table->keys[table->kind_key];
        uint32_t meant = kinds_meant(table, map);
        if (meant)
            return orr_bind_error(b, map,
                                  orr_store_printf(b->store, "these keys go with %s: %s", key->name,
                                                   kind_names(b, key, meant)),
                                  "which %s it is must be said: '%s' is missing", key->name,
                                  key->name);
        good = bind_row(b, table, key, map, ORR_KEY_NEEDED, base);
        if (good) kind = 1u << *(uint32_t *)orr_bind_at(base, key->offset);
    }
    bool kind_known = good;
    good = refuse_unknown_keys(b, table, map, kind) && good;
    for (uint32_t i = 0; i < table->n; i++) {
        const struct orr_scenario_key *key = &table->keys[i];
        if (i == table->kind_key) continue;
        /* with the kind in doubt only what is written is looked at */
        if (!kind_known && orr_tree_find(map, key->name, strlen(key->name)) < 0) continue;
        good = bind_row(b, table, key, map, kind, base) && good;
    }
    return good;
}

/* ---- lists of structs ---- */

enum { MAX_ITEMS = 4096 }; /* faults, links, workloads: names are compared in pairs */

static void put_array(const struct orr_scenario_key *key, void *base, void *array, uint32_t n) {
    memcpy(orr_bind_at(base, key->offset), &array, sizeof array);
    memcpy(orr_bind_at(base, key->count_offset), &n, sizeof n);
}

static bool bind_list(struct orr_binder *b, const struct orr_scenario_key *key,
                      const struct orr_tree *tree, void *base) {
    if (tree->kind != ORR_TREE_LIST) {
        const char *hint = "each item begins with `- `; `[]` is an empty list";
        if (tree->kind == ORR_TREE_SCALAR && !tree->len)
            return orr_bind_error(b, tree, "remove the key, or write [] for an empty list",
                                  "has no value");
        return orr_bind_error(b, tree, hint, "this is a list, every item %s", key->table->title);
    }
    if (tree->n > MAX_ITEMS)
        return orr_bind_error(b, tree, "the limit is 4,096", "%u items are too many", tree->n);
    bool good = true;
    char *array = orr_store_alloc(b->store, tree->n * key->table->size);
    put_array(key, base, array, tree->n);
    for (uint32_t i = 0; i < tree->n; i++) {
        size_t mark = orr_bind_enter_item(b, i);
        good = orr_bind_table(b, key->table, tree->items[i], array + i * key->table->size) && good;
        orr_bind_leave(b, mark);
    }
    return good;
}

static bool check_new_name(struct orr_binder *b, const struct orr_tree *name) {
    const char *implicit = name->quoted ? NULL : orr_implicit_type(name->text, name->len);
    if (implicit)
        return orr_bind_error(b, name, "choose another name", "many YAML readers take '%s' for %s",
                              name->text, implicit);
    if (!orr_is_word(name->text, name->len))
        return orr_bind_error(b, name,
                              "a name is a letter, then letters, digits, - or _; at most 64",
                              "'%.80s' cannot be a name", name->text);
    static const char *const reserved[] = {"any", "all", "leader", "one", "of"};
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        if (!strcmp(name->text, reserved[i]))
            return orr_bind_error(b, name, "choose another name", "'%s' has a meaning of its own",
                                  name->text);
    return true;
}

static bool bind_named(struct orr_binder *b, const struct orr_scenario_key *key,
                       const struct orr_tree *tree, void *base) {
    if (tree->kind != ORR_TREE_MAP || !tree->n)
        return orr_bind_error(b, tree, "for example `val: {count: 4, role: tendermint}`",
                              "this is a map from names to what they name, one at least");
    bool good = true;
    char *array = orr_store_alloc(b->store, tree->n * key->table->size);
    put_array(key, base, array, tree->n);
    for (uint32_t i = 0; i < tree->n; i++) {
        good = check_new_name(b, tree->keys[i]) && good;
        size_t mark = orr_bind_enter(b, tree->keys[i]->text);
        char *item = array + i * key->table->size;
        *(const char **)orr_bind_at(item, key->table->name_offset) = tree->keys[i]->text;
        good = orr_bind_table(b, key->table, tree->items[i], item) && good;
        orr_bind_leave(b, mark);
    }
    return good;
}
bool orr_bind_key(struct orr_binder *b, const struct orr_scenario_key *key,
                  const struct orr_tree *tree, void *base) {
    switch (key->type) {
    case ORR_KEY_MAP: return orr_bind_table(b, key->table, tree, orr_bind_at(base, key->offset));
    case ORR_KEY_LIST: return bind_list(b, key, tree, base);
    case ORR_KEY_NAMED: return bind_named(b, key, tree, base);
    case ORR_KEY_QUANTITY:
    case ORR_KEY_BELOW:
    case ORR_KEY_BOOL:
    case ORR_KEY_COUNT:
    case ORR_KEY_NUMBER:
    case ORR_KEY_CHOICE:
    case ORR_KEY_FLAGS:
    case ORR_KEY_NAME:
    case ORR_KEY_TEXT:
    case ORR_KEY_PATH: return orr_bind_plain(b, key, tree, base);
    case ORR_KEY_GENESIS: return orr_bind_genesis(b, key, tree, base);
    default: return orr_bind_value(b, key, tree, base);
    }
}
