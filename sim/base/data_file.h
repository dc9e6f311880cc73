/* data_file.h - small text files of figures: region matrices, edge lists, measured durations.
 *
 * Lines end with LF or CR LF; blank lines and what follows a `#` are skipped; fields are trimmed of
 * spaces and tabs.  What is wrong is added to a list of diagnostics with its place. */
#ifndef ORR_SIM_BASE_DATA_FILE_H
#define ORR_SIM_BASE_DATA_FILE_H

#include "models/protocol.h"
#include "sim/base/diag.h"

#define ORR_DATA_MAX_BYTES (1u << 30) /* a span's offset has 32 bits; 10^7 edges are 200 MB */

/* The files that have been read, because diagnostics point into their text: zero-initialise it, and
 * free it after the diagnostics have been printed. */
struct orr_data_files {
    struct orr_data_file *last;
    bool closed; /* no file is opened: those that were handed over are all there are */
};
void orr_data_files_free(struct orr_data_files *files);

/* A whole file, which is read once and which `files` owns.  ORR_EIO or ORR_ELIMIT, told in diags at
 * `where`, the place that named the file. */
int orr_data_load(const char *path, struct orr_span where, struct orr_data_files *files,
                  struct orr_diags *diags, const struct orr_source **source);

/* Puts a file among them under a name; its text (malloc's) is then theirs. */
const struct orr_source *orr_data_hand(struct orr_data_files *files, const char *path, char *text,
                                       size_t len);
/* All of them, the last first: start with *at = NULL; NULL at the end. */
const struct orr_source *orr_data_each(const struct orr_data_files *files,
                                       const struct orr_data_file **at);

/* A part of a source, by offsets; start == end: empty. */
struct orr_field {
    const struct orr_source *source;
    uint32_t start, end;
};
static inline const char *orr_field_text(struct orr_field f) { return f.source->text + f.start; }
static inline uint32_t orr_field_len(struct orr_field f) { return f.end - f.start; }
static inline struct orr_span orr_field_span(struct orr_field f) {
    return (struct orr_span){f.source, f.start, f.end - f.start};
}

/* The next line that holds something, from *at on, without comment; false at the end. */
bool orr_data_line(const struct orr_source *source, size_t *at, struct orr_field *line);

/* Cuts the next comma-separated field off the line: "a, b" gives "a" and then "b", "a," gives "a"
 * and then "".  False when none is left: *rest is then past its end. */
bool orr_data_comma_field(struct orr_field *rest, struct orr_field *field);
/* Cuts the next word, separated by spaces and tabs. */
bool orr_data_word(struct orr_field *rest, struct orr_field *word);

/* A duration: a decimal number >= 0 (`12`, `0.35`), then at most one unit (ns, us, ms, s), with or
 * without a space; without a unit it is in ms.  What is finer than 1 ns is rounded to the nearest,
 * halves up.  At most ORR_DATA_MAX_TIME.  False, with a diagnostic, when it is anything else. */
#define ORR_DATA_MAX_TIME ((orr_time)1000 * 1000000000) /* 1,000 s: no link is slower */
bool orr_data_duration(struct orr_field field, struct orr_diags *diags, orr_time *value);

/* A whole number of at most 18 digits, for sizes in bytes.  Likewise. */
bool orr_data_count(struct orr_field field, struct orr_diags *diags, int64_t *value);
#endif
