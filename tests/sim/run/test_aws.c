/* The AWS preset against the table that it was written from; not run where that is not at hand. */
#include <string.h>

#include "sim/base/data_file.h"
#include "sim/net/regions.h"
#include "tests/test.h"

static char path[1024];

START_TEST(the_aws_preset_equals_the_published_table) {
    struct orr_diags diags = {0};
    struct orr_data_files files = {0};
    struct orr_regions *ours = orr_regions_aws(), *published;
    ck_assert_int_eq(orr_regions_load(path, (struct orr_span){0}, &files, &diags, &published), 0);
    ck_assert_uint_eq(ours->n, 13);
    ck_assert_uint_eq(published->n, ours->n);
    for (uint32_t i = 0; i < ours->n; i++) ck_assert_str_eq(ours->names[i], published->names[i]);
    ck_assert_mem_eq(ours->latency, published->latency, 13 * 13 * sizeof ours->latency[0]);
    orr_regions_free(ours);
    orr_regions_free(published);
    orr_data_files_free(&files);
}
END_TEST

int main(void) {
    const char *root = getenv("ORRERY_SOURCE");
    snprintf(path, sizeof path, "%s/../shared/data/aws-13-zones.csv", root ? root : ".");
    FILE *file = fopen(path, "r");
    if (!file) {
        printf("not run: %s is absent\n", path);
        return ORR_TEST_NOT_RUN;
    }
    fclose(file);
    const TTest *tests[] = {the_aws_preset_equals_the_published_table};
    return orr_test_run("aws", tests, 1);
}
