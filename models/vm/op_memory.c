/* Instructions that move bytes: memory growth, copies, hashing, and the output of a frame. */
#include "models/base/keccak.h"
#include "models/vm/machine.h"

#define MEMORY_START_BYTES 4096 /* most calls need less: one growth step covers them */

void orr_evm_frame_reserve(struct orr_mem *mem, struct orr_evm_frame_buffer *buffer, size_t used,
                           size_t cap) {
    if (cap <= buffer->cap) return;
    assert(used <= buffer->cap);
    if (cap < 2 * buffer->cap) cap = 2 * buffer->cap;
    if (cap < MEMORY_START_BYTES) cap = MEMORY_START_BYTES;
    if (used) {
        buffer->bytes = orr_resize(mem, buffer->bytes, buffer->cap, cap);
    } else {
        orr_free(mem, buffer->bytes, buffer->cap); /* nothing in it is worth copying */
        buffer->bytes = orr_alloc(mem, cap);
    }
    buffer->cap = cap;
}

/* Yellow Paper, appendix H.1, equation for C_mem: 3 w + w^2 / 512, w words. */
static int64_t memory_gas(uint64_t words) { return (int64_t)(3 * words + words * words / 512); }

bool orr_evm_memory_expand(struct orr_evm_frame *f, uint64_t offset, uint64_t len) {
    if (!len) return true;
    if (offset > UINT32_MAX || len > UINT32_MAX) return false;
    uint64_t words = (offset + len + 31) / 32, old_words = f->memory_len / 32;
    if (words <= old_words) return true;
    f->gas -= memory_gas(words) - memory_gas(old_words);
    if (f->gas < 0) return false;
    orr_evm_frame_reserve(f->vm->mem, &f->memory_buffer, f->memory_len, words * 32);
    f->memory = f->memory_buffer.bytes;
    memset(f->memory + f->memory_len, 0, words * 32 - f->memory_len);
    f->memory_len = words * 32;
    return true;
}

enum orr_evm_status orr_evm_op_output(struct orr_evm_frame *f) {
    const struct orr_u256 *offset = f->sp, *len = f->sp - 1;
    if (!orr_evm_memory_need(f, offset, len)) return ORR_EVM_OUT_OF_GAS;
    f->output_len = len->limb[0];
    f->output = f->output_len ? f->memory + offset->limb[0] : NULL;
    f->sp -= 2;
    return ORR_EVM_SUCCESS;
}

enum orr_evm_status orr_evm_op_keccak256(struct orr_evm_frame *f) {
    const struct orr_u256 *offset = f->sp, *len = f->sp - 1;
    if (!orr_evm_memory_need(f, offset, len) ||
        !orr_evm_charge_words(f, orr_u256_clamp_u64(*len), 6))
        return ORR_EVM_OUT_OF_GAS;
    struct orr_hash hash = orr_keccak256_again(
        f->vm->host->hashes, len->limb[0] ? f->memory + offset->limb[0] : NULL, len->limb[0]);
    f->sp--;
    *f->sp = orr_u256_from_hash(hash);
    return ORR_EVM_SUCCESS;
}

/* Copies len bytes from `from` at offset to memory at `to`, with zeros past from's end. */
static void copy_padded(uint8_t *to, const uint8_t *from, size_t from_len,
                        const struct orr_u256 *offset, size_t len) {
    uint64_t start = orr_u256_clamp_u64(*offset);
    size_t n = start >= from_len ? 0 : from_len - start < len ? from_len - start : len;
    if (n) memcpy(to, from + start, n);
    memset(to + n, 0, len - n);
}

enum orr_evm_status orr_evm_op_copy(struct orr_evm_frame *f, const uint8_t *from, size_t from_len) {
    const struct orr_u256 *to = f->sp, *offset = f->sp - 1, *len = f->sp - 2;
    if (!orr_evm_memory_need(f, to, len) || !orr_evm_charge_words(f, orr_u256_clamp_u64(*len), 3))
        return ORR_EVM_OUT_OF_GAS;
    if (len->limb[0]) copy_padded(f->memory + to->limb[0], from, from_len, offset, len->limb[0]);
    f->sp -= 3;
    return ORR_EVM_SUCCESS;
}

enum orr_evm_status orr_evm_op_return_data_copy(struct orr_evm_frame *f) {
    const struct orr_u256 *to = f->sp, *offset = f->sp - 1, *len = f->sp - 2;
    if (!orr_evm_memory_need(f, to, len) || !orr_evm_charge_words(f, orr_u256_clamp_u64(*len), 3))
        return ORR_EVM_OUT_OF_GAS;
    uint64_t start = orr_u256_clamp_u64(*offset), n = len->limb[0];
    /* EIP-211: reading past the end fails, even when nothing is read */
    if (start > f->return_data_len || n > f->return_data_len - start)
        return ORR_EVM_BAD_RETURN_READ;
    if (n) memcpy(f->memory + to->limb[0], f->return_data + start, n);
    f->sp -= 3;
    return ORR_EVM_SUCCESS;
}

enum orr_evm_status orr_evm_op_mcopy(struct orr_evm_frame *f) {
    const struct orr_u256 *to = f->sp, *from = f->sp - 1, *len = f->sp - 2;
    /* EIP-5656: memory grows to cover both ranges */
    if (!orr_evm_memory_need(f, to, len) || !orr_evm_memory_need(f, from, len) ||
        !orr_evm_charge_words(f, orr_u256_clamp_u64(*len), 3))
        return ORR_EVM_OUT_OF_GAS;
    if (len->limb[0]) memmove(f->memory + to->limb[0], f->memory + from->limb[0], len->limb[0]);
    f->sp -= 3;
    return ORR_EVM_SUCCESS;
}

enum orr_evm_status orr_evm_op_exp(struct orr_evm_frame *f) {
    unsigned exponent_bytes = (orr_u256_bit_len(f->sp[-1]) + 7) / 8;
    int per_byte = f->vm->fork >= ORR_FORK_EIP158 ? 50 : 10; /* EIP-160 */
    f->gas -= (int64_t)exponent_bytes * per_byte;
    if (f->gas < 0) return ORR_EVM_OUT_OF_GAS;
    f->sp--;
    *f->sp = orr_u256_exp(f->sp[1], f->sp[0]);
    return ORR_EVM_SUCCESS;
}
