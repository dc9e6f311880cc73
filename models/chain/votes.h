/* votes.h - which branch of a chain leads, and what of it is final, by the votes of stake.
 *
 * Each validator votes once an epoch, in its slot, for the block that it sees as head, and names
 * the youngest justified checkpoint that it knows, the vote's source.
 *
 * Head.  From the youngest justified block on, the child under which the most stake has its latest
 * vote, and so on to a leaf; of equals the one with the greater hash.  That is LMD-GHOST.
 *
 * Finality.  The checkpoint of an epoch on a branch is its last block before or in the epoch's
 * first slot; a vote for a head is one for the checkpoint of the vote's epoch on that head's
 * branch.  More than two thirds of stake in one epoch for one checkpoint, from one justified
 * source, justify it; a checkpoint is final when the next epoch's was justified from it: so two
 * thirds of stake voted on top of it in two successive epochs.  That is Casper FFG, of which an
 * honest validator keeps the two commandments by itself: it votes once an epoch, and its sources
 * never go back.  Who missed the votes of an epoch learns of it from the next: a checkpoint that
 * more than a third of stake names as source in one epoch is justified, for an honest one of them
 * has counted.
 * (V. Buterin et al., "Combining GHOST and Casper", arXiv 2003.03052.)
 *
 * Left out of Gasper: votes are not in blocks but each node counts those that reach it; no weight
 * for a proposer's fresh block (proposer boost), no rewards, penalties or leaks of stake, no
 * validators that come or go. */
#ifndef ORR_CHAIN_VOTES_H
#define ORR_CHAIN_VOTES_H

#include "models/base/msg.h"
#include "models/base/sign.h"
#include "models/chain/chain.h"

/* Epochs of which votes are kept, beside the youngest justified one's. */
enum { ORR_VOTES_EPOCHS = 64 };

/* epoch 0's is the first block, which is justified and final from the beginning. */
struct orr_checkpoint {
    uint64_t epoch;
    struct orr_hash hash;
};

/* A vote is a message, which all who count it share; this is its decoded form.  Its bytes: slot
 * u64 | validator u32 | head 32 | source's epoch u64 | source's hash 32 | signature 64,
 * little-endian.  Signed are ORR_CHAIN_VOTE_SIGNED bytes: a domain of 8, the chain's id u64, and
 * all before the signature. */
struct orr_chain_vote {
    uint64_t slot; /* in which it was cast; its epoch follows */
    uint32_t validator;
    struct orr_hash head;
    struct orr_checkpoint source;
};
enum { ORR_CHAIN_VOTE_BYTES = 84 + ORR_SIGN_BYTES, ORR_CHAIN_VOTE_SIGNED = 16 + 84 };

/* The signed bytes of a vote message of ORR_CHAIN_VOTE_BYTES. */
void orr_chain_vote_signed(const struct orr_msg *m, uint64_t chain_id,
                           uint8_t bytes[ORR_CHAIN_VOTE_SIGNED]);
/* A message of this kind without its signature, which is its last bytes. */
struct orr_msg *orr_chain_vote_new(struct orr_pool *pool, uint16_t kind,
                                   const struct orr_chain_vote *vote);
/* Gives a message its form; one of another length has none. */
void orr_chain_vote_decode(struct orr_msg *m, struct orr_pool *pool);
/* The form, or NULL. */
const struct orr_chain_vote *orr_chain_vote_of(const struct orr_msg *m);

/* What is the same for all nodes. */
struct orr_votes_config {
    uint32_t n;             /* validators                       */
    const uint64_t *powers; /* [n], lent                        */
    uint64_t quorum;        /* more than two thirds of them all */
    uint64_t honest;        /* more than one third              */
    uint64_t slot_s;        /* seconds of a slot, and ... */
    uint64_t begin_s;       /* ... the time at which slot 0 began: both tell a block's slot */
    uint64_t epoch_slots;
};

struct orr_votes {
    struct orr_mem *mem;
    struct orr_pool *pool;
    const struct orr_votes_config *config;
    struct orr_msg **latest; /* [n] of each validator, of whatever epoch; references, or NULL */
    struct orr_votes_epoch {
        uint64_t epoch;
        struct orr_msg **v; /* [n] references, or NULL */
    } * epochs;             /* [n_epochs], ascending, at most ORR_VOTES_EPOCHS */
    uint32_t n_epochs, epochs_cap;
    struct orr_checkpoint *justified; /* [n_justified], ascending by epoch, from the final one on */
    uint32_t n_justified, justified_cap;
};

/* final: the checkpoint from which on votes count, of epoch 0 the first block. */
void orr_votes_init(struct orr_votes *votes, struct orr_mem *mem, struct orr_pool *pool,
                    const struct orr_votes_config *config, const struct orr_checkpoint *final);
void orr_votes_fini(struct orr_votes *votes);

/* A time's slot; of one before the chain begins 0. */
static inline uint64_t orr_votes_slot_at(const struct orr_votes_config *config, uint64_t time_s) {
    return time_s < config->begin_s ? 0 : (time_s - config->begin_s) / config->slot_s;
}
static inline uint64_t orr_votes_slot(const struct orr_votes_config *config,
                                      const struct orr_chain_link *link) {
    return orr_votes_slot_at(config, link->block->block.header.timestamp);
}

enum orr_chain_vote_verdict {
    ORR_CHAIN_VOTE_NEW,
    ORR_CHAIN_VOTE_KNOWN,
    ORR_CHAIN_VOTE_CONFLICT, /* the validator has voted otherwise in this epoch: this one is dropped
                              */
    ORR_CHAIN_VOTE_OLD       /* of an epoch that is not kept any more */
};
/* Takes a reference to a vote with a form, whose validator is one and whose signature was checked;
 * only NEW ones are kept. */
enum orr_chain_vote_verdict orr_votes_add(struct orr_votes *votes, struct orr_msg *vote);

/* Works out what the votes justify and finalise on the blocks of a chain; false: nothing new. */
bool orr_votes_count(struct orr_votes *votes, const struct orr_chain *chain);
/* The youngest justified checkpoint, and the youngest final one: the first of the list. */
static inline const struct orr_checkpoint *orr_votes_justified(const struct orr_votes *votes) {
    return &votes->justified[votes->n_justified - 1];
}
static inline const struct orr_checkpoint *orr_votes_final(const struct orr_votes *votes) {
    return &votes->justified[0];
}
/* A checkpoint above the final one that was justified here before the votes for it were lost: their
 * owner's own record says so. */
void orr_votes_know(struct orr_votes *votes, const struct orr_checkpoint *point);
/* Is a checkpoint one of those that are justified here? */
bool orr_votes_is_justified(const struct orr_votes *votes, const struct orr_checkpoint *point);

/* The head of the chain: from the youngest justified block that is here. */
struct orr_chain_link *orr_votes_head(const struct orr_votes *votes, const struct orr_chain *chain);
/* The checkpoint's block of an epoch on a block's branch. */
struct orr_chain_link *orr_votes_checkpoint(const struct orr_votes_config *config,
                                            struct orr_chain_link *head, uint64_t epoch);

/* A validator's vote of an epoch, or NULL. */
const struct orr_chain_vote *orr_votes_of(const struct orr_votes *votes, uint64_t epoch,
                                          uint32_t validator);
#endif
