/* recovery.h - how long a run took to get over each of its faults. */
#ifndef ORR_ANALYSIS_RECOVERY_H
#define ORR_ANALYSIS_RECOVERY_H

#include "analysis/reader.h"

struct orr_recovery {
    uint32_t fault;           /* its number, as in /plan                                    */
    char text[257];           /* as the scenario writes it                                  */
    double from_s, to_s;      /* NAN: it has no end                                         */
    /* From its end (of one without end: its beginning) to the first commit of a height that none
     * had been committed of before; NAN: there was none. */
    double recovery_s;
    double gap_s; /* the longest time without such a commit that it has a part in; NAN: none */
};

struct orr_recoveries {
    struct orr_recovery *v; /* [n] owned, by beginning */
    size_t n;
};

/* A height commits when the first correct node decides it.  Errors as orr_trace_reader_all, and
 * ORR_ENOTFOUND with a message: it holds no faults. */
int orr_recoveries_read(struct orr_trace_reader *reader, struct orr_recoveries *recoveries,
                        char error[ORR_READER_ERROR_LEN]);
void orr_recoveries_fini(struct orr_recoveries *recoveries);

/* When each height first committed, in seconds, ascending; owned by the caller.  A height that is
 * decided after a greater one does not count. */
int orr_commits_read(struct orr_trace_reader *reader, double **at_s, size_t *n,
                     char error[ORR_READER_ERROR_LEN]);
#endif
