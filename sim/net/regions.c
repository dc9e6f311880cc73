#include "sim/net/regions.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/data_file.h"
#include "sim/base/memory.h"

static struct orr_regions *regions_new(uint32_t n) {
    assert(n > 0 && n <= ORR_REGIONS_MAX);
    struct orr_regions *r = orr_xrealloc(NULL, sizeof *r);
    *r = (struct orr_regions){.n = n};
    r->names = orr_xrealloc(NULL, n * sizeof *r->names);
    r->latency = orr_xrealloc(NULL, (size_t)n * n * sizeof *r->latency);
    memset(r->names, 0, n * sizeof *r->names);
    memset(r->latency, 0, (size_t)n * n * sizeof *r->latency);
    return r;
}

void orr_regions_free(struct orr_regions *r) {
    if (!r) return;
    free(r->names);
    free(r->latency);
    free(r);
}

uint32_t orr_regions_find(const struct orr_regions *r, const char *name) {
    for (uint32_t i = 0; i < r->n; i++)
        if (!strcmp(r->names[i], name)) return i;
    return UINT32_MAX;
}

/* ---- the preset ---- */

static const struct {
    const char *name;
    uint16_t ms[13];
} aws[] = {
#include "sim/net/regions_aws.def"
};

struct orr_regions *orr_regions_aws(void) {
    uint32_t n = sizeof aws / sizeof aws[0];
    _Static_assert(sizeof aws / sizeof aws[0] == sizeof aws[0].ms / sizeof aws[0].ms[0],
                   "the matrix is square");
    struct orr_regions *r = regions_new(n);
    for (uint32_t from = 0; from < n; from++) {
        memcpy(r->names[from], aws[from].name, strlen(aws[from].name));
        for (uint32_t to = 0; to < n; to++)
            r->latency[(size_t)from * n + to] = (orr_time)aws[from].ms[to] * 1000000;
    }
    return r;
}

/* ---- CSV ---- */

static uint32_t count_fields(struct orr_field line) {
    struct orr_field field;
    uint32_t n = 0;
    while (orr_data_comma_field(&line, &field)) n++;
    return n;
}

static void error_at(struct orr_diags *diags, struct orr_field where, const char *hint,
                     const char *text) {
    orr_diag_add(diags, ORR_DIAG_ERROR, orr_field_span(where), hint, "%s", text);
}

/* Takes over the names of the columns. */
static void read_header(struct orr_field line, struct orr_diags *diags, struct orr_regions *r) {
    struct orr_field field;
    orr_data_comma_field(&line, &field); /* the corner */
    for (uint32_t i = 0; i < r->n && orr_data_comma_field(&line, &field); i++) {
        uint32_t len = orr_field_len(field);
        if (!len)
            error_at(diags, field, NULL, "a region needs a name");
        else if (len > ORR_REGION_NAME_MAX)
            error_at(diags, field, "at most 63 bytes", "the region's name is too long");
        else if (memchr(orr_field_text(field), 0, len))
            error_at(diags, field, NULL, "the region's name has a NUL byte");
        else
            memcpy(r->names[i], orr_field_text(field), len);
        for (uint32_t k = 0; len && k < i; k++)
            if (!strcmp(r->names[k], r->names[i])) {
                error_at(diags, field, NULL, "two columns have this name");
                break;
            }
    }
}

static void read_row(struct orr_field line, uint32_t row, struct orr_diags *diags,
                     struct orr_regions *r) {
    struct orr_field field, whole = line;
    if (row >= r->n) {
        error_at(diags, line, "the matrix is square", "more rows than the first line has names");
        return;
    }
    orr_data_comma_field(&line, &field);
    const char *name = r->names[row];
    if (orr_field_len(field) != strlen(name) || memcmp(orr_field_text(field), name, strlen(name)))
        orr_diag_add(diags, ORR_DIAG_ERROR, orr_field_span(field),
                     "rows stand in the order of the columns", "row %u should be '%s'", row + 1,
                     name);
    uint32_t n = 0;
    for (; orr_data_comma_field(&line, &field); n++) {
        if (n == r->n) error_at(diags, field, NULL, "more cells than the first line has names");
        if (n < r->n) orr_data_duration(field, diags, &r->latency[(size_t)row * r->n + n]);
    }
    if (n < r->n)
        orr_diag_add(diags, ORR_DIAG_ERROR, orr_field_span(whole), NULL,
                     "%u cells, but the first line names %u regions", n, r->n);
}

int orr_regions_parse(const struct orr_source *source, struct orr_diags *diags,
                      struct orr_regions **regions) {
    uint32_t n_before = diags->n_errors, row = 0;
    struct orr_field line = {source, 0, 0};
    size_t at = 0;
    bool any = orr_data_line(source, &at, &line);
    uint32_t n_fields = any ? count_fields(line) : 0;
    if (n_fields < 2) {
        error_at(diags, line, "the first line is `from/to,name,name,...`", "no regions");
        return ORR_EFORMAT;
    }
    if (n_fields - 1 > ORR_REGIONS_MAX) {
        error_at(diags, line, "at most 256", "too many regions");
        return ORR_ELIMIT;
    }
    struct orr_regions *r = regions_new(n_fields - 1);
    read_header(line, diags, r);
    while (orr_data_line(source, &at, &line)) read_row(line, row++, diags, r);
    if (row < r->n)
        orr_diag_add(diags, ORR_DIAG_ERROR, orr_field_span(line), "the matrix is square",
                     "%u rows, but the first line names %u regions", row, r->n);
    if (diags->n_errors > n_before) {
        orr_regions_free(r);
        return ORR_EFORMAT;
    }
    *regions = r;
    return 0;
}

int orr_regions_load(const char *path, struct orr_span where, struct orr_data_files *files,
                     struct orr_diags *diags, struct orr_regions **regions) {
    const struct orr_source *source;
    int bad = orr_data_load(path, where, files, diags, &source);
    return bad ? bad : orr_regions_parse(source, diags, regions);
}
