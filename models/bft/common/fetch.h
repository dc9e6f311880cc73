/* fetch.h - getting a value's parts from peers: who has which, what was asked of whom and when, and
 * how much a line may hold.
 *
 * A value of many parts is asked for part by part of all who have some of it, each part of one peer
 * at a time: so nothing comes twice, and who has a part passes it on while the rest is under way.
 * Parts that a peer was asked for and that have not come are what its line holds for us.  How many
 * that may be grows as long as they come about as soon as the soonest did, and shrinks when they
 * wait in a queue (as in LEDBAT, RFC 6817: delay beyond the least that was seen is the queue's): a
 * fast line is kept full, a slow one keeps room for votes.  A part that does not come is asked for
 * again, of somebody else if there is one, when its peer has been silent for some time, which
 * doubles.
 */
#ifndef ORR_MODELS_BFT_COMMON_FETCH_H
#define ORR_MODELS_BFT_COMMON_FETCH_H

#include "models/base/bitset.h"
#include "models/protocol.h"

enum {
    ORR_FETCH_SOURCES = 16, /* peers of which is remembered what they have of one value */
    ORR_FETCH_WINDOW = 2,   /* parts under way from one peer, at first                  */
    ORR_FETCH_WINDOW_MOST = 64
};

/* The line from one peer. */
struct orr_fetch_peer {
    uint32_t window;    /* parts that may be under way ...                    */
    uint32_t n_asked;   /* ... and are                                        */
    orr_time least;     /* that one took from the question on; 0: none came   */
    orr_time took;      /* what one takes, smoothed                           */
    orr_time patience;  /* silence after which its parts are asked for anew   */
    orr_time heard;     /* when the last one came                             */
    orr_time newest;    /* latest time of asking of those that came           */
};

struct orr_fetch {
    struct orr_mem *mem;
    struct orr_pool *pool;
    uint32_t n;                   /* peers, by rank                           */
    struct orr_fetch_peer *peers; /* [n], or NULL as long as nothing is asked */
};

struct orr_fetch_ask {
    uint32_t rank; /* who was asked, or ORR_NOBODY */
    orr_time at;
};

/* A value that is being fetched. */
struct orr_fetch_value {
    struct orr_msg *memory;       /* that it lives in                                      */
    struct orr_bitset lacking;    /* parts that are not here                               */
    struct orr_fetch_ask *asks;   /* [n_parts]                                             */
    uint32_t n_asked;             /* of them                                               */
    uint32_t n_sources, n_told;   /* known now; told of since the beginning                */
    struct orr_fetch_source {
        uint32_t rank;
        struct orr_bitset has;
    } sources[ORR_FETCH_SOURCES];
};

void orr_fetch_init(struct orr_fetch *fetch, struct orr_mem *mem, struct orr_pool *pool,
                    uint32_t n_peers);
void orr_fetch_fini(struct orr_fetch *fetch);

/* A value of n_parts parts, of which none is here. */
struct orr_fetch_value *orr_fetch_new(struct orr_fetch *fetch, uint32_t n_parts);
/* Frees a value, and what was asked for is under way no more; v may be NULL. */
void orr_fetch_free(struct orr_fetch *fetch, struct orr_fetch_value *v);

/* A peer has the parts of a bitset in bytes, part i at bit i % 8 of byte i / 8; NULL: all.  What it
 * had before it has still. */
void orr_fetch_told(struct orr_fetch_value *v, uint32_t rank, const uint8_t *bits);
/* A part that a peer will send, as if it had been asked: it is lacking and not asked for. */
void orr_fetch_expect(struct orr_fetch *fetch, struct orr_fetch_value *v, uint32_t rank,
                      uint32_t index, orr_time now);
/* A part is here, from that peer or (ORR_NOBODY) from elsewhere. */
void orr_fetch_came(struct orr_fetch *fetch, struct orr_fetch_value *v, uint32_t rank,
                    uint32_t index, orr_time now);
/* What may be asked of source `i` of a value: parts into list (room for ORR_FETCH_WINDOW_MOST),
 * from part `first` on and then round; how many.  They are asked for. */
uint32_t orr_fetch_ask(struct orr_fetch *fetch, struct orr_fetch_value *v, uint32_t i,
                       uint32_t first, orr_time now, uint32_t *list);
/* Gives up what was asked of peers that have been silent for too long. */
void orr_fetch_tick(struct orr_fetch *fetch, struct orr_fetch_value *v, orr_time now);
/* The link to a peer closed: what was asked of it does not come, and what it has cannot be had. */
void orr_fetch_lost(struct orr_fetch *fetch, struct orr_fetch_value *v, uint32_t rank);
#endif
