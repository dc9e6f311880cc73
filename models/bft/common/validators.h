/* validators.h - who votes, with what power, and whose turn it is to propose.
 *
 * Members are fixed at genesis, one validator for each member of the cohort, in the cohort's order:
 * a validator's number is its rank there.  Their powers may change (orr_validator_set_with): a
 * member without power is none of those who vote.  Thresholds are those of n = 3f + 1 by power: a
 * quorum has more than 2/3 of it, and more than 1/3 holds at least one correct validator.
 *
 * Proposers take turns by weighted round-robin (CometBFT specification, "Proposer Selection
 * Procedure"): every turn adds each validator's power to its priority, elects the highest (ties:
 * the lowest number) and takes the total power from the elected one.  Before a turn priorities are
 * scaled so that they span at most twice the total power, and centred around zero.  Members without
 * power have no part in it. */
#ifndef ORR_MODELS_BFT_COMMON_VALIDATORS_H
#define ORR_MODELS_BFT_COMMON_VALIDATORS_H

#include "models/base/sign.h"
#include "models/protocol.h"

/* CometBFT's bound, which keeps every priority inside int64. */
#define ORR_MAX_TOTAL_POWER ((uint64_t)INT64_MAX / 8)

struct orr_validator_set {
    uint32_t n;
    const orr_peer *members;    /* [n] node of each validator, ascending; lent    */
    const uint64_t *powers;     /* [n]; lent                                      */
    uint64_t total_power;
    uint64_t quorum_power;      /* least power that is more than 2/3 of the total */
    uint64_t honest_power;      /* least power that is more than 1/3 of the total */
    bool is_one_short;          /* a seeded mistake: quorum_power is one vote too small */
    uint64_t chain_id;          /* part of everything that is signed              */
    uint8_t hash[32];           /* of public keys and powers                      */
    struct orr_keypair *keys;   /* [n]; a node uses the secret of its own only    */
};

/* The set of a cohort; keys and the set itself live in mem and are never freed (an arena). */
struct orr_validator_set *orr_validator_set_new(const struct orr_cohort *cohort,
                                                struct orr_mem *mem);
/* The same members, keys and chain with other powers (copied), from mem; NULL: not sound.  To be
 * given back by orr_validator_set_drop. */
struct orr_validator_set *orr_validator_set_with(const struct orr_validator_set *set,
                                                 const uint64_t *powers, struct orr_mem *mem);
void orr_validator_set_drop(struct orr_validator_set *changed, struct orr_mem *mem);
/* Is the total power within 1..ORR_MAX_TOTAL_POWER, and is there a validator at all? */
bool orr_validator_set_is_sound(const struct orr_validator_set *set);
/* A seeded mistake (quorum-2f): a quorum is one vote, of the least power that a validator has, too
 * small, and so are those of the sets made from this one. */
void orr_validator_set_lower_quorum(struct orr_validator_set *set);
/* The number of a node, or ORR_NOBODY. */
uint32_t orr_validator_of(const struct orr_validator_set *set, orr_peer node);

/* One turn: changes priorities[n] and returns the elected validator's number. */
uint32_t orr_proposer_turn(const uint64_t *powers, uint32_t n, int64_t *priorities);
/* Powers change between two turns ("Validator set changes" there): who comes in begins 1.125 times
 * the total power behind, with all who are in before or after counted, so that leaving and coming
 * back wins no turn. */
void orr_proposers_change(const uint64_t *before, const uint64_t *after, uint32_t n,
                          int64_t *priorities);
#endif
