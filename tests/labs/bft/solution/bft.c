/* bft.c - Tendermint: a round has one proposer and two votes, and a lock carries over.
 *
 * Buchman, Kwon and Milosevic, "The latest gossip on BFT consensus", arXiv 1807.04938, algorithm 1;
 * the names and the line numbers below are the paper's.  Of n = 3 f + 1 nodes f may do whatever
 * they like; messages are lost, doubled, late, and overtake each other.
 *
 * Numbers in messages are u64 little-endian, signatures 64 bytes:
 *     PROPOSAL   height, round, value, valid round + 1 (0: none), the proposer's signature
 *     PREVOTE    height, round, value or NIL, the sender's signature; PRECOMMIT the same
 *     VOTES      kind, height, round, value, and behind them votes: signer, signature
 *     EVIDENCE   kind, height, round, culprit, one value, another value, a signature of each
 * A value is what a client handed in (its id), or a small number: a block without anything. */
#include "models/base/bytes.h"
#include "models/output.h"
#include "models/plain_tx.h"

enum { PREVOTE, PRECOMMIT, PROPOSAL, VOTES, EVIDENCE, N_KINDS };
static const char *const kinds[] = {"prevote", "precommit", "proposal", "votes", "evidence", NULL};
enum { PROPOSE_OVER, PREVOTE_OVER, PRECOMMIT_OVER, RESEND, NEXT_HEIGHT }; /* timers */
enum { NODES_MOST = 7, ROUNDS_MOST = 32, HEIGHTS_MOST = 512, WAITING_MOST = 256 };
enum { NIL = 0, EMPTY = 1, SMALL = 16 }; /* values; EMPTY to SMALL - 1: blocks with nothing in it */
static const orr_time MS = 1000000;

enum step { PAUSE, PROPOSE, PREVOTED, PRECOMMITTED };

struct vote {
    bool is_there;
    uint64_t value;
    uint8_t signature[ORR_SIGN_BYTES];
};
struct round {
    bool has_proposal;
    uint64_t value, valid; /* of the proposal; valid: its valid round + 1, 0: none */
    struct vote votes[2][NODES_MOST]; /* by kind and signer: the first of each */
};
struct decided {
    uint64_t value, round;
    struct vote precommits[NODES_MOST]; /* those for the value prove it */
};

struct bft_node {
    const struct orr_env *env;
    struct orr_keypair own;
    uint8_t keys[NODES_MOST][ORR_SIGN_PUBLIC_BYTES];
    uint64_t height, round;
    enum step step;
    /* rounds are kept + 1, so that 0 is "never" */
    uint64_t locked_value, locked, valid_value, valid;
    bool waits_prevote, waits_precommit; /* the timers of this round have been armed */
    struct round rounds[ROUNDS_MOST];    /* of this height */
    struct decided decided[HEIGHTS_MOST + 1];
    uint64_t waiting[WAITING_MOST]; /* handed in by clients, not decided yet */
    uint32_t n_waiting;
    bool is_accused[NODES_MOST];
};

/* ---- how many ---- */

static uint32_t n_nodes(const struct bft_node *b) { return b->env->common->n_nodes; }
/* f: so many may be faulty. */
static uint32_t faulty(const struct bft_node *b) { return (n_nodes(b) - 1) / 3; }

/* Two sets of so many nodes have a correct one in common, and so many correct ones there are. */
static uint32_t quorum(const struct bft_node *b) {
    return 2 * faulty(b) + 1;
    /* OR (void)faulty;
    return n_nodes(b); */
}

/* How many have cast this vote in a round of this height? */
static uint32_t count(const struct bft_node *b, int kind, uint64_t round, uint64_t value) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < n_nodes(b); i++) {
        const struct vote *v = &b->rounds[round].votes[kind][i];
        n += v->is_there && v->value == value;
    }
    return n;
}

/* How many have cast any vote of this kind in it? */
static uint32_t count_any(const struct bft_node *b, int kind, uint64_t round) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < n_nodes(b); i++) n += b->rounds[round].votes[kind][i].is_there;
    return n;
}

/* The value that a quorum has cast this vote for; false: there is none. */
static bool find_quorum(const struct bft_node *b, int kind, uint64_t round, uint64_t *value) {
    if (count_any(b, kind, round) < quorum(b)) return false;
    for (uint32_t i = 0; i < n_nodes(b); i++) {
        const struct vote *v = &b->rounds[round].votes[kind][i];
        if (!v->is_there || count(b, kind, round, v->value) < quorum(b)) continue;
        *value = v->value;
        return true;
    }
    return false;
    /* OR (void)b, (void)kind, (void)round, (void)value, (void)count;
    return false; */
}

/* Who proposes in a round: another one in the next. */
static orr_peer proposer(const struct bft_node *b, uint64_t height, uint64_t round) {
    return (orr_peer)((height + round) % n_nodes(b));
}

/* ---- messages and signatures, which are there already ---- */

enum { SIGNED_BYTES = 40, VOTE_BYTES = 24 + 64, PROPOSAL_BYTES = 32 + 64, VOTES_HEAD = 32,
       VOTES_ITEM = 8 + 64, EVIDENCE_BYTES = 48 + 2 * 64 };

static uint64_t number(const struct orr_msg *m, uint32_t i) {
    return orr_load_le64(m->data + 8 * i);
}
/* What is signed: of a vote `more` is 0, of a proposal its valid round + 1. */
static void put_signed(uint8_t *to, int kind, uint64_t height, uint64_t round, uint64_t value,
                       uint64_t more) {
    uint64_t numbers[5] = {(uint64_t)kind, height, round, value, more};
    for (uint32_t i = 0; i < 5; i++) orr_store_le64(to + 8 * i, numbers[i]);
}
static void sign(const struct bft_node *b, int kind, uint64_t round, uint64_t value, uint64_t more,
                 uint8_t *signature) {
    uint8_t bytes[SIGNED_BYTES];
    put_signed(bytes, kind, b->height, round, value, more);
    orr_sign(b->env->common->memo, &b->own, bytes, sizeof bytes, signature);
}
static bool is_signed(const struct bft_node *b, orr_peer signer, int kind, uint64_t height,
                      uint64_t round, uint64_t value, uint64_t more, const uint8_t *signature) {
    uint8_t bytes[SIGNED_BYTES];
    put_signed(bytes, kind, height, round, value, more);
    return signer < n_nodes(b) && orr_sign_verify(b->env->common->memo, b->keys[signer], bytes,
                                                  sizeof bytes, signature);
}

static struct orr_msg *vote_message(const struct bft_node *b, int kind, uint64_t round,
                                    const struct vote *v, struct orr_outbox *out) {
    struct orr_msg *m = orr_msg_new(out->pool, (uint16_t)kind, VOTE_BYTES);
    orr_store_le64(m->data, b->height);
    orr_store_le64(m->data + 8, round);
    orr_store_le64(m->data + 16, v->value);
    memcpy(m->data + 24, v->signature, sizeof v->signature);
    return m;
}
/* The proposal of this round, which is one's own. */
static struct orr_msg *proposal_message(const struct bft_node *b, struct orr_outbox *out) {
    const struct round *r = &b->rounds[b->round];
    struct orr_msg *m = orr_msg_new(out->pool, PROPOSAL, PROPOSAL_BYTES);
    uint64_t numbers[4] = {b->height, b->round, r->value, r->valid};
    for (uint32_t i = 0; i < 4; i++) orr_store_le64(m->data + 8 * i, numbers[i]);
    sign(b, PROPOSAL, b->round, r->value, r->valid, m->data + 32);
    return m;
}
/* All votes for a value among [n] as one message: what a quorum has said, for those who missed
 * it. */
static struct orr_msg *votes_message(const struct bft_node *b, int kind, uint64_t height,
                                     uint64_t round, uint64_t value, const struct vote *votes,
                                     struct orr_outbox *out) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < n_nodes(b); i++) n += votes[i].is_there && votes[i].value == value;
    struct orr_msg *m = orr_msg_new(out->pool, VOTES, VOTES_HEAD + n * VOTES_ITEM);
    uint64_t numbers[4] = {(uint64_t)kind, height, round, value};
    for (uint32_t i = 0; i < 4; i++) orr_store_le64(m->data + 8 * i, numbers[i]);
    uint8_t *to = m->data + VOTES_HEAD;
    for (uint32_t i = 0; i < n_nodes(b); i++) {
        if (!votes[i].is_there || votes[i].value != value) continue;
        orr_store_le64(to, i);
        memcpy(to + 8, votes[i].signature, ORR_SIGN_BYTES);
        to += VOTES_ITEM;
    }
    return m;
}

/* ---- evidence ---- */

/* Two signed votes of one node that contradict each other: puts it out and tells all, once. */
static void accuse(struct bft_node *b, orr_peer culprit, int kind, uint64_t height, uint64_t round,
                   const struct vote *one, const struct vote *other, struct orr_outbox *out) {
    if (b->is_accused[culprit]) return;
    b->is_accused[culprit] = true;
    orr_accuse(out, (struct orr_evidence){.culprit = culprit, .round = (uint32_t)round,
                                          .height = height, .type = (uint32_t)kind});
    struct orr_msg *m = orr_msg_new(out->pool, EVIDENCE, EVIDENCE_BYTES);
    uint64_t numbers[6] = {(uint64_t)kind, height, round, culprit, one->value, other->value};
    for (uint32_t i = 0; i < 6; i++) orr_store_le64(m->data + 8 * i, numbers[i]);
    memcpy(m->data + 48, one->signature, ORR_SIGN_BYTES);
    memcpy(m->data + 48 + ORR_SIGN_BYTES, other->signature, ORR_SIGN_BYTES);
    orr_cast(out, ORR_NOBODY, m);
}

/* EVIDENCE came: is it?  Then accuse(). */
static void hear_evidence(struct bft_node *b, const struct orr_msg *m, struct orr_outbox *out) {
    uint64_t kind = number(m, 0), height = number(m, 1), round = number(m, 2);
    uint64_t culprit = number(m, 3);
    struct vote one = {.value = number(m, 4)}, other = {.value = number(m, 5)};
    memcpy(one.signature, m->data + 48, ORR_SIGN_BYTES);
    memcpy(other.signature, m->data + 48 + ORR_SIGN_BYTES, ORR_SIGN_BYTES);
    if (kind > PRECOMMIT || culprit >= n_nodes(b)) return;
    if (one.value == other.value) return;
    if (!is_signed(b, (orr_peer)culprit, (int)kind, height, round, one.value, 0, one.signature))
        return;
    if (!is_signed(b, (orr_peer)culprit, (int)kind, height, round, other.value, 0, other.signature))
        return;
    accuse(b, (orr_peer)culprit, (int)kind, height, round, &one, &other, out);
}

/* ---- votes ---- */

/* A vote came, by itself or among VOTES: it is kept if it is one of this height, signed by its
 * signer, and the first of its signer, kind and round.  One that contradicts the first is
 * evidence. */
static void take_vote(struct bft_node *b, uint64_t kind, uint64_t height, uint64_t round,
                      uint64_t value, uint64_t signer, const uint8_t *signature,
                      struct orr_outbox *out) {
    if (kind > PRECOMMIT || height != b->height || round >= ROUNDS_MOST) return;
    if (signer >= n_nodes(b)) return;
    struct vote *v = &b->rounds[round].votes[kind][signer];
    if (!is_signed(b, (orr_peer)signer, (int)kind, height, round, value, 0, signature)) {
        orr_reject(out);
        return;
    }
    struct vote came = {.is_there = true, .value = value};
    memcpy(came.signature, signature, ORR_SIGN_BYTES);
    if (!v->is_there) *v = came;
    else if (v->value != value)
        accuse(b, (orr_peer)signer, (int)kind, height, round, v, &came, out);
}

/* VOTES came: votes like others, and if a quorum signed them a proof.  It stands by itself,
 * whatever else its signers may have said to this node: its votes take the places of theirs. */
static void hear_votes(struct bft_node *b, const struct orr_msg *m, struct orr_outbox *out) {
    uint64_t kind = number(m, 0), height = number(m, 1), round = number(m, 2), value = number(m, 3);
    struct vote proof[NODES_MOST] = {{0}};
    uint32_t n = 0;
    for (uint32_t at = VOTES_HEAD; at < m->len; at += VOTES_ITEM)
        take_vote(b, kind, height, round, value, orr_load_le64(m->data + at), m->data + at + 8,
                  out);
    if (kind > PRECOMMIT || height != b->height || round >= ROUNDS_MOST) return;
    for (uint32_t at = VOTES_HEAD; at < m->len; at += VOTES_ITEM) {
        uint64_t signer = orr_load_le64(m->data + at);
        if (signer >= n_nodes(b) || proof[signer].is_there) continue;
        if (!is_signed(b, (orr_peer)signer, (int)kind, height, round, value, 0, m->data + at + 8))
            continue;
        proof[signer] = (struct vote){.is_there = true, .value = value};
        memcpy(proof[signer].signature, m->data + at + 8, ORR_SIGN_BYTES);
        n++;
    }
    if (n < quorum(b)) return;
    for (uint32_t i = 0; i < n_nodes(b); i++)
        if (proof[i].is_there) b->rounds[round].votes[kind][i] = proof[i];
}

/* Votes in this round: signs, keeps the own vote, tells all. */
static void cast_vote(struct bft_node *b, int kind, uint64_t value, struct orr_outbox *out) {
    struct vote *v = &b->rounds[b->round].votes[kind][b->env->self];
    if (v->is_there) return;
    v->is_there = true;
    v->value = value;
    sign(b, kind, b->round, value, 0, v->signature);
    orr_cast(out, ORR_NOBODY, vote_message(b, kind, b->round, v, out));
}

/* ---- rounds ---- */

/* May it be decided?  Not what has been decided before. */
static bool is_valid(const struct bft_node *b, uint64_t value) {
    if (value == NIL) return false;
    for (uint64_t h = 1; value >= SMALL && h < b->height; h++)
        if (b->decided[h].value == value) return false;
    return true;
}

/* How long a step of a round may take: longer in each round (line 57 ff.), as nobody knows how
 * slow the network is. */
static orr_time patience(uint64_t round) {
    return (300 + 150 * (orr_time)round) * MS;
    /* OR (void)round;
    return 300 * MS; */
}

/* Proposes in this round: the valid value, with the prevotes that prove it before it, or what a
 * client has handed in (lines 14 to 19). */
static void make_proposal(struct bft_node *b, struct orr_outbox *out) {
    struct round *r = &b->rounds[b->round];
    r->has_proposal = true;
    uint64_t pick = b->env->self + b->round; /* others, and later rounds, propose other values */
    r->value = b->n_waiting ? b->waiting[pick % b->n_waiting] : EMPTY + pick % (SMALL - EMPTY);
    r->valid = 0;
    if (b->valid) {
        r->value = b->valid_value;
        r->valid = b->valid;
        orr_cast(out, ORR_NOBODY,
                 votes_message(b, PREVOTE, b->height, b->valid - 1, b->valid_value,
                               b->rounds[b->valid - 1].votes[PREVOTE], out));
    }
    orr_cast(out, ORR_NOBODY, proposal_message(b, out));
}

/* Begins a round (line 11). */
static void start_round(struct bft_node *b, uint64_t round, orr_time now, struct orr_outbox *out) {
    if (round >= ROUNDS_MOST || b->height > HEIGHTS_MOST) return;
    b->round = round;
    b->step = PROPOSE;
    b->waits_prevote = b->waits_precommit = false;
    orr_arm(out, PREVOTE_OVER, ORR_NEVER);
    orr_arm(out, PRECOMMIT_OVER, ORR_NEVER);
    orr_arm(out, PROPOSE_OVER, now + patience(round));
    if (proposer(b, b->height, round) == b->env->self && !b->rounds[round].has_proposal)
        make_proposal(b, out);
}

/* PROPOSAL came: it is kept if it is of this height and signed by the proposer of its round, the
 * first of the round alone. */
static void hear_proposal(struct bft_node *b, orr_peer from, const struct orr_msg *m) {
    uint64_t height = number(m, 0), round = number(m, 1);
    if (height != b->height || round >= ROUNDS_MOST) return;
    struct round *r = &b->rounds[round];
    if (r->has_proposal || from != proposer(b, height, round)) return;
    if (!is_signed(b, from, PROPOSAL, height, round, number(m, 2), number(m, 3), m->data + 32))
        return;
    r->has_proposal = true;
    r->value = number(m, 2);
    r->valid = number(m, 3);
}

/* ---- the rules: each is tried after whatever happened, and says whether it applied ---- */

/* Lines 49 to 54: a quorum of precommits for a value, in any round of this height. */
static bool try_decide(struct bft_node *b, orr_time now, struct orr_outbox *out) {
    uint64_t value = NIL, round = 0;
    bool found = false;
    for (round = 0; round < ROUNDS_MOST && !found; round += !found)
        found = find_quorum(b, PRECOMMIT, round, &value) && value != NIL;
    if (!found || b->height > HEIGHTS_MOST) return false;
    struct decided *d = &b->decided[b->height];
    d->value = value;
    d->round = round;
    memcpy(d->precommits, b->rounds[round].votes[PRECOMMIT], sizeof d->precommits);
    uint8_t bytes[32] = {0};
    orr_store_le64(bytes, value); /* in front: it is what stories show */
    orr_store_le64(bytes + 8, b->height);
    orr_decide(out, .height = b->height, .value = bytes, .round = (uint32_t)round, .txs = &value,
               .n_txs = value >= SMALL);
    for (uint32_t i = 0; i < b->n_waiting; i++)
        if (b->waiting[i] == value) {
            memmove(&b->waiting[i], &b->waiting[i + 1], (b->n_waiting - i - 1) * sizeof value);
            b->n_waiting--;
        }
    /* the next height begins a little later, so that others are there as well */
    b->height++;
    b->round = 0;
    b->step = PAUSE;
    b->locked = b->valid = b->locked_value = b->valid_value = 0;
    memset(b->rounds, 0, sizeof b->rounds);
    for (uint32_t key = PROPOSE_OVER; key <= PRECOMMIT_OVER; key++) orr_arm(out, key, ORR_NEVER);
    orr_arm(out, NEXT_HEIGHT, now + 100 * MS);
    return true;
}

/* Line 55: f + 1 nodes are in a later round, so a correct one is. */
static bool try_skip(struct bft_node *b, orr_time now, struct orr_outbox *out) {
    if (b->step == PAUSE) return false;
    bool is_there[NODES_MOST] = {false}; /* in this round or a later one */
    for (uint64_t round = ROUNDS_MOST - 1; round > b->round; round--) {
        uint32_t n = 0;
        for (uint32_t i = 0; i < n_nodes(b); i++) {
            is_there[i] |= b->rounds[round].votes[PREVOTE][i].is_there ||
                           b->rounds[round].votes[PRECOMMIT][i].is_there;
            n += is_there[i];
        }
        if (n <= faulty(b)) continue;
        start_round(b, round, now, out);
        return true;
    }
    return false;
    /* OR (void)b, (void)now, (void)out;
    return false; */
}

/* Lines 22 to 33: the proposal of this round is there, and no prevote has been cast in it. */
static bool try_prevote(struct bft_node *b, struct orr_outbox *out) {
    const struct round *r = &b->rounds[b->round];
    if (b->step != PROPOSE || !r->has_proposal) return false;
    bool good = false;
    if (!r->valid) {
        good = !b->locked || b->locked_value == r->value;
    } else {
        if (r->valid > b->round || count(b, PREVOTE, r->valid - 1, r->value) < quorum(b))
            return false; /* the prevotes that it speaks of are still to come */
        good = b->locked <= r->valid || b->locked_value == r->value;
    }
    cast_vote(b, PREVOTE, good && is_valid(b, r->value) ? r->value : NIL, out);
    b->step = PREVOTED;
    return true;
}

/* Lines 34 to 46: a quorum of prevotes in this round locks its value, and is answered by a
 * precommit. */
static bool try_precommit(struct bft_node *b, orr_time now, struct orr_outbox *out) {
    if (b->step != PREVOTED && b->step != PRECOMMITTED) return false;
    uint64_t value = NIL;
    bool found = find_quorum(b, PREVOTE, b->round, &value);
    if (found && value != NIL && b->valid <= b->round) {
        b->valid_value = value;
        b->valid = b->round + 1;
        if (b->step == PREVOTED) {
            b->locked_value = value;
            b->locked = b->round + 1;
        }
    }
    if (found && b->step == PREVOTED) {
        b->step = PRECOMMITTED;
        cast_vote(b, PRECOMMIT, value, out);
        return true;
    }
    if (b->step == PREVOTED && !b->waits_prevote && count_any(b, PREVOTE, b->round) >= quorum(b)) {
        b->waits_prevote = true;
        orr_arm(out, PREVOTE_OVER, now + patience(b->round));
    }
    return false;
}

/* Line 47: a quorum has precommitted, for whatever: the round will not last for ever. */
static bool try_wait(struct bft_node *b, orr_time now, struct orr_outbox *out) {
    if (b->step == PAUSE || b->waits_precommit) return false;
    if (count_any(b, PRECOMMIT, b->round) < quorum(b)) return false;
    b->waits_precommit = true;
    orr_arm(out, PRECOMMIT_OVER, now + patience(b->round));
    return false;
}

static void try_rules(struct bft_node *b, orr_time now, struct orr_outbox *out) {
    /* ends: a rule that applies takes the node to a later step, round or height */
    while (try_decide(b, now, out) || try_skip(b, now, out) || try_prevote(b, out) ||
           try_precommit(b, now, out) || try_wait(b, now, out)) {
    }
}

/* ---- timers ---- */

/* A step of this round took too long (lines 57 to 67). */
static void give_up(struct bft_node *b, uint32_t timer, orr_time now, struct orr_outbox *out) {
    if (timer == PROPOSE_OVER && b->step == PROPOSE) {
        cast_vote(b, PREVOTE, NIL, out);
        b->step = PREVOTED;
    } else if (timer == PREVOTE_OVER && b->step == PREVOTED) {
        cast_vote(b, PRECOMMIT, NIL, out);
        b->step = PRECOMMITTED;
    } else if (timer == PRECOMMIT_OVER && b->step != PAUSE) {
        start_round(b, b->round + 1, now, out);
    }
}

/* Messages get lost: what was said in this round is said again. */
static void resend(struct bft_node *b, struct orr_outbox *out) {
    const struct round *r = &b->rounds[b->round];
    if (b->step == PAUSE) return;
    if (r->has_proposal && proposer(b, b->height, b->round) == b->env->self) {
        if (r->valid)
            orr_cast(out, ORR_NOBODY,
                     votes_message(b, PREVOTE, b->height, r->valid - 1, r->value,
                                   b->rounds[r->valid - 1].votes[PREVOTE], out));
        orr_cast(out, ORR_NOBODY, proposal_message(b, out));
    }
    for (int kind = PREVOTE; kind <= PRECOMMIT; kind++) {
        const struct vote *v = &r->votes[kind][b->env->self];
        if (v->is_there) orr_cast(out, ORR_NOBODY, vote_message(b, kind, b->round, v, out));
    }
}

/* A message of an earlier height came: who sent it has not heard what was decided there. */
static void help(const struct bft_node *b, orr_peer behind, uint64_t height,
                 struct orr_outbox *out) {
    const struct decided *d = &b->decided[height];
    orr_send(out, behind, votes_message(b, PRECOMMIT, height, d->round, d->value, d->precommits,
                                        out));
}

/* ---- what happens ---- */

static int bft_init(void *state, const struct orr_env *env, const void *cfg) {
    struct bft_node *b = state;
    (void)cfg;
    b->env = env;
    b->height = 1;
    if (n_nodes(b) > NODES_MOST) return ORR_ELIMIT;
    const struct orr_cohort *cohort = env->common->cohort;
    for (uint32_t i = 0; i < n_nodes(b); i++) {
        struct orr_keypair pair;
        orr_keypair_derive(cohort->signatures, cohort->seed, i, &pair);
        memcpy(b->keys[i], pair.public_key, sizeof b->keys[i]);
        if (i == env->self) b->own = pair;
    }
    return 0;
}

/* A message of another length than its kind has is nobody's. */
static bool is_whole(const struct orr_msg *m) {
    if (!m) return false;
    switch (m->kind) {
    case PREVOTE:
    case PRECOMMIT: return m->len == VOTE_BYTES;
    case PROPOSAL: return m->len == PROPOSAL_BYTES;
    case VOTES:
        return m->len >= VOTES_HEAD && (m->len - VOTES_HEAD) % VOTES_ITEM == 0 &&
               (m->len - VOTES_HEAD) / VOTES_ITEM <= NODES_MOST;
    case EVIDENCE: return m->len == EVIDENCE_BYTES;
    default: return false;
    }
}

static void receive(struct bft_node *b, orr_peer from, const struct orr_msg *m,
                    struct orr_outbox *out) {
    if (!is_whole(m)) {
        orr_reject(out);
        return;
    }
    if (m->kind <= PROPOSAL && number(m, 0) && number(m, 0) < b->height)
        help(b, from, number(m, 0), out);
    switch (m->kind) {
    case PREVOTE:
    case PRECOMMIT:
        take_vote(b, m->kind, number(m, 0), number(m, 1), number(m, 2), from, m->data + 24, out);
        break;
    case PROPOSAL: hear_proposal(b, from, m); break;
    case VOTES: hear_votes(b, m, out); break;
    case EVIDENCE: hear_evidence(b, m, out); break;
    }
}

static int bft_step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    struct bft_node *b = state;
    switch (event->kind) {
    case ORR_START:
        orr_arm(out, RESEND, event->now + 200 * MS);
        start_round(b, 0, event->now, out);
        break;
    case ORR_RECV: receive(b, event->peer, event->msg, out); break;
    case ORR_INPUT:
        if (is_valid(b, orr_msg_hash(event->msg)) && b->n_waiting < WAITING_MOST)
            b->waiting[b->n_waiting++] = orr_msg_hash(event->msg);
        break;
    case ORR_TIMER:
        if (event->key <= PRECOMMIT_OVER) give_up(b, event->key, event->now, out);
        if (event->key == NEXT_HEIGHT && b->step == PAUSE) start_round(b, 0, event->now, out);
        if (event->key != RESEND) break;
        resend(b, out);
        orr_arm(out, RESEND, event->now + 200 * MS);
        break;
    default: break;
    }
    try_rules(b, event->now, out);
    return 0;
}

const struct orr_protocol orr_lab_bft = {
    .abi = ORR_ABI,
    .name = "bft-lab",
    .summary = "Tendermint, as a student writes it",
    .kinds = kinds,
    .node_size = sizeof(struct bft_node),
    .n_timers = 5,
    .init = bft_init,
    .step = bft_step,
    .workload.make_tx = orr_plain_tx,
    .workload.least_size = ORR_PLAIN_TX_BYTES,
};
