/* propagation.h - how messages spread, from the deliveries of a trace.
 *
 * A message is what a client submitted; where no client did, its spreading begins with its first
 * delivery.  Nodes that the scenario may make Byzantine do not count. */
#ifndef ORR_ANALYSIS_PROPAGATION_H
#define ORR_ANALYSIS_PROPAGATION_H

#include "analysis/latency.h"

struct orr_propagation {
    struct orr_times reach; /* publishing to delivery, of each message and node; cluster: message */
    struct orr_times half;  /* publishing until half of the nodes had it, of each message that
                               reached so many                                                    */
    struct orr_times most;  /* the same for 99 %                                                  */
    struct orr_sample *begun; /* [n_messages] when each was published, in s; ascending by cluster */
    uint64_t n_messages, n_nodes; /* nodes: those that delivered anything                         */
};

/* Errors as orr_trace_reader_all. */
int orr_propagation_read(struct orr_trace_reader *reader, struct orr_propagation *propagation,
                         char error[ORR_READER_ERROR_LEN]);
/* Deliveries of nodes with 1 in left_out[n_left_out], by node number, do not count either. */
int orr_propagation_read_of(struct orr_trace_reader *reader, const uint8_t *left_out,
                            size_t n_left_out, struct orr_propagation *propagation,
                            char error[ORR_READER_ERROR_LEN]);
void orr_propagation_fini(struct orr_propagation *propagation);
#endif
