/* The schema against real files: what the parser accepts the schema accepts, and most of what the
 * parser refuses it refuses too, while one types. */
#include <dirent.h>

#include "sim/scenario/help.h"
#include "sim/scenario/tree.h"
#include "tests/sim/scenario/json_schema.h"

/* A scalar as YAML 1.2's core schema reads it. */
static json_t *scalar_as_json(const struct orr_tree *tree) {
    if (tree->quoted) return json_string(tree->text);
    if (!strcmp(tree->text, "true")) return json_true();
    if (!strcmp(tree->text, "false")) return json_false();
    if (!tree->len || !strcmp(tree->text, "null") || !strcmp(tree->text, "~")) return json_null();
    if (schema_matches("^[-+]?[0-9]+$", tree->text))
        return json_integer(strtoll(tree->text, NULL, 10));
    if (schema_matches("^[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]+)?$", tree->text))
        return json_real(strtod(tree->text, NULL));
    return json_string(tree->text);
}

static json_t *as_json(const struct orr_tree *tree) {
    if (tree->kind == ORR_TREE_SCALAR) return scalar_as_json(tree);
    json_t *all = tree->kind == ORR_TREE_MAP ? json_object() : json_array();
    for (uint32_t i = 0; i < tree->n; i++) {
        json_t *item = as_json(tree->items[i]);
        if (tree->kind == ORR_TREE_MAP)
            json_object_set_new(all, tree->keys[i]->text, item);
        else
            json_array_append_new(all, item);
    }
    return all;
}

/* The file as JSON; NULL when it is no YAML. */
static json_t *read_yaml(const char *path) {
    static char text[1 << 16];
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    struct orr_source source = {path, text, fread(text, 1, sizeof text, file)};
    fclose(file);
    struct orr_diags diags = {0};
    struct orr_scenario_store *store = orr_store_new();
    struct orr_tree *tree = orr_tree_parse(&source, 0, source.len, store, &diags, NULL);
    json_t *value = tree && !diags.n_errors ? as_json(tree) : NULL;
    orr_store_free(store);
    orr_diags_fini(&diags);
    return value;
}

static json_t *read_schema(void) {
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    orr_scenario_schema(to);
    fclose(to);
    json_t *schema = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_ptr_nonnull(schema);
    free(text);
    return schema;
}

static int is_yaml(const struct dirent *entry) { return strstr(entry->d_name, ".yaml") != NULL; }

/* How many files of a folder the schema accepts; *n: of how many that are YAML at all. */
static int n_accepted(const char *folder, bool expect_all, int *n) {
    json_t *schema = read_schema();
    struct dirent **entries;
    int n_files = scandir(folder, &entries, is_yaml, alphasort), accepted = 0;
    *n = 0;
    for (int i = 0; i < n_files; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        json_t *value = read_yaml(path);
        bool valid = value && schema_valid(schema, schema, value);
        if (expect_all) ck_assert_msg(valid, "the schema refuses %s", path);
        accepted += valid;
        *n += value != NULL;
        json_decref(value);
        free(entries[i]);
    }
    free(entries);
    json_decref(schema);
    return accepted;
}

START_TEST(the_schema_accepts_every_scenario) {
    int n;
    ck_assert_int_eq(n_accepted("scenarios", true, &n), n);
    ck_assert_int_ge(n, 9);
    ck_assert_int_eq(n_accepted("tests/sim/scenario/good", true, &n), n);
    ck_assert_int_ge(n, 1);
}
END_TEST

START_TEST(the_schema_refuses_what_is_wrong_by_itself) {
    /* names, sums, overlaps and ranges of quantities are beyond a schema: the parser's business */
    int n, accepted = n_accepted("tests/sim/scenario/bad", false, &n);
    ck_assert_int_gt(n, 120);
    ck_assert_msg(n - accepted > 60, "%d of %d bad files pass the schema", accepted, n);
}
END_TEST

START_TEST(each_kind_of_slip_is_caught_by_the_schema) {
    static const char *const files[] = {
        "unknown_key",           "missing_name",           "count_is_zero",
        "duration_without_unit", "duration_wrong_unit",    "memo_on",
        "overlay_misspelt",      "overlay_without_degree", "overlay_with_foreign_key",
        "dist_incomplete",       "dist_foreign_key",       "fault_without_do",
        "crash_with_for",        "fault_without_target",   "link_between_three",
        "partition_of_one",      "expect_misspelt",        "record_misspelt",
        "unknown_setting",       "setting_of_wrong_type",  "when_equals",
        "nodes_is_a_list",       "wrong_version",          "count_is_quoted"};
    json_t *schema = read_schema();
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[256];
        snprintf(path, sizeof path, "tests/sim/scenario/bad/%s.yaml", files[i]);
        json_t *value = read_yaml(path);
        ck_assert_msg(value && !schema_valid(schema, schema, value), "%s passes", path);
        json_decref(value);
    }
    json_decref(schema);
}
END_TEST

ORR_TEST_MAIN("scenario schema", the_schema_accepts_every_scenario,
              the_schema_refuses_what_is_wrong_by_itself, each_kind_of_slip_is_caught_by_the_schema)
