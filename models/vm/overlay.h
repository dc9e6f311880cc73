/* overlay.h - what stands behind struct orr_evm_state; only state*.c include it.
 *
 * Accounts and slots live in chunks, so their addresses hold until the overlay is trimmed, and are
 * found through open-addressed tables that are never iterated: lists in order of first use are. */
#ifndef ORR_EVM_OVERLAY_H
#define ORR_EVM_OVERLAY_H

#include "models/vm/state.h"
#include "models/vm/trie.h"

/* A slot.  Numbers named *_tx hold for the transaction with that number only. */
struct slot {
    struct entry *owner;
    struct slot *next, *next_dirty; /* of the owner */
    struct orr_u256 key, value, original, committed, transient;
    struct orr_hash hashed; /* Keccak-256 of the key, once is_hashed */
    uint32_t original_tx, warm_tx, transient_tx;
    bool is_loaded, is_hashed, is_dirty;
    bool was_warm;                 /* when the transaction was resumed (pending.h), */
    struct orr_u256 was_transient; /* as its record has it                          */
};

/* An account. */
struct entry {
    struct orr_address address;
    uint32_t warm_tx, listed_tx, touched_tx, created_tx, destroyed_tx;
    bool exists, is_dirty;
    uint8_t marks; /* of a resumed transaction: those that its record has */
    uint64_t nonce;
    struct orr_u256 balance;
    struct orr_evm_stored_code *code; /* one reference; NULL: none, or not in a partial store */
    struct orr_hash code_hash;
    struct orr_trie_node *storage; /* one reference: the slots as last committed */
    struct orr_hash hashed;        /* Keccak-256 of the address */
    struct slot *slots, *dirty_slots;
    uint32_t serial;
};

enum undo_kind {
    UNDO_EXISTS,
    UNDO_BALANCE,
    UNDO_NONCE,
    UNDO_CODE,
    UNDO_TOUCH,
    UNDO_CREATED,
    UNDO_DESTROYED,
    UNDO_WARM_ACCOUNT,
    UNDO_SLOT,
    UNDO_WARM_SLOT,
    UNDO_TRANSIENT,
    UNDO_LOG
};

/* One change to take back; target is an entry or a slot. */
struct undo {
    enum undo_kind kind;
    void *target;
    union {
        struct orr_u256 word;
        uint64_t number;
        struct orr_evm_stored_code *code; /* one reference */
    } old;
};

struct table_slot {
    uint64_t tag;
    void *item;
};
struct table {
    struct table_slot *at;
    size_t n, cap;
};

enum { CHUNK = 32 };
struct chunks {
    void **at;
    size_t n, cap;
}; /* n items in all, CHUNK to a piece */

struct kept_log {
    struct orr_evm_log log;
    size_t offset;
};

struct orr_evm_state {
    struct orr_evm_store *store;
    struct orr_mem *mem;
    struct orr_trie_node *root;
    int error;
    uint64_t n_written; /* accounts and slots, into the trie */
    uint32_t tx;        /* number of the current or last transaction, from 1 */
    bool in_tx;
    struct orr_evm_accesses *accesses; /* of who records; lent */
    const struct orr_evm_pending *pending; /* a resumed transaction's record; lent */
    void *zeroed_ctx; /* of who is told of slots that became zero; see pending.h */
    void (*zeroed)(void *ctx, const struct orr_address *address, const struct orr_u256 *key);
    struct table accounts, slots;
    struct chunks entry_chunks, slot_chunks;
    struct entry **dirty; /* to be committed, in order of first change */
    size_t n_dirty, dirty_cap;
    struct entry **listed; /* changed or touched in this transaction */
    size_t n_listed, listed_cap;
    struct undo *journal;
    size_t n_journal, journal_cap;
    struct kept_log *logs;
    size_t n_logs, logs_cap;
    uint64_t n_added_logs; /* ever, reverted ones too */
    uint8_t *log_data;
    size_t log_data_len, log_data_cap;
    struct entry *last; /* the account found last */
};

/* The account at an address, read from the trie on first use. */
struct entry *orr_evm_state_entry(struct orr_evm_state *state, const struct orr_address *address);
/* Writes all dirty accounts into the trie. */
void orr_evm_state_commit(struct orr_evm_state *state);
const struct orr_hash *orr_evm_slot_hash(const struct orr_evm_state *state, struct slot *slot);
/* The account and all its slots are gone. */
void orr_evm_state_wipe(struct orr_evm_state *state, struct entry *e);
/* Forgets the transaction's journal and lists. */
void orr_evm_state_close_tx(struct orr_evm_state *state);
/* Of a resumed transaction: what its record says of an account and a slot, and the value that a
 * slot had when it began. */
void orr_evm_pending_entry(struct orr_evm_state *state, struct entry *e);
void orr_evm_pending_slot(struct orr_evm_state *state, struct slot *s);
struct orr_u256 orr_evm_pending_original(struct orr_evm_state *state, struct slot *s);
/* Room for one more item in a growing array. */
void *orr_evm_state_grow(struct orr_evm_state *state, void *items, size_t *cap, size_t n,
                         size_t size);
#endif
