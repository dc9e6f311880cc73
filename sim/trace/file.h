/* file.h - the HDF5 side of a trace: making the file, appending rows, making them durable.
 *
 * One thread at a time.  After the first failure every call returns that error and does nothing:
 * rows that HDF5 half wrote stay outside `valid_rows`. */
#ifndef ORR_SIM_TRACE_FILE_H
#define ORR_SIM_TRACE_FILE_H

#include <stdint.h>

#include "sim/trace/schema.h"
#include "sim/trace/trace.h"

struct orr_trace_file;

#define ORR_TRACE_ERROR_LEN 512 /* bytes that hold any message of this file */

/* A thread calls enter before its first append, flush or close, and leave after its last: HDF5
 * tells errors to each thread apart, and they are noted for the file's messages instead of printed.
 */
void orr_trace_file_enter(struct orr_trace_file *file);
void orr_trace_file_leave(void);

/* Makes the file with all groups, attributes and texts, then switches to single writer, multiple
 * readers (SWMR): from then on only rows are added.  Errors as in orr_trace_open; `error` has
 * ORR_TRACE_ERROR_LEN bytes. */
int orr_trace_file_create(struct orr_trace_file **file, const struct orr_trace_setup *setup,
                          char *error);

/* Adds n rows (struct orr_row_GROUP) to a group; cheapest when it ends a chunk of the table.  They
 * become valid with the next flush. */
int orr_trace_file_append(struct orr_trace_file *file, enum orr_trace_group group, const void *rows,
                          uint32_t n);

/* All rows appended so far are in the file, and then valid_rows says so. */
int orr_trace_file_flush(struct orr_trace_file *file);

/* Flushes, closes and frees.  `error` receives the first error of the file's life. */
int orr_trace_file_close(struct orr_trace_file *file, char *error);
#endif
