/* log.h - the log of a server: entries after the point where it was cut, in memory and on disk.
 *
 * Durable are the term with the vote, the point of the cut with the members there, and runs of
 * entries.  A run is one record, named by the index of its first entry; a later run overrules what
 * an earlier one says of its indexes and of all that follow, so that a write at any place leaves a
 * log that was there. */
#ifndef ORR_RAFT_LOG_H
#define ORR_RAFT_LOG_H

#include "models/base/bytes.h"
#include "models/base/index.h"
#include "models/base/ring.h"
#include "models/bft/raft/members.h"

struct orr_raft_entry {
    uint64_t term;
    enum orr_raft_how how; /* it changes the members: tx has the steps, but for LEAVE */
    uint64_t id;        /* orr_msg_hash of tx; 0: an empty entry          */
    orr_time time;      /* wall clock of the leader that made it          */
    struct orr_msg *tx; /* a reference; NULL: empty                       */
    uint32_t author;    /* rank of that leader                            */
    uint8_t chain[32];  /* hash of all entries up to this one             */
};

/* v[i] is the entry of index base + 1 + i. */
struct orr_raft_log {
    struct orr_mem *mem;
    struct orr_pool *pool;
    uint64_t base, base_term; /* the last entry that was cut off; 0: none */
    uint8_t base_chain[32];
    struct orr_raft_members base_members;
    struct orr_raft_entry *v;
    uint32_t n, cap;
    struct orr_index by_tx;   /* of v by id                                          */
    struct orr_fifo runs;     /* uint64_t: first index of each run on disk           */
    struct orr_fifo writing;  /* uint64_t: what is durable when each write is        */
    uint64_t durable;         /* all up to there is on disk                          */
    bool is_torn;             /* come back: what follows the cut is of another log   */
};

/* The record of the term and the vote. */
#define ORR_RAFT_PROMISE 0u

/* Where a log ends that a message claims to be longer: indexes are names on disk. */
#define ORR_RAFT_MAX_INDEX (((uint64_t)1 << 30) - 1)
/* No entry has a greater term. */
#define ORR_RAFT_MAX_TERM ((uint64_t)1 << 62)

/* Empty, of a cluster that begins with those members (copied). */
void orr_raft_log_init(struct orr_raft_log *log, struct orr_mem *mem, struct orr_pool *pool,
                       const struct orr_raft_members *genesis);
void orr_raft_log_fini(struct orr_raft_log *log);

static inline uint64_t orr_raft_log_last(const struct orr_raft_log *log) {
    return log->base + log->n;
}
/* base < index <= last */
static inline struct orr_raft_entry *orr_raft_log_at(const struct orr_raft_log *log,
                                                     uint64_t index) {
    assert(index > log->base && index - log->base <= log->n);
    return &log->v[index - log->base - 1];
}
/* base <= index <= last */
static inline uint64_t orr_raft_log_term(const struct orr_raft_log *log, uint64_t index) {
    return index == log->base ? log->base_term : orr_raft_log_at(log, index)->term;
}
static inline const uint8_t *orr_raft_log_chain(const struct orr_raft_log *log, uint64_t index) {
    return index == log->base ? log->base_chain : orr_raft_log_at(log, index)->chain;
}
static inline bool orr_raft_log_has_tx(const struct orr_raft_log *log, uint64_t id) {
    return orr_index_find(&log->by_tx, log->v, id) != ORR_NOWHERE;
}

/* The index of the last entry up to `last` that changes the members; 0: none behind the cut. */
uint64_t orr_raft_log_last_change(const struct orr_raft_log *log, uint64_t last);
/* Who the members are when the entries up to `index` have changed them; base <= index <= last. */
void orr_raft_log_members(const struct orr_raft_log *log, uint64_t index,
                          struct orr_raft_members *members);

/* ---- entries as bytes: term u64 | author u32 | time i64 | how u8 | length u32 | tx ---- */

uint32_t orr_raft_entry_size(const struct orr_raft_entry *e);
void orr_raft_entry_write(const struct orr_raft_entry *e, struct orr_writer *w);
/* Reads the term, author, time and transaction; tx (a new reference) is NULL when r->bad. */
struct orr_raft_entry orr_raft_entry_read(struct orr_reader *r, struct orr_pool *pool);

/* Are the next n entries well formed, changes too, of ranks below n_servers, and of terms that do
 * not fall from `prev_term` and do not pass `term`, and is nothing behind them? */
bool orr_raft_entries_are_good(struct orr_reader r, uint32_t n, uint32_t n_servers,
                               uint64_t prev_term, uint64_t term);

/* ---- changes; `out` is where the writes go ---- */

/* Appends an entry in memory; its tx moves, id and chain are made. */
void orr_raft_log_push(struct orr_raft_log *log, struct orr_raft_entry e);
/* Makes the entries from `from` to the last durable, as one run. */
void orr_raft_log_save(struct orr_raft_log *log, uint64_t from, struct orr_outbox *out);
/* Forgets all entries after `last`; new ones are saved from the next on. */
void orr_raft_log_cut(struct orr_raft_log *log, uint64_t last, struct orr_outbox *out);
/* Forgets all entries up to `base`, which is one of them, in memory and then on disk. */
void orr_raft_log_compact(struct orr_raft_log *log, uint64_t base, struct orr_outbox *out);
/* Takes the place of a log that is behind: it was cut at this point, with those members.  What
 * follows stays if the log agrees with it there (figure 13, 6). */
void orr_raft_log_replace(struct orr_raft_log *log, uint64_t base, uint64_t term,
                          const uint8_t chain[32], const struct orr_raft_members *members,
                          struct orr_outbox *out);
/* The term that this server is in, and its vote there (a rank or ORR_NOBODY). */
void orr_raft_log_promise(struct orr_raft_log *log, uint64_t term, uint32_t vote,
                          struct orr_outbox *out);
/* An ORR_WRITTEN: the oldest write that was under way is durable. */
void orr_raft_log_written(struct orr_raft_log *log);

/* ---- coming back ---- */

/* Takes in an ORR_STORED.  0; 1: it was the promise, *term and *vote are set; or ORR_ECORRUPT. */
int orr_raft_log_stored(struct orr_raft_log *log, const struct orr_event *event, uint64_t *term,
                        uint32_t *vote);
/* All of them are in: what a crash has left of another log goes. */
void orr_raft_log_restored(struct orr_raft_log *log, struct orr_outbox *out);
#endif
