#include "models/rollup/dispute_calls.h"

#include "models/base/error.h"
#include "models/vm/contracts/contracts.h"
#include "models/vm/u256.h"

/* ---- writing: Solidity's ABI ---- */

static void put_selector(struct orr_rlp_writer *w, uint32_t selector) {
    uint8_t bytes[4];
    orr_store_be32(bytes, selector);
    orr_rlp_write_raw(w, bytes, sizeof bytes);
}
static void put_word(struct orr_rlp_writer *w, struct orr_u256 v) {
    uint8_t bytes[32];
    orr_u256_store_be(bytes, v);
    orr_rlp_write_raw(w, bytes, sizeof bytes);
}
static void put(struct orr_rlp_writer *w, uint64_t v) { put_word(w, orr_u256_from_u64(v)); }
static void put_hash(struct orr_rlp_writer *w, const struct orr_hash *hash) {
    orr_rlp_write_raw(w, hash->bytes, sizeof hash->bytes);
}

void orr_dispute_write_creation(struct orr_rlp_writer *w, const struct orr_dispute_rules *rules,
                                uint64_t anchor, const struct orr_hash *root,
                                const struct orr_address *machine) {
    const struct orr_evm_contract *contract = &orr_evm_contract_dispute_game;
    orr_rlp_write_raw(w, contract->creation, contract->creation_len);
    put(w, rules->split_depth);
    put(w, rules->max_depth);
    put(w, rules->clock_s);
    put(w, rules->extension_s);
    put_word(w, orr_dispute_multiplier(rules));
    put(w, anchor);
    put_hash(w, root);
    put_word(w, orr_u256_from_address(*machine));
}

void orr_dispute_write_create(struct orr_rlp_writer *w, const struct orr_hash *root,
                              uint64_t l2_block) {
    put_selector(w, ORR_GAME_CREATE);
    put_hash(w, root);
    put(w, l2_block);
}

void orr_dispute_write_derive(struct orr_rlp_writer *w, uint64_t first,
                              const struct orr_hash *states, size_t n) {
    put_selector(w, ORR_GAME_DERIVE);
    put(w, first);
    put(w, 64); /* where the list is */
    put(w, n);
    for (size_t i = 0; i < n; i++) put_hash(w, &states[i]);
}

void orr_dispute_write_move(struct orr_rlp_writer *w, uint64_t id, uint32_t parent,
                            const struct orr_hash *disputed, const struct orr_hash *value,
                            bool is_attack) {
    put_selector(w, ORR_GAME_MOVE);
    put(w, id);
    put(w, parent);
    put_hash(w, disputed);
    put_hash(w, value);
    put(w, is_attack);
}

void orr_dispute_write_step(struct orr_rlp_writer *w, uint64_t id, uint32_t claim, bool is_attack,
                            const struct orr_rlp_writer *proof) {
    static const uint8_t zeros[32];
    put_selector(w, ORR_GAME_STEP);
    put(w, id);
    put(w, claim);
    put(w, is_attack);
    put(w, 128); /* where the proof is */
    put(w, proof->len);
    orr_rlp_write_raw(w, proof->bytes, proof->len);
    orr_rlp_write_raw(w, zeros, (32 - proof->len % 32) % 32);
}

void orr_dispute_write_resolve_claim(struct orr_rlp_writer *w, uint64_t id, uint32_t claim) {
    put_selector(w, ORR_GAME_RESOLVE_CLAIM);
    put(w, id);
    put(w, claim);
}

void orr_dispute_write_resolve(struct orr_rlp_writer *w, uint64_t id) {
    put_selector(w, ORR_GAME_RESOLVE);
    put(w, id);
}

void orr_dispute_write_claim_credit(struct orr_rlp_writer *w, uint64_t id,
                                    const struct orr_address *to) {
    put_selector(w, ORR_GAME_CLAIM_CREDIT);
    put(w, id);
    put_word(w, orr_u256_from_address(*to));
}

void orr_dispute_write_view(struct orr_rlp_writer *w, uint32_t selector,
                            const struct orr_u256 *arguments, size_t n) {
    put_selector(w, selector);
    for (size_t i = 0; i < n; i++) put_word(w, arguments[i]);
}

/* ---- reading ---- */

static struct orr_u256 word_at(const uint8_t *bytes, size_t i) {
    return orr_u256_load_be(bytes + 32 * i);
}
/* A word that must be below 2^64 (most: and at most that). */
static uint64_t number_at(const uint8_t *bytes, size_t i, uint64_t most, bool *bad) {
    struct orr_u256 v = word_at(bytes, i);
    if (!orr_u256_fits_u64(v) || v.limb[0] > most) *bad = true;
    return *bad ? 0 : v.limb[0];
}
static struct orr_address address_at(const uint8_t *bytes, size_t i, bool *bad) {
    struct orr_u256 v = word_at(bytes, i);
    if (v.limb[3] || v.limb[2] >> 32) *bad = true;
    return orr_u256_to_address(v);
}

enum { HEAD_WORDS = 7, CLAIM_WORDS = 9 };

/* A claim stands where an attack on its parent would, or a defence of it; the root at 1. */
static bool is_in_place(const struct orr_dispute_claim *claims, uint32_t i) {
    unsigned __int128 at = claims[i].position, parent = claims[claims[i].parent].position;
    if (!i) return at == 1;
    return orr_position_depth(parent) < ORR_POSITION_DEPTH_MAX &&
           (at == orr_position_attack(parent) ||
            (claims[i].parent && at == orr_position_defend(parent)));
}

static void read_claim(const uint8_t *bytes, uint32_t i, struct orr_dispute_claim *claim,
                       bool *bad) {
    struct orr_u256 parent = word_at(bytes, 0), position = word_at(bytes, 5);
    bool is_root = orr_u256_is_zero(orr_u256_not(parent));
    if (is_root != !i) *bad = true;
    *claim = (struct orr_dispute_claim){
        .parent = i ? (uint32_t)number_at(bytes, 0, i - 1, bad) : 0,
        .countered_by = address_at(bytes, 1, bad),
        .claimant = address_at(bytes, 2, bad),
        .value = orr_u256_to_hash(word_at(bytes, 4)),
        .position = (unsigned __int128)position.limb[1] << 64 | position.limb[0],
        .duration_s = number_at(bytes, 6, UINT64_MAX, bad),
        .timestamp = number_at(bytes, 7, UINT64_MAX, bad),
        .is_resolved = number_at(bytes, 8, 1, bad)};
    if (position.limb[2] | position.limb[3] || !is_in_place(claim - i, i)) *bad = true;
}

int orr_dispute_read(struct orr_mem *mem, const uint8_t *bytes, size_t len,
                     struct orr_dispute *d) {
    bool bad = len < 32 * (HEAD_WORDS + 1 + CLAIM_WORDS) || len % 32;
    if (bad) return ORR_EFORMAT;
    struct orr_dispute got = {
        .start_block = number_at(bytes, 0, UINT64_MAX, &bad),
        .start_root = orr_u256_to_hash(word_at(bytes, 1)),
        .l2_block = number_at(bytes, 2, UINT64_MAX, &bad),
        .resolved_at = number_at(bytes, 4, UINT64_MAX, &bad),
        .status = (enum orr_dispute_status)number_at(bytes, 5, ORR_DISPUTE_STANDS, &bad)};
    uint64_t offset = number_at(bytes, 6, UINT64_MAX, &bad);
    uint64_t most = (len / 32 - HEAD_WORDS - 1) / CLAIM_WORDS;
    got.n = (uint32_t)number_at(bytes, HEAD_WORDS, most < UINT32_MAX ? most : UINT32_MAX, &bad);
    if (bad || offset != 32 * HEAD_WORDS || !got.n || got.l2_block <= got.start_block ||
        len != 32 * (HEAD_WORDS + 1 + (size_t)CLAIM_WORDS * got.n))
        return ORR_EFORMAT;
    got.claims = orr_alloc(mem, got.n * sizeof *got.claims);
    const uint8_t *at = bytes + 32 * (HEAD_WORDS + 1);
    for (uint32_t i = 0; i < got.n && !bad; i++, at += 32 * CLAIM_WORDS)
        read_claim(at, i, &got.claims[i], &bad);
    if (bad) {
        orr_dispute_free(mem, &got);
        return ORR_EFORMAT;
    }
    got.id = d->id;
    *d = got;
    return 0;
}

void orr_dispute_free(struct orr_mem *mem, struct orr_dispute *d) {
    orr_free(mem, d->claims, d->n * sizeof *d->claims);
    d->claims = NULL;
    d->n = 0;
}
