/* precompile.h - the contracts at fixed addresses that every EVM implements natively.
 *
 * A call to address 0x01..0x11 or 0x100 runs one of these instead of bytecode, from the fork that
 * introduced it on:
 *
 *     const struct orr_evm_precompile *p = orr_evm_precompile_find(fork, address);
 *     if (p) {
 *         uint64_t cost = p->gas(fork, input, input_len);
 *         if (cost > gas) ...out of gas: the call fails and consumes all of its gas...
 *         uint8_t *out;
 *         size_t out_len;
 *         if (p->run(mem, fork, input, input_len, &out, &out_len) != 0)
 *             return ...the call fails and consumes all of its gas...
 *         ...gas - cost is left; out[0..out_len) is the return data...
 *         orr_free(mem, out, out_len);
 *     }
 *
 * Everything here is a pure function of fork and input: no globals are written, so any number of
 * threads may call at once, each with its own allocator.  Nothing here handles a secret: all inputs
 * are public chain data, and all arithmetic is variable-time. */
#ifndef ORR_EVM_PRECOMPILE_H
#define ORR_EVM_PRECOMPILE_H

#include <stddef.h>
#include <stdint.h>

#include "models/base/mem.h"
#include "models/vm/fork.h"

/* One precompiled contract; static and immutable. */
struct orr_evm_precompile {
    const char *name;    /* as the EIPs write it, "BLS12_G1MSM" */
    uint16_t number;     /* its address, as a big-endian number */
    enum orr_evm_fork since; /* the fork that introduced it         */

    /* What a call with this input costs.  Saturates at UINT64_MAX.  A malformed input has a cost
     * too.  Call it first: it bounds the time that run takes. */
    uint64_t (*gas)(enum orr_evm_fork fork, const uint8_t *in, size_t in_len);

    /* Runs the contract on in[0..in_len), lent for the call (in may be NULL when in_len == 0).
     * Returns 0 and sets *out to a buffer of *out_len bytes from mem, which the caller owns and
     * frees with orr_free(mem, *out, *out_len); an empty result is NULL with length 0.  Note that
     * some contracts answer an invalid input with an empty result rather than a failure (ECRECOVER,
     * P256VERIFY).  Returns ORR_EFORMAT for an input that the contract rejects and ORR_ELIMIT for
     * one above its limits (EIP-7823): the call fails and consumes all of its gas; *out and
     * *out_len are untouched. */
    int (*run)(struct orr_mem *mem, enum orr_evm_fork fork, const uint8_t *in, size_t in_len,
               uint8_t **out, size_t *out_len);
};

/* The precompile at a 20-byte address under a fork's rules, or NULL when that address is an
 * ordinary account there.  An address for which this is not NULL is warm from a transaction's start
 * (EIP-2929). */
const struct orr_evm_precompile *orr_evm_precompile_find(enum orr_evm_fork fork,
                                                         const uint8_t address[20]);

/* The i-th precompile of all forks in order of address, or NULL past the last; for listings. */
const struct orr_evm_precompile *orr_evm_precompile_at(size_t i);
#endif
