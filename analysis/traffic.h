/* traffic.h - what was sent and written in a run: by kind of message and by node, in one pass over
 * the events of a trace.
 *
 * Messages to oneself do not count: they use no network.  Of a trace that records some nodes or
 * kinds alone (`record: sample`) it is what was recorded. */
#ifndef ORR_ANALYSIS_TRAFFIC_H
#define ORR_ANALYSIS_TRAFFIC_H

#include "analysis/reader.h"

struct orr_traffic_kind {
    uint32_t message;                  /* as in /kinds */
    char name[33];
    uint64_t messages, bytes;          /* that arrived */
    uint64_t lost;                     /* messages     */
};
struct orr_traffic_node {
    uint64_t sent, sent_bytes;         /* messages that arrived, at their sender */
    uint64_t received, received_bytes;
    uint64_t writes;                   /* durable records; `record: events` keeps them */
};

struct orr_traffic {
    struct orr_traffic_kind *kinds;    /* [n_kinds] owned, as /kinds has them        */
    struct orr_traffic_node *nodes;    /* [n_nodes] owned, by node number            */
    size_t n_kinds, n_nodes;
    struct orr_traffic_node total;
    uint64_t lost;
};

/* Errors as orr_trace_reader_all, and ORR_ENOTFOUND with a message: it records no messages. */
int orr_traffic_read(struct orr_trace_reader *reader, struct orr_traffic *traffic,
                     char error[ORR_READER_ERROR_LEN]);
void orr_traffic_fini(struct orr_traffic *traffic);
#endif
