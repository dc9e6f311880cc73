/* layer.h - a node that is made of layers: several protocols that share one identity, one disk and
 * one wire.  A message says in its header which layer it is for. */
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
#endif
