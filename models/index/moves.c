#include "models/index/moves.h"

#include "models/base/error.h"
#include "models/index/abi.h"
#include "models/vm/u256.h"

/* Keccak-256 of "Transfer(address,address,uint256)", of
 * "TransferSingle(address,address,address,uint256,uint256)" and of
 * "TransferBatch(address,address,address,uint256[],uint256[])". */
static const struct orr_hash transfer = {{0xdd, 0xf2, 0x52, 0xad, 0x1b, 0xe2, 0xc8, 0x9b,
                                          0x69, 0xc2, 0xb0, 0x68, 0xfc, 0x37, 0x8d, 0xaa,
                                          0x95, 0x2b, 0xa7, 0xf1, 0x63, 0xc4, 0xa1, 0x16,
                                          0x28, 0xf5, 0x5a, 0x4d, 0xf5, 0x23, 0xb3, 0xef}};
static const struct orr_hash transfer_single = {{0xc3, 0xd5, 0x81, 0x68, 0xc5, 0xae, 0x73, 0x97,
                                                 0x73, 0x1d, 0x06, 0x3d, 0x5b, 0xbf, 0x3d, 0x65,
                                                 0x78, 0x54, 0x42, 0x73, 0x43, 0xf4, 0xc0, 0x83,
                                                 0x24, 0x0f, 0x7a, 0xac, 0xaa, 0x2d, 0x0f, 0x62}};
static const struct orr_hash transfer_batch = {{0x4a, 0x39, 0xdc, 0x06, 0xd4, 0xc0, 0xdb, 0xc6,
                                                0x4b, 0x70, 0xaf, 0x90, 0xfd, 0x69, 0x8a, 0x23,
                                                0x3a, 0x51, 0x8a, 0xa5, 0xd0, 0x7e, 0x59, 0x5d,
                                                0x98, 0x3b, 0x8c, 0x05, 0x26, 0xc8, 0xf7, 0xfb}};
static const struct orr_address nobody;

void orr_index_moves_init(struct orr_index_moves *moves, struct orr_mem *mem) {
    *moves = (struct orr_index_moves){.mem = mem};
    orr_places_heap_init(&moves->heap, mem);
}

void orr_index_moves_fini(struct orr_index_moves *moves) {
    orr_free(moves->mem, moves->moves, moves->cap * sizeof *moves->moves);
    orr_places_heap_fini(&moves->heap);
}

/* ---- noting ---- */

static struct orr_index_move *add(struct orr_index_moves *m, enum orr_index_table table) {
    if (m->n == m->cap) {
        uint32_t cap = m->cap ? 2 * m->cap : 64;
        m->moves = orr_resize(m->mem, m->moves, m->cap * sizeof *m->moves, cap * sizeof *m->moves);
        m->cap = cap;
    }
    struct orr_index_move *move = &m->moves[m->n];
    *move = (struct orr_index_move){.table = table, .order = m->n++};
    return move;
}

static void add_key(struct orr_index_move *move, const void *bytes, size_t len) {
    assert(move->key_len + len <= sizeof move->key);
    memcpy(move->key + move->key_len, bytes, len);
    move->key_len += (uint32_t)len;
}

void orr_index_note_address(struct orr_index_moves *m, const struct orr_address *address,
                            uint32_t as) {
    if (m->derived >> ORR_INDEX_appearances & 1) return;
    struct orr_index_move *move = add(m, ORR_INDEX_appearances);
    add_key(move, address->bytes, sizeof address->bytes);
    move->as = as;
}

/* One item of a token that moves. */
struct item {
    enum orr_index_standard standard;
    struct orr_address token, from, to;
    struct orr_u256 id, amount;
};

static void note_balance(struct orr_index_moves *m, const struct item *item,
                         const struct orr_address *holder, struct orr_u256 amount) {
    uint8_t standard[8], id[32];
    if (orr_address_equal(*holder, nobody)) return;
    struct orr_index_move *move = add(m, ORR_INDEX_balances);
    orr_store_be64(standard, item->standard);
    orr_u256_store_be(id, item->standard == ORR_INDEX_ERC1155 ? item->id : (struct orr_u256){{0}});
    add_key(move, item->token.bytes, sizeof item->token.bytes);
    add_key(move, standard, sizeof standard);
    add_key(move, holder->bytes, sizeof holder->bytes);
    add_key(move, id, sizeof id);
    move->amount = amount;
}

static void note_owner(struct orr_index_moves *m, const struct item *item) {
    struct orr_index_move *move = add(m, ORR_INDEX_owners);
    uint8_t id[32];
    orr_u256_store_be(id, item->id);
    add_key(move, item->token.bytes, sizeof item->token.bytes);
    add_key(move, id, sizeof id);
    move->owner = item->to;
}

static int put_item(struct orr_index_moves *m, struct orr_index_sink *sink, uint64_t number,
                    uint64_t place, uint64_t i, const struct item *item) {
    uint8_t id[32], amount[32];
    struct orr_index_row row = orr_index_row(ORR_INDEX_transfers, number);
    orr_u256_store_be(id, item->id);
    orr_u256_store_be(amount, item->amount);
    orr_index_add_number(&row, place);
    orr_index_add_number(&row, i);
    orr_index_add_number(&row, item->standard);
    orr_index_add_bytes(&row, item->token.bytes, sizeof item->token.bytes);
    orr_index_add_bytes(&row, item->from.bytes, sizeof item->from.bytes);
    orr_index_add_bytes(&row, item->to.bytes, sizeof item->to.bytes);
    if (item->standard == ORR_INDEX_ERC20)
        orr_index_add_null(&row);
    else
        orr_index_add_bytes(&row, id, sizeof id);
    orr_index_add_bytes(&row, amount, sizeof amount);
    orr_index_note_address(m, &item->from, ORR_INDEX_AS_PARTY);
    orr_index_note_address(m, &item->to, ORR_INDEX_AS_PARTY);
    note_balance(m, item, &item->from, orr_u256_sub((struct orr_u256){{0}}, item->amount));
    note_balance(m, item, &item->to, item->amount);
    if (item->standard == ORR_INDEX_ERC721) note_owner(m, item);
    return sink->put(sink, &row);
}

/* ---- reading logs ---- */

/* The two addresses that move something are topics `at` and the one behind it. */
static bool read_parties(const struct orr_index_log *log, uint32_t at, struct item *item) {
    static const struct orr_abi_type address = {.kind = ORR_ABI_ADDRESS};
    for (uint32_t i = 1; i < log->n_topics && i < at + 2; i++)
        if (!orr_abi_word_is_good(&address, log->topics[i].bytes)) return false;
    memcpy(item->from.bytes, log->topics[at].bytes + 12, sizeof item->from.bytes);
    memcpy(item->to.bytes, log->topics[at + 1].bytes + 12, sizeof item->to.bytes);
    return true;
}

/* The items of a batch: ids and amounts, as many of the one as of the other. */
static int put_batch(struct orr_index_moves *m, struct orr_index_sink *sink, uint64_t number,
                     uint64_t place, const struct orr_index_log *log, struct item *item) {
    struct orr_abi_type word = {.kind = ORR_ABI_UINT, .size = 256, .head_bytes = 32, .depth = 1};
    struct orr_abi_type list = {
        .kind = ORR_ABI_LIST, .of = &word, .is_dynamic = true, .head_bytes = 32, .depth = 2};
    struct orr_abi_type lists[2] = {list, list};
    struct orr_abi_type both = {.kind = ORR_ABI_TUPLE,
                                .n = 2,
                                .of = lists,
                                .is_dynamic = true,
                                .head_bytes = 32,
                                .depth = 3};
    struct orr_abi_value value;
    int error = 0;
    if (orr_abi_decode_members(m->mem, &both, log->data, log->len, &value)) return 0;
    const struct orr_abi_value *ids = &value.items[0], *amounts = &value.items[1];
    for (size_t i = 0; ids->n == amounts->n && i < ids->n && !error; i++) {
        item->id = orr_u256_load_be(ids->items[i].word);
        item->amount = orr_u256_load_be(amounts->items[i].word);
        error = put_item(m, sink, number, place, i, item);
    }
    orr_abi_value_free(m->mem, &value);
    return error;
}

int orr_index_note_log(struct orr_index_moves *m, struct orr_index_sink *sink, uint64_t number,
                       uint64_t place, const struct orr_index_log *log) {
    struct item item = {.token = log->address};
    orr_index_note_address(m, &log->address, ORR_INDEX_AS_EMITTER);
    if (log->n_topics < 3) return 0;
    if (orr_hash_equal(log->topics[0], transfer)) {
        bool is_20 = log->n_topics == 3 && log->len == 32;
        bool is_721 = log->n_topics == 4 && log->len == 0;
        if (!(is_20 || is_721) || !read_parties(log, 1, &item)) return 0;
        item.standard = is_20 ? ORR_INDEX_ERC20 : ORR_INDEX_ERC721;
        if (is_721) item.id = orr_u256_from_hash(log->topics[3]);
        item.amount = is_20 ? orr_u256_load_be(log->data) : orr_u256_from_u64(1);
        return put_item(m, sink, number, place, 0, &item);
    }
    item.standard = ORR_INDEX_ERC1155;
    bool is_batch = orr_hash_equal(log->topics[0], transfer_batch);
    bool is_single = orr_hash_equal(log->topics[0], transfer_single) && log->len == 64;
    if (log->n_topics != 4 || !(is_batch || is_single) || !read_parties(log, 2, &item)) return 0;
    if (is_batch) return put_batch(m, sink, number, place, log, &item);
    item.id = orr_u256_load_be(log->data);
    item.amount = orr_u256_load_be(log->data + 32);
    return put_item(m, sink, number, place, 0, &item);
}

/* ---- the rows of what changed ---- */

static bool same_key(const struct orr_index_move *a, const struct orr_index_move *b) {
    return a->table == b->table && a->key_len == b->key_len && !memcmp(a->key, b->key, a->key_len);
}

/* By table, key, and the order in which they came: keys of one table are of one length. */
static bool before(const void *ctx, uint32_t a, uint32_t b) {
    const struct orr_index_move *moves = ctx, *x = &moves[a], *y = &moves[b];
    if (x->table != y->table) return x->table < y->table;
    int order = memcmp(x->key, y->key, x->key_len);
    return order ? order < 0 : x->order < y->order;
}

/* The row of this change but for its last value. */
static struct orr_index_row row_of(const struct orr_index_move *move, uint64_t number) {
    const struct orr_index_schema *schema = &orr_index_schemas[move->table];
    struct orr_index_row row = orr_index_row(move->table, number);
    const uint8_t *p = move->key;
    while (row.n < schema->n_key) { /* ends: n grows */
        enum orr_index_kind kind = schema->columns[row.n].kind;
        size_t len = orr_index_kind_bytes(kind);
        if (kind == ORR_INDEX_NUMBER)
            orr_index_add_number(&row, orr_load_be64(p));
        else
            orr_index_add_bytes(&row, p, len);
        p += len;
    }
    assert(p == move->key + move->key_len);
    return row;
}

/* Puts the row of a change, the sum of all with its key. */
static int put_change(const struct orr_index_move *sum, struct orr_index_sink *sink,
                      uint64_t number) {
    struct orr_index_row row = row_of(sum, number);
    uint8_t value[32] = {0};
    if (sum->table == ORR_INDEX_appearances) {
        orr_index_add_number(&row, sum->as);
        return sink->put(sink, &row);
    }
    if (sum->table == ORR_INDEX_owners) {
        orr_index_add_bytes(&row, sum->owner.bytes, sizeof sum->owner.bytes);
        return sink->put(sink, &row);
    }
    if (orr_u256_is_zero(sum->amount)) return 0;
    int error = sink->latest(sink, &row, value);
    if (error && error != ORR_ENOTFOUND) return error;
    orr_u256_store_be(value, orr_u256_add(orr_u256_load_be(value), sum->amount));
    orr_index_add_bytes(&row, value, sizeof value);
    return sink->put(sink, &row);
}

int orr_index_moves_put(struct orr_index_moves *m, struct orr_index_sink *sink, uint64_t number) {
    int error = 0;
    for (uint32_t i = 0; i < m->n; i++) orr_places_heap_push(&m->heap, i, before, m->moves);
    struct orr_index_move sum = {.key_len = 0};
    while (m->heap.n) { /* ends: one is popped */
        const struct orr_index_move *move =
            &m->moves[orr_places_heap_pop(&m->heap, before, m->moves)];
        if (sum.key_len && same_key(&sum, move)) {
            sum.amount = orr_u256_add(sum.amount, move->amount);
            sum.owner = move->owner;
            sum.as |= move->as;
            continue;
        }
        if (sum.key_len && !error) error = put_change(&sum, sink, number);
        sum = *move;
    }
    if (sum.key_len && !error) error = put_change(&sum, sink, number);
    m->n = 0;
    return error;
}
