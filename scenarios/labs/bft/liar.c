/* liar.c - nodes of the BFT lab that break the protocol, each in one way.  Not to be changed: the
 * tests bring their own.
 *
 * A liar knows every message format and its own key, and nobody else's.  It takes no part in any
 * decision of its own: every 20 ms it says, about the highest height and round that it has heard
 * of, what its `attack` tells it to. */
#include "models/base/bytes.h"
#include "models/output.h"
#include "models/plain_tx.h"

enum { PREVOTE, PRECOMMIT, PROPOSAL, VOTES, EVIDENCE };
static const char *const kinds[] = {"prevote", "precommit", "proposal", "votes", "evidence", NULL};
enum { NODES_MOST = 7, NIL = 0, ONE = 12, OTHER = 13, SIGN = ORR_SIGN_BYTES };
static const orr_time TICK = 20000000;

enum attack { SILENT, SPLIT, FORGE, NOISE, FORK, LOCK, DOUBLE, FRAME };
static const char *const attacks[] = {"silent", "split", "forge",  "noise", "fork",
                                      "lock",   "double", "frame", NULL};
struct liar_config {
    uint32_t attack;
};
static const struct orr_config_key config[] = {
    {.name = "attack", .help = "how it breaks the protocol", .type = ORR_CONFIG_ENUM,
     .offset = offsetof(struct liar_config, attack), .choices = attacks, .max = FRAME},
    {0}};

struct heard {
    uint64_t height, round, value;
    uint8_t signature[SIGN];
};
struct liar_node {
    const struct orr_env *env;
    struct orr_keypair own;
    enum attack attack;
    uint64_t height, round; /* the highest that it has heard of */
    bool has_value;
    uint64_t value;         /* of the proposal of that round */
    struct heard latest, before; /* prevotes of its victim */
    uint32_t n_ticks;
};

enum { VICTIM = 0 };

static uint64_t number(const struct orr_msg *m, uint32_t i) {
    return orr_load_le64(m->data + 8 * i);
}
static bool leads(const struct liar_node *l, uint64_t height, uint64_t round) {
    return (height + round) % l->env->common->n_nodes == l->env->self;
}

/* ---- messages ---- */

static void sign(const struct liar_node *l, int kind, const uint64_t *hrv, uint64_t more,
                 uint8_t *signature) {
    uint8_t bytes[40];
    uint64_t numbers[5] = {(uint64_t)kind, hrv[0], hrv[1], hrv[2], more};
    for (uint32_t i = 0; i < 5; i++) orr_store_le64(bytes + 8 * i, numbers[i]);
    orr_sign(l->env->common->memo, &l->own, bytes, sizeof bytes, signature);
}

static void send_vote(const struct liar_node *l, orr_peer to, int kind, uint64_t round,
                      uint64_t value, struct orr_outbox *out) {
    struct orr_msg *m = orr_msg_new(out->pool, (uint16_t)kind, 24 + SIGN);
    uint64_t hrv[3] = {l->height, round, value};
    for (uint32_t i = 0; i < 3; i++) orr_store_le64(m->data + 8 * i, hrv[i]);
    sign(l, kind, hrv, 0, m->data + 24);
    orr_send(out, to, m);
}

static void send_proposal(const struct liar_node *l, orr_peer to, uint64_t round, uint64_t value,
                          uint64_t valid, struct orr_outbox *out) {
    struct orr_msg *m = orr_msg_new(out->pool, PROPOSAL, 32 + SIGN);
    uint64_t numbers[4] = {l->height, round, value, valid};
    for (uint32_t i = 0; i < 4; i++) orr_store_le64(m->data + 8 * i, numbers[i]);
    sign(l, PROPOSAL, numbers, valid, m->data + 32);
    orr_send(out, to, m);
}

/* Votes in the name of everybody, of which it can sign its own alone. */
static void send_forged(const struct liar_node *l, orr_peer to, int kind, uint64_t round,
                        uint64_t value, struct orr_outbox *out) {
    uint32_t n = l->env->common->n_nodes;
    struct orr_msg *m = orr_msg_new(out->pool, VOTES, 32 + n * (8 + SIGN));
    uint64_t numbers[4] = {(uint64_t)kind, l->height, round, value};
    for (uint32_t i = 0; i < 4; i++) orr_store_le64(m->data + 8 * i, numbers[i]);
    for (uint32_t i = 0; i < n; i++) {
        uint8_t *at = m->data + 32 + i * (8 + SIGN);
        orr_store_le64(at, i);
        sign(l, kind, numbers + 1, 0, at + 8);
    }
    orr_send(out, to, m);
}

static void send_evidence(orr_peer to, const uint64_t numbers[6], const uint8_t *one,
                          const uint8_t *other, struct orr_outbox *out) {
    struct orr_msg *m = orr_msg_new(out->pool, EVIDENCE, 48 + 2 * SIGN);
    for (uint32_t i = 0; i < 6; i++) orr_store_le64(m->data + 8 * i, numbers[i]);
    memcpy(m->data + 48, one, SIGN);
    memcpy(m->data + 48 + SIGN, other, SIGN);
    orr_send(out, to, m);
}

/* ---- attacks: what it says to one node about a round ---- */

static void vote_both(const struct liar_node *l, orr_peer to, uint64_t round, uint64_t value,
                      struct orr_outbox *out) {
    send_vote(l, to, PREVOTE, round, value, out);
    send_vote(l, to, PRECOMMIT, round, value, out);
}

/* One half hears of one value, the other of another. */
static void split(const struct liar_node *l, orr_peer to, uint64_t round, struct orr_outbox *out) {
    bool is_first = to % 2 == 0;
    if (leads(l, l->height, round)) {
        send_proposal(l, to, round, is_first ? ONE : OTHER, 0, out);
        vote_both(l, to, round, is_first ? ONE : OTHER, out);
    } else if (l->has_value && round == l->round) {
        vote_both(l, to, round, is_first ? l->value : NIL, out);
    }
}

static void forge(const struct liar_node *l, orr_peer to, uint64_t round, struct orr_outbox *out) {
    for (int kind = PREVOTE; kind <= PRECOMMIT; kind++)
        send_forged(l, to, kind, round, to % 2 ? ONE : OTHER, out);
    if (leads(l, l->height, round))
        send_proposal(l, to, round, to % 2 ? ONE : OTHER, round, out); /* no prevotes for it */
}

/* Bytes of no meaning, and numbers that lead out of every array. */
static void noise(const struct liar_node *l, orr_peer to, uint64_t round, struct orr_outbox *out) {
    uint64_t draw = orr_rng_u64(out->rng);
    struct orr_msg *m = orr_msg_new(out->pool, (uint16_t)(draw % 7), (uint32_t)(draw >> 8) % 300);
    for (uint32_t i = 0; i < m->len; i++) m->data[i] = (uint8_t)orr_rng_u64(out->rng);
    orr_send(out, to, m);
    send_vote(l, to, PREVOTE, draw | 1u << 20, ONE, out);
    send_proposal(l, to, draw | 1u << 20, ONE, 0, out);
    /* it is not its turn */
    struct liar_node next = *l;
    next.height++;
    if (!leads(l, next.height, 0)) send_proposal(&next, to, 0, to % 2 ? ONE : OTHER, 0, out);
    if (!leads(l, l->height, round + 1))
        send_proposal(l, to, round + 1, to % 2 ? ONE : OTHER, 0, out);
    if (!leads(l, l->height, round)) {
        send_proposal(l, to, round, draw % 2 ? ONE : OTHER, 0, out);
        return;
    }
    send_proposal(l, to, round, ONE, draw | 1u << 20, out);
}

/* In the first round that it leads some lock one value.  FORK: one of them decides it, and from
 * then on it helps the others to decide another.  LOCK: nobody decides it, and it falls silent. */
static void fork_off(const struct liar_node *l, orr_peer to, uint64_t round,
                     struct orr_outbox *out) {
    uint32_t n = l->env->common->n_nodes;
    uint64_t first = (l->env->self + n - l->height % n) % n; /* round that it leads */
    bool locks = to <= 1;
    if (round < first) return;
    if (round == first) {
        send_proposal(l, to, round, locks ? ONE : OTHER, 0, out);
        send_vote(l, to, PREVOTE, round, locks ? ONE : OTHER, out);
        send_vote(l, to, PRECOMMIT, round, to == 0 && l->attack == FORK ? ONE : NIL, out);
    } else if (l->attack == LOCK) {
        return;
    } else if (leads(l, l->height, round)) {
        send_proposal(l, to, round, OTHER, round, out);
        vote_both(l, to, round, OTHER, out);
    } else {
        bool helps = l->has_value && round == l->round && l->value != ONE;
        vote_both(l, to, round, helps ? l->value : NIL, out);
    }
}

/* Votes twice, and only its victim hears of both. */
static void vote_twice(const struct liar_node *l, orr_peer to, uint64_t round,
                       struct orr_outbox *out) {
    if (!l->has_value || round != l->round) return;
    send_vote(l, to, PREVOTE, round, l->value, out);
    if (to == VICTIM && l->height % 2 == 0) send_vote(l, to, PREVOTE, round, NIL, out);
}

/* Says of its victim that it voted twice. */
static void frame(const struct liar_node *l, orr_peer to, struct orr_outbox *out) {
    const struct heard *a = &l->latest, *b = &l->before;
    if (!b->height) return;
    uint64_t numbers[6] = {PREVOTE, a->height, a->round, VICTIM, a->value, a->value};
    send_evidence(to, numbers, a->signature, a->signature, out); /* one vote is no two */
    numbers[5] = b->value == a->value ? OTHER : b->value;
    send_evidence(to, numbers, a->signature, b->signature, out); /* of different rounds */
    numbers[4] = b->value == a->value ? ONE : b->value;
    numbers[5] = a->value;
    send_evidence(to, numbers, b->signature, a->signature, out);
    uint8_t made_up[SIGN] = {1};
    numbers[4] = ONE, numbers[5] = OTHER;
    send_evidence(to, numbers, made_up, made_up, out);
}

static void attack(const struct liar_node *l, orr_peer to, uint64_t round,
                   struct orr_outbox *out) {
    switch (l->attack) {
    case SILENT: break;
    case SPLIT: split(l, to, round, out); break;
    case FORGE: forge(l, to, round, out); break;
    case NOISE: noise(l, to, round, out); break;
    case FORK:
    case LOCK: fork_off(l, to, round, out); break;
    case DOUBLE: vote_twice(l, to, round, out); break;
    case FRAME: frame(l, to, out); break;
    }
}

/* ---- what it hears ---- */

static void hear(struct liar_node *l, orr_peer from, const struct orr_msg *m) {
    if (!m || m->kind > PROPOSAL || m->len < 24 + SIGN) return;
    if (l->attack == FORK && from == VICTIM) return; /* who decides alone, and goes on */
    uint64_t height = number(m, 0), round = number(m, 1);
    if (height < l->height || (height == l->height && round < l->round)) return;
    if (height > l->height || round > l->round) l->has_value = false;
    l->height = height;
    l->round = round;
    if (m->kind == PROPOSAL || number(m, 2) != NIL) {
        l->has_value = true;
        l->value = number(m, 2);
    }
    if (from != VICTIM || m->kind != PREVOTE) return;
    if (height != l->latest.height || round != l->latest.round) l->before = l->latest;
    l->latest = (struct heard){.height = height, .round = round, .value = number(m, 2)};
    memcpy(l->latest.signature, m->data + 24, SIGN);
}

static void tick(struct liar_node *l, struct orr_outbox *out) {
    struct liar_node next = *l; /* the height that comes, before the others come to it */
    next.height++;
    next.round = 0;
    next.has_value = false;
    if (!l->height) return;
    for (orr_peer to = 0; to < l->env->common->n_nodes; to++) {
        if (to == l->env->self) continue;
        attack(l, to, l->round, out);
        if (l->attack == FRAME) continue;
        if (leads(l, l->height, l->round + 1)) attack(l, to, l->round + 1, out);
        if (leads(&next, next.height, 0)) attack(&next, to, 0, out);
    }
}

static int liar_init(void *state, const struct orr_env *env, const void *cfg) {
    struct liar_node *l = state;
    l->env = env;
    l->attack = (enum attack)((const struct liar_config *)cfg)->attack;
    orr_keypair_derive(env->common->cohort->signatures, env->common->cohort->seed, env->self,
                       &l->own);
    return 0;
}

static int liar_step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    struct liar_node *l = state;
    if (event->kind == ORR_RECV) hear(l, event->peer, event->msg);
    if (event->kind == ORR_TIMER) tick(l, out);
    if (event->kind == ORR_START || event->kind == ORR_TIMER) orr_arm(out, 0, event->now + TICK);
    return 0;
}

const struct orr_protocol orr_lab_liar = {
    .abi = ORR_ABI,
    .name = "bft-liar",
    .summary = "breaks the protocol of the BFT lab",
    .kinds = kinds,
    .config_size = sizeof(struct liar_config),
    .config = config,
    .node_size = sizeof(struct liar_node),
    .n_timers = 1,
    .init = liar_init,
    .step = liar_step,
    .workload.make_tx = orr_plain_tx,
    .workload.least_size = ORR_PLAIN_TX_BYTES,
};
