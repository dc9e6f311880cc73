/* hyparview.h - who a node is linked to, when no overlay says so: HyParView.
 *
 * J. Leitao, J. Pereira, L. Rodrigues, "HyParView: a membership protocol for reliable gossip-based
 * broadcast", DSN 2007.  A node keeps a small active view, whom it has links to, each the other's,
 * and a larger passive view, whom it knows of.  It joins by one of the first nodes of its cohort
 * (the bootstrap), which sends random walks (FORWARD_JOIN) on behalf of it; a link that breaks is
 * replaced from the passive view (NEIGHBOR), which random walks with samples of both views keep
 * fresh (SHUFFLE).
 *
 * Other than in the paper: the answer to a shuffle goes back along the walk, not by a link of its
 * own, and an active view that is not full looks for one more at each shuffle too.  As there, nodes
 * should join one after the other (`join`): of a crowd that joins at once many are pushed out of
 * the first nodes' views before they know anybody else, and the network stays in pieces. */
#ifndef ORR_GOSSIP_HYPARVIEW_H
#define ORR_GOSSIP_HYPARVIEW_H

#include "models/protocol.h"

/* Messages: lists of 32-bit words, little-endian.  Their kinds follow those of what runs over the
 * view, which are four in Plumtree; elsewhere all are greater by orr_view.kinds_above. */
#define ORR_VIEW_KIND_NAMES \
    "join", "walk", "neighbor", "answer", "disconnect", "shuffle", "shuffled"
enum orr_view_kind {
    ORR_VIEW_JOIN = 4,      /* nothing                                                       */
    ORR_VIEW_FORWARD_JOIN,  /* who joins, hops that are left                                 */
    ORR_VIEW_NEIGHBOR,      /* 1: must be taken (who asks has no link at all, or joins), or 0 */
    ORR_VIEW_ANSWER,        /* to NEIGHBOR: 1: taken, 0: there is no room                     */
    ORR_VIEW_DISCONNECT,    /* nothing: the sender hangs up for want of room                  */
    ORR_VIEW_SHUFFLE,       /* hops that are left, length of the path, the path from the origin
                               on, and nodes that the origin knows                            */
    ORR_VIEW_SHUFFLED,      /* length of the path that is left, it, and nodes of who was reached */
    ORR_VIEW_END
};

struct orr_view_config {
    uint64_t active, passive; /* sizes; active 0: there is no view, links are the overlay's */
    uint64_t bootstrap;       /* the first so many of the cohort: whom a node joins by      */
    uint64_t walk, passive_walk; /* hops of a walk, and with how many left it is remembered */
    orr_time shuffle, join;      /* nodes but the first join at a time drawn below this     */
};

enum { ORR_VIEW_WORDS_MAX = 128 }; /* a longer message is nobody's */

struct orr_view {
    const struct orr_view_config *cfg;
    const struct orr_env *env;
    orr_peer *active;  /* [n_active] in order of arrival, room for cfg->active   */
    orr_peer *passive; /* [n_passive] no order, none of them active, nor oneself */
    uint32_t n_active, n_passive;
    orr_peer dialled;    /* whom a link is being opened to, or who is asked; or ORR_NOBODY */
    uint16_t dialled_to; /* what it will be told: JOIN or NEIGHBOR                         */
    bool dialled_must;   /* of NEIGHBOR                                                    */
    uint8_t n_waits;     /* ticks since then                                               */
    uint8_t kinds_above; /* of its messages, over those above                              */
};

/* The keys of a scenario's `config:` for `view`, a struct orr_view_config in the config struct;
 * `none`: what is there without a view. */
#define ORR_VIEW_KEY(type_, config, field, key, ...)                                             \
    {.name = #key, .type = ORR_CONFIG_##type_, .offset = offsetof(config, field.key), __VA_ARGS__}
#define ORR_VIEW_KEYS(config, field, none)                                                       \
    ORR_VIEW_KEY(COUNT, config, field, active, .max = 64,                                        \
                 .help = "links that HyParView keeps open; 0: " none),                           \
    ORR_VIEW_KEY(COUNT, config, field, passive, .fallback = 30, .min = 1, .max = 1000,           \
                 .help = "nodes that it knows of besides"),                                      \
    ORR_VIEW_KEY(COUNT, config, field, bootstrap, .fallback = 1, .min = 1, .max = 1000000,       \
                 .help = "the first so many nodes are those that others join by"),               \
    ORR_VIEW_KEY(COUNT, config, field, walk, .fallback = 6, .max = 32,                           \
                 .help = "hops of its random walks"),                                            \
    ORR_VIEW_KEY(COUNT, config, field, passive_walk, .fallback = 3, .max = 32,                   \
                 .help = "who joins is remembered where so many hops of its walks are left"),    \
    ORR_VIEW_KEY(TIME, config, field, shuffle, .fallback = 1000000000, .min = 1000000,           \
                 .max = 3600000000000,                                                           \
                 .help = "between two exchanges of samples of what nodes know"),                 \
    ORR_VIEW_KEY(TIME, config, field, join, .fallback = 10000000000, .min = 1,                   \
                 .max = 3600000000000,                                                           \
                 .help = "nodes but the first join at a time that is drawn below this")

void orr_view_init(struct orr_view *v, const struct orr_env *env,
                   const struct orr_view_config *cfg, uint8_t kinds_above);
void orr_view_fini(struct orr_view *v);
/* START, PEER_UP, PEER_DOWN, and a timer that is its own; others are nothing to it, and all are
 * without a view.  Messages go to orr_view_hear. */
void orr_view_step(struct orr_view *v, const struct orr_event *event, uint32_t timer,
                   struct orr_outbox *out);
/* A message of one of the kinds above; false: it is malformed, and nothing happened. */
bool orr_view_hear(struct orr_view *v, orr_peer from, const struct orr_msg *m,
                   struct orr_outbox *out);
bool orr_view_is_active(const struct orr_view *v, orr_peer peer);
#endif
