/* writer.h - the thread that carries rows from rings into the file, and its clock. */
#ifndef ORR_SIM_TRACE_WRITER_H
#define ORR_SIM_TRACE_WRITER_H

#include <stdint.h>

#include "sim/trace/ring.h"
#include "sim/trace/schema.h"
#include "sim/trace/trace.h"

struct orr_trace_writer;

/* Makes the file, the rings of the groups whose bit (1 << group) is set in `groups`, and the
 * thread.  Errors as in orr_trace_open; `error` has ORR_TRACE_ERROR_LEN bytes. */
int orr_writer_start(struct orr_trace_writer **writer, const struct orr_trace_setup *setup,
                     uint32_t groups, char *error);

/* The ring of a group; its producer is the caller's thread.  NULL for a group that was not asked
 * for. */
struct orr_ring *orr_writer_ring(struct orr_trace_writer *writer, enum orr_trace_group group);

/* Tells the writer that a chunk is full. */
void orr_writer_wake(struct orr_trace_writer *writer);

/* Waits until the ring has room. */
void orr_writer_wait(struct orr_trace_writer *writer, struct orr_ring *ring);

/* 0, or the error that ended the writing; rows are then taken and discarded. */
int orr_writer_status(const struct orr_trace_writer *writer);

/* Everything that was committed is written and flushed, then the thread ends.  With result, that
 * row comes after all others are durable; its wall_ns is filled in here.  Frees the writer. */
int orr_writer_stop(struct orr_trace_writer *writer, const struct orr_row_result *result,
                    char *error);
#endif
