#include "models/vm/transaction.h"

#include <assert.h>

#include "models/base/error.h"
#include "models/vm/u256.h"

const char *orr_evm_tx_error_name(enum orr_evm_tx_error error) {
    static const char *const names[] = {
#define TX_ERROR(constant, text) #constant,
        ORR_TX_ERRORS(TX_ERROR)
#undef TX_ERROR
    };
    assert(error < ORR_TX_N_ERRORS);
    return names[error];
}

const char *orr_evm_tx_error_text(enum orr_evm_tx_error error) {
    static const char *const texts[] = {
#define TX_ERROR(constant, text) text,
        ORR_TX_ERRORS(TX_ERROR)
#undef TX_ERROR
    };
    assert(error < ORR_TX_N_ERRORS);
    return texts[error];
}

/* ---- decoding ---- */

static size_t count_items(struct orr_rlp_reader list) {
    size_t n = 0;
    while (orr_rlp_more(&list)) orr_rlp_read(&list), n++;
    return n;
}

/* An empty string or a 20-byte address. */
static void read_recipient(struct orr_rlp_reader *r, struct orr_evm_tx *tx) {
    size_t len;
    const uint8_t *p = orr_rlp_read_string(r, &len);
    tx->is_create = len == 0;
    if (len == sizeof tx->to.bytes)
        memcpy(tx->to.bytes, p, len);
    else if (len)
        r->bad = true;
}

static void read_access_list(struct orr_mem *mem, struct orr_rlp_reader *r, struct orr_evm_tx *tx) {
    struct orr_rlp_reader list = orr_rlp_read_list(r), again = list;
    tx->n_access = count_items(list);
    size_t n_keys = 0;
    while (orr_rlp_more(&again)) {
        struct orr_rlp_reader pair = orr_rlp_read_list(&again);
        orr_rlp_read(&pair);
        n_keys += count_items(orr_rlp_read_list(&pair));
    }
    tx->n_access_keys = n_keys;
    tx->access = tx->n_access ? orr_alloc_zero(mem, tx->n_access * sizeof tx->access[0]) : NULL;
    tx->access_keys = n_keys ? orr_alloc_zero(mem, n_keys * sizeof tx->access_keys[0]) : NULL;
    size_t at = 0;
    for (size_t i = 0; i < tx->n_access; i++) {
        struct orr_rlp_reader pair = orr_rlp_read_list(&list);
        struct orr_evm_tx_access *a = &tx->access[i];
        orr_rlp_read_fixed(&pair, a->address.bytes, sizeof a->address.bytes);
        struct orr_rlp_reader keys = orr_rlp_read_list(&pair);
        a->first_key = at;
        while (orr_rlp_more(&keys) && at < n_keys) {
            uint8_t key[32];
            orr_rlp_read_fixed(&keys, key, sizeof key);
            tx->access_keys[at++] = orr_u256_load_be(key);
        }
        a->n_keys = at - a->first_key;
        if (!orr_rlp_done(&keys) || !orr_rlp_done(&pair)) r->bad = true;
    }
    if (!orr_rlp_done(&list)) r->bad = true;
}

static void read_blob_hashes(struct orr_mem *mem, struct orr_rlp_reader *r, struct orr_evm_tx *tx) {
    struct orr_rlp_reader list = orr_rlp_read_list(r);
    size_t n = count_items(list);
    tx->n_blob_hashes = n;
    tx->blob_hashes = n ? orr_alloc_zero(mem, n * sizeof tx->blob_hashes[0]) : NULL;
    for (size_t i = 0; i < n; i++) orr_rlp_read_fixed(&list, tx->blob_hashes[i].bytes, 32);
    if (!orr_rlp_done(&list)) r->bad = true;
}

static void read_authorizations(struct orr_mem *mem, struct orr_rlp_reader *r,
                                struct orr_evm_tx *tx) {
    struct orr_rlp_reader list = orr_rlp_read_list(r);
    size_t n = count_items(list);
    tx->n_authorizations = n;
    tx->authorizations = n ? orr_alloc_zero(mem, n * sizeof tx->authorizations[0]) : NULL;
    for (size_t i = 0; i < n; i++) {
        struct orr_rlp_reader item = orr_rlp_read_list(&list);
        struct orr_evm_tx_authorization *a = &tx->authorizations[i];
        a->chain_id = orr_rlp_read_u256(&item);
        orr_rlp_read_fixed(&item, a->address.bytes, sizeof a->address.bytes);
        a->nonce = orr_rlp_read_u64(&item);
        a->y_parity = orr_rlp_read_u256(&item);
        a->r = orr_rlp_read_u256(&item);
        a->s = orr_rlp_read_u256(&item);
        /* EIP-7702: the parity is below 2^8 as a field, whatever the signature then says. */
        if (!orr_rlp_done(&item) || a->y_parity.limb[0] > 255 || a->y_parity.limb[1] ||
            a->y_parity.limb[2] || a->y_parity.limb[3])
            r->bad = true;
    }
    if (!orr_rlp_done(&list)) r->bad = true;
}

static void read_fields(struct orr_mem *mem, struct orr_rlp_reader *r, struct orr_evm_tx *tx) {
    enum orr_evm_tx_type type = tx->type;
    if (type != ORR_TX_LEGACY) {
        tx->chain_id = orr_rlp_read_u256(r);
        tx->has_chain_id = true;
    }
    tx->nonce = orr_rlp_read_u64(r);
    tx->max_priority_fee = orr_rlp_read_u256(r);
    tx->max_fee = type >= ORR_TX_FEE_MARKET ? orr_rlp_read_u256(r) : tx->max_priority_fee;
    tx->gas_limit = orr_rlp_read_u64(r);
    read_recipient(r, tx);
    tx->value = orr_rlp_read_u256(r);
    tx->data = orr_rlp_read_string(r, &tx->data_len);
    if (type != ORR_TX_LEGACY) read_access_list(mem, r, tx);
    if (type == ORR_TX_BLOB) {
        tx->max_blob_fee = orr_rlp_read_u256(r);
        read_blob_hashes(mem, r, tx);
    }
    if (type == ORR_TX_SET_CODE) read_authorizations(mem, r, tx);
    tx->v = orr_rlp_read_u256(r);
    tx->r = orr_rlp_read_u256(r);
    tx->s = orr_rlp_read_u256(r);
    if (type != ORR_TX_LEGACY) return;
    /* EIP-155: v is 27 + parity, or 35 + parity + 2 * chain id. */
    struct orr_u256 v = tx->v;
    tx->has_chain_id = v.limb[1] || v.limb[2] || v.limb[3] || v.limb[0] >= 35;
    if (!tx->has_chain_id) return;
    unsigned __int128 borrow = 35;
    for (int i = 0; i < 4; i++) {
        uint64_t limb = v.limb[i];
        v.limb[i] = limb - (uint64_t)borrow;
        borrow = limb < (uint64_t)borrow;
    }
    for (int i = 0; i < 4; i++)
        tx->chain_id.limb[i] = v.limb[i] >> 1 | (i < 3 ? v.limb[i + 1] << 63 : 0);
}

int orr_evm_tx_decode(struct orr_mem *mem, const uint8_t *bytes, size_t len,
                      struct orr_evm_tx *out) {
    struct orr_evm_tx tx = {.type = ORR_TX_LEGACY};
    if (!len) return ORR_EFORMAT;
    if (bytes[0] < 0x80) {
        if (!bytes[0] || bytes[0] >= ORR_TX_N_TYPES) return ORR_EUNSUPPORTED;
        tx.type = (enum orr_evm_tx_type)bytes[0];
        bytes++, len--;
    }
    struct orr_rlp_reader all = orr_rlp_reader(bytes, len), r = orr_rlp_read_list(&all);
    read_fields(mem, &r, &tx);
    if (!orr_rlp_done(&all) || !orr_rlp_done(&r)) {
        orr_evm_tx_free(mem, &tx);
        return ORR_EFORMAT;
    }
    *out = tx;
    return 0;
}

void orr_evm_tx_free(struct orr_mem *mem, struct orr_evm_tx *tx) {
    orr_free(mem, tx->access, tx->n_access * sizeof tx->access[0]);
    orr_free(mem, tx->access_keys, tx->n_access_keys * sizeof tx->access_keys[0]);
    orr_free(mem, tx->blob_hashes, tx->n_blob_hashes * sizeof tx->blob_hashes[0]);
    orr_free(mem, tx->authorizations, tx->n_authorizations * sizeof tx->authorizations[0]);
    tx->access = NULL;
    tx->access_keys = NULL;
    tx->blob_hashes = NULL;
    tx->authorizations = NULL;
    tx->n_access = tx->n_access_keys = tx->n_blob_hashes = tx->n_authorizations = 0;
}

/* ---- encoding ---- */

static void write_lists(const struct orr_evm_tx *tx, struct orr_rlp_writer *w) {
    size_t list = orr_rlp_list_begin(w);
    for (size_t i = 0; i < tx->n_access; i++) {
        const struct orr_evm_tx_access *a = &tx->access[i];
        size_t pair = orr_rlp_list_begin(w);
        orr_rlp_write_string(w, a->address.bytes, sizeof a->address.bytes);
        size_t keys = orr_rlp_list_begin(w);
        for (size_t k = 0; k < a->n_keys; k++) {
            struct orr_hash key = orr_u256_to_hash(tx->access_keys[a->first_key + k]);
            orr_rlp_write_string(w, key.bytes, sizeof key.bytes);
        }
        orr_rlp_list_end(w, keys);
        orr_rlp_list_end(w, pair);
    }
    orr_rlp_list_end(w, list);
    if (tx->type == ORR_TX_BLOB) {
        orr_rlp_write_u256(w, tx->max_blob_fee);
        list = orr_rlp_list_begin(w);
        for (size_t i = 0; i < tx->n_blob_hashes; i++)
            orr_rlp_write_string(w, tx->blob_hashes[i].bytes, 32);
        orr_rlp_list_end(w, list);
    }
    if (tx->type != ORR_TX_SET_CODE) return;
    list = orr_rlp_list_begin(w);
    for (size_t i = 0; i < tx->n_authorizations; i++) {
        const struct orr_evm_tx_authorization *a = &tx->authorizations[i];
        size_t item = orr_rlp_list_begin(w);
        orr_rlp_write_u256(w, a->chain_id);
        orr_rlp_write_string(w, a->address.bytes, sizeof a->address.bytes);
        orr_rlp_write_u64(w, a->nonce);
        orr_rlp_write_u256(w, a->y_parity);
        orr_rlp_write_u256(w, a->r);
        orr_rlp_write_u256(w, a->s);
        orr_rlp_list_end(w, item);
    }
    orr_rlp_list_end(w, list);
}

static void write_tx(const struct orr_evm_tx *tx, struct orr_rlp_writer *w, bool is_signed) {
    uint8_t type = (uint8_t)tx->type;
    if (type != ORR_TX_LEGACY) orr_rlp_write_raw(w, &type, 1);
    size_t list = orr_rlp_list_begin(w);
    if (tx->type != ORR_TX_LEGACY) orr_rlp_write_u256(w, tx->chain_id);
    orr_rlp_write_u64(w, tx->nonce);
    orr_rlp_write_u256(w, tx->max_priority_fee);
    if (tx->type >= ORR_TX_FEE_MARKET) orr_rlp_write_u256(w, tx->max_fee);
    orr_rlp_write_u64(w, tx->gas_limit);
    orr_rlp_write_string(w, tx->to.bytes, tx->is_create ? 0 : sizeof tx->to.bytes);
    orr_rlp_write_u256(w, tx->value);
    orr_rlp_write_string(w, tx->data, tx->data_len);
    if (tx->type != ORR_TX_LEGACY) write_lists(tx, w);
    if (is_signed) {
        orr_rlp_write_u256(w, tx->v);
        orr_rlp_write_u256(w, tx->r);
        orr_rlp_write_u256(w, tx->s);
    } else if (tx->type == ORR_TX_LEGACY && tx->has_chain_id) { /* EIP-155 */
        orr_rlp_write_u256(w, tx->chain_id);
        orr_rlp_write_u64(w, 0);
        orr_rlp_write_u64(w, 0);
    }
    orr_rlp_list_end(w, list);
}

void orr_evm_tx_encode(const struct orr_evm_tx *tx, struct orr_rlp_writer *w) {
    write_tx(tx, w, true);
}

static struct orr_hash hash_of(struct orr_mem *mem, const struct orr_evm_tx *tx, bool is_signed) {
    struct orr_rlp_writer w = {.mem = mem};
    write_tx(tx, &w, is_signed);
    struct orr_hash hash = orr_keccak256(w.bytes, w.len);
    orr_rlp_free(&w);
    return hash;
}

struct orr_hash orr_evm_tx_signing_hash(struct orr_mem *mem, const struct orr_evm_tx *tx) {
    return hash_of(mem, tx, false);
}

void orr_evm_tx_set_signature(struct orr_evm_tx *tx, const uint8_t r[32], const uint8_t s[32],
                              unsigned parity) {
    struct orr_u256 base = orr_u256_from_u64(tx->type == ORR_TX_LEGACY ? 27 : 0);
    if (tx->type == ORR_TX_LEGACY && tx->has_chain_id) /* EIP-155 */
        base = orr_u256_add(orr_u256_add(tx->chain_id, tx->chain_id), orr_u256_from_u64(35));
    tx->r = orr_u256_load_be(r);
    tx->s = orr_u256_load_be(s);
    tx->v = orr_u256_add(base, orr_u256_from_u64(parity));
}

struct orr_hash orr_evm_tx_hash(struct orr_mem *mem, const struct orr_evm_tx *tx) {
    return hash_of(mem, tx, true);
}
