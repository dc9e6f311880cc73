/* spacetime_of.h - a part of a trace as a diagram in space and time (analysis/spacetime.h). */
#ifndef ORR_SIM_CLI_SPACETIME_OF_H
#define ORR_SIM_CLI_SPACETIME_OF_H

#include "analysis/reader.h"
#include "analysis/spacetime.h"

enum { ORR_SPACETIME_NODES = 64 };

/* Which part.  Both times are included; from_ns > to_ns: from the start to the last decision of the
 * first height that is decided, of a trace without decisions all. */
struct orr_spacetime_query {
    int64_t from_ns, to_ns;
    const char *nodes[ORR_SPACETIME_NODES]; /* [n_nodes] val.3, 3 or a group val; none: all */
    size_t n_nodes;
    const char *kind;     /* of messages; NULL: all */
    size_t most_messages; /* the first ones that arrive; the window ends with them */
};

struct orr_spacetime_part {
    struct orr_spacetime diagram;
    bool is_cut;         /* there are more than most_messages */
    bool knows_messages; /* the trace holds any at all */
    char **texts;        /* [n_texts] owned, which the diagram lends */
    size_t n_texts, cap;
};

/* Errors as orr_trace_reader_rows, and ORR_ENOTFOUND with a message: no node of such a name. */
int orr_spacetime_of(struct orr_trace_reader *reader, const struct orr_spacetime_query *query,
                     struct orr_spacetime_part *part, char error[ORR_READER_ERROR_LEN]);
void orr_spacetime_part_free(struct orr_spacetime_part *part);
#endif
