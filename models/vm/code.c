/* Preparing code: the padded copy and the jump destinations. */
#include "models/vm/machine.h"

static size_t padded_len(size_t len) { return len + 2 * ORR_CODE_PAD; }
static size_t bitmap_bytes(size_t len) { return (len / 64 + 1) * sizeof(uint64_t); }

struct orr_evm_code *orr_evm_code_prepare_once(struct orr_mem *mem, enum orr_evm_fork fork,
                                               const uint8_t *code, size_t len) {
    assert((unsigned)fork < ORR_N_FORKS);
    struct orr_evm_code *c = orr_alloc_zero(mem, sizeof *c);
    c->fork = fork;
    c->len = len;
    c->bytes = (uint8_t *)orr_alloc(mem, padded_len(len)) + ORR_CODE_PAD;
    memset(c->bytes - ORR_CODE_PAD, 0, ORR_CODE_PAD);
    if (len) memcpy(c->bytes, code, len);
    memset(c->bytes + len, 0, ORR_CODE_PAD);
    c->jumpdests = orr_alloc_zero(mem, bitmap_bytes(len));
    for (size_t pc = 0; pc < len; pc++) {
        uint8_t op = c->bytes[pc];
        if (op == ORR_OP_JUMPDEST) c->jumpdests[pc / 64] |= 1ull << pc % 64;
        pc += orr_evm_op_immediate(op);
    }
    return c;
}

struct orr_evm_code *orr_evm_analyze(struct orr_mem *mem, enum orr_evm_fork fork,
                                     const uint8_t *code, size_t len) {
    struct orr_evm_code *c = orr_evm_code_prepare_once(mem, fork, code, len);
    if (len <= ORR_TRANSLATED_BYTES) orr_evm_code_translate(mem, c);
    return c;
}

void orr_evm_code_free(struct orr_mem *mem, struct orr_evm_code *c) {
    if (!c) return;
    orr_free(mem, c->bytes - ORR_CODE_PAD, padded_len(c->len));
    orr_free(mem, c->jumpdests, bitmap_bytes(c->len));
    orr_free(mem, c->insns, c->cap_insns * sizeof *c->insns);
    orr_free(mem, c->target, c->insns ? (c->len + 1) * sizeof *c->target : 0);
    orr_free(mem, c->wide, c->cap_wide * sizeof *c->wide);
    orr_free(mem, c->blocks, c->cap_blocks * sizeof *c->blocks);
    orr_free(mem, c, sizeof *c);
}

const uint8_t *orr_evm_code_bytes(const struct orr_evm_code *code, size_t *len) {
    *len = code->len;
    return code->bytes;
}

uint32_t orr_evm_code_block_pc(const struct orr_evm_code *code, const struct orr_evm_insn *insn) {
    uint32_t index = (uint32_t)(insn - code->insns), low = 0, high = code->n_blocks;
    assert(high > 0);
    while (high - low > 1) { /* the last block that begins at or before the instruction */
        uint32_t middle = low + (high - low) / 2;
        if (code->blocks[middle].insn <= index)
            low = middle;
        else
            high = middle;
    }
    return code->blocks[low].pc;
}
