/* What a user reads: every file in tests/sim/scenario/bad/ and warned/ has beside it, as .err, the
 * messages that it must draw, to the letter; those of bad/ are refused, those of warned/ run. */
#include <dirent.h>
#include <string.h>

#include "models/registry.h"
#include "sim/scenario/scenario.h"
#include "tests/test.h"

#define FOLDER "tests/sim/scenario/"

static char *messages_of(const char *path, int *result) {
    struct orr_diags diags = {0};
    struct orr_scenario *scenario;
    *result = orr_scenario_load(path, NULL, 0, &scenario, &diags);
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    orr_diags_print(&diags, to, false);
    fclose(to);
    orr_diags_fini(&diags);
    orr_scenario_free(scenario);
    return text;
}

static char *messages_of_text(const char *yaml, int *result) {
    struct orr_diags diags = {0};
    struct orr_scenario *scenario;
    *result = orr_scenario_parse(yaml, strlen(yaml), "t.yaml", NULL, 0, &scenario, &diags);
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    orr_diags_print(&diags, to, false);
    fclose(to);
    orr_diags_fini(&diags);
    orr_scenario_free(scenario);
    return text;
}

static char *read_all(const char *path) {
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "no file %s", path);
    char *text = calloc(1, 1 << 16);
    ck_assert_uint_lt(fread(text, 1, (1 << 16) - 1, file), (1 << 16) - 1);
    fclose(file);
    return text;
}

static int is_yaml(const struct dirent *entry) { return strstr(entry->d_name, ".yaml") != NULL; }

static void check_folder(const char *folder, int at_least, bool runs) {
    struct dirent **entries;
    int n = scandir(folder, &entries, is_yaml, alphasort), n_wrong = 0;
    ck_assert_int_ge(n, at_least);
    for (int i = 0; i < n; i++) {
        char path[512], expected_path[512];
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        snprintf(expected_path, sizeof expected_path, "%.*s.err", (int)(strlen(path) - 5), path);
        int result;
        char *got = messages_of(path, &result), *expected = read_all(expected_path);
        if ((result == 0) != runs || strcmp(got, expected)) {
            printf("--- %s: expected\n%s--- got (result %d)\n%s", path, expected, result, got);
            n_wrong++;
        }
        free(got);
        free(expected);
        free(entries[i]);
    }
    free(entries);
    ck_assert_int_eq(n_wrong, 0);
}

START_TEST(every_bad_file_draws_its_messages_to_the_letter) {
    check_folder(FOLDER "bad", 100, false);
}
END_TEST

START_TEST(what_an_author_hardly_means_draws_a_warning_and_runs) {
    check_folder(FOLDER "warned", 6, true);
}
END_TEST

START_TEST(a_misspelt_role_names_the_nearest_and_all_there_are) {
    int result;
    char *got = messages_of_text("orrery: 1\nname: t\nduration: 1 s\n"
                                 "nodes: {val: {count: 4, role: flod}}\n",
                                 &result);
    ck_assert_int_eq(result, ORR_EFORMAT);
    ck_assert_ptr_nonnull(
        strstr(got, "t.yaml:4:31: error: nodes.val.role: there is no protocol 'flod'"));
    ck_assert_ptr_nonnull(strstr(got, "did you mean 'flood'?"));
    const struct orr_protocol *role;
    for (unsigned i = 0; (role = orr_registry_at(i)); i++)
        ck_assert_msg(strstr(got, role->name) != NULL, "%s is not offered", role->name);
    free(got);
}
END_TEST

START_TEST(a_file_that_is_not_there_is_said_to_be_so) {
    struct orr_diags diags = {0};
    struct orr_scenario *scenario;
    ck_assert_int_eq(orr_scenario_load("no/such.yaml", NULL, 0, &scenario, &diags), ORR_EIO);
    ck_assert_ptr_null(scenario);
    ck_assert_str_eq(diags.v[0].text, "cannot read no/such.yaml: No such file or directory");
    orr_diags_fini(&diags);
}
END_TEST

ORR_TEST_MAIN("scenario errors", every_bad_file_draws_its_messages_to_the_letter,
              what_an_author_hardly_means_draws_a_warning_and_runs,
              a_misspelt_role_names_the_nearest_and_all_there_are,
              a_file_that_is_not_there_is_said_to_be_so)
