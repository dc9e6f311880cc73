#include "models/vm/deposit.h"

#include "models/base/error.h"

int orr_evm_deposit_read(const uint8_t *bytes, size_t len, struct orr_evm_deposit *deposit) {
    if (!len || bytes[0] != ORR_DEPOSIT_TYPE) return ORR_EFORMAT;
    struct orr_rlp_reader r = orr_rlp_reader(bytes + 1, len - 1), list = orr_rlp_read_list(&r);
    struct orr_evm_deposit d;
    size_t to_len;
    orr_rlp_read_fixed(&list, &d.source_hash, sizeof d.source_hash);
    orr_rlp_read_fixed(&list, &d.from, sizeof d.from);
    const uint8_t *to = orr_rlp_read_string(&list, &to_len);
    d.is_create = !to_len;
    d.to = (struct orr_address){{0}};
    if (to_len == sizeof d.to) memcpy(&d.to, to, sizeof d.to);
    d.mint = orr_rlp_read_u256(&list);
    d.value = orr_rlp_read_u256(&list);
    d.gas = orr_rlp_read_u64(&list);
    uint64_t is_system = orr_rlp_read_u64(&list);
    d.is_system = is_system == 1;
    d.data = orr_rlp_read_string(&list, &d.data_len);
    bool good = orr_rlp_done(&list) && orr_rlp_done(&r) && is_system <= 1 &&
                (d.is_create || to_len == sizeof d.to);
    if (!good) return ORR_EFORMAT;
    *deposit = d;
    return 0;
}

void orr_evm_deposit_write(const struct orr_evm_deposit *d, struct orr_rlp_writer *w) {
    uint8_t type = ORR_DEPOSIT_TYPE;
    orr_rlp_write_raw(w, &type, 1);
    size_t list = orr_rlp_list_begin(w);
    orr_rlp_write_string(w, &d->source_hash, sizeof d->source_hash);
    orr_rlp_write_string(w, &d->from, sizeof d->from);
    orr_rlp_write_string(w, &d->to, d->is_create ? 0 : sizeof d->to);
    orr_rlp_write_u256(w, d->mint);
    orr_rlp_write_u256(w, d->value);
    orr_rlp_write_u64(w, d->gas);
    orr_rlp_write_u64(w, d->is_system);
    orr_rlp_write_string(w, d->data, d->data_len);
    orr_rlp_list_end(w, list);
}
