/* Values that stand for themselves: quantities, whole numbers, truth, choices and texts. */
#include <assert.h>
#include <string.h>

#include "sim/scenario/bind.h"

static bool refuse_value(struct orr_binder *b, const struct orr_scenario_key *key,
                         const struct orr_tree *tree) {
    char accepts[400];
    orr_scenario_key_accepts(key, accepts, sizeof accepts);
    if (tree->kind == ORR_TREE_SCALAR && tree->len)
        return orr_bind_error(b, tree, accepts, "'%.80s' is not understood", tree->text);
    return orr_bind_error(b, tree, accepts, "%s",
                          tree->kind == ORR_TREE_SCALAR ? "has no value"
                          : tree->kind == ORR_TREE_LIST ? "this is a list"
                                                        : "this is a map");
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool check_range(struct orr_binder *b, const struct orr_scenario_key *key,
                        const struct orr_tree *tree, int64_t value) {
    bool bounded = key->min || key->max;
    if (!bounded || (value >= key->min && value <= key->max)) return true;
    char accepts[400];
    if (key->type == ORR_KEY_QUANTITY && key->quantity == ORR_QUANTITY_SHARE &&
        is_digit(tree->text[tree->len - 1])) { /* `loss: 5` */
        const char *hint = orr_store_printf(b->store, "did you mean '%s %%'?\n%s", tree->text,
                                            orr_scenario_key_accepts(key, accepts, sizeof accepts));
        return orr_bind_error(b, tree, hint, "%s is more than all", tree->text);
    }
    return orr_bind_error(b, tree, orr_scenario_key_accepts(key, accepts, sizeof accepts),
                          "%s is too %s", tree->text, value < key->min ? "small" : "large");
}

static bool refuse_quantity(struct orr_binder *b, const struct orr_scenario_key *key,
                            const struct orr_tree *tree, enum orr_quantity_fault fault, size_t at) {
    char accepts[400];
    orr_scenario_key_accepts(key, accepts, sizeof accepts);
    const char *what = orr_quantity_info(key->quantity)->what, *text = tree->text;
    switch (fault) {
    case ORR_QUANTITY_NO_UNIT: return orr_bind_error(b, tree, accepts, "'%s' needs a unit", text);
    case ORR_QUANTITY_TOO_FINE:
        return orr_bind_error(b, tree, accepts, "'%.80s' is finer than can be represented", text);
    case ORR_QUANTITY_TOO_LARGE:
        return orr_bind_error(b, tree, accepts, "'%.80s' is too large", text);
    case ORR_QUANTITY_NEGATIVE:
        return orr_bind_error(b, tree, accepts, "'%.80s' is negative", text);
    case ORR_QUANTITY_UNKNOWN_UNIT: {
        static const char *const spaces[] = {"\xc2\xa0", "\xe2\x80\xaf", "\xe2\x80\x89"};
        for (size_t i = 0; i < sizeof spaces / sizeof spaces[0]; i++)
            if (strstr(text, spaces[i]))
                return orr_bind_error(b, tree, "write a plain space, or none",
                                      "the space in it is no plain one (U+%s)",
                                      i == 0 ? "00A0, a no-break space"
                                      : i == 1 ? "202F, a narrow no-break space"
                                               : "2009, a thin space");
        const char *unit = text + at, *meant = orr_unit_meant(key->quantity, unit, strlen(unit));
        const char *hint =
            meant ? orr_store_printf(b->store, "did you mean '%s'?\n%s", meant, accepts) : accepts;
        return orr_bind_error(b, tree, hint, "'%.40s' is no unit of %s", unit, what + 2);
    }
    default: return refuse_value(b, key, tree);
    }
}

static bool bind_quantity(struct orr_binder *b, const struct orr_scenario_key *key,
                          const struct orr_tree *tree, void *base) {
    if (tree->kind != ORR_TREE_SCALAR || !tree->len) return refuse_value(b, key, tree);
    const char *text = tree->text;
    size_t len = tree->len, at, skip = 0;
    if (key->type == ORR_KEY_BELOW && len > 6 && !memcmp(text, "below ", 6)) skip = 6;
    int64_t value;
    enum orr_quantity_fault fault =
        orr_quantity_parse(key->quantity, text + skip, len - skip, &value, &at);
    if (fault != ORR_QUANTITY_GOOD) return refuse_quantity(b, key, tree, fault, at + skip);
    if (!check_range(b, key, tree, value)) return false;
    *(int64_t *)orr_bind_at(base, key->offset) = value;
    return true;
}

/* A whole number: digits, no sign, no leading zero. */
static bool read_whole(const struct orr_tree *tree, int64_t *value) {
    if (!tree->len || tree->len > 19 || (tree->text[0] == '0' && tree->len > 1)) return false;
    uint64_t n = 0;
    for (size_t i = 0; i < tree->len; i++) {
        if (tree->text[i] < '0' || tree->text[i] > '9') return false;
        n = 10 * n + (uint64_t)(tree->text[i] - '0');
    }
    if (n > INT64_MAX) return false;
    *value = (int64_t)n;
    return true;
}

static bool bind_whole(struct orr_binder *b, const struct orr_scenario_key *key,
                       const struct orr_tree *tree, void *base) {
    int64_t value;
    char accepts[400];
    if (tree->kind == ORR_TREE_SCALAR && tree->text[0] == '-' && is_digit(tree->text[1]))
        return orr_bind_error(b, tree, orr_scenario_key_accepts(key, accepts, sizeof accepts),
                              "'%.80s' is negative", tree->text);
    if (tree->kind != ORR_TREE_SCALAR || !read_whole(tree, &value))
        return refuse_value(b, key, tree);
    if (tree->quoted)
        return orr_bind_error(b, tree, "remove the quotes", "a number is meant, not a text");
    if (!check_range(b, key, tree, value)) return false;
    if (key->type == ORR_KEY_COUNT) {
        if (value > UINT32_MAX) return refuse_value(b, key, tree);
        *(uint32_t *)orr_bind_at(base, key->offset) = (uint32_t)value;
    } else {
        *(uint64_t *)orr_bind_at(base, key->offset) = (uint64_t)value;
    }
    return true;
}

static bool bind_bool(struct orr_binder *b, const struct orr_scenario_key *key,
                      const struct orr_tree *tree, void *base) {
    if (tree->kind != ORR_TREE_SCALAR) return refuse_value(b, key, tree);
    bool is_true = !strcmp(tree->text, "true");
    if (!is_true && strcmp(tree->text, "false")) {
        static const char *const on[] = {"on", "yes", "True", "TRUE", "On", "Yes", "y", "1"};
        static const char *const off[] = {"off", "no", "False", "FALSE", "Off", "No", "n", "0"};
        const char *meant = NULL;
        for (size_t i = 0; i < sizeof on / sizeof on[0]; i++) {
            if (!strcmp(tree->text, on[i])) meant = "did you mean 'true'?\naccepted: true, false";
            if (!strcmp(tree->text, off[i])) meant = "did you mean 'false'?\naccepted: true, false";
        }
        if (!meant) return refuse_value(b, key, tree);
        return orr_bind_error(b, tree, meant, "'%s' is not understood", tree->text);
    }
    if (tree->quoted)
        return orr_bind_error(b, tree, "remove the quotes", "true or false is meant, not a text");
    *(bool *)orr_bind_at(base, key->offset) = is_true;
    return true;
}

/* What a word in the place of a choice was probably meant to be: the beginning of one (`aws`), a
 * duration for the map's own key (`termination: 5 s`), a file (`regions: x.csv`).  NULL: not
 * known. */
static const char *choice_meant(struct orr_binder *b, const struct orr_scenario_key *key,
                                const struct orr_tree *tree) {
    int64_t time;
    size_t at;
    for (const struct orr_choice *c = key->choices; c->text; c++)
        if (tree->len > 2 && !strncmp(c->text, tree->text, tree->len))
            return orr_store_printf(b->store, "'%s'", c->text);
    if (!strcmp(key->name, "is") &&
        orr_quantity_parse(ORR_QUANTITY_TIME, tree->text, tree->len, &time, &at) ==
            ORR_QUANTITY_GOOD)
        return orr_store_printf(b->store, "{within: %.40s}", tree->text);
    if (!strcmp(key->name, "preset") && strpbrk(tree->text, "./"))
        return orr_store_printf(b->store, "{file: %.200s}", tree->text);
    return NULL;
}

static const struct orr_choice *
find_choice(struct orr_binder *b, const struct orr_scenario_key *key, const struct orr_tree *tree) {
    if (tree->kind != ORR_TREE_SCALAR || !tree->len) {
        refuse_value(b, key, tree);
        return NULL;
    }
    const char *names[ORR_MAX_CHOICES];
    size_t n = 0;
    for (const struct orr_choice *c = key->choices; c->text; c++) {
        if (!strcmp(c->text, tree->text)) return c;
        assert(n < ORR_MAX_CHOICES);
        names[n++] = c->text;
    }
    char accepts[600];
    orr_scenario_key_accepts(key, accepts, sizeof accepts);
    const char *meant = choice_meant(b, key, tree);
    const char *hint = meant ? orr_store_printf(b->store, "did you mean %s?\n%s", meant, accepts)
                             : orr_bind_hint(b, tree, names, n, accepts);
    orr_bind_error(b, tree, hint, "'%.80s' is not understood", tree->text);
    return NULL;
}

static bool bind_choice(struct orr_binder *b, const struct orr_scenario_key *key,
                        const struct orr_tree *tree, void *base) {
    const struct orr_choice *choice = find_choice(b, key, tree);
    if (choice) *(uint32_t *)orr_bind_at(base, key->offset) = choice->value;
    return choice;
}

static bool bind_flags(struct orr_binder *b, const struct orr_scenario_key *key,
                       const struct orr_tree *tree, void *base) {
    uint32_t n = tree->kind == ORR_TREE_LIST ? tree->n : 1, flags = 0;
    if (tree->kind == ORR_TREE_MAP) return refuse_value(b, key, tree);
    bool good = true;
    for (uint32_t i = 0; i < n; i++) {
        const struct orr_tree *item = tree->kind == ORR_TREE_LIST ? tree->items[i] : tree;
        const struct orr_choice *choice = find_choice(b, key, item);
        good = good && choice;
        if (choice) flags |= choice->value;
        if (choice && !choice->value && n > 1)
            good = orr_bind_error(b, item, NULL, "'%s' cannot stand beside others", choice->text);
    }
    *(uint32_t *)orr_bind_at(base, key->offset) = flags;
    return good;
}

static bool bind_text(struct orr_binder *b, const struct orr_scenario_key *key,
                      const struct orr_tree *tree, void *base) {
    if (tree->kind != ORR_TREE_SCALAR || (!tree->len && !tree->quoted && !key->fallback))
        return refuse_value(b, key, tree);
    const char *implicit = tree->quoted ? NULL : orr_implicit_type(tree->text, tree->len);
    if (implicit)
        return orr_bind_error(
            b, tree,
            key->type == ORR_KEY_NAME ? "a name begins with a letter"
                                      : orr_store_printf(b->store, "write \"%s\"", tree->text),
            "a text is meant, but many YAML readers take %s for %s", tree->text, implicit);
    if (key->type == ORR_KEY_NAME && !orr_is_word(tree->text, tree->len)) {
        char accepts[400];
        return orr_bind_error(b, tree, orr_scenario_key_accepts(key, accepts, sizeof accepts),
                              "'%.80s' cannot be a name", tree->text);
    }
    if (strchr(tree->text, '\n') || strchr(tree->text, '\r'))
        return orr_bind_error(b, tree, NULL, "this must be one line");
    if (key->type == ORR_KEY_PATH && !tree->len) return refuse_value(b, key, tree);
    const char *text = tree->text;
    if (key->type == ORR_KEY_PATH && *text != '/')
        text = orr_store_printf(b->store, "%s%s", b->folder, text);
    *(const char **)orr_bind_at(base, key->offset) = text;
    return true;
}

bool orr_bind_plain(struct orr_binder *b, const struct orr_scenario_key *key,
                    const struct orr_tree *tree, void *base) {
    switch (key->type) {
    case ORR_KEY_QUANTITY:
    case ORR_KEY_BELOW: return bind_quantity(b, key, tree, base);
    case ORR_KEY_BOOL: return bind_bool(b, key, tree, base);
    case ORR_KEY_COUNT:
    case ORR_KEY_NUMBER: return bind_whole(b, key, tree, base);
    case ORR_KEY_CHOICE: return bind_choice(b, key, tree, base);
    case ORR_KEY_FLAGS: return bind_flags(b, key, tree, base);
    default: return bind_text(b, key, tree, base);
    }
}

/* ---- words ---- */

bool orr_is_word(const char *text, size_t len) {
    if (!len || len > 64) return false;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && (!i || !((c >= '0' && c <= '9') || c == '-' || c == '_'))) return false;
    }
    return true;
}

/* YAML 1.1's resolution of plain scalars (yaml.org/type/bool, null, int, float, timestamp), in
 * rough: what begins like a number and holds only what numbers and times hold. */
const char *orr_implicit_type(const char *text, size_t len) {
    static const char *const booleans[] = {"true", "false", "yes", "no", "on", "off", "y", "n"};
    for (size_t i = 0; i < sizeof booleans / sizeof booleans[0]; i++) {
        size_t n = strlen(booleans[i]), same = 0;
        while (n == len && same < n && (text[same] | 0x20) == booleans[i][same]) same++;
        if (n == len && same == n) return "a boolean";
    }
    if (len == 1 && *text == '~') return "null";
    if (len == 4 && (!strcmp(text, "null") || !strcmp(text, "Null") || !strcmp(text, "NULL")))
        return "null";
    if (!len) return NULL;
    size_t i = text[0] == '-' || text[0] == '+';
    if (i < len && text[i] == '.') i++;
    if (i == len || text[i] < '0' || text[i] > '9') return NULL;
    bool colon = false;
    for (; i < len; i++) {
        if (!strchr("0123456789abcdefABCDEFxXoO._:+-eE", text[i])) return NULL;
        colon = colon || text[i] == ':';
    }
    return colon ? "a time of day in seconds" : "a number";
}
