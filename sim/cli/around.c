#include "sim/cli/around.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/text.h"
#include "sim/scenario/units.h"
#include "sim/trace/trace.h"

enum { BAD_INPUT = 2 };

bool orr_around_time(const char *text, int64_t *time_ns) {
    size_t at;
    return orr_quantity_parse(ORR_QUANTITY_TIME, text, strlen(text), time_ns, &at) ==
           ORR_QUANTITY_GOOD;
}

static int complain(const char *verb, const char *around, const char *what) {
    fprintf(stderr, "orrery %s: --around %s: %s\n", verb, ORR_SHOWN(around), what);
    return BAD_INPUT;
}

/* The time of the violation: the end of a run that a violation ended. */
static int find_violation(struct orr_trace_reader *reader, const char *verb, const char *around,
                          int64_t *at) {
    char error[ORR_READER_ERROR_LEN] = "";
    void *verdicts = NULL, *result = NULL;
    int status = orr_trace_reader_all(reader, ORR_GROUP_verdicts, 1 << 16, &verdicts, error);
    if (!status) status = orr_trace_reader_all(reader, ORR_GROUP_result, 1, &result, error);
    const struct orr_row_verdicts *v = verdicts;
    const struct orr_row_result *end = result;
    uint64_t n = orr_trace_reader_head(reader)->rows[ORR_GROUP_verdicts];
    bool failed = false, ended = end && end->ended == ORR_ENDED_VIOLATION;
    for (uint64_t i = 0; i < n && !status; i++)
        failed |= v[i].judged && (!v[i].pass || !strncmp(v[i].observed, "broken", 6)) &&
                  (!strcmp(around, "violation") ||
                   !strncmp(around, v[i].name, sizeof v[i].name));
    if (ended) *at = end->end_ns;
    free(verdicts), free(result);
    if (status) {
        fprintf(stderr, "orrery %s: %s\n", verb, ORR_SHOWN(error));
        return BAD_INPUT;
    }
    if (!failed) return complain(verb, around, "no such expectation failed");
    if (!ended)
        return complain(verb, around, "the run did not end there, so the time is not known "
                                      "(on_violation: stop; or --around TIME)");
    return 0;
}

int orr_around_window(struct orr_trace_reader *reader, const char *verb, const char *around,
                      int64_t *from_ns, int64_t *to_ns) {
    enum { AROUND_NS = 1000000000 };
    int64_t at = 0;
    int code = orr_around_time(around, &at) ? 0 : find_violation(reader, verb, around, &at);
    if (code) return code;
    *from_ns = at - AROUND_NS;
    *to_ns = at + AROUND_NS;
    return 0;
}
