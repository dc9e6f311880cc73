#include "models/vm/receipt.h"

/* memo: of the item's hash, or NULL. */
static void add(struct orr_evm_bloom *bloom, struct orr_keccak_memo *memo, const void *item,
                size_t len) {
    struct orr_hash hash = orr_keccak256_again(memo, item, len);
    for (int i = 0; i < 6;
         i += 2) { /* three times eleven bits of the hash; bit 0 is the last byte's */
        unsigned bit = ((unsigned)hash.bytes[i] << 8 | hash.bytes[i + 1]) & 2047;
        bloom->bytes[255 - bit / 8] |= (uint8_t)(1u << bit % 8);
    }
}

void orr_evm_bloom_add(struct orr_evm_bloom *bloom, const void *item, size_t len) {
    add(bloom, NULL, item, len);
}

void orr_evm_bloom_add_log(struct orr_evm_bloom *bloom, const struct orr_evm_log *log,
                           struct orr_keccak_memo *memo) {
    add(bloom, memo, log->address.bytes, sizeof log->address.bytes);
    for (int i = 0; i < log->n_topics; i++) {
        struct orr_hash topic = orr_u256_to_hash(log->topics[i]);
        add(bloom, memo, topic.bytes, sizeof topic.bytes);
    }
}

void orr_evm_bloom_join(struct orr_evm_bloom *to, const struct orr_evm_bloom *from) {
    for (size_t i = 0; i < sizeof to->bytes; i++) to->bytes[i] |= from->bytes[i];
}

void orr_evm_logs_write(const struct orr_evm_state *state, struct orr_rlp_writer *w) {
    size_t logs = orr_rlp_list_begin(w);
    for (size_t i = 0; i < orr_evm_state_n_logs(state); i++) {
        struct orr_evm_log log = orr_evm_state_log(state, i);
        if (log.is_transfer) continue;
        size_t item = orr_rlp_list_begin(w);
        orr_rlp_write_string(w, log.address.bytes, sizeof log.address.bytes);
        size_t topics = orr_rlp_list_begin(w);
        for (int t = 0; t < log.n_topics; t++) {
            struct orr_hash topic = orr_u256_to_hash(log.topics[t]);
            orr_rlp_write_string(w, topic.bytes, sizeof topic.bytes);
        }
        orr_rlp_list_end(w, topics);
        orr_rlp_write_string(w, log.data, log.len);
        orr_rlp_list_end(w, item);
    }
    orr_rlp_list_end(w, logs);
}

void orr_evm_receipt_seal(struct orr_evm_receipt *receipt, const struct orr_evm_state *state,
                          enum orr_evm_fork fork, struct orr_mem *mem) {
    struct orr_keccak_memo *memo = orr_evm_store_hashes(orr_evm_state_store(state));
    memset(&receipt->bloom, 0, sizeof receipt->bloom);
    for (size_t i = 0; i < orr_evm_state_n_logs(state); i++) {
        struct orr_evm_log log = orr_evm_state_log(state, i);
        if (log.is_transfer) continue;
        orr_evm_bloom_add_log(&receipt->bloom, &log, memo);
    }
    struct orr_rlp_writer w = {.mem = mem};
    uint8_t type = (uint8_t)receipt->type;
    if (type) orr_rlp_write_raw(&w, &type, 1);
    size_t list = orr_rlp_list_begin(&w);
    if (fork >= ORR_FORK_BYZANTIUM)
        orr_rlp_write_u64(&w, receipt->is_success);
    else
        orr_rlp_write_string(&w, receipt->post_state.bytes, sizeof receipt->post_state.bytes);
    orr_rlp_write_u64(&w, receipt->cumulative_gas);
    orr_rlp_write_string(&w, receipt->bloom.bytes, sizeof receipt->bloom.bytes);
    orr_evm_logs_write(state, &w);
    if (receipt->has_deposit_version) {
        orr_rlp_write_u64(&w, receipt->deposit_nonce);
        orr_rlp_write_u64(&w, 1);
    }
    orr_rlp_list_end(&w, list);
    receipt->encoding = orr_resize(mem, w.bytes, w.cap, w.len);
    receipt->encoding_len = w.len;
}

void orr_evm_receipt_free(struct orr_evm_receipt *receipt, struct orr_mem *mem) {
    orr_free(mem, receipt->encoding, receipt->encoding_len);
    receipt->encoding = NULL;
    receipt->encoding_len = 0;
}
