#include "sim/scenario/help.h"

#include <stdlib.h>
#include <string.h>

#include "models/layer.h"
#include "models/registry.h"
#include "sim/scenario/keys.h"
#include "sim/scenario/scenario.h"

enum { COLUMN = 26, WIDTH = 100, MAX_NESTING = 8 };

/* Words from column `indent` on, broken before WIDTH. */
static void print_wrapped(FILE *to, const char *text, int indent, int column) {
    for (const char *p = text; *p;) {
        size_t len = strcspn(p, " ");
        if (column > indent && column + 1 + (int)len > WIDTH) {
            fprintf(to, "\n%*s", indent, "");
            column = indent;
        } else if (column > indent) {
            fputc(' ', to);
            column++;
        }
        fprintf(to, "%.*s", (int)len, p);
        column += (int)len;
        p += len;
        while (*p == ' ') p++;
    }
    fputc('\n', to);
}

static void print_kinds(FILE *to, const struct orr_scenario_key *kind_key, uint32_t kinds) {
    char text[400];
    int used = snprintf(text, sizeof text, "(with %s:", kind_key->name);
    const char *part = " ";
    for (const struct orr_choice *c = kind_key->choices; c->text; c++)
        if (kinds & (1u << c->value) && used < (int)sizeof text) {
            used += snprintf(text + used, sizeof text - (size_t)used, "%s%s", part, c->text);
            part = ", ";
        }
    if (used < (int)sizeof text - 1) strcat(text, ")");
    fprintf(to, "%*s", COLUMN, "");
    print_wrapped(to, text, COLUMN, COLUMN);
}

static void print_row(FILE *to, const char *path, const struct orr_scenario_table *table,
                      const struct orr_scenario_key *key) {
    char accepts[600];
    int len = fprintf(to, "  %s%s%s", path, *path ? "." : "", key->name);
    if (len >= COLUMN)
        fprintf(to, "\n%*s", COLUMN, "");
    else
        fprintf(to, "%*s", COLUMN - len, "");
    print_wrapped(to, key->help, COLUMN, COLUMN);
    bool choices = key->type == ORR_KEY_CHOICE || key->type == ORR_KEY_FLAGS;
    orr_scenario_key_accepts(key, accepts, sizeof accepts);
    if (!choices || !*key->choices->help) {
        fprintf(to, "%*s", COLUMN, "");
        print_wrapped(to, accepts, COLUMN, COLUMN);
    }
    for (const struct orr_choice *c = choices && *key->choices->help ? key->choices : NULL;
         c && c->text; c++) {
        fprintf(to, "%*s%-14s ", COLUMN, "", c->text);
        print_wrapped(to, c->help, COLUMN + 15, COLUMN + 15);
    }
    if (key->kinds) print_kinds(to, &table->keys[table->kind_key], key->kinds);
    if (key->needed == ORR_KEY_NEEDED)
        fprintf(to, "%*sNeeded.\n", COLUMN, "");
    else if (key->fallback && *key->fallback && strcmp(key->fallback, "{}"))
        fprintf(to, "%*sDefault: %s\n", COLUMN, "", key->fallback);
}

static const struct orr_scenario_table *table_below(const struct orr_scenario_key *key) {
    bool has = key->type == ORR_KEY_MAP || key->type == ORR_KEY_LIST || key->type == ORR_KEY_NAMED;
    return has ? key->table : NULL;
}

/* Distributions stand under many keys: they are described once, under their own name. */
static bool is_dist(const struct orr_scenario_table *table) {
    return !strncmp(table->name, "dist", 4);
}

/* A table and all tables below it, each under its path. */
static void print_table(FILE *to, const char *path, const struct orr_scenario_table *table,
                        int depth) {
    for (uint32_t i = 0; i < table->n; i++) print_row(to, path, table, &table->keys[i]);
    for (uint32_t i = 0; depth < MAX_NESTING && i < table->n; i++) {
        const struct orr_scenario_table *below = table_below(&table->keys[i]);
        char name[200];
        if (!below || is_dist(below)) continue;
        snprintf(name, sizeof name, "%s%s%s%s", path, *path ? "." : "", table->keys[i].name,
                 table->keys[i].type == ORR_KEY_NAMED ? ".NAME" : "");
        fputc('\n', to);
        print_table(to, name, below, depth + 1);
    }
}

static void print_overview(FILE *to) {
    fprintf(to, "A scenario is a YAML file with these keys at the top:\n\n");
    print_table(to, "", &orr_scenario_keys, MAX_NESTING);
    fprintf(
        to,
        "\nMore about one of them: orrery help scenario KEY, for example nodes, faults.target,\n"
        "network.latency, or the name of a protocol for its settings:");
    const struct orr_protocol *role;
    for (unsigned i = 0; (role = orr_registry_at(i)); i++)
        fprintf(to, "%s%s", i ? ", " : " ", role->name);
    fprintf(to,
            ".\nNumbers with units are written `120 ms`, `1 Gbit/s`, `64 KiB`, `5 %%`, `200 /s`.\n"
            "orrery help scenario --schema prints the JSON Schema, for editors that check as one "
            "types.\n");
}

static void print_role(FILE *to, const struct orr_protocol *role) {
    fprintf(to, "%s: %s\n", role->name, role->summary ? role->summary : "");
    if (!role->config || !role->config->name)
        fprintf(to, "It has no settings.\n");
    else
        fprintf(to, "Its settings, under nodes.NAME.config:\n\n");
    for (const struct orr_config_key *c = role->config; c && c->name; c++) {
        struct orr_choice choices[ORR_MAX_CHOICES];
        char fallback[48];
        struct orr_scenario_key key = orr_scenario_key_of_config(c, choices, fallback);
        print_row(to, "", NULL, &key);
        if (c->also) fprintf(to, "%*sAlso written: %s\n", COLUMN, "", c->also);
        if (c->flaw) {
            char text[400];
            snprintf(text, sizeof text, "Another value is a known mistake: %s", c->flaw);
            fprintf(to, "%*s", COLUMN, "");
            print_wrapped(to, text, COLUMN, COLUMN);
        }
    }
    uint32_t type, n = 0;
    for (const char *name; (name = orr_protocol_kind(role, n, &type)); n++)
        fprintf(to, "%s %s", n ? "," : "\nIts message kinds:", name);
    if (n) fputc('\n', to);
}

static const char *nearest_key(const struct orr_scenario_table *table, const char *word,
                               size_t len) {
    const char *names[64];
    for (uint32_t i = 0; i < table->n; i++) names[i] = table->keys[i].name;
    return orr_diag_nearest(word, len, names, table->n);
}

/* The row at the end of a path; NULL and *nearest when a step leads nowhere.  *table is the one it
 * is in, and `shown` the path without the names and numbers of items at its end. */
static const struct orr_scenario_key *find_row(const char *path,
                                               const struct orr_scenario_table **table,
                                               const char **nearest, char *shown, size_t size) {
    const struct orr_scenario_table *at = &orr_scenario_keys;
    const struct orr_scenario_key *key = NULL;
    bool skipped = false;
    for (const char *p = path; true; p++) { /* each turn takes a step off the path */
        size_t len = strcspn(p, ".");
        uint32_t i = at ? orr_scenario_key_find(at, p, len) : ORR_NO_KEY;
        bool may_skip =
            key && !skipped && (key->type == ORR_KEY_NAMED || key->type == ORR_KEY_LIST);
        if (i == ORR_NO_KEY && !may_skip) {
            *nearest = at ? nearest_key(at, p, len) : NULL;
            return NULL;
        }
        skipped = i == ORR_NO_KEY; /* a group's name or an item's number */
        p += len;
        if (!skipped) {
            key = &at->keys[i];
            *table = at;
            at = table_below(key);
            snprintf(shown, size, "%.*s", (int)(p - path), path);
        }
        if (!*p) return key;
    }
}

/* ---- a word that is no path ---- */

static bool is_letter(char c) { return c && c != '-' && c != '_'; }

/* The same word, but for case, dashes and a plural: pingpong, Ping-Pong. */
static bool same_word(const char *a, const char *b) {
    while (true) { /* each turn takes a letter off both */
        while (*a && !is_letter(*a)) a++;
        while (*b && !is_letter(*b)) b++;
        if (!*a || !*b || (*a | 0x20) != (*b | 0x20)) break;
        a++, b++;
    }
    return !strcmp(a, b) || (!*a && !strcmp(b, "s")) || (!*b && !strcmp(a, "s"));
}

static const struct orr_protocol *find_role(const char *word) {
    const struct orr_protocol *role = orr_registry_find(word);
    for (unsigned i = 0; !role && orr_registry_at(i); i++)
        if (same_word(orr_registry_at(i)->name, word)) role = orr_registry_at(i);
    return role;
}

/* A value by its name, and the keys that go with it. */
static void print_choice(FILE *to, const char *path, const struct orr_scenario_table *table,
                         const struct orr_scenario_key *key, const struct orr_choice *choice) {
    char text[300];
    snprintf(text, sizeof text, "%s: %s%s%s: %s", choice->text, path, *path ? "." : "", key->name,
             *choice->help ? choice->help : "one of its values");
    print_wrapped(to, text, 2, 0);
    bool rules = table->kind_key != ORR_NO_KEY && key == &table->keys[table->kind_key];
    for (uint32_t i = 0; rules && i < table->n; i++)
        if (table->keys[i].kinds & (1u << choice->value))
            print_row(to, path, table, &table->keys[i]);
}

/* Every key and every value of that name, wherever it stands; how many. */
static uint32_t find_word(FILE *to, const char *word, const char *path,
                          const struct orr_scenario_table *table, int depth, bool *seen_dist) {
    uint32_t n = 0;
    for (uint32_t i = 0; depth < MAX_NESTING && i < table->n; i++) {
        const struct orr_scenario_key *key = &table->keys[i];
        bool choices = key->type == ORR_KEY_CHOICE || key->type == ORR_KEY_FLAGS;
        if (same_word(key->name, word)) print_row(to, path, table, key), n++;
        for (const struct orr_choice *c = choices ? key->choices : NULL; c && c->text; c++)
            if (same_word(c->text, word)) print_choice(to, path, table, key, c), n++;
        const struct orr_scenario_table *below = table_below(key);
        if (!below || (is_dist(below) && *seen_dist)) continue;
        if (is_dist(below)) *seen_dist = true;
        char name[200];
        snprintf(name, sizeof name, "%s%s%s%s", path, *path ? "." : "", key->name,
                 key->type == ORR_KEY_NAMED ? ".NAME" : "");
        n += find_word(to, word, name, below, depth + 1, seen_dist);
    }
    return n;
}

/* The protocol, fault, behaviour or section that may have been meant, or NULL. */
static const char *nearest_name(const char *word) {
    const char *names[256] = {
#define NAME(name, text, help) text,
        ORR_FAULTS(NAME) ORR_BEHAVIOURS(NAME)
#undef NAME
    };
    uint32_t n = 0;
    while (names[n]) n++;
    for (uint32_t i = 0; i < orr_scenario_keys.n; i++) names[n++] = orr_scenario_keys.keys[i].name;
    for (unsigned i = 0; orr_registry_at(i) && n < 256; i++) names[n++] = orr_registry_at(i)->name;
    return orr_diag_nearest(word, strlen(word), names, n);
}

static void print_keys(FILE *to, const char *path, const struct orr_scenario_table *table,
                       int depth) {
    for (uint32_t i = 0; depth < MAX_NESTING && i < table->n; i++) {
        const struct orr_scenario_key *key = &table->keys[i];
        const struct orr_scenario_table *below = table_below(key);
        char name[200];
        snprintf(name, sizeof name, "%s%s%s%s", path, *path ? "." : "", key->name,
                 key->type == ORR_KEY_NAMED  ? ".NAME"
                 : key->type == ORR_KEY_LIST ? ".0"
                                             : "");
        fprintf(to, "%s\n", name);
        if (below) print_keys(to, name, below, depth + 1);
    }
}

void orr_scenario_print_keys(FILE *to) { print_keys(to, "", &orr_scenario_keys, 0); }

int orr_scenario_help(FILE *to, const char *path, const char **nearest) {
    *nearest = NULL;
    const struct orr_protocol *role = path ? find_role(path) : NULL;
    if (!path) print_overview(to);
    if (role) print_role(to, role);
    if (!path || role) return 0;
    bool seen_dist = false;
    char shown[200], parent[200];
    const struct orr_scenario_table *table = NULL;
    const struct orr_scenario_key *key = find_row(path, &table, nearest, shown, sizeof shown);
    if (!key && !strchr(path, '.') &&
        find_word(to, path, "", &orr_scenario_keys, 0, &seen_dist))
        return 0;
    if (!key && !*nearest) *nearest = nearest_name(path);
    if (!key) return ORR_ENOTFOUND;
    snprintf(parent, sizeof parent, "%s", shown);
    char *dot = strrchr(parent, '.');
    if (dot) *dot = 0;
    print_row(to, dot ? parent : "", table, key);
    if (!table_below(key)) return 0;
    if (key->type == ORR_KEY_NAMED && strlen(shown) + 6 < sizeof shown) strcat(shown, ".NAME");
    fputc('\n', to);
    print_table(to, shown, table_below(key), 0);
    return 0;
}
