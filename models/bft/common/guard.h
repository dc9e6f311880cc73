/* guard.h - never sign two statements in one place.
 *
 * A place is (height, round, stage), whatever a protocol calls them: epoch or view, round or
 * sequence number, step.  Places are signed in ascending order only; in the last one the same
 * statement may be signed again, since its signature is the same (CometBFT's privval).  A statement
 * is the bytes that the signature covers, of any protocol and length.  A node that comes back feeds
 * the guard what its log says that it signed.
 *
 * One guard watches one sequence of places.  A protocol that agrees on several slots side by side
 * keeps a guard with each slot. */
#ifndef ORR_MODELS_BFT_COMMON_GUARD_H
#define ORR_MODELS_BFT_COMMON_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The last thing signed; all zero: nothing yet. */
struct orr_sign_guard {
    uint64_t height;
    uint32_t round;
    uint8_t stage;         /* the protocol's own numbering, ascending in a round, from 1 */
    uint8_t statement[32]; /* its SHA-256                                                */
};

/* May this statement be signed?  If so it is the last thing signed. */
bool orr_sign_guard(struct orr_sign_guard *guard, uint64_t height, uint32_t round, uint8_t stage,
                    const void *statement, size_t len);
/* Another has signed with the same key, last in that place: the guard goes there, if it is later.
 * At one place with two statements nobody knows which was signed last: neither is allowed again. */
void orr_sign_guard_merge(struct orr_sign_guard *guard, const struct orr_sign_guard *other);
#endif
