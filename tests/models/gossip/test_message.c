/* Signing, names and peer records: what one writes another verifies, and nothing else. */
#include "models/gossip/message.h"

#include "models/gossip/frame.h"
#include "models/gossip/record.h"
#include "sim/base/memory.h"
#include "sim/cli/gossip/multiaddr.h"
#include "tests/models/gossip/hex.h"

static struct orr_heap heap;
static struct orr_pool pool;

static void begin(void) {
    orr_heap_init(&heap);
    orr_pool_init(&pool, &heap.mem);
}
static void end(void) {
    ck_assert_uint_eq(pool.n_live, 0);
    orr_pool_fini(&pool);
}

/* The message of gossipsub's golden bytes: seed 00 01 ... 1f, seqno 1. */
static uint32_t write_golden(uint8_t *bytes, size_t cap, bool is_signed) {
    static const uint8_t seqno[8] = {0, 0, 0, 0, 0, 0, 0, 1};
    uint8_t seed[32], id[ORR_PEER_ID_BYTES], signature[ORR_SIGN_BYTES];
    for (int i = 0; i < 32; i++) seed[i] = (uint8_t)i;
    struct orr_keypair pair;
    orr_keypair_from_seed(seed, &pair);
    orr_peer_id(pair.public_key, id);
    struct orr_rpc_content content = {.from = {id, sizeof id},
                                      .data = blob("hello from raw"),
                                      .seqno = {seqno, 8},
                                      .topic = blob("t")};
    if (is_signed) orr_gossip_sign(&content, &pair, &pool, NULL, signature);
    struct orr_writer w = orr_writer(bytes, cap);
    orr_rpc_put_message(&w, &content);
    ck_assert(!w.bad);
    return (uint32_t)orr_written(&w);
}

static enum orr_gossip_fault verify(enum orr_gossip_policy policy, const uint8_t *bytes,
                                    uint32_t len) {
    uint8_t room[256] __attribute__((aligned(8)));
    struct orr_rpc_counts counts;
    struct orr_rpc rpc;
    if (orr_rpc_count(bytes, len, 2, &counts) || counts.publish != 1) return ORR_N_GOSSIP_FAULTS;
    orr_rpc_read(bytes, len, &counts, room, &rpc);
    return orr_gossip_verify(policy, bytes, &rpc.publish[0], &pool, NULL);
}

START_TEST(a_signed_message_is_that_of_js_libp2p_byte_for_byte) {
    uint8_t bytes[256];
    begin();
    struct orr_writer w = orr_writer(bytes, sizeof bytes);
    w.p += write_golden(bytes, sizeof bytes, true);
    wants_hex(&w, "1287010a2600240801122003a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664"
                  "125531b8120e68656c6c6f2066726f6d207261771a0800000000000000012201742a40e5dddbe5"
                  "b17edeb3859f831342e3cee59f18be2cc51b9991899c8ad0a5e3e0f028bb300f60842ab3893223"
                  "f5496e1a9fba20392c116b08c6b7fc7094b4788d02");
    ck_assert_int_eq(verify(ORR_STRICT_SIGN, bytes, (uint32_t)orr_written(&w)), ORR_GOSSIP_NONE);
    end();
}
END_TEST

START_TEST(no_bit_of_a_signed_message_can_be_changed) {
    uint8_t bytes[256];
    begin();
    uint32_t len = write_golden(bytes, sizeof bytes, true);
    for (uint32_t bit = 0; bit < 8 * len; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        ck_assert_msg(verify(ORR_STRICT_SIGN, bytes, len) != ORR_GOSSIP_NONE, "bit %u", bit);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    end();
}
END_TEST

START_TEST(each_policy_refuses_what_is_the_others) {
    uint8_t bytes[256];
    begin();
    uint32_t len = write_golden(bytes, sizeof bytes, true);
    ck_assert_int_eq(verify(ORR_STRICT_NO_SIGN, bytes, len), ORR_GOSSIP_SIGNATURE_PRESENT);
    len = write_golden(bytes, sizeof bytes, false);
    ck_assert_int_eq(verify(ORR_STRICT_NO_SIGN, bytes, len), ORR_GOSSIP_FROM_PRESENT);
    ck_assert_int_eq(verify(ORR_STRICT_SIGN, bytes, len), ORR_GOSSIP_NO_SIGNATURE);
    len = unhex("12061a0100120101", bytes);
    ck_assert_int_eq(verify(ORR_STRICT_NO_SIGN, bytes, len), ORR_GOSSIP_SEQNO_PRESENT);
    len = unhex("1206320100120101", bytes);
    ck_assert_int_eq(verify(ORR_STRICT_NO_SIGN, bytes, len), ORR_GOSSIP_KEY_PRESENT);
    len = unhex("1203120101", bytes);
    ck_assert_int_eq(verify(ORR_STRICT_NO_SIGN, bytes, len), ORR_GOSSIP_NONE);
    end();
}
END_TEST

START_TEST(modelled_signatures_travel_like_real_ones) {
    uint8_t bytes[256], id[ORR_PEER_ID_BYTES], signature[ORR_SIGN_BYTES];
    static const uint8_t seqno[8] = {1};
    struct orr_keypair pair;
    begin();
    orr_keypair_derive(ORR_SIGNATURES_MODELLED, 1, 5, &pair);
    orr_peer_id(pair.public_key, id);
    struct orr_rpc_content content = {
        .from = {id, sizeof id}, .seqno = {seqno, 8}, .topic = blob("t")};
    orr_gossip_sign(&content, &pair, &pool, NULL, signature);
    struct orr_writer w = orr_writer(bytes, sizeof bytes);
    orr_rpc_put_message(&w, &content);
    ck_assert_int_eq(verify(ORR_STRICT_SIGN, bytes, (uint32_t)orr_written(&w)), ORR_GOSSIP_NONE);
    bytes[orr_written(&w) - 1] ^= 1;
    ck_assert_int_eq(verify(ORR_STRICT_SIGN, bytes, (uint32_t)orr_written(&w)),
                     ORR_GOSSIP_BAD_SIGNATURE);
    end();
}
END_TEST

START_TEST(peer_ids_are_told_apart_by_their_kind) {
    uint8_t bytes[64];
    static const struct { const char *hex; enum orr_peer_id_kind kind; } ids[] = {
        {"00240801122003a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8",
         ORR_PEER_ID_ED25519},
        {"1220caa557ae43623950e32e1c77cf8f34c22cfb63d8ad74badf1fecdf3563313db9",
         ORR_PEER_ID_UNSUPPORTED},
        {"0025080212210277112ea806240dc6a5dd84f398451b1868766ecf760184a06ae6f1f7b1b49ef4",
         ORR_PEER_ID_UNSUPPORTED},
        {"00240801122003a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc86641255",
         ORR_PEER_ID_MALFORMED},
        {"00", ORR_PEER_ID_MALFORMED}, {"", ORR_PEER_ID_MALFORMED},
        {"000408041200", ORR_PEER_ID_MALFORMED}, /* a type that nobody has */
    };
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        struct orr_blob id = {bytes, unhex(ids[i].hex, bytes)};
        ck_assert_msg(orr_peer_id_kind(id) == ids[i].kind, "%s", ids[i].hex);
    }
}
END_TEST

START_TEST(a_peer_record_is_accepted_of_its_maker_alone) {
    static const uint8_t address[] = {4, 127, 0, 0, 1, 6, 0x0f, 0xa1};
    uint8_t bytes[512], id[ORR_PEER_ID_BYTES], other[ORR_PEER_ID_BYTES];
    struct orr_keypair pair, stranger;
    struct orr_peer_record record;
    char text[64];
    begin();
    orr_keypair_derive(ORR_SIGNATURES_REAL, 1, 0, &pair);
    orr_keypair_derive(ORR_SIGNATURES_REAL, 1, 1, &stranger);
    orr_peer_id(pair.public_key, id);
    orr_peer_id(stranger.public_key, other);
    struct orr_writer w = orr_writer(bytes, sizeof bytes);
    orr_record_write(&w, &pair, 7, (struct orr_blob){address, sizeof address}, NULL);
    ck_assert(!w.bad);
    struct orr_blob envelope = {bytes, (uint32_t)orr_written(&w)};
    struct orr_blob subject = {id, sizeof id}, foreign = {other, sizeof other};
    ck_assert_int_eq(orr_record_read(subject, envelope, &pool, NULL, &record), ORR_RECORD_NONE);
    ck_assert_uint_eq(record.seq, 7);
    ck_assert_uint_eq(record.n_addresses, 1);
    ck_assert(orr_multiaddr_text(orr_record_address(&record, 0), text, sizeof text));
    ck_assert_str_eq(text, "/ip4/127.0.0.1/tcp/4001");
    ck_assert_int_eq(orr_record_read(foreign, envelope, &pool, NULL, &record), ORR_RECORD_SIGNER);
    for (uint32_t i = 0; i < envelope.len; i++) { /* any byte; the sequence number is signed too */
        bytes[i] ^= 0x40;
        ck_assert_msg(orr_record_read(subject, envelope, &pool, NULL, &record), "byte %u", i);
        bytes[i] ^= 0x40;
    }
    for (uint32_t len = 0; len < envelope.len; len++)
        ck_assert(orr_record_read(subject, (struct orr_blob){bytes, len}, &pool, NULL, &record));
    end();
}
END_TEST

START_TEST(addresses_are_written_as_people_read_them) {
    static const struct { const char *hex, *text; } good[] = {
        {"36016106" "0050", "/dns4/a/tcp/80"},
        {"29" "20010db8000000000000000000000001" "9102" "0fa1" "cd03",
         "/ip6/2001:db8::1/udp/4001/quic-v1"},
        {"a503" "0400010203", "/p2p/1Ldp"},
        {"06ffff", "/tcp/65535"}, {"dd03", "/ws"},
    };
    static const char *const bad[] = {"", "04", "047f0000", "36", "3602" "61", "3601" "2f",
                                      "3600", "ff7f", "0601", "a50300"};
    uint8_t bytes[64];
    char text[128];
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct orr_blob address = {bytes, unhex(good[i].hex, bytes)};
        ck_assert(orr_multiaddr_text(address, text, sizeof text));
        ck_assert_str_eq(text, good[i].text);
        ck_assert(!orr_multiaddr_text(address, text, strlen(good[i].text)));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct orr_blob address = {bytes, unhex(bad[i], bytes)};
        ck_assert_msg(!orr_multiaddr_text(address, text, sizeof text), "%s", bad[i]);
    }
}
END_TEST

START_TEST(a_frame_of_the_greatest_length_passes_and_one_byte_more_does_not) {
    struct orr_frames f;
    struct orr_blob frame;
    uint8_t chunk[8];
    begin();
    for (uint32_t len = 299; len <= 301; len++) {
        uint32_t at = 0;
        struct orr_writer w = orr_writer(chunk, sizeof chunk);
        orr_proto_put_varint(&w, len);
        orr_frames_init(&f, &heap.mem, 300);
        int result = orr_frames_next(&f, chunk, (uint32_t)orr_written(&w), &at, &frame);
        ck_assert_int_eq(result, len > 300 ? ORR_ELIMIT : 0);
        if (len > 300) /* and the stream stays dead */
            ck_assert_int_eq(orr_frames_next(&f, chunk, 8, &at, &frame), ORR_EFORMAT);
        ck_assert(!orr_frames_may_end(&f));
        orr_frames_fini(&f);
    }
    ck_assert_uint_eq(heap.used_bytes, 0);
    end();
}
END_TEST

ORR_TEST_MAIN("gossip messages", a_signed_message_is_that_of_js_libp2p_byte_for_byte,
              no_bit_of_a_signed_message_can_be_changed, each_policy_refuses_what_is_the_others,
              modelled_signatures_travel_like_real_ones, peer_ids_are_told_apart_by_their_kind,
              a_peer_record_is_accepted_of_its_maker_alone,
              addresses_are_written_as_people_read_them,
              a_frame_of_the_greatest_length_passes_and_one_byte_more_does_not)
