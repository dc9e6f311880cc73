/* keccak_memo.h - Keccak-256 of short inputs that are asked for again and again: accounts, storage
 * keys, topics.  Simulated nodes that run one block ask for the same ones, each in its turn.
 *
 * A table of the last input that fell on each of its places, with all its bytes: what it gives is
 * what orr_keccak256 gives, and it is never walked. */
#ifndef ORR_BASE_KECCAK_MEMO_H
#define ORR_BASE_KECCAK_MEMO_H

#include "models/base/keccak.h"
#include "models/base/mem.h"

enum { ORR_KECCAK_MEMO_BYTES = 64 }; /* a longer input is hashed each time */

struct orr_keccak_memo;

/* Of 2^log2 inputs at most, 104 bytes each. */
struct orr_keccak_memo *orr_keccak_memo_new(struct orr_mem *mem, unsigned log2);
void orr_keccak_memo_free(struct orr_keccak_memo *memo); /* NULL is allowed */

/* As orr_keccak256.  memo NULL: hashed each time. */
struct orr_hash orr_keccak256_again(struct orr_keccak_memo *memo, const void *data, size_t len);
#endif
