/* timing.h - what a theory's model of the network lets happen to a message, beside its link.
 *
 * C. Dwork, N. Lynch, L. Stockmeyer, "Consensus in the presence of partial synchrony", JACM 35(2),
 * 1988.  The link says how soon a message can arrive; the model lets an adversary hold it back, who
 * draws how long: up to a bound, if there is one, else for ever longer times, of which each twice
 * as long is half as likely, so that every message arrives in the end. */
#ifndef ORR_SIM_NET_TIMING_H
#define ORR_SIM_NET_TIMING_H

#include "models/protocol.h"
#include "sim/net/network_spec.h"

/* How long a message travels that leaves now and whose link takes `latency` (>= 0), for a draw of
 * 64 even bits.  The model says something (kind is not ORR_MODEL_LINKS).
 * SYNCHRONOUS: between latency and delta; GST: it arrives by delta after max(now, gst);
 * ASYNCHRONOUS: from latency to 2^21 times that, at most ten years. */
orr_time orr_timing_draw(const struct orr_model_spec *model, orr_time now, orr_time latency,
                         uint64_t draw);
#endif
