/* envelope.h - a signed L2 block as a sequencer gossips it before L1 has it: the unsafe chain.
 *
 * ethereum-optimism/specs, protocol/rollup-node-p2p.md: "Block encoding" (topics V1 to V4: a
 * signature, from Ecotone on the parent beacon block root, the block as SSZ ExecutionPayload, all
 * in one Snappy block), "Block signatures" and "Block validation"; protocol/isthmus/exec-engine.md,
 * "Update to ExecutionPayload" (withdrawalsRoot).  SSZ: consensus-specs,
 * ssz/simple-serialize.md. */
#ifndef ORR_ROLLUP_ENVELOPE_H
#define ORR_ROLLUP_ENVELOPE_H

#include "models/rollup/execute.h"

enum {
    ORR_ENVELOPE_BYTES_MAX = 10 << 20, /* inflated ("Message compression and limits") */
    ORR_ENVELOPE_PAST_S = 60, ORR_ENVELOPE_AHEAD_S = 5, /* a block's time may be off by so much */
    ORR_ENVELOPE_SIGNATURE = 65        /* r, s, y parity */
};

struct orr_envelope {
    uint8_t signature[ORR_ENVELOPE_SIGNATURE];
    struct orr_hash signed_hash; /* what it signs */
    struct orr_hash hash;        /* the block's */
    struct orr_evm_header header; /* extra_data points to extra */
    uint8_t extra[ORR_L2_EXTRA_BYTES];
    struct orr_rollup_tx *txs;   /* [n_txs], lent from bytes, deposits first */
    size_t n_txs;
    struct orr_rlp_writer bytes; /* its own: what was inflated */
};

/* A block without its signature, which orr_envelope_seal adds: appends it, not compressed, to *w,
 * which is empty.  txs: all of the block's.  Returns the hash to be signed. */
struct orr_hash orr_envelope_write(const struct orr_rollup_config *config,
                                   const struct orr_evm_header *header, const struct orr_hash *hash,
                                   const struct orr_rollup_tx *txs, size_t n_txs,
                                   struct orr_rlp_writer *w);
/* Puts a signature in and compresses it: what goes over the wire, into *out, which is empty. */
void orr_envelope_seal(struct orr_rlp_writer *w, const uint8_t signature[ORR_ENVELOPE_SIGNATURE],
                       struct orr_rlp_writer *out);

/* Reads what came over the wire by all rules that need neither a clock nor a memory: compression,
 * encoding, the fields of its fork, the block's own hash.  orr_envelope_free afterwards.  Returns
 * NULL or the rule that it breaks, static storage. */
const char *orr_envelope_read(struct orr_mem *mem, const struct orr_rollup_config *config,
                              const uint8_t *wire, size_t len, struct orr_envelope *envelope);
void orr_envelope_free(struct orr_envelope *envelope);
/* Is it that account's? */
bool orr_envelope_is_by(const struct orr_envelope *envelope, const struct orr_address *signer);
/* Is its time further from now (s) than a block's on its way may be? */
bool orr_envelope_is_untimely(const struct orr_envelope *envelope, uint64_t now);

/* ---- Snappy, one block (google/snappy, format_description.txt) ---- */

/* Appends the text as literals: larger than it by the length and 3 bytes each 64 KiB. */
void orr_snappy_write(const uint8_t *bytes, size_t len, struct orr_rlp_writer *w);
/* Appends what a block says, at most `most` bytes.  0, or ORR_EFORMAT, or ORR_ELIMIT before any
 * memory is taken. */
int orr_snappy_read(const uint8_t *block, size_t len, size_t most, struct orr_rlp_writer *w);
#endif
