#include "sim/base/data_file.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/file.h"
#include "sim/base/memory.h"

static int fail_load(int code, const char *path, const char *why, struct orr_span where,
                     struct orr_diags *diags) {
    orr_diag_add(diags, ORR_DIAG_ERROR, where, NULL, "cannot read '%s': %s", path, why);
    return code;
}

struct orr_data_file {
    struct orr_data_file *before;
    struct orr_source source;
    char name[]; /* the path */
};

const struct orr_source *orr_data_hand(struct orr_data_files *files, const char *path, char *text,
                                       size_t len) {
    size_t size = strlen(path) + 1;
    struct orr_data_file *file = orr_xrealloc(NULL, sizeof *file + size);
    memcpy(file->name, path, size);
    file->source = (struct orr_source){file->name, text, len};
    file->before = files->last;
    files->last = file;
    return &file->source;
}

const struct orr_source *orr_data_each(const struct orr_data_files *files,
                                       const struct orr_data_file **at) {
    *at = *at ? (*at)->before : files->last;
    return *at ? &(*at)->source : NULL;
}

int orr_data_load(const char *path, struct orr_span where, struct orr_data_files *files,
                  struct orr_diags *diags, const struct orr_source **source) {
    const struct orr_data_file *at = NULL;
    for (const struct orr_source *s; (s = orr_data_each(files, &at));)
        if (!strcmp(s->name, path)) {
            *source = s;
            return 0;
        }
    if (files->closed)
        return fail_load(ORR_EIO, path, "the trace does not hold it", where, diags);
    char *text;
    size_t len;
    const char *why;
    int error = orr_file_read(path, ORR_DATA_MAX_BYTES, &text, &len, &why);
    if (error == ORR_ELIMIT) why = "larger than 1 GiB";
    if (error) return fail_load(error, path, why, where, diags);
    *source = orr_data_hand(files, path, text, len);
    return 0;
}

void orr_data_files_free(struct orr_data_files *files) {
    for (struct orr_data_file *file = files->last, *before; file; file = before) {
        before = file->before;
        free((void *)file->source.text);
        free(file);
    }
    files->last = NULL;
}

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }

static struct orr_field trim(struct orr_field f) {
    assert(f.start <= f.end && f.end <= f.source->len);
    const char *text = f.source->text;
    while (f.start < f.end && is_space(text[f.start])) f.start++;
    while (f.end > f.start && is_space(text[f.end - 1])) f.end--;
    return f;
}

bool orr_data_line(const struct orr_source *source, size_t *at, struct orr_field *line) {
    assert(source->len <= ORR_DATA_MAX_BYTES);
    while (*at < source->len) { /* each turn takes a line */
        const char *start = source->text + *at;
        const char *end = memchr(start, '\n', source->len - *at);
        size_t len = end ? (size_t)(end - start) : source->len - *at;
        const char *comment = memchr(start, '#', len);
        size_t used = comment ? (size_t)(comment - start) : len;
        *line = trim((struct orr_field){source, (uint32_t)*at, (uint32_t)(*at + used)});
        *at += len + (end != NULL);
        if (orr_field_len(*line)) return true;
    }
    return false;
}

bool orr_data_comma_field(struct orr_field *rest, struct orr_field *field) {
    if (rest->start > rest->end) return false;
    const char *text = orr_field_text(*rest), *comma = memchr(text, ',', orr_field_len(*rest));
    uint32_t end = comma ? rest->start + (uint32_t)(comma - text) : rest->end;
    assert(end >= rest->start && end <= rest->end);
    *field = trim((struct orr_field){rest->source, rest->start, end});
    rest->start = end + 1;
    return true;
}

bool orr_data_word(struct orr_field *rest, struct orr_field *word) {
    *rest = trim(*rest);
    if (rest->start == rest->end) return false;
    *word = *rest;
    for (word->end = word->start; word->end < rest->end; word->end++)
        if (is_space(rest->source->text[word->end])) break;
    rest->start = word->end;
    return true;
}

/* ---- durations ---- */

static const struct {
    const char *name;
    unsigned zeros; /* it is 10^zeros ns */
} units[] = {{"ns", 0}, {"us", 3}, {"ms", 6}, {"s", 9}};
enum { N_UNITS = sizeof units / sizeof units[0], MS = 2 };

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Index of the unit that text[len] names (none: ms), or -1. */
static int unit_of(const char *text, size_t len) {
    if (!len) return MS;
    for (int i = 0; i < N_UNITS; i++)
        if (strlen(units[i].name) == len && !memcmp(units[i].name, text, len)) return i;
    return -1;
}

/* digits[n_whole + n_fraction] * 10^(zeros - n_fraction), rounded; past the largest time it stops.
 */
static orr_time scale(const char *whole, size_t n_whole, const char *fraction, size_t n_fraction,
                      unsigned zeros) {
    orr_time value = 0;
    for (size_t i = 0; i < n_whole && value <= ORR_DATA_MAX_TIME; i++)
        value = value * 10 + (whole[i] - '0');
    for (unsigned i = 0; i < zeros && value <= ORR_DATA_MAX_TIME; i++)
        value = value * 10 + (i < n_fraction ? fraction[i] - '0' : 0);
    return value + (zeros < n_fraction && fraction[zeros] >= '5');
}

bool orr_data_duration(struct orr_field field, struct orr_diags *diags, orr_time *value) {
    static const char accepted[] = "a duration is a number and ns, us, ms or s, as `12.5 ms`; "
                                   "a number alone is in ms";
    const char *p = orr_field_text(field), *end = p + orr_field_len(field), *whole = p;
    while (p < end && is_digit(*p)) p++;
    size_t n_whole = (size_t)(p - whole);
    const char *fraction = p + 1;
    size_t n_fraction = 0;
    if (p < end && *p == '.') {
        for (p++; p < end && is_digit(*p); p++) n_fraction++;
        if (!n_fraction) n_whole = 0;
    }
    while (p < end && is_space(*p)) p++;
    int unit = unit_of(p, (size_t)(end - p));
    if (!n_whole || unit < 0) {
        const char *what = !orr_field_len(field) ? "a duration is missing"
                           : n_whole             ? "unknown unit of time"
                                                 : "not a duration";
        orr_diag_add(diags, ORR_DIAG_ERROR, orr_field_span(field), accepted, "%s", what);
        return false;
    }
    *value = scale(whole, n_whole, fraction, n_fraction, units[unit].zeros);
    assert(*value >= 0);
    if (*value <= ORR_DATA_MAX_TIME) return true;
    orr_diag_add(diags, ORR_DIAG_ERROR, orr_field_span(field), "at most 1000 s",
                 "the duration is too long");
    return false;
}

bool orr_data_count(struct orr_field field, struct orr_diags *diags, int64_t *value) {
    const char *text = orr_field_text(field);
    uint32_t len = orr_field_len(field);
    int64_t count = 0;
    bool good = len > 0 && len <= 18;
    for (uint32_t i = 0; good && i < len; i++) {
        good = is_digit(text[i]);
        count = count * 10 + (text[i] - '0');
    }
    if (good)
        *value = count;
    else
        orr_diag_add(diags, ORR_DIAG_ERROR, orr_field_span(field), NULL, "not a whole number");
    return good;
}
