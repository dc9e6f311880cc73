/* trace_groups.h - the nodes of a trace in groups, and how long things took at each. */
#ifndef ORR_SIM_CLI_TRACE_GROUPS_H
#define ORR_SIM_CLI_TRACE_GROUPS_H

#include "analysis/reader.h"
#include "analysis/stats.h"

enum { ORR_TRACE_GROUPS = 256 };

/* Groups of correct nodes, in the order of their first node. */
struct orr_trace_groups {
    size_t n;
    char names[ORR_TRACE_GROUPS][64];
    uint32_t *of_node; /* [n_nodes] owned; UINT32_MAX: of none, since it may be Byzantine */
    uint64_t n_nodes;
};

/* by: `region`, `role`, `node`, or `cohort` (the group of the scenario: the name before the dot).
 * Errors as orr_trace_reader_all; ORR_ENOTFOUND: no such grouping, or no node has a region;
 * ORR_ELIMIT: more than ORR_TRACE_GROUPS; with a message. */
int orr_trace_groups_read(struct orr_trace_reader *reader, const char *by,
                          struct orr_trace_groups *groups, char error[ORR_READER_ERROR_LEN]);
/* The same with nodes that may be Byzantine. */
int orr_trace_groups_all(struct orr_trace_reader *reader, const char *by,
                         struct orr_trace_groups *groups, char error[ORR_READER_ERROR_LEN]);
void orr_trace_groups_fini(struct orr_trace_groups *groups);

/* Sorted times in seconds, owned by the caller (free v); n 0: there are none. */
struct orr_group_times {
    struct orr_sample *v;
    size_t n;
};
/* How long something took at group `group`, or with SIZE_MAX at all nodes.  of: `commit`
 * (submission to the first decision in the group), `final` (to the last one), `block_interval` or
 * `delivery` (publishing to each delivery in it).  ORR_ENOTFOUND: no such `of`. */
int orr_trace_group_times(struct orr_trace_reader *reader, const struct orr_trace_groups *groups,
                          size_t group, const char *of, struct orr_group_times *times,
                          char error[ORR_READER_ERROR_LEN]);
/* What `of` is called on an axis; NULL: there is none of that name. */
const char *orr_trace_times_label(const char *of);
#endif
