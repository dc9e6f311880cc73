/* about.h - which view and height a message is about: for faults that strike by view. */
#ifndef ORR_MODELS_FAULT_ABOUT_H
#define ORR_MODELS_FAULT_ABOUT_H

#include "models/protocol.h"
#include "models/statement.h"

struct orr_about {
    uint64_t view, height;
    bool has_view, has_height;
};

/* What the message itself says: by its protocol's report.place, else by its author's own statement
 * (report.statement).  m may be NULL.  In a protocol that counts no heights, a height of 0. */
struct orr_about orr_about_message(const struct orr_protocol *protocol,
                                   const struct orr_common *common, const struct orr_msg *m);

/* Completes it for a message that says no view: it is as of where its sender stands. */
static inline void orr_about_sender(struct orr_about *about, const struct orr_stand *stand) {
    if (about->has_view) return;
    about->view = stand->view;
    about->has_view = true;
}
#endif
