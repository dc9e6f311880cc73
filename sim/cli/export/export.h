/* export.h - a trace as what other tools read.  Texts of a trace are strangers' words: each format
 * shows them in its own quotes, with what would disturb a terminal as \xNN (sim/base/text.h). */
#ifndef ORR_SIM_CLI_EXPORT_EXPORT_H
#define ORR_SIM_CLI_EXPORT_EXPORT_H

#include <stdio.h>

#include "analysis/reader.h"
#include "sim/cli/spacetime_of.h"

/* The Trace Event Format of Chrome, in JSON, which ui.perfetto.dev opens: a process for each node,
 * a span on its receiver for each message on its way, faults as spans, losses and decisions as
 * instants. */
void orr_export_perfetto(const struct orr_spacetime_part *part, FILE *to);

/* The log of ShiViz: each event with the vector clock of its node (F. Mattern, "Virtual Time and
 * Global States of Distributed Systems", 1989), after the expression that reads it.  Messages that
 * were lost are left out.  At one time a node's arrivals come before its decisions, those before
 * its sends.  ORR_ELIMIT, with nothing written, when the clocks want more than 64 Mi numbers. */
int orr_export_shiviz(const struct orr_spacetime *diagram, FILE *to);

/* pcapng (IETF draft-ietf-opsawg-pcapng): a packet for each message, when it arrived or was lost,
 * of link type 147 (USER0).  What was captured is a head that the dissector reads, since a trace
 * has no contents; the length on the wire is that of head and message.  Times before 0 are 0. */
void orr_export_pcapng(const struct orr_spacetime *diagram, const char *build, FILE *to);
/* The dissector, for Wireshark's folder of plug-ins or `tshark -X lua_script:FILE`. */
extern const char orr_export_lua[];

/* A table as CSV (RFC 4180): a line of column names, then rows.  Texts lose the NULs behind them;
 * a backslash is \\, what would disturb a terminal \xNN.  Columns named data are bytes, as hex.
 * Errors as orr_trace_reader_rows. */
int orr_export_csv(struct orr_trace_reader *reader, enum orr_trace_group group, FILE *to,
                   char error[ORR_READER_ERROR_LEN]);
/* The columns of all tables: table, column, type, unit, meaning, rows. */
void orr_export_columns(const struct orr_trace_head *head, FILE *to);

/* A text of at most `size` bytes, up to a NUL, as a value of CSV in quotes. */
void orr_export_text(const char *text, size_t size, FILE *to);
/* A text between double quotes as JSON has it. */
void orr_export_json(const char *text, FILE *to);
#endif
