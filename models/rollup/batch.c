#include "models/rollup/batch.h"

#include "models/base/error.h"

bool orr_batch_next(struct orr_rlp_reader *r, const uint8_t **bytes, size_t *len) {
    if (!orr_rlp_more(r)) return false;
    *bytes = orr_rlp_read_string(r, len);
    return !r->bad;
}

static size_t count_strings(struct orr_rlp_reader list) {
    size_t n = 0, len;
    for (; orr_rlp_more(&list); n++) orr_rlp_read_string(&list, &len);
    return n;
}

int orr_singular_read(struct orr_mem *mem, const uint8_t *bytes, size_t len,
                      struct orr_singular *batch) {
    struct orr_rlp_reader r = orr_rlp_reader(bytes, len), fields = orr_rlp_read_list(&r);
    struct orr_singular b = {0};
    orr_rlp_read_fixed(&fields, &b.parent_hash, sizeof b.parent_hash);
    b.epoch_num = orr_rlp_read_u64(&fields);
    orr_rlp_read_fixed(&fields, &b.epoch_hash, sizeof b.epoch_hash);
    b.timestamp = orr_rlp_read_u64(&fields);
    struct orr_rlp_reader list = orr_rlp_read_list(&fields);
    if (!orr_rlp_done(&fields) || !orr_rlp_done(&r)) return ORR_EFORMAT;
    b.n_txs = count_strings(list);
    b.txs = orr_alloc(mem, b.n_txs * sizeof *b.txs);
    for (size_t i = 0; i < b.n_txs; i++) b.txs[i].bytes = orr_rlp_read_string(&list, &b.txs[i].len);
    if (!orr_rlp_done(&list)) {
        orr_singular_free(mem, &b);
        return ORR_EFORMAT;
    }
    *batch = b;
    return 0;
}

void orr_singular_free(struct orr_mem *mem, struct orr_singular *batch) {
    orr_free(mem, batch->txs, batch->n_txs * sizeof *batch->txs);
    batch->txs = NULL;
    batch->n_txs = 0;
}

void orr_singular_write(const struct orr_singular *batch, struct orr_rlp_writer *w) {
    size_t list = orr_rlp_list_begin(w);
    orr_rlp_write_string(w, &batch->parent_hash, sizeof batch->parent_hash);
    orr_rlp_write_u64(w, batch->epoch_num);
    orr_rlp_write_string(w, &batch->epoch_hash, sizeof batch->epoch_hash);
    orr_rlp_write_u64(w, batch->timestamp);
    size_t txs = orr_rlp_list_begin(w);
    for (size_t i = 0; i < batch->n_txs; i++)
        orr_rlp_write_string(w, batch->txs[i].bytes, batch->txs[i].len);
    orr_rlp_list_end(w, txs);
    orr_rlp_list_end(w, list);
}
