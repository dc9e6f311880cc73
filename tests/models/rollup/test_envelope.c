/* Unsafe blocks on their way: what was written is read, of each fork's form; what is changed, cut
 * off or badly compressed is refused; the signature binds block, chain and key. */
#include "models/rollup/envelope.h"

#include "models/rollup/payload.h"
#include "tests/models/rollup/rollup_world.h"

static const enum orr_evm_rollup forks[] = {ORR_EVM_BEDROCK, ORR_EVM_CANYON, ORR_EVM_ECOTONE,
                                            ORR_EVM_HOLOCENE, ORR_EVM_ISTHMUS};
enum { N_FORKS = sizeof forks / sizeof forks[0] };

/* The payload of the last L2 block, whole, not compressed. */
static struct orr_hash write_last(struct orr_rlp_writer *w) {
    const struct l2_raw *b = &l2[n_l2 - 1], *p = &l2[n_l2 - 2];
    struct orr_system_config system = p->system;
    struct orr_rollup_tx lent[4];
    struct orr_payload payload;
    const uint8_t *at = b->txs.bytes;
    for (size_t i = 0; i < b->n_txs; at += b->tx_lens[i++])
        lent[i] = (struct orr_rollup_tx){at, b->tx_lens[i]};
    ck_assert_ptr_null(orr_payload_make(&heap.mem, &config, &p->head,
                                        &l1[b->head.block.origin_number].read, lent, b->n_txs,
                                        &system, &payload));
    struct orr_hash hash =
        orr_envelope_write(&config, &b->header, &b->head.block.hash, payload.txs, payload.n_txs, w);
    orr_payload_free(&heap.mem, &payload);
    return hash;
}

static void seal_last(struct orr_rlp_writer *wire) {
    struct orr_rlp_writer w = {.mem = &heap.mem};
    uint8_t signature[ORR_ENVELOPE_SIGNATURE];
    struct orr_hash hash = write_last(&w);
    struct signature s = sign_hash(hash);
    orr_u256_store_be(signature, s.r);
    orr_u256_store_be(signature + 32, s.s);
    signature[64] = (uint8_t)s.parity;
    *wire = (struct orr_rlp_writer){.mem = &heap.mem};
    orr_envelope_seal(&w, signature, wire);
    orr_rlp_free(&w);
}

static void begin_at(enum orr_evm_rollup fork) {
    begin_rollup(fork);
    make_l1();
    make_l2(0, 2);
    make_l2(0, 0);
    make_l2(0, 3);
}

START_TEST(what_was_written_is_read_in_every_forks_form) {
    static const size_t fixed[] = {508, 512, 528 + 32, 528 + 32, 560 + 32};
    for (size_t f = 0; f < N_FORKS; f++) {
        begin_at(forks[f]);
        struct orr_rlp_writer wire;
        struct orr_envelope e;
        seal_last(&wire);
        const char *bad = orr_envelope_read(&heap.mem, &config, wire.bytes, wire.len, &e);
        ck_assert_msg(!bad, "fork %zu: %s", f, bad);
        const struct l2_raw *b = &l2[n_l2 - 1];
        ck_assert(orr_hash_equal(e.hash, b->head.block.hash));
        ck_assert_uint_eq(e.n_txs, 1 + b->n_txs);
        ck_assert_uint_eq(e.txs[1].len, b->tx_lens[0]);
        ck_assert_mem_eq(e.txs[1].bytes, b->txs.bytes, b->txs.len);
        size_t len = ORR_ENVELOPE_SIGNATURE + fixed[f] + b->header.extra_data_len + 4 * e.n_txs +
                     e.txs[0].len + b->txs.len;
        ck_assert_uint_eq(e.bytes.len, len);
        ck_assert(orr_envelope_is_by(&e, &signer));
        struct orr_address other = signer;
        other.bytes[0] ^= 1;
        ck_assert(!orr_envelope_is_by(&e, &other));
        uint64_t time = b->head.block.time;
        ck_assert(!orr_envelope_is_untimely(&e, time + 60) &&
                  !orr_envelope_is_untimely(&e, time - 5));
        ck_assert(orr_envelope_is_untimely(&e, time + 61) &&
                  orr_envelope_is_untimely(&e, time - 6));
        orr_envelope_free(&e);
        config.l2_chain_id++; /* another chain's */
        ck_assert_ptr_null(orr_envelope_read(&heap.mem, &config, wire.bytes, wire.len, &e));
        ck_assert(!orr_envelope_is_by(&e, &signer));
        orr_envelope_free(&e);
        orr_rlp_free(&wire);
        end_rollup();
    }
}
END_TEST

START_TEST(a_changed_byte_or_a_cut_is_refused_or_not_the_signers) {
    begin_at(ORR_EVM_ISTHMUS);
    struct orr_rlp_writer w = {.mem = &heap.mem}, wire;
    seal_last(&wire);
    ck_assert_int_eq(orr_snappy_read(wire.bytes, wire.len, ORR_ENVELOPE_BYTES_MAX, &w), 0);
    for (size_t i = 0; i < w.len; i++) {
        struct orr_rlp_writer changed = {.mem = &heap.mem};
        struct orr_envelope e;
        w.bytes[i] ^= 1;
        orr_snappy_write(w.bytes, w.len, &changed);
        w.bytes[i] ^= 1;
        if (!orr_envelope_read(&heap.mem, &config, changed.bytes, changed.len, &e)) {
            ck_assert_msg(!orr_envelope_is_by(&e, &signer), "byte %zu", i);
            orr_envelope_free(&e);
        }
        orr_rlp_free(&changed);
    }
    for (size_t len = 0; len < wire.len; len++) {
        struct orr_envelope e;
        ck_assert_ptr_nonnull(orr_envelope_read(&heap.mem, &config, wire.bytes, len, &e));
    }
    orr_rlp_free(&w);
    orr_rlp_free(&wire);
    end_rollup();
}
END_TEST

START_TEST(snappy_blocks_are_read_as_their_description_says) {
    static const struct {
        const char *block;
        size_t len;
        const char *text; /* NULL: refused */
    } cases[] = {
        {"\x00", 1, ""},
        {"\x03\x08"
         "abc",
         5, "abc"}, /* a literal of three */
        {"\x0a\x04"
         "ab\x15\x02",
         6, NULL}, /* its copy is longer than what is left */
        {"\x0b\x04"
         "ab\x15\x02",
         6, "abababababa"}, /* copy of 9 that reaches into itself */
        {"\x06\x08"
         "abc\x0a\x03\x00",
         8, "abcabc"}, /* two bytes of offset */
        {"\x06\x08"
         "abc\x0b\x03\x00\x00\x00",
         10, "abcabc"}, /* four */
        {"\x06\x08"
         "abc\x0a\x04\x00",
         8, NULL}, /* before the beginning */
        {"\x06\x08"
         "abc\x0a\x00\x00",
         8, NULL}, /* of nothing */
        {"\x03\xf0\x02"
         "abc",
         6, "abc"}, /* one byte of length */
        {"\x04\x08"
         "abc",
         5, NULL}, /* shorter than it says */
        {"\x02\x08"
         "abc",
         5, NULL},                             /* longer */
        {"\xff\xff\xff\xff\xff\x01", 6, NULL}, /* a length of more than 32 bits */
        {"\x80", 1, NULL},
        {"", 0, NULL},
    };
    orr_heap_init(&heap);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct orr_rlp_writer w = {.mem = &heap.mem};
        int error = orr_snappy_read((const uint8_t *)cases[i].block, cases[i].len, 100, &w);
        ck_assert_msg(!error == !!cases[i].text, "case %zu", i);
        if (cases[i].text) {
            ck_assert_msg(w.len == strlen(cases[i].text), "case %zu: %zu bytes", i, w.len);
            if (w.len) ck_assert_mem_eq(w.bytes, cases[i].text, w.len);
        }
        orr_rlp_free(&w);
    }
    struct orr_rlp_writer w = {.mem = &heap.mem};
    ck_assert_int_eq(orr_snappy_read((const uint8_t *)"\x65\x04", 2, 100, &w), ORR_ELIMIT);
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

START_TEST(texts_of_every_length_come_back) {
    static const size_t lens[] = {0, 1, 59, 60, 61, 65535, 65536, 65537, 200000};
    static uint8_t text[200000];
    orr_heap_init(&heap);
    for (size_t i = 0; i < sizeof text; i++) text[i] = (uint8_t)(i * i >> 3);
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        struct orr_rlp_writer block = {.mem = &heap.mem}, back = {.mem = &heap.mem};
        orr_snappy_write(text, lens[i], &block);
        ck_assert_int_eq(orr_snappy_read(block.bytes, block.len, lens[i], &back), 0);
        ck_assert_uint_eq(back.len, lens[i]);
        if (lens[i]) ck_assert_mem_eq(back.bytes, text, lens[i]);
        orr_rlp_free(&block);
        orr_rlp_free(&back);
    }
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

ORR_TEST_MAIN("envelope", what_was_written_is_read_in_every_forks_form,
              a_changed_byte_or_a_cut_is_refused_or_not_the_signers,
              snappy_blocks_are_read_as_their_description_says, texts_of_every_length_come_back)
