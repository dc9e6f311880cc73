/* dispute.h - dispute games as a contract on L1 keeps them (models/vm/contracts/DisputeGame.sol):
 * what it is told and says, byte for byte, and what a player tells it next.
 *
 * ethereum-optimism/specs, fault-proof/stage-one: fault-dispute-game.md, bond-incentives.md and
 * honest-challenger-fdg.md.  Claims at depths up to split_depth are output roots, the k-th leaf
 * that of the k-th block behind the anchor; those below are states of one block's execution
 * (step.h), the k-th leaf after k + 1 steps. */
#ifndef ORR_ROLLUP_DISPUTE_H
#define ORR_ROLLUP_DISPUTE_H

#include "models/base/rlp.h"
#include "models/rollup/position.h"

struct orr_dispute_rules {
    uint32_t split_depth, max_depth; /* 1 <= split_depth, split_depth + 2 <= max_depth */
    uint64_t clock_s;     /* what each side has to answer in                                   */
    uint64_t extension_s; /* what is left at least after a move, twice so before the split; twice
                             that is at most clock_s */
};

enum orr_dispute_status { ORR_DISPUTE_RUNS, ORR_DISPUTE_FALLS, ORR_DISPUTE_STANDS };

/* A claim; its number is its place in the list. */
struct orr_dispute_claim {
    uint32_t parent; /* of the root without meaning */
    struct orr_address countered_by, claimant; /* countered_by: zeros, nobody (yet) */
    struct orr_hash value;
    unsigned __int128 position;
    uint64_t duration_s;  /* what the claimant's side had used when it was made */
    uint64_t timestamp;   /* s, of its L1 block */
    bool is_resolved;
};

struct orr_dispute {
    uint64_t id, start_block, l2_block;
    struct orr_hash start_root;
    uint64_t resolved_at; /* s; 0: not yet */
    enum orr_dispute_status status;
    struct orr_dispute_claim *claims; /* [n] from orr_dispute_read's mem */
    uint32_t n;
};

/* What the contract's game(id) gives; d->id stays.  0 (orr_dispute_free), or ORR_EFORMAT: it is
 * nothing of the kind, or its claims do not stand where moves would; *d is then untouched. */
int orr_dispute_read(struct orr_mem *mem, const uint8_t *bytes, size_t len, struct orr_dispute *d);
void orr_dispute_free(struct orr_mem *mem, struct orr_dispute *d);

/* What a claim at that depth costs: 0.08 ether at the root, 60 at the deepest, geometrically. */
struct orr_u256 orr_dispute_bond(const struct orr_dispute_rules *rules, uint32_t depth);
/* What the side that would answer claim i has used of its clock at that time, clock_s at most. */
uint64_t orr_dispute_used(const struct orr_dispute_rules *rules, const struct orr_dispute *d,
                          uint32_t i, uint64_t now_s);

/* A state of the machine as a claim: its hash, whose first byte says how it stands. */
enum { ORR_DISPUTE_VALID = 0, ORR_DISPUTE_INVALID = 1, ORR_DISPUTE_UNFINISHED = 3 };

/* Which execution the claim `next` below claim i is about, or would be: i is at the split depth or
 * below. */
struct orr_dispute_execution {
    uint64_t block;           /* number of the L2 block, ... */
    bool is_empty;            /* ... or: behind the last, where nothing is executed */
    struct orr_hash starting, disputed; /* output roots before and after, as claimed */
};
struct orr_dispute_execution orr_dispute_execution(const struct orr_dispute_rules *rules,
                                                   const struct orr_dispute *d, uint32_t i,
                                                   unsigned __int128 next);
/* The claim of an execution that is none. */
struct orr_hash orr_dispute_empty(const struct orr_dispute_execution *e);

/* ---- a player ---- */

/* What a player knows; each returns false where it does not (yet). */
struct orr_dispute_view {
    void *ctx;
    /* The output root after a block. */
    bool (*root)(void *ctx, uint64_t block, struct orr_hash *root);
    /* The claim after k >= 1 steps of a block, whose root is disputed. */
    bool (*state)(void *ctx, uint64_t block, const struct orr_hash *disputed, uint64_t k,
                  struct orr_hash *claim);
    uint64_t wait_s; /* it moves when its side has used so much of its clock; 0: at once */
    /* Appends the proof of the step from k on, k >= 0. */
    bool (*prove)(void *ctx, uint64_t block, uint64_t k, struct orr_rlp_writer *proof);
};

/* A transaction to the contract. */
struct orr_dispute_call {
    struct orr_rlp_writer data;
    struct orr_u256 value;
    uint64_t gas; /* limit */
};
enum { ORR_DISPUTE_CALLS_MAX = 32 };

/* What the player does next in a game that runs, at an L1 time: moves, steps, and what can be
 * resolved.  Fills calls (from mem; free each data) and returns how many; those that are left come
 * next time. */
size_t orr_dispute_play(struct orr_mem *mem, const struct orr_dispute_rules *rules,
                        const struct orr_dispute *d, uint64_t now_s,
                        const struct orr_dispute_view *view,
                        struct orr_dispute_call calls[ORR_DISPUTE_CALLS_MAX]);

/* What the player holds to be right at a position below claim i; false: it does not know. */
bool orr_dispute_say(const struct orr_dispute_rules *rules, const struct orr_dispute *d,
                     const struct orr_dispute_view *view, uint32_t i, unsigned __int128 position,
                     struct orr_hash *value);
/* A move with any value: its claim answers claim i.  data: from its own mem. */
void orr_dispute_move(const struct orr_dispute_rules *rules, const struct orr_dispute *d,
                      uint32_t i, bool is_attack, const struct orr_hash *value,
                      struct orr_dispute_call *call);

/* ---- other calls: appended to a writer ---- */

/* The contract's creation, for a chain whose block `anchor` has that output root; machine: where
 * the step machine is found (step_contract.h). */
void orr_dispute_write_creation(struct orr_rlp_writer *w, const struct orr_dispute_rules *rules,
                                uint64_t anchor, const struct orr_hash *root,
                                const struct orr_address *machine);
void orr_dispute_write_create(struct orr_rlp_writer *w, const struct orr_hash *root,
                              uint64_t l2_block);
/* states: [n] before the first steps of the blocks from `first` on. */
void orr_dispute_write_derive(struct orr_rlp_writer *w, uint64_t first,
                              const struct orr_hash *states, size_t n);
void orr_dispute_write_claim_credit(struct orr_rlp_writer *w, uint64_t id,
                                    const struct orr_address *to);
/* A view with n <= 2 arguments: selector of models/vm/contracts/contracts.h. */
void orr_dispute_write_view(struct orr_rlp_writer *w, uint32_t selector,
                            const struct orr_u256 *arguments, size_t n);
#endif
