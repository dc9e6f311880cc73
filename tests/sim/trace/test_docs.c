/* docs/trace.md lists every group and column as sim/trace/schema.h has them. */
#include <string.h>

#include "tests/test.h"

#include "sim/trace/schema.h"

static char text[1 << 16];

static void expect(const char *line) {
    ck_assert_msg(strstr(text, line) != NULL, "docs/trace.md lacks: %s", line);
}

START_TEST(the_page_lists_every_column_with_type_unit_and_meaning) {
    static const char *const types[] = {"int64", "uint64", "uint32", "uint16", "uint8", "text"};
    char line[512], path[512];
    const char *source = getenv("ORRERY_SOURCE");
    snprintf(path, sizeof path, "%s/docs/trace.md", source ? source : ".");
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "%s", path);
    ck_assert_uint_gt(fread(text, 1, sizeof text - 1, file), 0);
    fclose(file);
    snprintf(line, sizeof line, "schema version %d;", ORR_TRACE_VERSION);
    expect(line);
    for (unsigned group = 0; group < ORR_N_GROUPS; group++) {
        const struct orr_trace_table *table = orr_trace_table_of(group);
        snprintf(line, sizeof line, "\n### /%s: %s\n", table->name, table->text);
        expect(line);
        for (uint32_t i = 0; i < table->n_columns; i++) {
            const struct orr_trace_column *c = &table->columns[i];
            char type[32];
            snprintf(type, sizeof type, c->type == ORR_COLUMN_str ? "%s, %u B" : "%s",
                     types[c->type], c->size);
            snprintf(line, sizeof line, "\n| %s | %s | %s | %s |\n", c->name, type, c->unit,
                     c->text);
            expect(line);
        }
    }
}
END_TEST

START_TEST(rows_have_no_holes_that_hold_chance) {
    for (unsigned group = 0; group < ORR_N_GROUPS; group++) {
        const struct orr_trace_table *table = orr_trace_table_of(group);
        uint32_t end = 0;
        for (uint32_t i = 0; i < table->n_columns; i++) {
            ck_assert_msg(table->columns[i].offset == end, "/%s/%s", table->name,
                          table->columns[i].name);
            end += table->columns[i].size;
        }
        ck_assert(table->row_size - end < 8 && (table->chunk_rows & (table->chunk_rows - 1)) == 0);
    }
}
END_TEST

ORR_TEST_MAIN("docs", the_page_lists_every_column_with_type_unit_and_meaning,
              rows_have_no_holes_that_hold_chance)
