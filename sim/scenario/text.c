/* What a row of the table accepts, in words. */
#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "models/registry.h"
#include "sim/scenario/keys.h"

struct text {
    char *out;
    size_t size, used;
};

static void add(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(struct text *t, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int len = vsnprintf(t->out + t->used, t->size - t->used, format, args);
    va_end(args);
    t->used += (size_t)len;
    if (t->used >= t->size) t->used = t->size - 1;
}

static void add_choices(struct text *t, const struct orr_scenario_key *key) {
    for (const struct orr_choice *c = key->choices; c->text; c++)
        add(t, "%s%s", c == key->choices ? "" : ", ", c->text);
}

static void add_quantity(struct text *t, const struct orr_scenario_key *key) {
    const struct orr_quantity_info *info = orr_quantity_info(key->quantity);
    add(t, "%s such as `%s`", info->what, info->example);
    for (uint32_t i = 0; i < info->n_shown; i++)
        add(t, "%s%s", i ? ", " : "; units: ", info->units[i].name);
    if (!key->min && !key->max) return;
    char text[48];
    orr_quantity_print(key->quantity, key->min, text, sizeof text);
    add(t, "; from %s", text);
    if (key->max == INT64_MAX) return;
    orr_quantity_print(key->quantity, key->max, text, sizeof text);
    add(t, " to %s", text);
}

static void add_whole(struct text *t, const struct orr_scenario_key *key) {
    if (key->min == key->max && key->min) {
        add(t, "accepted: %" PRId64, key->min);
        return;
    }
    add(t, "a whole number");
    if (key->min || key->max) add(t, " from %" PRId64, key->min);
    if (key->max) add(t, " to %" PRId64, key->max);
}

static void add_table(struct text *t, const struct orr_scenario_key *key) {
    const struct orr_scenario_table *table = key->table;
    if (table->scalar_key != ORR_NO_KEY) {
        const struct orr_scenario_key *scalar = &table->keys[table->scalar_key];
        orr_scenario_key_accepts(scalar, t->out + t->used, t->size - t->used);
        t->used += strlen(t->out + t->used);
        add(t, "; or ");
    }
    add(t, "a map of ");
    for (uint32_t i = 0; i < table->n; i++) add(t, "%s%s", i ? ", " : "", table->keys[i].name);
}

static void add_roles(struct text *t) {
    add(t, "accepted: ");
    const struct orr_protocol *role;
    for (unsigned i = 0; (role = orr_registry_at(i)); i++)
        add(t, "%s%s", i ? ", " : "", role->name);
    add(t, "; or a file: ./mine.c, ./mine.so");
}

char *orr_scenario_key_accepts(const struct orr_scenario_key *key, char *out, size_t size) {
    struct text t = {out, size, 0};
    assert(size > 0);
    *out = 0;
    switch (key->type) {
    case ORR_KEY_QUANTITY: add_quantity(&t, key); break;
    case ORR_KEY_BELOW: add_quantity(&t, key); break;
    case ORR_KEY_BOOL: add(&t, "accepted: true, false"); break;
    case ORR_KEY_COUNT:
    case ORR_KEY_NUMBER: add_whole(&t, key); break;
    case ORR_KEY_CHOICE:
        add(&t, "accepted: ");
        add_choices(&t, key);
        break;
    case ORR_KEY_FLAGS:
        add(&t, "one or a list of: ");
        add_choices(&t, key);
        break;
    case ORR_KEY_NAME: add(&t, "a name: a letter, then letters, digits, - or _"); break;
    case ORR_KEY_TEXT: add(&t, "a line of text"); break;
    case ORR_KEY_PATH: add(&t, "the path of a file, from the scenario's folder"); break;
    case ORR_KEY_GENESIS:
        add(&t, "the path of a go-ethereum genesis.json, from the scenario's folder");
        break;
    case ORR_KEY_MAP: add_table(&t, key); break;
    case ORR_KEY_LIST: add(&t, "a list, each item %s", key->table->title); break;
    case ORR_KEY_NAMED: add(&t, "a map from names, each to %s", key->table->title); break;
    case ORR_KEY_ROLE: add_roles(&t); break;
    case ORR_KEY_OWN:
        add(&t, "a map from an oracle's name to holds, broken, unchecked or its settings");
        break;
    case ORR_KEY_CONFIG: add(&t, "a map of the role's settings"); break;
    case ORR_KEY_REGION:
        add(&t, "a region, `any`, or shares: {us-east: 40 %%, eu-west: 60 %%}");
        break;
    case ORR_KEY_STAKES: add(&t, "a whole number, or a list with one for each node"); break;
    case ORR_KEY_JITTER: add(&t, "a share such as `5 %%`, a duration, or a distribution"); break;
    case ORR_KEY_TARGETS:
        add(&t,
            "`val.3`, `val.0..7`, a group, region or role, `leader`, `any 2 of val`, `all`, or a "
            "list of these");
        break;
    case ORR_KEY_PLACES: add(&t, "a region or group, or a list of these"); break;
    case ORR_KEY_RECEIVERS:
        add(&t, "`one`, `all`, a group, `all of val`, or a list of nodes");
        break;
    case ORR_KEY_GROUPS: add(&t, "two lists or more: [[us-east, val.3], [eu-west]]"); break;
    case ORR_KEY_PAIR:
    case ORR_KEY_BETWEEN: add(&t, "a pair: [us-east, eu-west]"); break;
    case ORR_KEY_WITHIN: add(&t, "a region, a group, or `any`"); break;
    case ORR_KEY_CONDITION:
        add(&t, "height(val) >= 20, round(val) >= 2 or decisions(val) >= 5, in quotes or not");
        break;
    case ORR_KEY_RANGE:
        add(&t, "a whole number, the first and last of some: 2..5, or each so many: 2..20/3");
        break;
    case ORR_KEY_KINDS: add(&t, "a message kind of the protocol, or a list of them"); break;
    case ORR_KEY_NUMBERS: add(&t, "a whole number, or a list of them: [0, 0, 1]"); break;
    case ORR_KEY_FIELDS:
        add(&t, "view, height, value, signers, proof, a field of the protocol's messages, or a "
                "list of them");
        break;
    case ORR_KEY_ENDS: add(&t, "the name of a fault, or a list of them"); break;
    case ORR_KEY_VALUES: add(&t, "one value or a list of them, as the key takes them"); break;
    case ORR_KEY_CHANGES:
        add(&t, "a map from keys to values: {nodes.val.count: 7, faults: []}");
        break;
    }
    return out;
}

uint32_t orr_scenario_key_find(const struct orr_scenario_table *table, const char *name,
                               size_t len) {
    for (uint32_t i = 0; i < table->n; i++)
        if (strlen(table->keys[i].name) == len && !memcmp(table->keys[i].name, name, len)) return i;
    return ORR_NO_KEY;
}

/* A list of this name is a file (models/chain/genesis.h). */
static bool is_genesis(const struct orr_config_key *config) {
    return config->type == ORR_CONFIG_LIST && !strcmp(config->name, "genesis");
}

struct orr_scenario_key orr_scenario_key_of_config(const struct orr_config_key *config,
                                                   struct orr_choice *choices, char *fallback) {
    struct orr_scenario_key key = {.name = config->name,
                                   .offset = config->offset,
                                   .help = config->help,
                                   .min = (int64_t)config->min,
                                   .fallback = fallback,
                                   .max =
                                       config->max > INT64_MAX ? INT64_MAX : (int64_t)config->max};
    int64_t value = (int64_t)config->fallback;
    static const enum orr_quantity quantities[] = {[ORR_CONFIG_TIME] = ORR_QUANTITY_TIME,
                                                   [ORR_CONFIG_SIZE] = ORR_QUANTITY_SIZE,
                                                   [ORR_CONFIG_RATIO] = ORR_QUANTITY_SHARE};
    switch (config->type) {
    case ORR_CONFIG_BOOL:
        key.type = ORR_KEY_BOOL;
        snprintf(fallback, 48, "%s", value ? "true" : "false");
        break;
    case ORR_CONFIG_COUNT:
        key.type = ORR_KEY_NUMBER;
        snprintf(fallback, 48, "%" PRId64, value);
        break;
    case ORR_CONFIG_LIST:
        key.type = is_genesis(config) ? ORR_KEY_GENESIS : ORR_KEY_NUMBERS;
        key.count_offset = config->offset + offsetof(struct orr_config_list, n);
        snprintf(fallback, 48, "none");
        break;
    case ORR_CONFIG_ENUM: {
        key.type = ORR_KEY_CHOICE;
        uint32_t n = 0;
        for (; config->choices[n]; n++) {
            assert(n + 1 < ORR_MAX_CHOICES);
            choices[n] = (struct orr_choice){config->choices[n], n, ""};
        }
        choices[n] = (struct orr_choice){NULL, 0, NULL};
        key.choices = choices;
        key.min = key.max = 0;
        key.fallback = config->choices[config->fallback]; /* of any length */
        break;
    }
    default:
        key.type = ORR_KEY_QUANTITY;
        key.quantity = quantities[config->type];
        orr_quantity_print(key.quantity, value, fallback, 48);
    }
    return key;
}
