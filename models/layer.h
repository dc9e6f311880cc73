/* layer.h - protocols inside a protocol: a node that is made of layers, a wrapper, twins.
 *
 * A composition is several protocols that share one identity, one disk and one wire; a message says
 * in its header which layer it is for.  A wrapper (models/fault) is a protocol around another.
 * Both, the parent, call the steps of what is inside and see its effects before the world does:
 *
 *     uint32_t from = out->n;
 *     struct orr_event inner;
 *     if (!orr_layer_event(&s->gossip_place, event, &inner)) ...     not for this layer
 *     int rc = gossip_step(s->gossip, &inner, out);
 *     orr_layer_lift(&s->gossip_place, out, from, hand, s);
 *
 * lift takes what the step appended out of the outbox, shifts the layer's timer keys and record
 * names to where they stand among the parent's, and hands SEND, CAST and OUTPUT (DIAL and HANGUP
 * too: links are the parent's) to the parent, which appends what it pleases. */
#ifndef ORR_MODELS_LAYER_H
#define ORR_MODELS_LAYER_H

#include "models/protocol.h"

/* What a composition says of one layer. */
struct orr_layer {
    const char *name;         /* for people                                              */
    const char *const *kinds; /* names of its message kinds; NULL-terminated, or NULL    */
    uint16_t protocol;        /* orr_msg.protocol of its messages; 0 is the composition's own */
};

/* Kind number i of all that nodes of a protocol send each other, its own first, then its layers':
 * returns the name and sets *type (orr_msg_type); NULL past the last. */
const char *orr_protocol_kind(const struct orr_protocol *protocol, uint32_t i, uint32_t *type);

/* ---- running what is inside ---- */

/* Effects that were taken out of an outbox: scratch, one for a node, however many layers it has and
 * however their steps lead to each other.  Zeroed at first. */
struct orr_tail {
    struct orr_effect *v;
    uint32_t n, cap;
};
void orr_tail_fini(struct orr_tail *tail, struct orr_mem *mem);

struct orr_layer_place;
/* Appends what the parent makes of an effect of a layer, whose reference is moved here. */
typedef void orr_layer_hand(void *parent, const struct orr_layer_place *place, struct orr_effect e,
                            struct orr_outbox *out);

/* Where a layer stands in its parent; the parent sets all but the last group. */
struct orr_layer_place {
    struct orr_tail *tail;     /* the node's, lent                                         */
    struct orr_mem *mem;       /* for it                                                   */
    uint32_t timer, n_timers;  /* its timer key k is key timer + k of the parent           */
    uint32_t name, n_names;    /* its durable record r is record name + r of the parent    */
    uint16_t protocol;         /* orr_msg.protocol of its messages; 0: they stay as they are */

    uint64_t n_writing;        /* its ORR_WRITEs that are not ORR_WRITTEN yet              */
    uint64_t n_stale;          /* the same of lives of the layer that have ended           */
};

/* The parent's event as the layer sees it; false: it is not the layer's.  START, INPUT, PEER_UP and
 * PEER_DOWN are for every layer; which of them hears of an input is the parent's choice. */
bool orr_layer_event(struct orr_layer_place *place, const struct orr_event *event,
                     struct orr_event *inner);

/* Does what is said above to the effects from number `from` on.  A message of the layer that bears
 * another protocol number yet gets the layer's; when it is frozen (it came from elsewhere), a copy
 * does.  A timer key or record name that the layer does not have becomes one that no node has. */
void orr_layer_lift(struct orr_layer_place *place, struct orr_outbox *out, uint32_t from,
                    orr_layer_hand *hand, void *parent);

/* The layer has ended while its parent goes on: disarms its timers; what it wrote and is not
 * durable yet will not be told to its next life. */
void orr_layer_end(struct orr_layer_place *place, struct orr_outbox *out);
#endif
