/* state.h - a server, for the files of this folder: in layers, tests/tidy LAYERS. */
#ifndef ORR_RAFT_STATE_H
#define ORR_RAFT_STATE_H

#include "models/base/cost.h"
#include "models/bft/common/mempool.h"
#include "models/bft/common/quorum.h"
#include "models/bft/raft/log.h"
#include "models/bft/raft/quorum.h"
#include "models/bft/raft/raft.h"
#include "models/bft/raft/wire.h"

/* What a leader knows of a server. */
struct orr_raft_peer {
    uint64_t next;      /* the entry to send next; match < next                        */
    uint64_t told;      /* the commit index that was sent last                         */
    bool is_active;     /* it answered since the last look at who is there             */
    bool is_probed;     /* where its log agrees is not known: one message at a time ... */
    bool is_waiting;    /* ... and that one is under way                               */
};

/* commit <= last of the log; a leader's term is its vote's; entries up to `commit` are decided. */
struct orr_raft {
    const struct orr_common *common;
    const struct orr_raft_config *config;
    const struct orr_cohort *servers;
    uint32_t me, n; /* rank, and how many                                   */
    struct orr_raft_members members; /* as far as changes hold here           */
    struct orr_raft_members spare;   /* for the step                          */
    /* durable */
    uint64_t term;
    uint32_t vote; /* rank or ORR_NOBODY                                    */
    struct orr_raft_log log;
    /* not durable */
    enum orr_raft_role role;
    uint32_t leader; /* rank or ORR_NOBODY                                  */
    uint64_t commit;
    orr_time heard_at, timeout; /* of the leader, and the patience drawn    */
    uint32_t n_promises;        /* writes of term and vote under way        */
    uint8_t *answers;           /* [n] enum orr_raft_answer                 */
    uint64_t *match;            /* [n] what is known to be durable there    */
    uint64_t *scratch;          /* [2 * n]                                  */
    uint32_t heir;              /* a leader: who is to lead, a rank or ORR_NOBODY */
    uint64_t change;            /* a leader: up to there changes may be under way */
    struct orr_raft_peer *peers;/* [n]                                      */
    struct orr_mempool pending; /* of this server's own clients             */
    uint64_t n_retries;         /* the pending ones carry the number at which they came */
    bool is_batching, is_retrying; /* the timer runs */
    uint64_t n_dropped;
    /* for the step */
    bool changes; /* of the members may hold: orr_raft_reconfigure is due at its end */
    struct orr_outbox *out;
    orr_time now, wall;
};

/* ---- raft.c ---- */
/* One event, without the changes of the members that follow from it: a step is this, and then
 * orr_raft_reconfigure.  Between the two an application may take its time, as etcd's does. */
int orr_raft_take(struct orr_raft *r, const struct orr_event *event, struct orr_outbox *out);

/* ---- report.c: what a server says of itself ---- */
void orr_raft_drop(struct orr_raft *r); /* of a message that no correct server sends */
void orr_raft_enter(struct orr_raft *r, enum orr_raft_role role);
void orr_raft_send(struct orr_raft *r, uint32_t to, struct orr_msg *moved);
void orr_raft_send_voters(struct orr_raft *r, struct orr_msg *moved); /* to the other ones */

/* ---- apply.c ---- */
/* Everything up to `index` is committed: decides what is new. */
void orr_raft_commit_to(struct orr_raft *r, uint64_t index);
/* The same without the entries: they were cut off at the leader. */
void orr_raft_adopt(struct orr_raft *r, const struct orr_raft_snapshot *m);

/* ---- replicate.c: a leader ---- */
/* Puts an entry into the log; tx (lent) may be NULL.  false: the log is full. */
bool orr_raft_append(struct orr_raft *r, struct orr_msg *tx);
/* Likewise one that changes the members; tx NULL: leaves the outgoing voters.  false: not now, for
 * another is under way, or the members are joint, or are not. */
bool orr_raft_change(struct orr_raft *r, enum orr_raft_how how, struct orr_msg *tx);
/* There are new entries: tells all, at once or when the batch is due. */
void orr_raft_offer(struct orr_raft *r);
void orr_raft_flush(struct orr_raft *r);
void orr_raft_heartbeat(struct orr_raft *r);
/* Has a majority got further? */
void orr_raft_advance(struct orr_raft *r);
void orr_raft_recv_appended(struct orr_raft *r, uint32_t from,
                            const struct orr_raft_appended *m);

/* ---- txs.c ---- */
void orr_raft_submit(struct orr_raft *r, struct orr_msg *tx);  /* by a client of this server */
void orr_raft_recv_tx(struct orr_raft *r, struct orr_msg *tx); /* by another server          */
void orr_raft_pass_on(struct orr_raft *r); /* what is pending goes to the leader that is new */
void orr_raft_retry(struct orr_raft *r);

/* ---- election.c ---- */
/* In this term, which is not below the one at hand, under that leader (a rank or ORR_NOBODY). */
void orr_raft_follow(struct orr_raft *r, uint64_t term, uint32_t leader);
void orr_raft_election_timeout(struct orr_raft *r);
/* Stands for election, or sounds the others out first. */
void orr_raft_campaign(struct orr_raft *r);
/* A leader hands over to a voter (thesis 3.10); to nobody else. */
void orr_raft_hand_over(struct orr_raft *r, uint32_t to);
void orr_raft_transfer_timeout(struct orr_raft *r);
void orr_raft_recv_stand(struct orr_raft *r, uint32_t from, uint64_t term);
/* A leader was heard or elected: patience begins anew. */
void orr_raft_wait(struct orr_raft *r);
void orr_raft_promise_written(struct orr_raft *r);
void orr_raft_recv_ask_vote(struct orr_raft *r, uint32_t from, const struct orr_raft_ask_vote *m);
void orr_raft_recv_vote(struct orr_raft *r, uint32_t from, const struct orr_raft_vote *m);

/* If the heir has all, it is told to stand. */
void orr_raft_heir_agrees(struct orr_raft *r);
/* One message to a follower, without entries only if `bare`. */
void orr_raft_send_one(struct orr_raft *r, uint32_t to, bool bare);

/* ---- follow.c: a follower ---- */
void orr_raft_recv_append(struct orr_raft *r, uint32_t from, const struct orr_raft_append *m);
void orr_raft_recv_snapshot(struct orr_raft *r, uint32_t from, const struct orr_raft_snapshot *m);

/* ---- change.c ---- */
/* If there are changes: lets those in the log hold, but for the last if it is not committed. */
void orr_raft_reconfigure(struct orr_raft *r);
#endif
