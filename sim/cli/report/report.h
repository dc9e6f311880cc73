/* report.h - a trace or a sweep as one page of HTML that shows it to someone who has never seen it.
 *
 * What is shown is one object of JSON (the page's script, page.html, says what it reads); the page
 * is that object in its place.  Texts of traces and tables are strangers' words: they go into the
 * page as texts, whatever they say. */
#ifndef ORR_SIM_CLI_REPORT_REPORT_H
#define ORR_SIM_CLI_REPORT_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "analysis/plot_curves.h"
#include "analysis/reader.h"

/* What a page holds at most; of more messages a regular sample is taken, which the page says. */
enum {
    ORR_REPORT_MESSAGES = 50000,
    ORR_REPORT_DECISIONS = 20000,
    ORR_REPORT_FAULTS = 500,
    ORR_REPORT_PLACES = 40,
    ORR_REPORT_CURVES = 8, /* runs of a sweep whose distribution is drawn */
};

/* What there is to show of a run, finished or not; *data is the caller's.  trace: how the trace is
 * called.  Errors as orr_trace_reader_all, with a message. */
int orr_report_of_run(struct orr_trace_reader *reader, const char *trace, json_t **data,
                      char error[ORR_READER_ERROR_LEN]);
/* The same of a sweep whose index is the table of that file; traces that it kept are read, too.
 * ORR_EFORMAT: it is none, which has been told on standard error; else errors as above. */
int orr_report_of_sweep(const char *index, json_t **data, char error[ORR_READER_ERROR_LEN]);

/* Who broke it, and how: what `orrery explain` tells of a trace, run in a process of its own for
 * ORR_STORY_SECONDS of CPU time at most.  Owned text, or NULL: it tells nothing of use. */
enum { ORR_STORY_SECONDS = 60 };
char *orr_report_story(const char *trace, int (*explain)(int argc, char **argv));

/* Writes the page.  is_live: it comes from a server, which it asks for newer data (data.json). */
void orr_report_page_write(const json_t *data, bool is_live, FILE *to);
/* The object alone, owned by the caller. */
char *orr_report_dump(const json_t *data);

/* ---- for the parts of a report ---- */

/* A text of at most `most` bytes, up to a NUL: any bytes, shown as far as they are UTF-8. */
json_t *orr_report_text(const char *text, size_t most);
/* Adds {name, x: [], y: []} to a list. */
void orr_report_curve(json_t *list, const char *name, const struct orr_curve *curve);
#endif
