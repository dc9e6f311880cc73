/* mutate.h - a message with one field changed (models/field.h), signed again by its author. */
#ifndef ORR_MODELS_FAULT_MUTATE_H
#define ORR_MODELS_FAULT_MUTATE_H

#include "models/field.h"
#include "models/protocol.h"

/* The bytes of a field in a message of a cohort of n nodes; false: m is of another kind, or is no
 * message of this form. */
bool orr_field_find(const struct orr_msg_field *field, const struct orr_msg *m, uint32_t n,
                    uint32_t *at, uint32_t *len);

/* m with the field changed and signed again as `signer`, a new message that is not frozen; from:
 * for EARLIER and OTHERS, the message whose field it gets.  NULL: the change changes nothing here,
 * or nobody could sign what it would make. */
struct orr_msg *orr_mutate(const struct orr_protocol *protocol, const struct orr_common *common,
                           orr_peer signer, const struct orr_msg_field *field,
                           enum orr_change change, const struct orr_msg *m,
                           const struct orr_msg *from, struct orr_pool *pool);
#endif
