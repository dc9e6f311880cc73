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

struct orr_validator_set *orr_validator_set_new(const struct orr_cohort *cohort,
                                                struct orr_mem *mem) {
    struct orr_validator_set *set = orr_alloc_zero(mem, sizeof *set);
    set->n = cohort->n;
    set->members = cohort->members;
    set->powers = cohort->stakes;
    set->keys = orr_alloc(mem, cohort->n * sizeof *set->keys + 1);
    for (uint32_t i = 0; i < set->n; i++) {
        orr_keypair_derive(cohort->signatures, cohort->seed, set->members[i], &set->keys[i]);
        if (set->total_power <= ORR_MAX_TOTAL_POWER && set->powers[i] <= ORR_MAX_TOTAL_POWER)
            set->total_power += set->powers[i];
        else
            set->total_power = UINT64_MAX; /* stays there: not sound */
    }
    set->quorum_power = orr_quorum(set->total_power);
    set->honest_power = orr_one_correct(set->total_power);
    hash_set(set, mem);
    uint8_t seed[8], id[32];
    orr_store_le64(seed, cohort->seed);
    orr_sha256_tagged('c', seed, sizeof seed, set->hash, sizeof set->hash, id);
    set->chain_id = orr_load_le64(id);
    return set;
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
static void scale_and_centre(uint32_t n, int64_t total, int64_t *priorities) {
    int64_t least = priorities[0], most = priorities[0];
    __int128 sum = 0;
    for (uint32_t i = 1; i < n; i++) {
        if (priorities[i] < least) least = priorities[i];
        if (priorities[i] > most) most = priorities[i];
    }
    int64_t span = most - least, limit = 2 * total;
    if (span > limit) {
        int64_t scale =
            (span + limit - 1) / limit; /* CometBFT's code rounds up; its text does not */
        for (uint32_t i = 0; i < n; i++) priorities[i] /= scale;
    }
    for (uint32_t i = 0; i < n; i++) sum += priorities[i];
    /* Euclidean division, as Go's big.Int does: the remainder is never negative */
    __int128 mean = sum / n;
    if (sum % n < 0) mean--;
    for (uint32_t i = 0; i < n; i++) priorities[i] -= (int64_t)mean;
}

uint32_t orr_proposer_turn(const uint64_t *powers, uint32_t n, int64_t *priorities) {
    assert(n > 0);
    int64_t total = 0;
    for (uint32_t i = 0; i < n; i++) total += (int64_t)powers[i];
    assert(total > 0 && total <= (int64_t)ORR_MAX_TOTAL_POWER);
    scale_and_centre(n, total, priorities);
    uint32_t elected = 0;
    for (uint32_t i = 0; i < n; i++) {
        priorities[i] += (int64_t)powers[i];
        if (priorities[i] > priorities[elected]) elected = i;
    }
    priorities[elected] -= total;
    return elected;
}
