/* json_schema.h - does a JSON value obey a JSON Schema?  The keywords of draft 07 that ours uses;
 * any other ends the test, so that nothing is passed over. */
#ifndef ORR_TESTS_SIM_SCENARIO_JSON_SCHEMA_H
#define ORR_TESTS_SIM_SCENARIO_JSON_SCHEMA_H

#include <jansson.h>
#include <regex.h>
#include <string.h>

#include "tests/test.h"

static bool schema_valid(const json_t *root, const json_t *schema, const json_t *value);

static bool schema_matches(const char *pattern, const char *text) {
    regex_t regex;
    ck_assert_msg(!regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), "bad pattern %s", pattern);
    bool matches = !regexec(&regex, text, 0, NULL, 0);
    regfree(&regex);
    return matches;
}

static bool schema_is_type(const char *type, const json_t *value) {
    if (!strcmp(type, "object")) return json_is_object(value);
    if (!strcmp(type, "array")) return json_is_array(value);
    if (!strcmp(type, "string")) return json_is_string(value);
    if (!strcmp(type, "boolean")) return json_is_boolean(value);
    if (!strcmp(type, "integer")) return json_is_integer(value);
    ck_assert_str_eq(type, "number");
    return json_is_number(value);
}

/* properties, patternProperties, additionalProperties */
static bool schema_members(const json_t *root, const json_t *schema, const json_t *object) {
    const json_t *named = json_object_get(schema, "properties");
    const json_t *patterns = json_object_get(schema, "patternProperties");
    const json_t *others = json_object_get(schema, "additionalProperties");
    const char *name, *pattern;
    json_t *member, *below;
    json_object_foreach((json_t *)object, name, member) {
        const json_t *own = json_object_get(named, name);
        bool known = own != NULL;
        if (own && !schema_valid(root, own, member)) return false;
        json_object_foreach((json_t *)patterns, pattern, below) {
            if (!schema_matches(pattern, name)) continue;
            known = true;
            if (!schema_valid(root, below, member)) return false;
        }
        if (!known && others && !schema_valid(root, others, member)) return false;
    }
    return true;
}

static bool schema_keyword(const json_t *root, const json_t *schema, const char *word,
                           const json_t *is, const json_t *value) {
    size_t i;
    json_t *item;
    if (!strcmp(word, "$ref")) {
        const char *name = json_string_value(is) + strlen("#/definitions/");
        return schema_valid(root, json_object_get(json_object_get(root, "definitions"), name),
                            value);
    }
    if (!strcmp(word, "type")) return schema_is_type(json_string_value(is), value);
    if (!strcmp(word, "const")) return json_equal(is, value);
    if (!strcmp(word, "enum")) {
        json_array_foreach((json_t *)is, i, item) if (json_equal(item, value)) return true;
        return false;
    }
    if (!strcmp(word, "pattern"))
        return !json_is_string(value) ||
               schema_matches(json_string_value(is), json_string_value(value));
    if (!strcmp(word, "minimum"))
        return !json_is_number(value) || json_number_value(value) >= json_number_value(is);
    if (!strcmp(word, "maximum"))
        return !json_is_number(value) || json_number_value(value) <= json_number_value(is);
    if (!strcmp(word, "minItems"))
        return !json_is_array(value) ||
               (json_int_t)json_array_size(value) >= json_integer_value(is);
    if (!strcmp(word, "maxItems"))
        return !json_is_array(value) ||
               (json_int_t)json_array_size(value) <= json_integer_value(is);
    if (!strcmp(word, "minProperties"))
        return !json_is_object(value) ||
               (json_int_t)json_object_size(value) >= json_integer_value(is);
    if (!strcmp(word, "items")) {
        json_array_foreach((json_t *)value, i,
                           item) if (!schema_valid(root, is, item)) return false;
        return true;
    }
    if (!strcmp(word, "required")) {
        json_array_foreach((json_t *)is, i,
                           item) if (json_is_object(value) &&
                                     !json_object_get(value, json_string_value(item))) return false;
        return true;
    }
    if (!strcmp(word, "anyOf")) {
        json_array_foreach((json_t *)is, i, item) if (schema_valid(root, item, value)) return true;
        return false;
    }
    if (!strcmp(word, "allOf")) {
        json_array_foreach((json_t *)is, i,
                           item) if (!schema_valid(root, item, value)) return false;
        return true;
    }
    if (!strcmp(word, "if"))
        return !schema_valid(root, is, value) ||
               schema_valid(root, json_object_get(schema, "then"), value);
    static const char *const elsewhere[] = {
        "then",  "properties",  "patternProperties", "additionalProperties",
        "title", "description", "$schema",           "definitions"};
    for (i = 0; i < sizeof elsewhere / sizeof elsewhere[0]; i++)
        if (!strcmp(word, elsewhere[i])) return true;
    ck_abort_msg("the keyword %s is not known here", word);
    return false;
}

static bool schema_valid(const json_t *root, const json_t *schema, const json_t *value) {
    if (json_is_boolean(schema)) return json_is_true(schema);
    ck_assert(json_is_object(schema));
    if (json_is_object(value) && !schema_members(root, schema, value)) return false;
    const char *word;
    json_t *is;
    json_object_foreach((json_t *)schema, word,
                        is) if (!schema_keyword(root, schema, word, is, value)) return false;
    return true;
}
#endif
