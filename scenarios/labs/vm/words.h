/* words.h - arithmetic on words of 256 bits: what words.c gives vm.c.  Not to be changed. */
#ifndef ORR_LABS_VM_WORDS_H
#define ORR_LABS_VM_WORDS_H

#include "models/base/words.h"

/* limb[0] is the lowest 64 bits. */
static inline struct orr_u256 word(uint64_t v) { return orr_u256_from_u64(v); }
static inline bool is_zero(struct orr_u256 a) { return orr_u256_is_zero(a); }

struct orr_u256 word_add(struct orr_u256 a, struct orr_u256 b);
bool word_less(struct orr_u256 a, struct orr_u256 b);            /* as numbers without a sign */
struct orr_u256 word_shift_right(struct orr_u256 a, uint32_t n); /* n may be 256 or more */
/* What an instruction from ADD to SAR makes of the words that it pops: a was on top. */
struct orr_u256 word_compute(uint8_t op, struct orr_u256 a, struct orr_u256 b, struct orr_u256 c);
#endif
