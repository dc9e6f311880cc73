#include "models/index/rows.h"

#include "models/vm/execute.h"

static void add_address(struct orr_index_row *row, const struct orr_address *a) {
    orr_index_add_bytes(row, a->bytes, sizeof a->bytes);
}
static void add_hash(struct orr_index_row *row, const struct orr_hash *hash) {
    orr_index_add_bytes(row, hash->bytes, sizeof hash->bytes);
}

/* What stands in a block behind its transactions: ommers and withdrawals as they are encoded. */
static struct orr_rlp_reader parts_of(const struct orr_index_block *b,
                                      struct orr_rlp_item *header) {
    struct orr_rlp_reader all = orr_rlp_reader(b->bytes, b->block_len);
    struct orr_rlp_reader parts = orr_rlp_read_list(&all);
    *header = orr_rlp_read(&parts);
    orr_rlp_read(&parts);
    assert(!parts.bad);
    return parts;
}

static int put_block(const struct orr_index_block *b, struct orr_index_sink *sink) {
    const struct orr_evm_header *h = &b->block.header;
    struct orr_index_row row = orr_index_row(ORR_INDEX_blocks, h->number);
    struct orr_rlp_item header;
    struct orr_rlp_reader rest = parts_of(b, &header);
    uint8_t fee[32];
    orr_u256_store_be(fee, h->base_fee);
    add_hash(&row, &b->block.hash);
    add_hash(&row, &h->parent_hash);
    orr_index_add_number(&row, h->timestamp);
    add_address(&row, &h->coinbase);
    orr_index_add_number(&row, h->gas_limit);
    orr_index_add_number(&row, h->gas_used);
    if (h->n_fields >= ORR_HEADER_LONDON)
        orr_index_add_bytes(&row, fee, sizeof fee);
    else
        orr_index_add_null(&row);
    orr_index_add_number(&row, b->block.n_txs);
    orr_index_add_number(&row, b->n_logs);
    orr_index_add_bytes(&row, header.encoding, header.encoding_len);
    orr_index_add_bytes(&row, rest.p, (size_t)(rest.end - rest.p));
    return sink->put(sink, &row);
}

static int put_contract(struct orr_index_sink *sink, uint64_t number, size_t i,
                        const struct orr_address *created, const struct orr_address *creator) {
    struct orr_index_row row = orr_index_row(ORR_INDEX_contracts, number);
    orr_index_add_number(&row, i);
    add_address(&row, created);
    add_address(&row, creator);
    return sink->put(sink, &row);
}

static int put_tx(const struct orr_index_block *b, size_t i, struct orr_index_moves *moves,
                  struct orr_index_sink *sink) {
    const struct orr_evm_header *h = &b->block.header;
    const struct orr_evm_tx *tx = &b->block.txs[i];
    const struct orr_rlp_item *item = &b->block.tx_items[i];
    const struct orr_index_receipt *r = &b->receipts[i];
    struct orr_index_row row = orr_index_row(ORR_INDEX_transactions, h->number);
    struct orr_hash hash = orr_keccak256(item->payload, item->len);
    uint8_t value[32], price[32];
    struct orr_address created = orr_evm_create_address(&b->senders[i], tx->nonce);
    orr_u256_store_be(value, tx->value);
    orr_u256_store_be(price, orr_evm_tx_price(tx, &h->base_fee));
    orr_index_add_number(&row, i);
    add_hash(&row, &hash);
    add_address(&row, &b->senders[i]);
    orr_index_note_address(moves, &b->senders[i], ORR_INDEX_AS_SENDER);
    if (tx->is_create) {
        orr_index_add_null(&row);
        add_address(&row, &created);
        orr_index_note_address(moves, &created, ORR_INDEX_AS_CREATED);
    } else {
        add_address(&row, &tx->to);
        orr_index_add_null(&row);
        orr_index_note_address(moves, &tx->to, ORR_INDEX_AS_RECIPIENT);
    }
    orr_index_add_number(&row, tx->nonce);
    orr_index_add_bytes(&row, value, sizeof value);
    orr_index_add_bytes(&row, price, sizeof price);
    orr_index_add_number(&row, r->cumulative_gas - (i ? r[-1].cumulative_gas : 0));
    if (r->has_status) {
        orr_index_add_number(&row, r->is_success);
        orr_index_add_null(&row);
    } else {
        orr_index_add_null(&row);
        add_hash(&row, &r->post_state);
    }
    orr_index_add_number(&row, r->n_logs);
    orr_index_add_bytes(&row, item->payload, item->len);
    int error = sink->put(sink, &row);
    if (error || !tx->is_create || (r->has_status && !r->is_success)) return error;
    return put_contract(sink, h->number, i, &created, &b->senders[i]);
}

static int put_log(const struct orr_index_block *b, size_t i, uint64_t place,
                   const struct orr_index_log *log, struct orr_index_sink *sink) {
    struct orr_index_row row = orr_index_row(ORR_INDEX_logs, b->block.header.number);
    orr_index_add_number(&row, place);
    orr_index_add_number(&row, i);
    add_address(&row, &log->address);
    for (uint32_t t = 0; t < 4; t++)
        if (t < log->n_topics)
            add_hash(&row, &log->topics[t]);
        else
            orr_index_add_null(&row);
    orr_index_add_bytes(&row, log->data, log->len);
    return sink->put(sink, &row);
}

int orr_index_rows_put(struct orr_index_moves *moves, const struct orr_index_block *b,
                       struct orr_index_sink *sink) {
    uint64_t number = b->block.header.number, place = 0;
    assert(!moves->n);
    moves->derived = sink->derived;
    int error = put_block(b, sink);
    orr_index_note_address(moves, &b->block.header.coinbase, ORR_INDEX_AS_COINBASE);
    for (size_t i = 0; i < b->block.n_txs && !error; i++) {
        struct orr_rlp_reader logs = b->receipts[i].logs;
        struct orr_index_log log;
        error = put_tx(b, i, moves, sink);
        while (!error && orr_index_log_read(&logs, &log)) { /* ends: with the receipt */
            error = put_log(b, i, place, &log, sink);
            if (!error) error = orr_index_note_log(moves, sink, number, place, &log);
            place++;
        }
    }
    if (error)
        moves->n = 0;
    else
        error = orr_index_moves_put(moves, sink, number);
    assert(error || place == b->n_logs);
    return error;
}
