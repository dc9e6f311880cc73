/* journeys.h - where the time of each message went, from a trace that records events.
 *
 * A message is sent, waits for its sender's uplink, is put on it byte by byte, leaves, is under
 * way, and is handled.  The trace has three of these times: sent (/sends), left (`sent_ns` of
 * /events) and handled.  The rest follows from what others show:
 *
 *   transmission  bytes over the uplink's rate, which is the greatest that any message of the
 * sender had: exact if one of them found the uplink idle, else it is too short waiting       left -
 * sent - transmission propagation   the least time from left to handled that any message from the
 * same sender to the same receiver took beyond        what it took more: the latency's chance,
 * waiting for the receiver's downlink and for one of its cores
 *
 * The four sum up to handled - sent. */
#ifndef ORR_ANALYSIS_JOURNEYS_H
#define ORR_ANALYSIS_JOURNEYS_H

#include "analysis/reader.h"

struct orr_journey {
    int64_t sent_ns, left_ns, handled_ns;
    int64_t transmission_ns, propagation_ns;
    uint64_t hash;
    uint32_t from, to, bytes, message; /* message: the kind, as in /kinds */
};

struct orr_journeys {
    struct orr_journey *v; /* [n] owned, by time of handling */
    size_t n;
};

static inline int64_t orr_journey_waiting(const struct orr_journey *j) {
    return orr_ns_between(j->sent_ns, j->left_ns) - j->transmission_ns;
}
static inline int64_t orr_journey_beyond(const struct orr_journey *j) {
    return orr_ns_between(j->left_ns, j->handled_ns) - j->propagation_ns;
}

/* Messages between two nodes that were both sent and handled as far as the trace goes.  Equal
 * messages from one node to another are paired in their order, so of those that are repeated
 * because the first was lost the second may be taken for it.  Errors as orr_trace_reader_all, and
 * ORR_ENOTFOUND with a message: the trace holds no sends; ORR_ELIMIT: more rows than fit. */
int orr_journeys_read(struct orr_trace_reader *reader, struct orr_journeys *journeys,
                      char error[ORR_READER_ERROR_LEN]);
void orr_journeys_fini(struct orr_journeys *journeys);
#endif
