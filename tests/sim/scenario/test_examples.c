/* The scenarios and the schema that come with the project. */
#include <dirent.h>
#include <jansson.h>
#include <string.h>

#include "models/registry.h"
#include "sim/scenario/help.h"
#include "sim/scenario/keys.h"
#include "sim/scenario/scenario.h"
#include "tests/test.h"

static int is_yaml(const struct dirent *entry) { return strstr(entry->d_name, ".yaml") != NULL; }

static struct orr_scenario *load(const char *name) {
    char path[512];
    snprintf(path, sizeof path, "scenarios/%s", name);
    struct orr_diags diags = {0};
    struct orr_scenario *s;
    int result = orr_scenario_load(path, NULL, 0, &s, &diags);
    if (result || diags.n) orr_diags_print(&diags, stdout, false);
    ck_assert_msg(!result && !diags.n, "%s is not clean", path);
    return s;
}

START_TEST(every_scenario_is_well_formed_and_called_as_its_file) {
    struct dirent **entries;
    int n = scandir("scenarios", &entries, is_yaml, alphasort);
    ck_assert_int_ge(n, 9);
    for (int i = 0; i < n; i++) {
        struct orr_scenario *s = load(entries[i]->d_name);
        ck_assert_uint_eq(strlen(s->name) + 5, strlen(entries[i]->d_name));
        ck_assert_msg(!strncmp(s->name, entries[i]->d_name, strlen(s->name)), "%s is called %s",
                      entries[i]->d_name, s->name);
        orr_scenario_free(s);
        free(entries[i]);
    }
    free(entries);
}
END_TEST

START_TEST(every_scenario_says_what_it_shows_and_its_verdict_before_anything_else) {
    struct dirent **entries;
    int n = scandir("scenarios", &entries, is_yaml, alphasort);
    for (int i = 0; i < n; i++) {
        struct orr_scenario *s = load(entries[i]->d_name);
        const char *verdict = strstr(s->source.text, "\n# Verdict: ");
        const char *first_key = strstr(s->source.text, "\norrery: ");
        ck_assert_msg(s->source.text[0] == '#' && verdict && first_key && verdict < first_key,
                      "%s: no line before the first key begins with '# Verdict: '",
                      entries[i]->d_name);
        orr_scenario_free(s);
        free(entries[i]);
    }
    free(entries);
}
END_TEST

START_TEST(the_manual_names_every_expectation) {
    static char text[1 << 16];
    FILE *file = fopen("docs/scenario.md", "rb");
    ck_assert_ptr_nonnull(file);
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    const char *from = strstr(text, "## What is expected");
    const char *to = strstr(text, "## What is refused");
    ck_assert(from && to && from < to);
    uint32_t row = orr_scenario_key_find(&orr_scenario_keys, "expect", 6);
    const struct orr_scenario_table *table = orr_scenario_keys.keys[row].table;
    for (uint32_t i = 0; i < table->n; i++) {
        char name[80];
        snprintf(name, sizeof name, "`%s`", table->keys[i].name);
        const char *at = strstr(from, name);
        bool is_said = !strcmp(table->keys[i].name, "is") || (at && at < to);
        ck_assert_msg(is_said, "docs/scenario.md says nothing of %s", name);
    }
}
END_TEST

START_TEST(the_example_in_the_manual_is_well_formed) {
    static char text[1 << 16];
    FILE *file = fopen("docs/scenario.md", "rb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_lt(fread(text, 1, sizeof text - 1, file), sizeof text - 1);
    fclose(file);
    const char *start = strstr(text, "```yaml\n");
    ck_assert_ptr_nonnull(start);
    start += strlen("```yaml\n");
    const char *end = strstr(start, "```");
    ck_assert_ptr_nonnull(end);
    struct orr_diags diags = {0};
    struct orr_scenario *s;
    int result =
        orr_scenario_parse(start, (size_t)(end - start), "docs/scenario.md", NULL, 0, &s, &diags);
    if (result) orr_diags_print(&diags, stdout, false);
    ck_assert_int_eq(result, 0);
    orr_scenario_free(s);
}
END_TEST

static char *generated_schema(void) {
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    orr_scenario_schema(to);
    fclose(to);
    return text;
}

START_TEST(the_checked_in_schema_is_the_generated_one) {
    char *expected = generated_schema(), *got = calloc(1, 1 << 20);
    FILE *file = fopen("scenarios/scenario.schema.json", "rb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_lt(fread(got, 1, (1 << 20) - 1, file), (1 << 20) - 1);
    fclose(file);
    ck_assert_msg(!strcmp(got, expected),
                  "run: orrery help scenario --schema > scenarios/scenario.schema.json");
    free(expected);
    free(got);
}
END_TEST

/* Does the schema know each key of a table, with the table's help, and refuse others? */
static void covers(const json_t *definitions, const json_t *object,
                   const struct orr_scenario_table *t) {
    const json_t *properties = json_object_get(object, "properties");
    ck_assert(json_is_false(json_object_get(object, "additionalProperties")));
    ck_assert_uint_eq(json_object_size(properties), t->n);
    for (uint32_t i = 0; i < t->n; i++) {
        const json_t *key = json_object_get(properties, t->keys[i].name);
        const char *text = json_string_value(json_object_get(key, "description"));
        ck_assert_msg(text && !strncmp(text, t->keys[i].help, strlen(t->keys[i].help)), "%s.%s",
                      t->name, t->keys[i].name);
        const struct orr_scenario_table *below = t->keys[i].table;
        if (!below) continue;
        const json_t *definition = json_object_get(definitions, below->name);
        const json_t *either = json_object_get(definition, "anyOf");
        covers(definitions, either ? json_array_get(either, 1) : definition, below);
    }
}

START_TEST(the_schema_is_json_and_has_every_key_of_the_table) {
    char *text = generated_schema();
    json_error_t error;
    json_t *schema = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    ck_assert_msg(schema != NULL, "%s", error.text);
    covers(json_object_get(schema, "definitions"), schema, &orr_scenario_keys);
    const struct orr_protocol *role;
    for (unsigned i = 0; (role = orr_registry_at(i)); i++)
        ck_assert_msg(strstr(text, role->name) != NULL, "%s is missing", role->name);
    json_decref(schema);
    free(text);
}
END_TEST

/* ---- the table itself ---- */

static void check_table(const struct orr_scenario_table *t, int depth) {
    ck_assert_int_lt(depth, 6);
    for (uint32_t i = 0; i < t->n; i++) {
        const struct orr_scenario_key *key = &t->keys[i];
        ck_assert_msg(key->help && *key->help, "%s.%s has no help", t->name, key->name);
        ck_assert_msg(!(key->needed == ORR_KEY_NEEDED && key->fallback), "%s.%s", t->name,
                      key->name);
        ck_assert_msg(key->min <= key->max || !key->max, "%s.%s has an empty range", t->name,
                      key->name);
        for (uint32_t j = 0; j < i; j++)
            ck_assert_msg(strcmp(t->keys[j].name, key->name), "%s.%s twice", t->name, key->name);
        char accepts[600];
        ck_assert_uint_gt(strlen(orr_scenario_key_accepts(key, accepts, sizeof accepts)), 0);
        bool has_table =
            key->type == ORR_KEY_MAP || key->type == ORR_KEY_LIST || key->type == ORR_KEY_NAMED;
        ck_assert_int_eq(has_table, key->table != NULL);
        if (has_table) check_table(key->table, depth + 1);
    }
}

START_TEST(every_row_of_the_table_is_whole) { check_table(&orr_scenario_keys, 0); }
END_TEST

static char *help_text(const char *key, int expected) {
    char *text = NULL;
    size_t len = 0;
    const char *nearest;
    FILE *to = open_memstream(&text, &len);
    ck_assert_int_eq(orr_scenario_help(to, key, &nearest), expected);
    fclose(to);
    return text;
}

START_TEST(help_finds_keys_by_their_path_sections_and_roles) {
    char *text = help_text("nodes.val.count", 0);
    ck_assert_ptr_nonnull(strstr(text, "how many nodes"));
    free(text);
    text = help_text("faults.3.do", 0);
    ck_assert_ptr_nonnull(strstr(text, "partition"));
    free(text);
    text = help_text("phold", 0);
    ck_assert_ptr_nonnull(strstr(text, "population"));
    free(text);
    text = help_text("network", 0);
    ck_assert_ptr_nonnull(strstr(text, "network.overlay.degree"));
    free(text);
    text = help_text(NULL, 0);
    for (uint32_t i = 0; i < orr_scenario_keys.n; i++)
        ck_assert_msg(strstr(text, orr_scenario_keys.keys[i].name) != NULL, "%s",
                      orr_scenario_keys.keys[i].name);
    free(text);
    free(help_text("network.latincy", ORR_ENOTFOUND));
    free(help_text("nodes.val.count.more", ORR_ENOTFOUND));
    free(help_text("", ORR_ENOTFOUND));
    free(help_text("...", ORR_ENOTFOUND));
}
END_TEST

ORR_TEST_MAIN("scenario examples", every_scenario_is_well_formed_and_called_as_its_file,
              every_scenario_says_what_it_shows_and_its_verdict_before_anything_else,
              the_manual_names_every_expectation,
              the_example_in_the_manual_is_well_formed, the_checked_in_schema_is_the_generated_one,
              the_schema_is_json_and_has_every_key_of_the_table, every_row_of_the_table_is_whole,
              help_finds_keys_by_their_path_sections_and_roles)
