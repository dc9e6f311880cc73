/* Span batches: what is written is read, in full again; counts that lie are refused before memory
 * is taken for them. */
#include <string.h>

#include "models/base/error.h"
#include "models/rollup/batch.h"
#include "models/rollup/span.h"
#include "sim/base/memory.h"
#include "tests/test.h"

static struct orr_heap heap;
static struct orr_mem *mem;
static void begin(void) {
    orr_heap_init(&heap);
    mem = &heap.mem;
}

/* value 5, gas price 7, data 0x0102; with an access list; with two fees; with authorizations. */
static const uint8_t legacy[] = {0xc5, 5, 7, 0x82, 1, 2};
static const uint8_t listed[] = {1, 0xc6, 5, 7, 0x82, 1, 2, 0xc0};
static const uint8_t market[] = {2, 0xc7, 5, 7, 9, 0x82, 1, 2, 0xc0};
static const uint8_t set_code[] = {4, 0xc8, 5, 7, 9, 0x82, 1, 2, 0xc0, 0xc0};
static uint8_t word[32], address[20];

static struct orr_span_tx tx(const uint8_t *data, size_t len, bool is_create, bool y) {
    memset(word, 0x11, sizeof word);
    memset(address, 0x22, sizeof address);
    return (struct orr_span_tx){.type = data[0] < 128 ? data[0] : 0, .is_create = is_create,
                                .y_parity = y, .is_protected = true, .r = word, .s = word,
                                .to = is_create ? NULL : address, .data = data, .data_len = len,
                                .nonce = 300, .gas = 21000};
}
#define TX(data, is_create, y) tx(data, sizeof data, is_create, y)

enum { N_BLOCKS = 9, N_TXS = 10 };
static uint32_t counts[N_BLOCKS] = {1, 0, 3, 0, 0, 2, 0, 0, 4};
static const uint8_t origins[2] = {1, 0x04}; /* blocks 8 and 2 */
static struct orr_span_tx txs[N_TXS];

static struct orr_span_batch example(void) {
    for (int i = 0; i < N_TXS; i++)
        txs[i] = i % 4 == 0   ? TX(legacy, i == 4, i == 8)
                 : i % 4 == 1 ? TX(listed, false, true)
                 : i % 4 == 2 ? TX(market, true, false)
                              : TX(set_code, false, true);
    txs[8].is_protected = false;
    struct orr_span_batch span = {.rel_timestamp = UINT64_MAX, .l1_origin_num = 1000,
                                  .n_blocks = N_BLOCKS,
                            .origin_bits = origins, .block_tx_counts = counts, .txs = txs,
                            .n_txs = N_TXS};
    memset(span.parent_check, 3, sizeof span.parent_check);
    return span;
}

static int read_all(const struct orr_rlp_writer *w, struct orr_span_batch *span,
                    struct orr_span_fault *fault) {
    return orr_span_read(mem, w->bytes, w->len, span, fault);
}

START_TEST(what_is_written_is_read_and_written_the_same) {
    begin();
    struct orr_span_batch span = example(), got;
    struct orr_span_fault fault;
    struct orr_rlp_writer w = {.mem = mem}, again = w;
    orr_span_write(&span, &w);
    ck_assert_int_eq(read_all(&w, &got, &fault), 0);
    ck_assert_uint_eq(got.rel_timestamp, UINT64_MAX);
    ck_assert_uint_eq(got.n_blocks, N_BLOCKS);
    ck_assert_mem_eq(got.block_tx_counts, counts, sizeof counts);
    ck_assert_uint_eq(got.n_bytes, w.len);
    for (int i = 0; i < N_TXS; i++) {
        ck_assert_uint_eq(got.txs[i].type, txs[i].type);
        ck_assert_int_eq(got.txs[i].is_create, txs[i].is_create);
        ck_assert_int_eq(got.txs[i].y_parity, txs[i].y_parity);
        ck_assert_int_eq(got.txs[i].is_protected, txs[i].type == 0 && i != 8);
        ck_assert_uint_eq(got.txs[i].nonce, 300);
    }
    orr_span_write(&got, &again);
    ck_assert_uint_eq(again.len, w.len);
    ck_assert_mem_eq(again.bytes, w.bytes, w.len);
    orr_span_free(mem, &got);
    orr_rlp_free(&w), orr_rlp_free(&again);
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

START_TEST(origins_go_back_from_the_last_block) {
    begin();
    struct orr_span_batch span = example();
    uint64_t numbers[N_BLOCKS];
    static const uint64_t wanted[N_BLOCKS] = {998, 998, 999, 999, 999, 999, 999, 999, 1000};
    orr_span_origins(&span, numbers);
    ck_assert_mem_eq(numbers, wanted, sizeof wanted);
}
END_TEST

/* The item at a place of the list behind the type byte. */
static struct orr_rlp_item field(const struct orr_rlp_writer *w, size_t skip, int at) {
    struct orr_rlp_reader r = orr_rlp_reader(w->bytes + skip, w->len - skip);
    struct orr_rlp_reader fields = orr_rlp_read_list(&r);
    ck_assert(orr_rlp_done(&r));
    struct orr_rlp_item item = {0};
    for (int i = 0; i <= at; i++) item = orr_rlp_read(&fields);
    ck_assert(!fields.bad);
    return item;
}

START_TEST(a_transaction_is_written_in_full) {
    begin();
    static const struct {
        uint64_t chain;
        bool is_protected, y;
        const char *v;
        size_t v_len;
    } rows[] = {{10, true, false, "\x37", 1}, {10, true, true, "\x38", 1},
                {10, false, false, "\x1b", 1}, {10, false, true, "\x1c", 1},
                {UINT64_MAX, true, true, "\x02\0\0\0\0\0\0\0\x22", 9},
                {((uint64_t)1 << 63) - 18, true, true, "\x01\0\0\0\0\0\0\0\0", 9},
                {((uint64_t)1 << 63) - 18, true, false, "\xff\xff\xff\xff\xff\xff\xff\xff", 8}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct orr_span_tx t = TX(legacy, false, rows[i].y);
        struct orr_rlp_writer w = {.mem = mem};
        t.is_protected = rows[i].is_protected;
        orr_span_tx_write(&t, rows[i].chain, &w);
        struct orr_rlp_item v = field(&w, 0, 6);
        ck_assert_uint_eq(v.len, rows[i].v_len);
        ck_assert_mem_eq(v.payload, rows[i].v, v.len);
        ck_assert_mem_eq(field(&w, 0, 3).payload, address, 20);
        orr_rlp_free(&w);
    }
    struct orr_span_tx t = TX(set_code, true, true);
    struct orr_rlp_writer w = {.mem = mem};
    orr_span_tx_write(&t, 10, &w);
    ck_assert_uint_eq(w.bytes[0], 4);
    ck_assert_uint_eq(field(&w, 1, 0).payload[0], 10);        /* chain id */
    ck_assert_uint_eq(field(&w, 1, 3).payload[0], 9);         /* max fee */
    ck_assert_uint_eq(field(&w, 1, 5).len, 0);                /* it creates */
    ck_assert_uint_eq(field(&w, 1, 6).payload[0], 5);         /* value */
    ck_assert(field(&w, 1, 8).is_list && field(&w, 1, 9).is_list);
    ck_assert_uint_eq(field(&w, 1, 10).payload[0], 1);        /* y parity */
    ck_assert_uint_eq(field(&w, 1, 12).len, 32);              /* s */
    orr_rlp_free(&w);
}
END_TEST

START_TEST(a_transaction_in_full_is_taken_apart_again) {
    begin();
    struct orr_span_batch span = example();
    struct orr_arena arena;
    orr_arena_init(&arena);
    static const uint64_t chains[] = {0, 10, ((uint64_t)1 << 63) - 18, UINT64_MAX};
    for (int i = 0; i < N_TXS; i++)
        for (size_t c = 0; c < sizeof chains / sizeof chains[0]; c++) {
            struct orr_rlp_writer w = {.mem = mem}, again = w;
            struct orr_span_tx got;
            orr_span_tx_write(&span.txs[i], chains[c], &w);
            ck_assert_int_eq(orr_span_tx_read(&arena.mem, w.bytes, w.len, chains[c], &got), 0);
            ck_assert_uint_eq(got.data_len, txs[i].data_len);
            ck_assert_mem_eq(got.data, txs[i].data, got.data_len);
            orr_span_tx_write(&got, chains[c], &again);
            ck_assert_uint_eq(again.len, w.len);
            ck_assert_mem_eq(again.bytes, w.bytes, w.len);
            bool any_chain = got.type == 0 && !got.is_protected;
            bool is_read = !orr_span_tx_read(&arena.mem, w.bytes, w.len, 77, &got);
            ck_assert_int_eq(is_read, any_chain);
            for (size_t cut = 0; cut < w.len; cut++)
                ck_assert_int_ne(orr_span_tx_read(&arena.mem, w.bytes, cut, chains[c], &got), 0);
            orr_rlp_free(&w), orr_rlp_free(&again);
        }
    struct orr_span_tx got;
    ck_assert_int_ne(orr_span_tx_read(&arena.mem, (const uint8_t *)"\3\xc0", 2, 10, &got), 0);
    orr_arena_fini(&arena);
}
END_TEST

/* Bytes of a span up to the number of blocks, then those of `rest`. */
static struct orr_rlp_writer with_counts(const char *rest, size_t len) {
    struct orr_rlp_writer w = {.mem = mem};
    static const uint8_t head[2 + 2 * ORR_SPAN_CHECK_BYTES] = {1, 1};
    orr_rlp_write_raw(&w, head, sizeof head);
    orr_rlp_write_raw(&w, rest, len);
    return w;
}

START_TEST(counts_that_lie_are_refused_before_memory_is_taken) {
    begin();
    static const struct {
        const char *bytes;
        size_t len;
        int error;
        const char *what;
    } rows[] = {
        {"\0", 1, ORR_EFORMAT, "it has no blocks"},
        {"\x81\xad\xe2\4", 4, ORR_ELIMIT, "it has too many blocks"}, /* 10,000,001 */
        {"\x80\xad\xe2\4", 4, ORR_EFORMAT, "the bits of origins are malformed"},
        {"\1\2\0", 3, ORR_EFORMAT, "the bits of origins are malformed"}, /* a bit above */
        {"\1\1", 2, ORR_EFORMAT, "the numbers of transactions are cut off"},
        {"\1\1\x81\xad\xe2\4", 6, ORR_ELIMIT, "it has too many transactions"},
        {"\1\1\x80\xad\xe2\4", 6, ORR_EFORMAT, "its transactions are cut off"},
        {"\2\1\xff\xff\xff\xff\xff\xff\xff\xff\xff\1\1", 13, ORR_ELIMIT,
         "it has too many transactions"},
        {"\2\1\xff\xff\xff\xff\xff\xff\xff\xff\xff\2\1", 13, ORR_EFORMAT,
         "a block's number of transactions is malformed"}, /* above 64 bits */
        {"\1\1\x80", 3, ORR_EFORMAT, "a block's number of transactions is malformed"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct orr_rlp_writer w = with_counts(rows[i].bytes, rows[i].len);
        struct orr_span_batch span;
        struct orr_span_fault fault = {0, ""};
        size_t before = heap.peak_bytes;
        ck_assert_int_eq(read_all(&w, &span, &fault), rows[i].error);
        ck_assert_str_eq(fault.what, rows[i].what);
        ck_assert_uint_lt(heap.peak_bytes - before, 4096);
        orr_rlp_free(&w);
        ck_assert_uint_eq(heap.used_bytes, 0);
    }
    struct orr_rlp_writer empty = with_counts("\1\0\0", 3);
    struct orr_span_batch span;
    struct orr_span_fault fault;
    ck_assert_int_eq(read_all(&empty, &span, &fault), 0); /* one block, no transaction */
    ck_assert(!orr_span_has_new_origin(&span, 0));
    orr_span_free(mem, &span);
    orr_rlp_free(&empty);
}
END_TEST

START_TEST(data_of_a_transaction_is_looked_at) {
    begin();
    static const struct {
        uint8_t bytes[16];
        size_t len;
        bool good;
    } rows[] = {
        {{0xc5, 5, 7, 0x82, 1, 2}, 6, true},
        {{0xc4, 5, 0x82, 1, 2}, 5, false},            /* no gas price */
        {{0xc6, 5, 7, 0x82, 1, 2, 1}, 7, false},      /* one more */
        {{0xc6, 0x81, 5, 7, 0x82, 1, 2}, 7, false},   /* not minimal */
        {{0xc5, 0, 7, 0x82, 1, 2}, 6, false},         /* a leading zero */
        {{1, 0xc6, 5, 7, 0x82, 1, 2, 0xc0}, 8, true},
        {{1, 0xc6, 5, 7, 0x82, 1, 2, 0x80}, 8, false}, /* no list */
        {{1, 0xc8, 5, 7, 0x82, 1, 2, 0xc2, 0x80, 0xc0}, 10, false}, /* no address */
        {{3, 0xc7, 5, 7, 9, 0x82, 1, 2, 0xc0}, 9, false}, /* blobs are no span's */
        {{4, 0xc7, 5, 7, 9, 0x82, 1, 2, 0xc0}, 9, false}, /* no authorizations */
        {{0x7e, 0xc0}, 2, false},
        {{5, 0xc0}, 2, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct orr_span_batch span = example(), got;
        struct orr_span_tx one = tx(rows[i].bytes, rows[i].len, false, false);
        uint32_t count = 1;
        struct orr_span_fault fault;
        struct orr_rlp_writer w = {.mem = mem};
        span.n_blocks = span.n_txs = 1;
        span.block_tx_counts = &count;
        span.origin_bits = (const uint8_t *)"\1";
        span.txs = &one;
        orr_span_write(&span, &w);
        orr_rlp_write_raw(&w, "\0\0\0\0\0\0\0\0", 8);
        ck_assert_msg(!read_all(&w, &got, &fault) == rows[i].good, "row %zu", i);
        if (rows[i].good) orr_span_free(mem, &got);
        orr_rlp_free(&w);
    }
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

START_TEST(a_singular_batch_is_written_and_read) {
    begin();
    struct orr_rollup_tx all[2] = {{legacy, sizeof legacy}, {NULL, 0}};
    struct orr_singular batch = {.epoch_num = 5, .timestamp = UINT64_MAX, .txs = all, .n_txs = 2};
    struct orr_singular got;
    struct orr_rlp_writer w = {.mem = mem};
    memset(&batch.parent_hash, 7, 32);
    orr_singular_write(&batch, &w);
    ck_assert_int_eq(orr_singular_read(mem, w.bytes, w.len, &got), 0);
    ck_assert_uint_eq(got.timestamp, UINT64_MAX);
    ck_assert_uint_eq(got.n_txs, 2);
    ck_assert_uint_eq(got.txs[0].len, sizeof legacy);
    ck_assert_uint_eq(got.txs[1].len, 0);
    ck_assert_mem_eq(&got.parent_hash, &batch.parent_hash, 32);
    orr_singular_free(mem, &got);
    for (size_t cut = 0; cut < w.len; cut++)
        ck_assert_int_eq(orr_singular_read(mem, w.bytes, cut, &got), ORR_EFORMAT);
    orr_rlp_free(&w);
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

ORR_TEST_MAIN("rollup.span", what_is_written_is_read_and_written_the_same,
              origins_go_back_from_the_last_block, a_transaction_is_written_in_full,
              counts_that_lie_are_refused_before_memory_is_taken,
              data_of_a_transaction_is_looked_at, a_transaction_in_full_is_taken_apart_again,
              a_singular_batch_is_written_and_read)
