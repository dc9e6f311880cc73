/* statement.h - what a signed message says, whatever the protocol: who says what of which slot.
 *
 * A slot is (signer, kind, height, view).  A correct node makes at most one statement of a slot:
 * two of different value are proof that it lied, whoever shows them.  Evidence, equivocation,
 * `explain` and the tests of laws read protocols through this and nothing else. */
#ifndef ORR_MODELS_STATEMENT_H
#define ORR_MODELS_STATEMENT_H

#include "models/protocol.h"

#define ORR_NO_VIEW UINT64_MAX /* no view: the statement leans on nothing */

struct orr_statement {
    orr_peer signer;       /* the node                                                         */
    uint32_t kind;         /* orr_msg.kind of the message in which its signer sends it         */
    uint64_t height;       /* height or sequence number; 0: the protocol has none in this slot */
    uint64_t view;         /* view, round, epoch or term                                       */
    uint64_t justify_view; /* of the quorum that it leans on, or ORR_NO_VIEW                   */
    uint8_t value[32];     /* what is proposed or voted for, as in orr_decided.value; zero: nil */
};

/* Are they of one slot and of different value? */
static inline bool orr_statements_conflict(const struct orr_statement *a,
                                           const struct orr_statement *b) {
    return a->signer == b->signer && a->kind == b->kind && a->height == b->height &&
           a->view == b->view && memcmp(a->value, b->value, sizeof a->value) != 0;
}

/* Where a node stands, for a search that must tell few states apart: two nodes that stand alike do
 * much the same next.  Views are told as they are; who compares takes the least of all from each.
 */
struct orr_stand {
    uint32_t view, locked_view, high_view; /* modulo 2^32; of the lock and of the highest QC   */
    uint16_t height;                       /* of the last decision, modulo 2^16                */
    uint8_t phase;                         /* the protocol's own numbering                     */
    uint8_t is_locked;                     /* bool                                             */
};
_Static_assert(sizeof(struct orr_stand) == 16, "no padding: compared and hashed as bytes");
#endif
