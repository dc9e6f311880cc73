/* The table of keys as JSON Schema, draft 07: what YAML editors check against while one types. */
#include <assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "models/registry.h"
#include "sim/scenario/help.h"
#include "sim/scenario/keys.h"
#include "sim/scenario/scenario.h"

static json_t *schema_of(const struct orr_scenario_key *key, json_t *definitions);

static json_t *typed(const char *type) { return json_pack("{s:s}", "type", type); }

static json_t *pattern(const char *text) {
    return json_pack("{s:s, s:s}", "type", "string", "pattern", text);
}

static json_t *either(json_t *a, json_t *b) { return json_pack("{s:[o, o]}", "anyOf", a, b); }

static json_t *list_of(json_t *item) {
    return json_pack("{s:s, s:o}", "type", "array", "items", item);
}

/* {type: array} of one or more `item`, or the item alone */
static json_t *one_or_list(json_t *item) {
    json_t *list = list_of(json_deep_copy(item));
    json_object_set_new(list, "minItems", json_integer(1));
    return either(item, list);
}

static json_t *quantity(const struct orr_scenario_key *key, const char *prefix) {
    const struct orr_quantity_info *info = orr_quantity_info(key->quantity);
    char text[400];
    int used = snprintf(text, sizeof text, "^%s%s(0|[1-9][0-9]*)(\\.[0-9]+)? ?(", prefix,
                        info->is_signed ? "[+-]?" : "");
    for (const struct orr_unit *unit = info->units; unit->name; unit++)
        used += snprintf(text + used, sizeof text - (size_t)used, "%s%s",
                         unit == info->units ? "" : "|", unit->name);
    assert(used < (int)sizeof text - 8);
    snprintf(text + used, sizeof text - (size_t)used, ")%s$", info->bare ? "?" : "");
    if (!info->bare) return pattern(text);
    json_t *number = typed("number");
    if (!info->is_signed) json_object_set_new(number, "minimum", json_integer(0));
    return either(number, pattern(text));
}

static json_t *whole(const struct orr_scenario_key *key) {
    json_t *object = typed("integer");
    json_object_set_new(object, "minimum", json_integer(key->min));
    if (key->max) json_object_set_new(object, "maximum", json_integer(key->max));
    return object;
}

static json_t *choices(const struct orr_scenario_key *key) {
    json_t *names = json_array();
    for (const struct orr_choice *c = key->choices; c->text; c++)
        json_array_append_new(names, json_string(c->text));
    return json_pack("{s:o}", "enum", names);
}

static json_t *roles(void) {
    json_t *names = json_array();
    const struct orr_protocol *role;
    for (unsigned i = 0; (role = orr_registry_at(i)); i++)
        json_array_append_new(names, json_string(role->name));
    json_t *path = json_pack("{s:s, s:s}", "type", "string", "pattern", "/.*\\.(c|so)$");
    return json_pack("{s:[{s:o}, o]}", "anyOf", "enum", names, path);
}

/* ---- maps ---- */

/* What the kind asks for and what it has no use for, as draft 07's if and then. */
static json_t *rule_of_kind(const struct orr_scenario_table *table, const struct orr_choice *kind) {
    const struct orr_scenario_key *kind_key = &table->keys[table->kind_key];
    json_t *required = json_array(), *unused = json_object();
    for (uint32_t i = 0; i < table->n; i++) {
        const struct orr_scenario_key *key = &table->keys[i];
        if (key->needed != ORR_KEY_NEEDED && key->needed & (1u << kind->value))
            json_array_append_new(required, json_string(key->name));
        if (key->kinds && !(key->kinds & (1u << kind->value)))
            json_object_set_new(unused, key->name, json_false());
    }
    return json_pack("{s:{s:{s:{s:s}}, s:[s]}, s:{s:o, s:o}}", "if", "properties", kind_key->name,
                     "const", kind->text, "required", kind_key->name, "then", "required", required,
                     "properties", unused);
}

static json_t *map_of(const struct orr_scenario_table *table, json_t *definitions) {
    json_t *properties = json_object(), *required = json_array(), *rules = json_array();
    for (uint32_t i = 0; i < table->n; i++) {
        const struct orr_scenario_key *key = &table->keys[i];
        json_t *value = schema_of(key, definitions);
        char accepts[600], text[1400];
        snprintf(text, sizeof text, "%s\n%s", key->help,
                 orr_scenario_key_accepts(key, accepts, sizeof accepts));
        json_object_set_new(value, "description", json_string(text));
        /* beside a $ref draft 07 readers look at nothing else */
        json_t *ref = json_object_get(value, "$ref");
        if (ref) {
            json_t *all = json_pack("{s:[{s:O}], s:s}", "allOf", "$ref", ref, "description", text);
            json_decref(value);
            value = all;
        }
        json_object_set_new(properties, key->name, value);
        if (key->needed == ORR_KEY_NEEDED) json_array_append_new(required, json_string(key->name));
    }
    if (table->kind_key != ORR_NO_KEY)
        for (const struct orr_choice *c = table->keys[table->kind_key].choices; c->text; c++)
            json_array_append_new(rules, rule_of_kind(table, c));
    json_t *object = json_pack("{s:s, s:b, s:o, s:o}", "type", "object", "additionalProperties", 0,
                               "properties", properties, "required", required);
    if (json_array_size(rules))
        json_object_set_new(object, "allOf", rules);
    else
        json_decref(rules);
    return object;
}

/* What may stand in place of a table's map: of kinds only those that need no other key. */
static json_t *scalar_of(const struct orr_scenario_table *table, json_t *definitions) {
    const struct orr_scenario_key *scalar = &table->keys[table->scalar_key];
    if (table->scalar_key != table->kind_key) return schema_of(scalar, definitions);
    json_t *names = json_array();
    for (const struct orr_choice *c = scalar->choices; c->text; c++) {
        bool needs = false;
        for (uint32_t i = 0; i < table->n; i++)
            needs = needs || (i != table->kind_key && table->keys[i].needed & (1u << c->value));
        if (!needs) json_array_append_new(names, json_string(c->text));
    }
    return json_pack("{s:o}", "enum", names);
}

/* Every table becomes one definition, by its name. */
static json_t *table_of(const struct orr_scenario_table *table, json_t *definitions) {
    char ref[80];
    snprintf(ref, sizeof ref, "#/definitions/%s", table->name);
    if (!json_object_get(definitions, table->name)) {
        json_object_set_new(definitions, table->name, json_null()); /* its place, in order */
        json_t *map = map_of(table, definitions);
        if (table->scalar_key != ORR_NO_KEY) map = either(scalar_of(table, definitions), map);
        json_object_set_new(definitions, table->name, map);
    }
    return json_pack("{s:s}", "$ref", ref);
}

/* Settings by role: if role is X then config is a map of X's keys. */
static void add_settings(json_t *group, json_t *definitions) {
    json_t *rules = json_array();
    const struct orr_protocol *role;
    for (unsigned i = 0; (role = orr_registry_at(i)); i++) {
        json_t *properties = json_object();
        for (const struct orr_config_key *c = role->config; c && c->name; c++) {
            struct orr_choice list[ORR_MAX_CHOICES];
            char fallback[48], text[400];
            struct orr_scenario_key key = orr_scenario_key_of_config(c, list, fallback);
            json_t *value = schema_of(&key, definitions);
            snprintf(text, sizeof text, "%s (default: %s)%s%s", c->help, key.fallback,
                     c->flaw ? "\nAnother value is a known mistake: " : "",
                     c->flaw ? c->flaw : "");
            json_object_set_new(value, "description", json_string(text));
            json_object_set_new(properties, c->name, value);
            if (c->also) json_object_set(properties, c->also, value);
        }
        json_array_append_new(
            rules, json_pack("{s:{s:{s:{s:s}}}, s:{s:{s:{s:s, s:b, s:o}}}}", "if", "properties",
                             "role", "const", role->name, "then", "properties", "config", "type",
                             "object", "additionalProperties", 0, "properties", properties));
    }
    json_object_set_new(group, "allOf", rules);
}

/* ---- values ---- */

#define WORD "[A-Za-z][A-Za-z0-9_-]{0,63}"

static json_t *share_or_dist(json_t *definitions) {
    static const struct orr_scenario_key share = {.type = ORR_KEY_QUANTITY,
                                                  .quantity = ORR_QUANTITY_SHARE};
    uint32_t network = orr_scenario_key_find(&orr_scenario_keys, "network", 7);
    const struct orr_scenario_table *table = orr_scenario_keys.keys[network].table;
    uint32_t latency = orr_scenario_key_find(table, "latency", 7);
    return either(quantity(&share, ""), schema_of(&table->keys[latency], definitions));
}

static json_t *region(void) {
    static const struct orr_scenario_key share = {.type = ORR_KEY_QUANTITY,
                                                  .quantity = ORR_QUANTITY_SHARE};
    return either(typed("string"), json_pack("{s:s, s:o}", "type", "object", "additionalProperties",
                                             quantity(&share, "")));
}

static json_t *pair(json_t *item) {
    return json_pack("{s:s, s:o, s:i, s:i}", "type", "array", "items", item, "minItems", 2,
                     "maxItems", 2);
}

static json_t *schema_of(const struct orr_scenario_key *key, json_t *definitions) {
    switch (key->type) {
    case ORR_KEY_QUANTITY: return quantity(key, "");
    case ORR_KEY_BELOW: return quantity(key, "(below )?");
    case ORR_KEY_BOOL: return typed("boolean");
    case ORR_KEY_COUNT:
    case ORR_KEY_NUMBER: return whole(key);
    case ORR_KEY_CHOICE: return choices(key);
    case ORR_KEY_FLAGS: return one_or_list(choices(key));
    case ORR_KEY_NAME: return pattern("^" WORD "$");
    case ORR_KEY_MAP: return table_of(key->table, definitions);
    case ORR_KEY_LIST: return list_of(table_of(key->table, definitions));
    case ORR_KEY_NAMED:
        return json_pack("{s:s, s:i, s:b, s:{s:o}}", "type", "object", "minProperties", 1,
                         "additionalProperties", 0, "patternProperties", "^" WORD "$",
                         table_of(key->table, definitions));
    case ORR_KEY_ROLE: return roles();
    case ORR_KEY_OWN:
    case ORR_KEY_CONFIG: return typed("object");
    case ORR_KEY_REGION: return region();
    case ORR_KEY_NUMBERS:
    case ORR_KEY_STAKES: return one_or_list(whole(key));
    case ORR_KEY_JITTER: return share_or_dist(definitions);
    case ORR_KEY_GROUPS: {
        json_t *list = list_of(one_or_list(typed("string")));
        json_object_set_new(list, "minItems", json_integer(2));
        return list;
    }
    case ORR_KEY_BETWEEN: return pair(typed("string"));
    case ORR_KEY_PAIR: return pair(one_or_list(typed("string")));
    case ORR_KEY_CONDITION: return pattern("^(height|round|decisions) *\\(.+\\) *>=? *[0-9]+$");
    case ORR_KEY_RANGE: {
        static const struct orr_scenario_key number = {.type = ORR_KEY_NUMBER, .max = INT64_MAX};
        return either(whole(&number), pattern("^[0-9]+\\.\\.[0-9]+(/[0-9]+)?$"));
    }
    case ORR_KEY_TARGETS:
    case ORR_KEY_PLACES:
    case ORR_KEY_RECEIVERS:
    case ORR_KEY_KINDS:
    case ORR_KEY_FIELDS:
    case ORR_KEY_ENDS: return one_or_list(typed("string"));
    case ORR_KEY_VALUES: return json_object();
    case ORR_KEY_CHANGES: return typed("object");
    default: return typed("string");
    }
}

void orr_scenario_schema(FILE *to) {
    json_t *definitions = json_object();
    json_t *top = map_of(&orr_scenario_keys, definitions);
    json_t *schema =
        json_pack("{s:s, s:s, s:s}", "$schema", "http://json-schema.org/draft-07/schema#", "title",
                  "Orrery scenario", "description", "Written by `orrery help scenario --schema`.");
    json_object_update(schema, top);
    add_settings(json_object_get(definitions, "group"), definitions);
    json_object_set_new(schema, "definitions", definitions);
    char *text = json_dumps(schema, JSON_INDENT(2));
    assert(text);
    fprintf(to, "%s\n", text);
    free(text);
    json_decref(top);
    json_decref(schema);
}
