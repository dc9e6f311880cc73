#include "models/rollup/step_contract.h"

#include <string.h>

#include "models/base/error.h"
#include "models/rollup/dispute.h"

enum { NUMBER = 0x0e10 };

struct orr_address orr_step_contract_address(void) {
    return (struct orr_address){{[18] = NUMBER >> 8, [19] = NUMBER & 0xff}};
}

struct orr_hash orr_step_claim(const struct orr_hash *state, enum orr_step_phase phase,
                               const struct orr_hash *output_root,
                               const struct orr_hash *disputed) {
    struct orr_hash claim = *state;
    bool is_over = phase == ORR_STEP_DONE || phase == ORR_STEP_INVALID;
    bool is_it = phase == ORR_STEP_DONE && orr_hash_equal(*output_root, *disputed);
    claim.bytes[0] = !is_over ? ORR_DISPUTE_UNFINISHED
                     : is_it  ? ORR_DISPUTE_VALID
                              : ORR_DISPUTE_INVALID;
    return claim;
}

static uint64_t gas(enum orr_evm_fork fork, const uint8_t *in, size_t in_len) {
    (void)fork;
    (void)in;
    if (in_len > (UINT64_MAX - ORR_STEP_GAS) / ORR_STEP_BYTE_GAS) return UINT64_MAX;
    return ORR_STEP_GAS + ORR_STEP_BYTE_GAS * (uint64_t)in_len;
}

static int run(struct orr_mem *mem, enum orr_evm_fork fork, const uint8_t *in, size_t in_len,
               uint8_t **out, size_t *out_len) {
    struct orr_hash disputed;
    struct orr_step_shown shown;
    (void)fork;
    if (in_len <= sizeof disputed) return ORR_EFORMAT;
    memcpy(&disputed, in, sizeof disputed);
    if (orr_step_verify(mem, in + sizeof disputed, in_len - sizeof disputed, &shown))
        return ORR_EFORMAT;
    struct orr_hash before =
        orr_step_claim(&shown.before, shown.step.phase, &shown.output_root, &disputed);
    struct orr_hash after =
        orr_step_claim(&shown.after, shown.phase, &shown.output_root, &disputed);
    *out_len = 2 * sizeof before;
    *out = orr_alloc(mem, *out_len);
    memcpy(*out, &before, sizeof before);
    memcpy(*out + sizeof before, &after, sizeof after);
    return 0;
}

const struct orr_evm_precompile orr_step_contract = {"STEP", NUMBER, ORR_FORK_FRONTIER, gas, run};
