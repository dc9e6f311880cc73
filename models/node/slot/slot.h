/* slot.h - the node `slot-chain`: an execution chain that forks; for models/node/slot alone.
 *
 * Time is cut into slots.  In each one validator, drawn by stake from the seed, builds a block on
 * its head as the slot begins; the slot's committee votes for its heads a third of the slot later;
 * after another third each node counts.  An epoch has `epoch` slots, and every validator votes in
 * one of them.  Which head leads and what is final is models/chain/votes.h's.  A follower is a node
 * without stake: it does all of this but propose and vote.
 *
 * Messages, little-endian where nothing else is said:
 *     transaction  its bytes (EIP-2718)
 *     block        proposer u32 | signature 64 | RLP of the Ethereum block, whose time is its
 *                  slot's beginning, whose coinbase is the proposer's account, and whose prevRandao
 *                  is Keccak-256 of the parent's hash and the slot
 *     vote         models/chain/votes.h
 *     want         a block's hash, and up to ORR_SLOT_MAX_LOCATOR hashes of the asker's chain from
 * its head down; the answer is blocks above the first of those that is on the block's branch, the
 * lowest first
 *     fetch        a block's hash, or zeros for the head, and how many u32: it and blocks below it
 *     fetched      bytes of the block u32, of the receipts u32 | 1 for a head u8 | the block's RLP
 *                  | RLP list of the receipts
 * What is new is sent on to all other neighbours, unless everybody is linked to everybody.
 *
 * Durable are each block, each commit of an index, each `retain_blocks` final blocks a snapshot of
 * the state as one record, and before a vote leaves its epoch and the youngest justified
 * checkpoint.  Blocks that cannot become final any more are erased.
 * A node that comes back opens its snapshot, imports the blocks above it, takes that checkpoint for
 * justified, as it was, hears of votes from its peers, and votes in no epoch in which it may have
 * voted, nor from an older source. */
#ifndef ORR_NODE_SLOT_H
#define ORR_NODE_SLOT_H

#include "models/bft/common/held.h"
#include "models/bft/common/validators.h"
#include "models/chain/pool.h"
#include "models/chain/votes.h"
#include "models/field.h"
#include "models/index/indexer.h"
#include "models/node/evm_clients.h"
#include "models/output.h"

#define ORR_SLOT_KINDS(KIND) \
    KIND(TX, "transaction")  \
    KIND(BLOCK, "block")     \
    KIND(VOTE, "vote")       \
    KIND(WANT, "want")       \
    KIND(FETCH, "fetch")     \
    KIND(FETCHED, "fetched")
enum orr_slot_kind {
#define KIND(name, text) ORR_SLOT_##name,
    ORR_SLOT_KINDS(KIND)
#undef KIND
};

enum orr_slot_timer { ORR_SLOT_BEGINS, ORR_SLOT_VOTES, ORR_SLOT_COUNTS, ORR_SLOT_N_TIMERS };

enum {
    ORR_SLOT_MAX_LOCATOR = 40,
    ORR_SLOT_MAX_ANSWER = 64,    /* blocks for one `want` */
    ORR_SLOT_MAX_HELD = 256,     /* blocks whose parents or slots are to come */
    ORR_SLOT_MAX_OPEN = 1 << 16, /* blocks above the final one */
    ORR_SLOT_N_ASKED = 16,
    /* Names of durable records: what was voted for, a snapshot, and from then on blocks. */
    ORR_SLOT_GUARD_RECORD = 0,
    ORR_SLOT_SNAPSHOT_RECORD = 1,
    ORR_SLOT_BLOCK_RECORDS = 2,
    ORR_SLOT_BLOCK_HEAD = 4 + ORR_SIGN_BYTES, /* bytes before a block's RLP */
    ORR_SLOT_FETCHED_HEAD = 4 + 4 + 1         /* ... and before that of an answer */
};

/* As scenarios write it: fork is an index into `forks`. */
struct orr_slot_config {
    orr_time slot;
    uint64_t epoch;
    uint32_t fork;
    uint64_t chain_id, gas_limit, base_fee, accounts;
    struct orr_config_list genesis;
    uint64_t pool_txs, pool_size, pool_per_sender;
    bool share_execution, blobs;
    uint64_t retain_blocks;         /* 0: all */
    uint64_t window;                /* of an indexer: blocks */
    uint32_t flaw;                  /* ... enum orr_slot_index_flaw */
    struct orr_config_list sources; /* ... nodes that it asks; none: it runs the chain itself */
};

/* The commits of an index have this number and those behind it. */
#define ORR_SLOT_INDEX_RECORDS 0x80000000u

/* For the whole cohort. */
struct orr_slot_genesis {
    struct orr_validator_set *set; /* of those with stake */
    uint64_t *sums;                /* [set->n] stake of validators 0 .. i */
    struct orr_chain_genesis *chain;
    struct orr_address *coinbases; /* [set->n] */
    struct orr_votes_config votes;
    uint64_t seed;
    struct orr_slot_snapshots *snapshots; /* as a memo is */
};

/* The snapshot that was made last, found by the block that it is of, while a node has it for its
 * own last one: those of one block are the same bytes, and a node's disk holds a message. */
struct orr_slot_snapshots {
    struct orr_msg *msg; /* lent by those n; NULL: there is none */
    struct orr_hash of;
    uint32_t n;
};

/* A block's message, which its node keeps for those who ask. */
struct orr_slot_block {
    struct orr_msg *msg; /* a reference */
    uint32_t record;     /* its durable record */
};

struct orr_slot {
    const struct orr_env *env;
    const struct orr_slot_config *config;
    const struct orr_slot_genesis *genesis;
    uint32_t me; /* validator number; ORR_NOBODY: a follower */
    struct orr_chain *chain;
    struct orr_chain_pool pool;
    struct orr_votes votes;
    struct orr_held held;
    /* kept.c: of what is final the messages alone stay, for who comes late; the state goes. */
    struct orr_msg **below; /* [n_below] references: of the final block with number i + 1 */
    uint64_t n_below, below_cap;
    struct orr_slot_block
        *blocks; /* [n_blocks] the others, as they came: a link's note says which */
    uint32_t n_blocks, blocks_cap;
    uint32_t next_record;     /* name of the next block's durable record */
    struct orr_msg *snapshot; /* a reference to what came from the disk, until the node begins */
    uint64_t slot;            /* that began last */
    uint64_t told_final;      /* number of the final block that was reported last */
    bool has_begun;

    /* What it may have voted for, in this life or before: durable before a vote leaves. */
    uint64_t next_epoch;            /* it has voted in none from this one on */
    struct orr_checkpoint promised; /* its sources do not go back behind this one */

    struct orr_slot_asked {
        struct orr_hash hash;
        uint64_t slot, number; /* when, and the number of the head then */
    } * asked;                 /* [ORR_SLOT_N_ASKED]; NULL: nothing was */
    uint32_t n_asked;

    /* Under the fault `reorg`: it works for what grows on `root` beside `beside`. */
    bool is_bent;
    struct orr_hash root, beside;

    bool has_refused;                 /* ... receipts that it keeps no more; it has said so */
    struct orr_slot_index *index;     /* an indexer's; NULL: it is none */
    struct orr_slot_sources *sources; /* ... that runs no chain; NULL: it runs one */
    struct orr_msg *written;          /* a reference to its last snapshot of this life, or NULL */
};

/* ---- duty.c: what a node does by the clock ---- */
uint32_t orr_slot_proposer(const struct orr_slot_genesis *g, uint64_t slot);
/* Is it this validator's slot to vote? */
bool orr_slot_votes_in(const struct orr_slot_genesis *g, uint32_t validator, uint64_t slot);
/* The slot of a wall clock's time; before the first it is 0. */
uint64_t orr_slot_at(const struct orr_slot *s, orr_time wall);
void orr_slot_tick(struct orr_slot *s, const struct orr_event *event, struct orr_outbox *out);
/* Arms the timers for the slot behind that of now. */
void orr_slot_arm(struct orr_slot *s, const struct orr_event *event, struct orr_outbox *out);
void orr_slot_bend(struct orr_slot *s, uint32_t depth);

/* ---- take.c: what comes from others ---- */
/* Gives a block message its form; one that holds no header has none. */
void orr_slot_block_decode(struct orr_msg *m, struct orr_pool *pool);
void orr_slot_take_tx(struct orr_slot *s, const struct orr_event *event, struct orr_outbox *out);
void orr_slot_take_block(struct orr_slot *s, const struct orr_event *event, struct orr_outbox *out);
void orr_slot_take_vote(struct orr_slot *s, const struct orr_event *event, struct orr_outbox *out);
void orr_slot_take_want(struct orr_slot *s, const struct orr_event *event, struct orr_outbox *out);
/* Those that were too early, or asked for parents: looks at them again. */
void orr_slot_take_held(struct orr_slot *s, const struct orr_event *event, struct orr_outbox *out);
/* A block of our own making: signs and proposes it, and as below. */
void orr_slot_publish(struct orr_slot *s, struct orr_chain_link *link, struct orr_outbox *out);
/* The prevRandao of a block. */
struct orr_hash orr_slot_randao(const struct orr_hash *parent, uint64_t slot);
/* Sends on what is new to all but whom it came from. */
void orr_slot_relay(orr_peer from, struct orr_msg *m, struct orr_outbox *out);

/* What a block message's first bytes and its header say; false: it has no form. */
struct orr_slot_block_head {
    uint32_t proposer;
    struct orr_hash hash, parent, mix_hash;
    struct orr_address coinbase;
    uint64_t time;
};
bool orr_slot_block_head(const struct orr_msg *m, struct orr_slot_block_head *head);
/* Our signature under a block's hash. */
void orr_slot_sign_block(const struct orr_slot *s, const struct orr_hash *hash,
                         uint8_t signature[ORR_SIGN_BYTES]);

/* ---- kept.c: blocks for those who ask ---- */
/* A block is in the tree: kept, durable, told. */
void orr_slot_keep(struct orr_slot *s, struct orr_chain_link *link, struct orr_msg *m,
                   struct orr_outbox *out);
/* A block from the disk, where it is record number `record`: it waits for orr_slot_restore. */
void orr_slot_keep_stored(struct orr_slot *s, uint32_t record, struct orr_msg *m);
/* All records are here: the chain goes on from the snapshot, if there is one, with the blocks above
 * it. */
void orr_slot_restore(struct orr_slot *s);
/* The message of a block of the tree or below it, lent. */
struct orr_msg *orr_slot_kept(const struct orr_slot *s, const struct orr_chain_block *block);
/* The block with this hash if it is in the tree or below it; NULL: it is not. */
const struct orr_chain_block *orr_slot_find(const struct orr_slot *s, const struct orr_hash *hash);
/* After a block became final: what does not descend from it is forgotten, on the disk too, and of
 * final blocks past `retain_blocks` all but the message. */
void orr_slot_settle(struct orr_slot *s, struct orr_outbox *out);
void orr_slot_kept_free(struct orr_slot *s);

/* ---- forge.c: what messages say, and lies (models/statement.h, models/field.h) ---- */
bool orr_slot_statement(const struct orr_common *common, const struct orr_msg *m, uint32_t i,
                        struct orr_statement *said);
struct orr_msg *orr_slot_forge(struct orr_slot *s, const struct orr_msg *m, struct orr_pool *pool);
extern const struct orr_msg_field orr_slot_fields[];
bool orr_slot_sign(const struct orr_common *common, orr_peer signer, struct orr_msg *m);

/* ---- index.c: what an indexer keeps beside its chain ---- */
/* Mistakes of an index that can be planted. */
enum orr_slot_index_flaw {
    ORR_SLOT_INDEX_SOUND,
    ORR_SLOT_INDEX_STALE_BALANCES, /* an undone block's balances are still reckoned with */
    ORR_SLOT_INDEX_SKIPS_FIRST,    /* logs of a new branch's first block are left out */
    ORR_SLOT_INDEX_CURSOR_APART,   /* the cursor is durable before its block's rows are */
    ORR_SLOT_INDEX_EARLY_FINAL,    /* a head is called final as soon as it is seen */
    ORR_SLOT_INDEX_GAP_AT_END,     /* logs of the block that ends a catching up are left out */
    /* With sources: */
    ORR_SLOT_INDEX_BY_NUMBER, /* logs are those of the block that came first with a number */
    ORR_SLOT_INDEX_BELIEVES,  /* receipts are not compared with the header */
};
struct orr_slot_index *orr_slot_index_new(const struct orr_slot_config *config,
                                          struct orr_mem *mem);
void orr_slot_index_free(struct orr_slot_index *index);
/* A record from the disk, in the order in which they were written. */
void orr_slot_index_restore(struct orr_slot_index *index, uint32_t name, const struct orr_msg *m);
/* Brings the index to the head of the node's own chain, and tells of it. */
void orr_slot_index_follow(struct orr_slot *s, struct orr_outbox *out);
/* Takes a block in: as orr_indexer_add. */
int orr_slot_index_add(struct orr_slot_index *index, const struct orr_index_feed *feed,
                       struct orr_hash *hash, const char **why);
/* Brings the index to a head with this number, labels blocks as the chain does (NULL: not), tells
 * rows and digest, and makes them durable.  Returns 0; ORR_ENOTFOUND: the block *at lacks and
 * nothing has changed; else what orr_indexer_follow does, and the index has stopped. */
int orr_slot_index_reach(struct orr_slot_index *index, const struct orr_hash *head, uint64_t number,
                         const struct orr_chain *chain, struct orr_indexer_at *at,
                         struct orr_outbox *out);
struct orr_hash orr_slot_index_digest(const struct orr_slot_index *index);

/* ---- source.c: an indexer's sources, and what they answer ---- */
/* NULL: a source is no other node.  env is lent. */
struct orr_slot_sources *orr_slot_sources_new(const struct orr_slot_config *config,
                                              const struct orr_env *env);
void orr_slot_sources_free(struct orr_slot_sources *sources, const struct orr_common *common);
/* Asks all sources for their heads. */
void orr_slot_sources_tick(struct orr_slot *s, const struct orr_event *event,
                           struct orr_outbox *out);
void orr_slot_take_fetch(struct orr_slot *s, const struct orr_event *event, struct orr_outbox *out);
void orr_slot_take_fetched(struct orr_slot *s, const struct orr_event *event,
                           struct orr_outbox *out);

/* ---- head.c: which head, and what is final ---- */
void orr_slot_follow(struct orr_slot *s, struct orr_outbox *out);
#endif
