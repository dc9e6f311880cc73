#include "models/bft/common/validators.h"

#include <assert.h>

#include "models/base/bytes.h"
#include "models/base/merkle.h"
#include "models/bft/common/quorum.h"

static void hash_set(struct orr_validator_set *set, struct orr_mem *mem) {
    size_t size = (size_t)set->n * 32;
    uint8_t(*leaves)[32] = orr_alloc(mem, size ? size : 1);
    for (uint32_t i = 0; i < set->n; i++) {
        uint8_t bytes[ORR_SIGN_PUBLIC_BYTES + 8];
        memcpy(bytes, set->keys[i].public_key, ORR_SIGN_PUBLIC_BYTES);
        orr_store_le64(bytes + ORR_SIGN_PUBLIC_BYTES, set->powers[i]);
        orr_merkle_leaf(bytes, sizeof bytes, leaves[i]);
    }
    orr_merkle_root(leaves, set->n, set->hash);
    orr_free(mem, leaves, size ? size : 1);
}

static uint64_t least_power(const struct orr_validator_set *set) {
    uint64_t least = 0;
    for (uint32_t i = 0; i < set->n; i++)
        if (set->powers[i] && (!least || set->powers[i] < least)) least = set->powers[i];
    return least;
}

/* The total of the powers and what is a quorum of it; UINT64_MAX: more than is sound. */
static void add_up(struct orr_validator_set *set) {
    set->total_power = 0;
    for (uint32_t i = 0; i < set->n; i++) {
        if (set->total_power <= ORR_MAX_TOTAL_POWER && set->powers[i] <= ORR_MAX_TOTAL_POWER)
            set->total_power += set->powers[i];
        else
            set->total_power = UINT64_MAX; /* stays there: not sound */
    }
    set->quorum_power = orr_quorum(set->total_power);
    if (set->is_one_short && set->quorum_power > least_power(set))
        set->quorum_power -= least_power(set);
    set->honest_power = orr_one_correct(set->total_power);
}

struct orr_validator_set *orr_validator_set_new(const struct orr_cohort *cohort,
                                                struct orr_mem *mem) {
    struct orr_validator_set *set = orr_alloc_zero(mem, sizeof *set);
    set->n = cohort->n;
    set->members = cohort->members;
    set->powers = cohort->stakes;
    set->keys = orr_alloc(mem, cohort->n * sizeof *set->keys + 1);
    for (uint32_t i = 0; i < set->n; i++)
        orr_keypair_derive(cohort->signatures, cohort->seed, set->members[i], &set->keys[i]);
    add_up(set);
    hash_set(set, mem);
    uint8_t seed[8], id[32];
    orr_store_le64(seed, cohort->seed);
    orr_sha256_tagged('c', seed, sizeof seed, set->hash, sizeof set->hash, id);
    set->chain_id = orr_load_le64(id);
    return set;
}

struct orr_validator_set *orr_validator_set_with(const struct orr_validator_set *set,
                                                 const uint64_t *powers, struct orr_mem *mem) {
    struct orr_validator_set changed = *set;
    changed.powers = powers;
    add_up(&changed);
    if (!orr_validator_set_is_sound(&changed)) return NULL;
    hash_set(&changed, mem);
    size_t size = set->n * sizeof *powers;
    changed.powers = memcpy(orr_alloc(mem, size), powers, size);
    struct orr_validator_set *result = orr_alloc(mem, sizeof *result);
    *result = changed;
    return result;
}

void orr_validator_set_drop(struct orr_validator_set *set, struct orr_mem *mem) {
    orr_free(mem, (uint64_t *)set->powers, set->n * sizeof *set->powers);
    orr_free(mem, set, sizeof *set);
}

void orr_validator_set_lower_quorum(struct orr_validator_set *set) {
    set->is_one_short = true;
    add_up(set);
}

bool orr_validator_set_is_sound(const struct orr_validator_set *set) {
    return set->n > 0 && set->total_power > 0 && set->total_power <= ORR_MAX_TOTAL_POWER;
}

uint32_t orr_validator_of(const struct orr_validator_set *set, orr_peer node) {
    uint32_t low = 0, high = set->n;
    while (low < high) { /* halves the span */
        uint32_t mid = low + (high - low) / 2;
        if (set->members[mid] < node) low = mid + 1;
        else high = mid;
    }
    return low < set->n && set->members[low] == node ? low : ORR_NOBODY;
}

/* "scale the priority values", then "center priorities around zero". */
static void scale_and_centre(const uint64_t *powers, uint32_t n, int64_t total,
                             int64_t *priorities) {
    int64_t least = INT64_MAX, most = INT64_MIN;
    uint32_t n_voters = 0;
    __int128 sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (!powers[i]) continue;
        if (priorities[i] < least) least = priorities[i];
        if (priorities[i] > most) most = priorities[i];
        n_voters++;
    }
    assert(n_voters);
    int64_t span = most - least, limit = 2 * total, scale = 1;
    if (span > limit)
        scale = (span + limit - 1) / limit; /* CometBFT's code rounds up; its text does not */
    for (uint32_t i = 0; i < n; i++)
        if (powers[i]) sum += priorities[i] /= scale;
    /* Euclidean division, as Go's big.Int does: the remainder is never negative */
    __int128 mean = sum / n_voters;
    if (sum % n_voters < 0) mean--;
    for (uint32_t i = 0; i < n; i++)
        if (powers[i]) priorities[i] -= (int64_t)mean;
}

static int64_t total_of(const uint64_t *powers, uint32_t n) {
    int64_t total = 0;
    for (uint32_t i = 0; i < n; i++) total += (int64_t)powers[i];
    assert(total > 0 && total <= (int64_t)ORR_MAX_TOTAL_POWER);
    return total;
}

uint32_t orr_proposer_turn(const uint64_t *powers, uint32_t n, int64_t *priorities) {
    assert(n > 0);
    int64_t total = total_of(powers, n);
    scale_and_centre(powers, n, total, priorities);
    uint32_t elected = n;
    for (uint32_t i = 0; i < n; i++) {
        if (!powers[i]) continue;
        priorities[i] += (int64_t)powers[i];
        if (elected == n || priorities[i] > priorities[elected]) elected = i;
    }
    priorities[elected] -= total;
    return elected;
}

void orr_proposers_change(const uint64_t *before, const uint64_t *after, uint32_t n,
                          int64_t *priorities) {
    int64_t total = total_of(after, n), with_leavers = total;
    for (uint32_t i = 0; i < n; i++)
        if (!after[i]) with_leavers += (int64_t)before[i];
    for (uint32_t i = 0; i < n; i++) {
        if (!after[i]) priorities[i] = 0;
        else if (!before[i]) priorities[i] = -(with_leavers + (with_leavers >> 3));
    }
    scale_and_centre(after, n, total, priorities);
}
