#include "sim/net/timing.h"

#include <assert.h>

#include "sim/net/net.h"

enum { DOUBLINGS_MOST = 20 };

/* Evenly from least to most, both included. */
static orr_time between(orr_time least, orr_time most, uint64_t draw) {
    if (least >= most) return most;
    uint64_t span = (uint64_t)(most - least) + 1;
    return least + (orr_time)(((unsigned __int128)draw * span) >> 64);
}

/* As often doubled as the draw begins with ones. */
static orr_time without_bound(orr_time latency, uint64_t draw) {
    uint32_t n = 0;
    while (n < DOUBLINGS_MOST && draw >> (63 - n) & 1) n++;
    uint64_t factor = (uint64_t)1 << 16 << n;
    return between(orr_stretch(latency, factor), orr_stretch(latency, 2 * factor),
                   draw << (n + 1));
}

orr_time orr_timing_draw(const struct orr_model_spec *model, orr_time now, orr_time latency,
                         uint64_t draw) {
    assert(latency >= 0 && now >= 0);
    switch (model->kind) {
    case ORR_MODEL_SYNCHRONOUS: return between(latency, model->delta, draw);
    case ORR_MODEL_GST: {
        orr_time wait = now < model->gst ? model->gst - now : 0;
        return between(latency, wait < ORR_NEVER - model->delta ? wait + model->delta : ORR_NEVER,
                       draw);
    }
    case ORR_MODEL_ASYNCHRONOUS: return without_bound(latency, draw);
    default: assert(!"a model that says nothing"); return latency;
    }
}
