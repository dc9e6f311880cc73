/* A lab.yaml names its files, and what it names must be there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "models/base/error.h"
#include "sim/cli/lab/course.h"
#include "tests/test.h"

static char folder[64];

static void write_file(const char *name, const char *text) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

static void begin(void) {
    strcpy(folder, "/tmp/orrery-course-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    write_file("a.yaml", "orrery: 1\n");
    write_file("liar.c", "int x;\n");
}
static void end(void) {
    static const char *const names[] = {"a.yaml", "liar.c", "lab.yaml"};
    char path[128];
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

/* Reads a lab with one exercise, which has this line as well; what is wrong with it, or "". */
static struct orr_lab *read_with(const char *line, char *why, size_t size) {
    char text[1024];
    snprintf(text, sizeof text,
             "orrery-lab: 1\nname: tried\ntitle: tried\nexercises:\n"
             "  - name: one\n    title: the first\n    files: [mine.c]\n    %s\n"
             "    tests: [{name: it runs, scenario: a.yaml}]\n", line);
    write_file("lab.yaml", text);
    struct orr_lab *lab;
    struct orr_diags diags = {0};
    int error = orr_lab_read(folder, &lab, &diags);
    ck_assert(error == 0 || error == ORR_EFORMAT);
    ck_assert_int_eq(!error, !diags.n);
    snprintf(why, size, "%s", error ? diags.v[0].text : "");
    orr_diags_fini(&diags);
    if (!error) return lab;
    orr_lab_free(lab);
    return NULL;
}

START_TEST(roles_of_the_labs_own_are_files_beside_it) {
    begin();
    char why[256];
    struct orr_lab *lab = read_with("others: [liar.c]", why, sizeof why);
    ck_assert_ptr_nonnull(lab);
    ck_assert_uint_eq(lab->exercises[0].n_others, 1);
    ck_assert_str_eq(lab->exercises[0].others[0], "liar.c");
    ck_assert_str_eq(lab->exercises[0].role, "./mine.c");
    orr_lab_free(lab);
    static const char *const wrong[] = {"others: [none.c]", "others: [../liar.c]",
                                        "others: [-liar.c]", "others: [./liar.c]"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ck_assert_ptr_null(read_with(wrong[i], why, sizeof why));
        ck_assert_str_eq(why, "there is no such file beside lab.yaml");
    }
    ck_assert_ptr_null(read_with("others: liar.c", why, sizeof why));
    ck_assert_ptr_null(read_with("others: [a.c, b.c, c.c, d.c, e.c]", why, sizeof why));
    ck_assert_str_eq(why, "a list of a few texts is meant");
    end();
}
END_TEST

START_TEST(a_test_is_named_by_its_scenarios_file) {
    struct orr_lab_test test = {.scenario = "labs/tried/locks-fork.yaml"};
    ck_assert(orr_lab_test_is(&test, "locks-fork"));
    ck_assert(!orr_lab_test_is(&test, "locks"));
    ck_assert(!orr_lab_test_is(&test, "locks-fork.yaml"));
    ck_assert(!orr_lab_test_is(&test, "fork"));
    ck_assert(!orr_lab_test_is(&test, ""));
    test.scenario = "a.yaml";
    ck_assert(orr_lab_test_is(&test, "a"));
}
END_TEST

ORR_TEST_MAIN("lab course", roles_of_the_labs_own_are_files_beside_it,
              a_test_is_named_by_its_scenarios_file)
