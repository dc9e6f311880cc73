/* inv_state.h - what the files of the relay by announcement share.
 *
 * inv_relay.c   the protocol: what comes, in and out      inv_ask.c      whom is asked for what
 * inv_tell.c    who is told of what                       inv_compact.c  compact blocks: who sends
 * inv_client.c  transactions and blocks of clients                       them, and putting together
 */
#ifndef ORR_GOSSIP_INV_STATE_H
#define ORR_GOSSIP_INV_STATE_H

#include "models/gossip/compact.h"

/* Message kinds; TX and BLOCK are what clients send, with the same hash. */
#define ORR_INV_KINDS(KIND)          \
    KIND(TX, "tx")                   \
    KIND(INV, "inv")                 \
    KIND(GETDATA, "getdata")         \
    KIND(BLOCK, "block")             \
    KIND(SENDCMPCT, "sendcmpct")     \
    KIND(CMPCTBLOCK, "cmpctblock")   \
    KIND(GETBLOCKTXN, "getblocktxn") \
    KIND(BLOCKTXN, "blocktxn")
enum orr_inv_kind {
#define KIND(name, text) ORR_INV_##name,
    ORR_INV_KINDS(KIND)
#undef KIND
        ORR_INV_N_KINDS
};

/* An entry of inv and getdata: a type u32 and a hash of 32 bytes. */
enum orr_inv_type { ORR_INV_OF_TX = 1, ORR_INV_OF_BLOCK = 2, ORR_INV_OF_COMPACT = 4 };
enum { ORR_INV_ENTRY = 4 + ORR_HASH_BYTES, ORR_INV_ENTRIES_MAX = 50000 };
enum { ORR_INV_SENDCMPCT_BYTES = 9, ORR_INV_VERSION = 2 };
enum { ORR_INV_CHOSEN = 3 }; /* BIP 152: peers that push compact blocks to a node */

enum orr_inv_compact { ORR_INV_WHOLE, ORR_INV_LOW, ORR_INV_HIGH };
struct orr_inv_config {
    orr_time loop, timeout, check;
    uint64_t push, block;
    uint32_t compact; /* enum orr_inv_compact */
};

/* A peer told of something that is lacking: of one hash the first that was not forgotten is asked,
 * by `until`. */
struct orr_inv_wanted {
    uint64_t hash;
    orr_peer peer;
    uint32_t type;  /* enum orr_inv_type, as it is asked for */
    orr_time until; /* ORR_NEVER: not asked yet              */
};

/* A block that waits for transactions which its compact form did not lead to. */
struct orr_inv_partial {
    uint64_t id;
    orr_peer from;
    struct orr_msg *compact, *ask; /* references */
};

struct orr_inv_checked {
    struct orr_msg *msg;
    orr_peer from;
    orr_time ready;
}; /* a reference */
struct orr_inv_heard {
    struct orr_msg *msg;
    orr_peer from;
}; /* a reference */
struct orr_inv_news {
    uint64_t hash;
    orr_peer from;
};
struct orr_inv_teller {
    orr_peer peer;
    uint64_t next;
}; /* of the news, the first it has not had */

enum orr_inv_timer {
    ORR_INV_TIMER_LOOP,
    ORR_INV_TIMER_RETRY,
    ORR_INV_TIMER_CHECK,
    ORR_INV_N_TIMERS
};

struct orr_inv {
    const struct orr_inv_config *cfg;
    const struct orr_env *env;
    struct orr_payloads payloads;
    /* the message handler's turns, with cfg->loop */
    struct orr_fifo inbox;    /* struct orr_inv_heard                     */
    orr_time phase, loop_at;  /* of the turns; the next one, or ORR_NEVER */
    struct orr_fifo checking; /* struct orr_inv_checked                   */
    /* asking */
    struct orr_inv_wanted *wanted; /* [n_wanted] in order of arrival */
    uint32_t n_wanted, wanted_cap;
    orr_time retry_at; /* when the timer fires, or ORR_NEVER */
    /* telling, with cfg->loop */
    uint64_t salt, first_news; /* the number of news[0] */
    struct orr_fifo news; /* struct orr_inv_news: transactions that wait for some peer's turn */
    struct orr_inv_teller *tellers; /* [n_tellers] linked now, in order of arrival */
    uint32_t n_tellers, tellers_cap;
    /* compact blocks */
    struct orr_fifo partials;        /* struct orr_inv_partial */
    orr_peer chosen[ORR_INV_CHOSEN]; /* [n_chosen] asked to push to us, the latest last */
    uint32_t n_chosen;
    orr_peer *pushed; /* [n_pushed] who asked us to */
    uint32_t n_pushed, pushed_cap;
};

/* inv_relay.c: something new is here; m is lent. */
void orr_inv_learn(struct orr_inv *s, orr_peer from, struct orr_msg *m, orr_time now,
                   struct orr_outbox *out);
void orr_inv_arm_loop(struct orr_inv *s, orr_time now, struct orr_outbox *out);

/* inv_ask.c: lists of hashes */
struct orr_msg *orr_inv_list(enum orr_inv_kind kind, uint32_t n, struct orr_pool *pool);
void orr_inv_put(struct orr_msg *m, uint32_t i, enum orr_inv_type type, uint64_t hash);
uint64_t orr_inv_get(const struct orr_msg *m, uint32_t i, uint32_t *type);
bool orr_inv_is_list(const struct orr_msg *m);
/* A peer has something that we lack: it is asked for it if nobody else is; `is_coming`: it sends
 * it already. */
void orr_inv_want(struct orr_inv *s, uint64_t hash, enum orr_inv_type type, orr_peer peer,
                  bool is_coming, orr_time now, struct orr_outbox *out);
/* Asks the peer for a whole block, whatever was asked before. */
void orr_inv_want_whole(struct orr_inv *s, uint64_t hash, orr_peer peer, orr_time now,
                        struct orr_outbox *out);
/* Nothing is wanted of this hash any more (peer ORR_NOBODY: of anybody). */
void orr_inv_forget(struct orr_inv *s, uint64_t hash, orr_peer peer);
void orr_inv_retry(struct orr_inv *s, orr_time now, struct orr_outbox *out);
void orr_inv_arm_retry(struct orr_inv *s, struct orr_outbox *out);
void orr_inv_lost_peer(struct orr_inv *s, orr_peer peer, orr_time now);

/* inv_tell.c */
void orr_inv_tell(struct orr_inv *s, const struct orr_msg *m, orr_peer from, orr_time now,
                  struct orr_outbox *out);
/* A turn: a peer that is drawn is told of the transactions that wait for it. */
void orr_inv_trickle(struct orr_inv *s, struct orr_outbox *out);
void orr_inv_teller_up(struct orr_inv *s, orr_peer peer);
void orr_inv_teller_down(struct orr_inv *s, orr_peer peer);

/* inv_compact.c */
/* A new block goes to those who asked for that, before it is checked. */
void orr_inv_push(struct orr_inv *s, struct orr_msg *block, orr_peer from, struct orr_outbox *out);
bool orr_inv_is_pushed(const struct orr_inv *s, orr_peer peer);
/* Who brought a good block first shall push from now on. */
void orr_inv_choose(struct orr_inv *s, orr_peer peer, struct orr_outbox *out);
/* The five kinds from SENDCMPCT on, TX and BLOCK apart; false: malformed. */
bool orr_inv_hear_compact(struct orr_inv *s, orr_peer from, struct orr_msg *m, orr_time now,
                          struct orr_outbox *out);
void orr_inv_drop_partials(struct orr_inv *s, uint64_t id, struct orr_pool *pool);
void orr_inv_compact_down(struct orr_inv *s, orr_peer peer);

/* inv_client.c: what the clients of a network remember, so that a miner among them can put it into
 * a block; and what orr_protocol.workload asks for. */
enum { ORR_INV_RECENT = ORR_BLOCK_TXS_MAX };
struct orr_inv_clients {
    uint64_t n, n_mined; /* transactions so far, and how many of them are in blocks */
    struct orr_inv_recent {
        uint64_t number;
        uint32_t client, size;
    } recent[ORR_INV_RECENT];
};
struct orr_msg *orr_inv_make_tx(void *state, const struct orr_common *common,
                                const struct orr_tx_order *order);
#endif
