/* nonces.h - which nonces of an account were used: each once, in any order, however late.
 *
 * Used nonces are kept as runs of consecutive numbers, so what an account costs is its gaps: the
 * transfers that have been overtaken and those that never come.  (A window of so many numbers below
 * the highest would void what waits at a validator that is cut off, or behind a partition, as soon
 * as the account has moved on by so many.)  An account has at most ORR_NONCE_RUNS_MAX runs: one
 * more closes the lowest gap, whose nonces then count as used. */
#ifndef ORR_LEDGER_NONCES_H
#define ORR_LEDGER_NONCES_H

#include <stdbool.h>

#include "models/base/mem.h"

enum { ORR_NONCE_RUNS_MAX = 1024 };

struct orr_ledger_nonce_run {
    uint64_t first, last;
};

struct orr_ledger_nonces {
    /* [n] ascending, at least one unused number between any two */
    struct orr_ledger_nonce_run *runs;
    uint32_t n, cap;
};

bool orr_ledger_nonces_have(const struct orr_ledger_nonces *nonces, uint64_t nonce);
/* Adds one that is not there; mem is the same in every call. */
void orr_ledger_nonces_use(struct orr_ledger_nonces *nonces, uint64_t nonce, struct orr_mem *mem);
/* Makes `to` equal to `from`; it keeps its own memory. */
void orr_ledger_nonces_copy(struct orr_ledger_nonces *to, const struct orr_ledger_nonces *from,
                            struct orr_mem *mem);
/* Fills an empty set from n runs in bytes (first u64, last u64, little-endian); false: they are no
 * runs of one. */
bool orr_ledger_nonces_load(struct orr_ledger_nonces *nonces, const uint8_t *bytes, uint32_t n,
                            struct orr_mem *mem);
void orr_ledger_nonces_fini(struct orr_ledger_nonces *nonces, struct orr_mem *mem);
#endif
