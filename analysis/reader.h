/* reader.h - reading a trace (sim/trace/schema.h) that may be unfinished, cut off, damaged or
 * hostile.
 *
 * HDF5 is not made for bytes that mean harm: libhdf5 1.10 crashes, loops or allocates without end
 * on some.  So all of it happens in a child process, which hands rows over a socket and has no say
 * in what the parent does with them: it may die, hang or lie, and the parent answers with an error.
 * The child refuses what a trace never has (links out of the file, external or virtual storage,
 * other filters than shuffle and gzip), loads no plugins, and its memory is limited.
 *
 * Rows past valid_rows do not exist here.  A column that the file lacks reads as zeros (traces made
 * before it was added), a group that it lacks has no rows. */
#ifndef ORR_ANALYSIS_READER_H
#define ORR_ANALYSIS_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/trace/schema.h"

/* to - from, of times that a trace gives: a stranger's may be so far apart that it wraps. */
static inline int64_t orr_ns_between(int64_t from, int64_t to) {
    return (int64_t)((uint64_t)to - (uint64_t)from);
}

#define ORR_READER_ERROR_LEN 512       /* bytes that hold any message below             */
#define ORR_READER_TEXT_MAX  (1 << 21) /* of a text in /run; a scenario has 1 MiB at most */
#define ORR_READER_ROWS_MAX  (1ull << 40)

struct orr_trace_reader;

/* What is known on opening; owned by the reader.  Texts end with a NUL and may hold any other byte.
 */
struct orr_trace_head {
    uint32_t version;
    uint64_t seed, shuffle_ties;
    char name[256], title[256], build[256];
    char *scenario, *overrides;
    size_t scenario_len;
    uint64_t rows[ORR_N_GROUPS]; /* valid ones, <= ORR_READER_ROWS_MAX */
};

/* Opens a trace, finished or not, while it is written or after.  Errors, each with one line that
 * names the path and the place: ORR_EINVAL (cannot be opened), ORR_EFORMAT (not a trace, or of
 * another version), ORR_ECORRUPT (damaged), ORR_EIO (no child process). */
int orr_trace_reader_open(struct orr_trace_reader **reader, const char *path,
                          char error[ORR_READER_ERROR_LEN]);
void orr_trace_reader_close(struct orr_trace_reader *reader); /* NULL is fine */

const struct orr_trace_head *orr_trace_reader_head(const struct orr_trace_reader *reader);

/* Rows start .. start+n-1 of a group as struct orr_row_GROUP[n]; they must be valid rows.  Strings
 * are padded with NULs and need not end with one.  ORR_ECORRUPT with a message that names the
 * column; the reader answers nothing else afterwards. */
int orr_trace_reader_rows(struct orr_trace_reader *reader, enum orr_trace_group group,
                          uint64_t start, uint64_t n, void *rows, char error[ORR_READER_ERROR_LEN]);

/* The same of some columns, by name: the others are zero, and are neither read nor unpacked.  Of a
 * large table take ORR_READER_PIECE rows at a time. */
enum { ORR_READER_PIECE = 16384 };
struct orr_reader_columns {
    const char *names[16]; /* [n] that the group has */
    uint32_t n;
};
int orr_trace_reader_columns(struct orr_trace_reader *reader, enum orr_trace_group group,
                             const struct orr_reader_columns *columns, uint64_t start, uint64_t n,
                             void *rows, char error[ORR_READER_ERROR_LEN]);

/* All rows of a group in new memory that the caller frees; NULL for none.  Also ORR_ELIMIT when
 * they take more than max_rows. */
int orr_trace_reader_all(struct orr_trace_reader *reader, enum orr_trace_group group,
                         uint64_t max_rows, void **rows, char error[ORR_READER_ERROR_LEN]);
#endif
