/* vote.h - block identifiers, prevotes and precommits: bytes, signatures, decoded form.
 *
 * A vote's message is fixed-size and little-endian:
 *     type u8 | validator u32 | height u64 | round u32 | block id (68) | signature (64)
 * What is signed are the canonical bytes: type, chain id, height, round, block id
 * (orr_signed_bytes). */
#ifndef ORR_MODELS_BFT_COMMON_VOTE_H
#define ORR_MODELS_BFT_COMMON_VOTE_H

#include "models/bft/common/validators.h"

/* What names a block: its header's hash, and the Merkle root and number of the parts that carry it
 * (CometBFT's BlockID).  All zero is nil. */
struct orr_block_id {
    uint8_t hash[32];
    uint8_t parts_root[32];
    uint32_t n_parts;
};
_Static_assert(sizeof(struct orr_block_id) == 68, "no padding: compared and sent as bytes");

static inline bool orr_block_id_equal(const struct orr_block_id *a, const struct orr_block_id *b) {
    return !memcmp(a, b, sizeof *a);
}
/* A block has at least one part. */
static inline bool orr_block_id_is_nil(const struct orr_block_id *id) { return !id->n_parts; }

/* The numbers of CometBFT's SignedMsgType. */
enum orr_signed_type { ORR_PREVOTE = 1, ORR_PRECOMMIT = 2, ORR_SIGNED_PROPOSAL = 32 };

enum { ORR_VOTE_BYTES = 1 + 4 + 8 + 4 + 68 + 64, ORR_SIGNED_BYTES = 1 + 8 + 8 + 4 + 4 + 68 };

/* A vote or proposal of a later round is malformed: nobody gets there, and to find out who leads a
 * round takes as many turns as its number. */
#define ORR_MAX_ROUND (((uint32_t)1 << 24) - 1)

enum orr_validity { ORR_UNKNOWN, ORR_GOOD, ORR_BAD };

struct orr_vote {
    uint64_t height;
    uint32_t round, validator;
    uint8_t type;                       /* ORR_PREVOTE or ORR_PRECOMMIT; in evidence ...     */
    int32_t pol_round;                  /* ... a proposal too, with this; 0 otherwise        */
    uint8_t verdict;                    /* enum orr_validity on the signature, under `set`   */
    struct orr_block_id id;
    uint8_t signature[ORR_SIGN_BYTES];
    const struct orr_validator_set *set;
};

/* The canonical bytes that type's signature covers; pol_round is 0 but for proposals. */
void orr_signed_bytes(const struct orr_validator_set *set, enum orr_signed_type type,
                      uint64_t height, uint32_t round, int32_t pol_round,
                      const struct orr_block_id *id, uint8_t bytes[ORR_SIGNED_BYTES]);

/* A vote of validator v->validator, signed with its key, as a message of kind `kind`.  Fills
 * v->signature, v->set and, with a memo, v->verdict. */
struct orr_msg *orr_vote_sign(struct orr_vote *v, const struct orr_validator_set *set,
                              struct orr_pool *pool, struct orr_memo *memo, uint16_t kind);
/* The message of a vote whose signature is known already, decoded, with the verdict that v has. */
struct orr_msg *orr_vote_message(const struct orr_vote *v, struct orr_pool *pool, uint16_t kind);

/* Reads one vote from exactly ORR_VOTE_BYTES; false if a field is out of its range. */
bool orr_vote_read(const uint8_t *bytes, struct orr_vote *v);
/* The same of a proposal or a vote; without the proposal's pol_round, which is set to 0. */
bool orr_signed_read(const uint8_t *bytes, struct orr_vote *v);
void orr_vote_write(const struct orr_vote *v, uint8_t bytes[ORR_VOTE_BYTES]);

/* Gives a message its form, if it is a vote; with a memo and of a validator of the set, with the
 * verdict on its signature: that depends on nothing but the vote's bytes and the set. */
void orr_vote_decode(struct orr_msg *m, const struct orr_validator_set *set, struct orr_pool *pool,
                     struct orr_memo *memo);
/* The form of a message; NULL: malformed. */
const struct orr_vote *orr_vote_of(const struct orr_msg *m);

/* Is the signature good?  With a memo a verdict that the vote has is believed. */
bool orr_vote_verify(const struct orr_vote *v, const struct orr_validator_set *set,
                     struct orr_memo *memo);
#endif
