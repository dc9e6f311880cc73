/* members.h - who is in a cluster and who votes there, and how that changes (thesis, chapter 4).
 *
 * A server is a voter, a learner (it is sent everything and has no vote) or no member.  While two
 * sets of voters overlap (joint consensus, ATC '14 section 6) a decision needs a majority of the
 * incoming and one of the outgoing ones.  A change of one voter needs no such time between, since
 * any majority before it and any after it have a server in common (thesis 4.1). */
#ifndef ORR_RAFT_MEMBERS_H
#define ORR_RAFT_MEMBERS_H

#include "models/base/bytes.h"
#include "models/bft/raft/quorum.h"
#include "models/protocol.h"

/* Bits of a server's part; none: it is no member. */
enum {
    ORR_RAFT_VOTER = 1,       /* in the incoming set, the only one unless they are joint      */
    ORR_RAFT_OUTGOING = 2,    /* a voter of the set that is left; any: they are joint         */
    ORR_RAFT_LEARNER = 4,     /* ... which is no voter of either set                          */
    ORR_RAFT_LEARNER_NEXT = 8 /* an outgoing voter that will be a learner when the set is left */
};

struct orr_raft_members {
    uint32_t n;
    uint8_t *part;    /* [n] of each rank                                               */
    uint8_t *draft;   /* [n] overwritten by changes                                     */
    bool auto_leave;  /* joint, and the leader leaves the outgoing set as soon as it can */
};

enum orr_raft_change_kind {
    ORR_RAFT_ADD_VOTER,
    ORR_RAFT_ADD_LEARNER,
    ORR_RAFT_REMOVE,
    ORR_RAFT_KEEP, /* nothing changes */
    ORR_RAFT_N_CHANGES
};
struct orr_raft_change { enum orr_raft_change_kind kind; uint32_t rank; };

/* How an entry changes the members. */
enum orr_raft_how {
    ORR_RAFT_NO_CHANGE,
    ORR_RAFT_SIMPLE,     /* one voter at most                          */
    ORR_RAFT_ENTER,      /* to two joint sets ...                      */
    ORR_RAFT_ENTER_AUTO, /* ... which the leader leaves by itself      */
    ORR_RAFT_LEAVE,      /* the outgoing set                           */
    ORR_RAFT_N_HOWS
};

/* Why a change is none. */
enum orr_raft_refusal {
    ORR_RAFT_CHANGED,
    ORR_RAFT_IS_JOINT,      /* simple, or to be joint, and they are joint */
    ORR_RAFT_IS_NOT_JOINT,  /* to leave, and there is nothing to leave    */
    ORR_RAFT_NO_VOTERS,     /* to be joint, of a set without voters       */
    ORR_RAFT_REMOVES_ALL,   /* no voter would be left                     */
    ORR_RAFT_TOO_MANY       /* simple, and more than one voter changes    */
};

/* Nobody is a member. */
void orr_raft_members_init(struct orr_raft_members *m, struct orr_mem *mem, uint32_t n);
void orr_raft_members_fini(struct orr_raft_members *m, struct orr_mem *mem);
/* Both are of the same n. */
void orr_raft_members_copy(struct orr_raft_members *to, const struct orr_raft_members *from);

/* Carries out a change, one step of it after another; LEAVE takes none.  On a refusal the members
 * are untouched. */
enum orr_raft_refusal orr_raft_members_change(struct orr_raft_members *m, enum orr_raft_how how,
                                              const struct orr_raft_change *v, uint32_t n);

bool orr_raft_members_are_joint(const struct orr_raft_members *m);
static inline bool orr_raft_is_member(const struct orr_raft_members *m, uint32_t rank) {
    return m->part[rank] != 0;
}
static inline bool orr_raft_is_voter(const struct orr_raft_members *m, uint32_t rank) {
    return (m->part[rank] & (ORR_RAFT_VOTER | ORR_RAFT_OUTGOING)) != 0;
}

/* The greatest index that both sets agree on; scratch: [2 * n], overwritten. */
uint64_t orr_raft_members_committed(const struct orr_raft_members *m, const uint64_t *match,
                                    uint64_t *scratch);
/* What the answers of all n servers come to in both sets. */
enum orr_raft_outcome orr_raft_members_count(const struct orr_raft_members *m,
                                             const uint8_t *answers);

/* As bytes: auto_leave u8 | part u8 of each. */
static inline uint32_t orr_raft_members_bytes(uint32_t n) { return 1 + n; }
void orr_raft_members_write(const struct orr_raft_members *m, struct orr_writer *w);
/* false: these are no members, m is undefined. */
bool orr_raft_members_read(struct orr_raft_members *m, struct orr_reader *r);

/* ---- a change as a transaction: client u32 | number u64 | kind u8, rank u32 of each step ---- */

enum { ORR_RAFT_CHANGE_HEAD = 12, ORR_RAFT_CHANGE_STEP = 5 };
/* Steps in one transaction: twice a cluster of 1,000 would be too many for a message anyway. */
enum { ORR_RAFT_MAX_STEPS = 64 };

/* The steps of a transaction of `len` bytes for a cluster of n, into v[ORR_RAFT_MAX_STEPS]; their
 * number, 0 if it is malformed. */
uint32_t orr_raft_change_read(const uint8_t *bytes, uint32_t len, uint32_t n,
                              struct orr_raft_change *v);
#endif
