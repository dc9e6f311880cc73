#include "models/rollup/attributes.h"

#include <assert.h>

#include "models/base/bytes.h"
#include "models/base/error.h"

/* Selectors of setL1BlockValues, ...Ecotone, ...Isthmus and ...Jovian, and the lengths. */
static const struct {
    uint32_t selector;
    size_t len;
} forms[] = {[ORR_ATTRIBUTES_BEDROCK] = {0x015d8eb9, 260},
             [ORR_ATTRIBUTES_ECOTONE] = {0x440a5e20, 164},
             [ORR_ATTRIBUTES_ISTHMUS] = {0x098999be, 176},
             [ORR_ATTRIBUTES_JOVIAN] = {0x3db6be2b, 178}};
enum { N_FORMS = sizeof forms / sizeof forms[0] };

/* ---- writing ---- */

static void put_be(struct orr_writer *w, uint64_t v, unsigned n_bytes) {
    while (n_bytes-- > 0) orr_write_u8(w, (uint8_t)(v >> 8 * n_bytes));
}
static void put_word(struct orr_writer *w, struct orr_u256 v) {
    uint8_t bytes[32];
    orr_u256_store_be(bytes, v);
    orr_write_bytes(w, bytes, sizeof bytes);
}

static void write_bedrock(struct orr_writer *w, const struct orr_attributes *a) {
    put_word(w, orr_u256_from_u64(a->number));
    put_word(w, orr_u256_from_u64(a->timestamp));
    put_word(w, a->base_fee);
    orr_write_bytes(w, &a->hash, 32);
    put_word(w, orr_u256_from_u64(a->sequence_number));
    orr_write_bytes(w, &a->batcher, 32);
    put_word(w, a->overhead);
    put_word(w, a->scalar);
}

static void write_packed(struct orr_writer *w, const struct orr_attributes *a) {
    put_be(w, a->base_fee_scalar, 4);
    put_be(w, a->blob_base_fee_scalar, 4);
    put_be(w, a->sequence_number, 8);
    put_be(w, a->timestamp, 8);
    put_be(w, a->number, 8);
    put_word(w, a->base_fee);
    put_word(w, a->blob_base_fee);
    orr_write_bytes(w, &a->hash, 32);
    orr_write_bytes(w, &a->batcher, 32);
    if (a->form >= ORR_ATTRIBUTES_ISTHMUS) {
        put_be(w, a->operator_fee_scalar, 4);
        put_be(w, a->operator_fee_constant, 8);
    }
    if (a->form >= ORR_ATTRIBUTES_JOVIAN) put_be(w, a->da_footprint_gas_scalar, 2);
}

size_t orr_attributes_write(const struct orr_attributes *a,
                            uint8_t bytes[ORR_ATTRIBUTES_BYTES_MAX]) {
    struct orr_writer w = orr_writer(bytes, ORR_ATTRIBUTES_BYTES_MAX);
    put_be(&w, forms[a->form].selector, 4);
    if (a->form == ORR_ATTRIBUTES_BEDROCK) write_bedrock(&w, a);
    else write_packed(&w, a);
    assert(!w.bad && orr_written(&w) == forms[a->form].len);
    return orr_written(&w);
}

/* ---- reading ---- */

static uint64_t get_be(struct orr_reader *r, unsigned n_bytes) {
    uint64_t v = 0;
    while (n_bytes-- > 0) v = v << 8 | orr_read_u8(r);
    return v;
}
static struct orr_u256 get_word(struct orr_reader *r) {
    const uint8_t *p = orr_read_bytes(r, 32);
    return p ? orr_u256_load_be(p) : (struct orr_u256){{0}};
}
static uint64_t get_u64(struct orr_reader *r) {
    struct orr_u256 v = get_word(r);
    if (v.limb[1] | v.limb[2] | v.limb[3]) r->bad = true;
    return v.limb[0];
}

static void read_bedrock(struct orr_reader *r, struct orr_attributes *a) {
    a->number = get_u64(r);
    a->timestamp = get_u64(r);
    a->base_fee = get_word(r);
    orr_read_copy(r, &a->hash, 32);
    a->sequence_number = get_u64(r);
    orr_read_copy(r, &a->batcher, 32);
    a->overhead = get_word(r);
    a->scalar = get_word(r);
}

static void read_packed(struct orr_reader *r, struct orr_attributes *a) {
    a->base_fee_scalar = (uint32_t)get_be(r, 4);
    a->blob_base_fee_scalar = (uint32_t)get_be(r, 4);
    a->sequence_number = get_be(r, 8);
    a->timestamp = get_be(r, 8);
    a->number = get_be(r, 8);
    a->base_fee = get_word(r);
    a->blob_base_fee = get_word(r);
    orr_read_copy(r, &a->hash, 32);
    orr_read_copy(r, &a->batcher, 32);
    if (a->form >= ORR_ATTRIBUTES_ISTHMUS) {
        a->operator_fee_scalar = (uint32_t)get_be(r, 4);
        a->operator_fee_constant = get_be(r, 8);
    }
    if (a->form >= ORR_ATTRIBUTES_JOVIAN) a->da_footprint_gas_scalar = (uint16_t)get_be(r, 2);
}

int orr_attributes_read(const uint8_t *bytes, size_t len, struct orr_attributes *a) {
    struct orr_reader r = orr_reader(bytes, len);
    uint32_t selector = (uint32_t)get_be(&r, 4);
    unsigned form = 0;
    while (form < N_FORMS && (forms[form].selector != selector || forms[form].len != len)) form++;
    if (form == N_FORMS) return ORR_EFORMAT;
    struct orr_attributes read = {.form = form};
    if (form == ORR_ATTRIBUTES_BEDROCK) read_bedrock(&r, &read);
    else read_packed(&r, &read);
    if (!orr_read_done(&r)) return ORR_EFORMAT;
    *a = read;
    return 0;
}
