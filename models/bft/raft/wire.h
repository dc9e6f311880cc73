/* wire.h - what servers say to each other, as bytes: fixed layouts, little-endian. */
#ifndef ORR_RAFT_WIRE_H
#define ORR_RAFT_WIRE_H

#include "models/base/bytes.h"
#include "models/base/msg.h"
#include "models/bft/raft/members.h"

/* RequestVote and its answer (figure 2), of a real vote or of one that is only sounded out. */
struct orr_raft_ask_vote {
    uint64_t term, last_index, last_term;
    bool is_pre, is_handed; /* by the leader, which gives way: thesis 3.10, 4.2.3 */
};
struct orr_raft_vote {
    uint64_t term;
    uint64_t change; /* the last change of the members that is in the candidate's log and known to
                        be committed; 0: none is */
    bool is_granted, is_pre;
};

/* AppendEntries (figure 2).  A heartbeat has no entries and leans on the last one that the follower
 * is known to have, so that it cannot be refused. */
struct orr_raft_append {
    uint64_t term, prev_index, prev_term, commit;
    bool is_heartbeat;
    uint32_t n;                /* entries that follow, log.h says how      */
    struct orr_reader entries; /* over the message's bytes, lent           */
};
/* Its answer, and that of a snapshot. */
struct orr_raft_appended {
    uint64_t term;
    uint64_t index;            /* good: the logs agree up to there; else the prev_index refused */
    uint64_t hint, hint_term;  /* of a refusal: the last entry that can agree, section 5.3      */
    bool is_good, is_heartbeat;
};
/* InstallSnapshot (figure 13), in one piece: the place of a decision, the members there, and bytes
 * of state. */
struct orr_raft_snapshot {
    uint64_t term, index, index_term;
    uint8_t chain[32];
    struct orr_raft_members *members; /* lent; reading overwrites it */
};

enum { ORR_RAFT_APPEND_BYTES = 4 * 8 + 1 + 4 }; /* without its entries */

struct orr_msg *orr_raft_ask_vote_new(struct orr_pool *pool, const struct orr_raft_ask_vote *m);
/* TimeoutNow (thesis 3.10) of the leader of a term. */
struct orr_msg *orr_raft_stand_new(struct orr_pool *pool, uint64_t term);
struct orr_msg *orr_raft_vote_new(struct orr_pool *pool, const struct orr_raft_vote *m);
/* With room for `bytes` of entries, at *entries. */
struct orr_msg *orr_raft_append_new(struct orr_pool *pool, const struct orr_raft_append *m,
                                    uint32_t bytes, struct orr_writer *entries);
struct orr_msg *orr_raft_appended_new(struct orr_pool *pool, const struct orr_raft_appended *m);
struct orr_msg *orr_raft_snapshot_new(struct orr_pool *pool, const struct orr_raft_snapshot *m,
                                      uint32_t state_size);

/* false: not that; *m is undefined.  The entries of an append are not looked at. */
bool orr_raft_ask_vote_read(const struct orr_msg *msg, struct orr_raft_ask_vote *m);
bool orr_raft_stand_read(const struct orr_msg *msg, uint64_t *term);
bool orr_raft_vote_read(const struct orr_msg *msg, struct orr_raft_vote *m);
bool orr_raft_append_read(const struct orr_msg *msg, struct orr_raft_append *m);
bool orr_raft_appended_read(const struct orr_msg *msg, struct orr_raft_appended *m);
bool orr_raft_snapshot_read(const struct orr_msg *msg, struct orr_raft_snapshot *m);
#endif
