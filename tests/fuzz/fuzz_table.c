/* Any bytes as the index of a sweep: no crash, and either a table or a line that says where it is
 * none.  What a table says of itself holds. */
#define _GNU_SOURCE /* memfd_create */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "analysis/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char path[64], error[ORR_TABLE_ERROR] = "";
    struct orr_table table;
    int fd = memfd_create("table", MFD_CLOEXEC);
    assert(fd >= 0);
    ssize_t n = size ? write(fd, data, size) : 0;
    assert(n == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int bad = orr_table_read(path, &table, error);
    assert(!bad == !*error && strlen(error) < sizeof error);
    for (size_t c = 0; !bad && c < table.n_columns; c++)
        assert(orr_table_column(&table, table.head[c]) == c);
    for (size_t row = 0; !bad && row < table.n_rows; row++)
        for (size_t c = 0; c < table.n_columns; c++) {
            double value = NAN;
            bool is_number = orr_table_number(&table, row, c, &value);
            assert(orr_table_cell(&table, row, c) && is_number == (isfinite(value) != 0));
        }
    if (!bad) {
        char *name = calloc(size + 2, 1); /* longer than the file */
        assert(name);
        memset(name, 'x', size + 1);
        assert(orr_table_column(&table, name) == SIZE_MAX);
        free(name);
        orr_table_fini(&table);
    }
    close(fd);
    return 0;
}
