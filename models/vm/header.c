#include "models/vm/header.h"

#include <assert.h>

#include "models/base/error.h"

enum orr_evm_header_fields orr_evm_header_fields_of(enum orr_evm_fork fork) {
    if (fork >= ORR_FORK_AMSTERDAM) return ORR_HEADER_AMSTERDAM;
    if (fork >= ORR_FORK_PRAGUE) return ORR_HEADER_PRAGUE;
    if (fork >= ORR_FORK_CANCUN) return ORR_HEADER_CANCUN;
    if (fork >= ORR_FORK_SHANGHAI) return ORR_HEADER_SHANGHAI;
    return fork >= ORR_FORK_LONDON ? ORR_HEADER_LONDON : ORR_HEADER_FRONTIER;
}

const char *orr_evm_block_error_name(enum orr_evm_block_error error) {
    static const char *const names[] = {
#define BLOCK_ERROR(constant, text) #constant,
        ORR_BLOCK_ERRORS(BLOCK_ERROR)
#undef BLOCK_ERROR
    };
    assert(error < ORR_BLOCK_N_ERRORS);
    return names[error];
}

const char *orr_evm_block_error_text(enum orr_evm_block_error error) {
    static const char *const texts[] = {
#define BLOCK_ERROR(constant, text) text,
        ORR_BLOCK_ERRORS(BLOCK_ERROR)
#undef BLOCK_ERROR
    };
    assert(error < ORR_BLOCK_N_ERRORS);
    return texts[error];
}

/* ---- the encoding ---- */

static enum orr_evm_header_fields read_newer(struct orr_rlp_reader *r, struct orr_evm_header *h) {
    if (!orr_rlp_more(r)) return ORR_HEADER_FRONTIER;
    h->base_fee = orr_rlp_read_u256(r);
    if (!orr_rlp_more(r)) return ORR_HEADER_LONDON;
    orr_rlp_read_fixed(r, h->withdrawals_root.bytes, 32);
    if (!orr_rlp_more(r)) return ORR_HEADER_SHANGHAI;
    h->blob_gas_used = orr_rlp_read_u64(r);
    h->excess_blob_gas = orr_rlp_read_u64(r);
    orr_rlp_read_fixed(r, h->parent_beacon_root.bytes, 32);
    if (!orr_rlp_more(r)) return ORR_HEADER_CANCUN;
    orr_rlp_read_fixed(r, h->requests_hash.bytes, 32);
    if (!orr_rlp_more(r)) return ORR_HEADER_PRAGUE;
    orr_rlp_read_fixed(r, h->access_list_hash.bytes, 32);
    h->slot_number = orr_rlp_read_u64(r);
    return ORR_HEADER_AMSTERDAM;
}

int orr_evm_header_decode(struct orr_rlp_reader *outer, struct orr_evm_header *header) {
    struct orr_rlp_reader r = orr_rlp_read_list(outer);
    struct orr_evm_header h = {.n_fields = ORR_HEADER_FRONTIER};
    orr_rlp_read_fixed(&r, h.parent_hash.bytes, 32);
    orr_rlp_read_fixed(&r, h.ommers_hash.bytes, 32);
    orr_rlp_read_fixed(&r, h.coinbase.bytes, sizeof h.coinbase.bytes);
    orr_rlp_read_fixed(&r, h.state_root.bytes, 32);
    orr_rlp_read_fixed(&r, h.transactions_root.bytes, 32);
    orr_rlp_read_fixed(&r, h.receipts_root.bytes, 32);
    orr_rlp_read_fixed(&r, h.bloom.bytes, sizeof h.bloom.bytes);
    h.difficulty = orr_rlp_read_u256(&r);
    h.number = orr_rlp_read_u64(&r);
    h.gas_limit = orr_rlp_read_u64(&r);
    h.gas_used = orr_rlp_read_u64(&r);
    h.timestamp = orr_rlp_read_u64(&r);
    h.extra_data = orr_rlp_read_string(&r, &h.extra_data_len);
    orr_rlp_read_fixed(&r, h.mix_hash.bytes, 32);
    orr_rlp_read_fixed(&r, h.nonce, sizeof h.nonce);
    h.n_fields = read_newer(&r, &h);
    if (!orr_rlp_done(&r)) outer->bad = true;
    if (outer->bad) return ORR_EFORMAT;
    *header = h;
    return 0;
}

void orr_evm_header_encode(const struct orr_evm_header *h, struct orr_rlp_writer *w) {
    size_t list = orr_rlp_list_begin(w);
    orr_rlp_write_string(w, h->parent_hash.bytes, 32);
    orr_rlp_write_string(w, h->ommers_hash.bytes, 32);
    orr_rlp_write_string(w, h->coinbase.bytes, sizeof h->coinbase.bytes);
    orr_rlp_write_string(w, h->state_root.bytes, 32);
    orr_rlp_write_string(w, h->transactions_root.bytes, 32);
    orr_rlp_write_string(w, h->receipts_root.bytes, 32);
    orr_rlp_write_string(w, h->bloom.bytes, sizeof h->bloom.bytes);
    orr_rlp_write_u256(w, h->difficulty);
    orr_rlp_write_u64(w, h->number);
    orr_rlp_write_u64(w, h->gas_limit);
    orr_rlp_write_u64(w, h->gas_used);
    orr_rlp_write_u64(w, h->timestamp);
    orr_rlp_write_string(w, h->extra_data, h->extra_data_len);
    orr_rlp_write_string(w, h->mix_hash.bytes, 32);
    orr_rlp_write_string(w, h->nonce, sizeof h->nonce);
    if (h->n_fields >= ORR_HEADER_LONDON) orr_rlp_write_u256(w, h->base_fee);
    if (h->n_fields >= ORR_HEADER_SHANGHAI) orr_rlp_write_string(w, h->withdrawals_root.bytes, 32);
    if (h->n_fields >= ORR_HEADER_CANCUN) {
        orr_rlp_write_u64(w, h->blob_gas_used);
        orr_rlp_write_u64(w, h->excess_blob_gas);
        orr_rlp_write_string(w, h->parent_beacon_root.bytes, 32);
    }
    if (h->n_fields >= ORR_HEADER_PRAGUE) orr_rlp_write_string(w, h->requests_hash.bytes, 32);
    if (h->n_fields >= ORR_HEADER_AMSTERDAM) {
        orr_rlp_write_string(w, h->access_list_hash.bytes, 32);
        orr_rlp_write_u64(w, h->slot_number);
    }
    orr_rlp_list_end(w, list);
}

struct orr_hash orr_evm_header_hash(struct orr_mem *mem, const struct orr_evm_header *header) {
    struct orr_rlp_writer w = {.mem = mem};
    orr_evm_header_encode(header, &w);
    struct orr_hash hash = orr_keccak256(w.bytes, w.len);
    orr_rlp_free(&w);
    return hash;
}
