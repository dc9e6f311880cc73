/* wal.h - the write-ahead log: what of a node outlives a crash.
 *
 * A record is one message, or several in a bundle, made durable by one ORR_WRITE, which holds back
 * all that the node does next: what a message promises is durable before the message is sent.  A
 * crash leaves a record whole or not at all.  So a statement stands in one record with what
 * justifies it: a lock with the votes that made it, a proposal with the quorum that it leans on, an
 * entered round with the votes that ended the one before.  A node that came back bound by a promise
 * whose reason nobody can show any more could stop its protocol for good.
 *
 * There are two sorts of records.  A slot holds the latest of something, and the next one replaces
 * it: the last vote, the term, a checkpoint.  Entries are appended, come back in the order in which
 * they were written, and stay until they are dropped: blocks, a log's commands. */
#ifndef ORR_MODELS_BFT_COMMON_WAL_H
#define ORR_MODELS_BFT_COMMON_WAL_H

#include "models/protocol.h"

enum { ORR_WAL_SLOTS = 64 };             /* slots are numbered 0..63                 */
#define ORR_WAL_ENTRIES ((uint32_t)1 << 30) /* and entries from here on: durable names */

struct orr_wal_record {
    uint32_t name;
    struct orr_msg *msg; /* a reference */
};

struct orr_wal {
    struct orr_mem *mem;
    struct orr_pool *pool;
    uint32_t next_entry;
    /* what a restart brought, in ascending order of name, until orr_wal_forget */
    struct orr_wal_record *records;
    uint32_t n_records, cap;
};

void orr_wal_init(struct orr_wal *wal, struct orr_mem *mem, struct orr_pool *pool);
void orr_wal_fini(struct orr_wal *wal);

/* ---- writing; the references in `bundle` stay the caller's ---- */

/* Puts one message into a slot, in place of what it held; the reference is moved. */
void orr_wal_put_one(struct orr_wal *wal, struct orr_outbox *out, uint32_t slot,
                     struct orr_msg *moved);
/* Puts a bundle of n messages into a slot, in place of what it held; NULLs among them are left
 * out, and one is left. */
void orr_wal_put(struct orr_wal *wal, struct orr_outbox *out, uint32_t slot,
                 struct orr_msg *const *bundle, uint32_t n);
/* Appends an entry of one message, of which the log takes a reference; returns its name. */
uint32_t orr_wal_append(struct orr_wal *wal, struct orr_outbox *out, struct orr_msg *m);
void orr_wal_drop(struct orr_wal *wal, struct orr_outbox *out, uint32_t entry);

/* ---- coming back ---- */

/* Takes in an ORR_STORED.  0, or ORR_ECORRUPT: the name is none of this log's. */
int orr_wal_stored(struct orr_wal *wal, const struct orr_event *event);
/* What a slot holds, lent, or NULL. */
struct orr_msg *orr_wal_slot(const struct orr_wal *wal, uint32_t slot);
/* The stored entries, oldest first: records[*first] and on, so many of them. */
uint32_t orr_wal_entries(const struct orr_wal *wal, uint32_t *first);
/* The next message of a bundle: *at is 0 before the first one.  A new reference; NULL: there are no
 * more, or, if *at is not the record's length then, the record is malformed. */
struct orr_msg *orr_wal_next(const struct orr_wal *wal, const struct orr_msg *record, uint32_t *at);
/* Gives back what a restart brought. */
void orr_wal_forget(struct orr_wal *wal);
#endif
