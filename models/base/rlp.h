/* rlp.h - Recursive Length Prefix, the encoding of transactions, headers, receipts and trie nodes.
 * Yellow Paper, appendix B.
 *
 * The reader is strict: it accepts the one canonical encoding of each item (shortest length form,
 * no single byte below 0x80 behind a prefix, numbers without leading zeros) and nothing else.  Like
 * struct orr_reader, the first failure sticks in `bad`; the caller tests it once at the end. */
#ifndef ORR_BASE_RLP_H
#define ORR_BASE_RLP_H

#include <stddef.h>

#include "models/base/mem.h"
#include "models/base/words.h"

/* ---- reading ---- */

/* One item.  payload lies inside the input that was read (lent): a string's bytes, or a list's
 * items one after another.  encoding .. encoding + encoding_len is the item with its prefix. */
struct orr_rlp_item {
    bool is_list;
    const uint8_t *payload;
    size_t len;
    const uint8_t *encoding;
    size_t encoding_len;
};

/* A sequence of items, read from the front. */
struct orr_rlp_reader {
    const uint8_t *p, *end;
    bool bad;
};

struct orr_rlp_reader orr_rlp_reader(const void *bytes, size_t len);
/* Something is left to read and nothing has failed. */
bool orr_rlp_more(const struct orr_rlp_reader *r);
/* All was read, and nothing failed. */
bool orr_rlp_done(const struct orr_rlp_reader *r);
/* The next item; an empty string item once the reader is bad. */
struct orr_rlp_item orr_rlp_read(struct orr_rlp_reader *r);
/* The next item, without moving on. */
struct orr_rlp_item orr_rlp_peek(const struct orr_rlp_reader *r);
/* The next item must be a list: a reader of its items (itself bad when this one is). */
struct orr_rlp_reader orr_rlp_read_list(struct orr_rlp_reader *r);
/* The next item must be a string; its bytes are lent, *len is 0 when bad. */
const uint8_t *orr_rlp_read_string(struct orr_rlp_reader *r, size_t *len);
/* The next item must be a string of exactly len bytes, copied to `to` (zeroed when bad). */
void orr_rlp_read_fixed(struct orr_rlp_reader *r, void *to, size_t len);
/* The next item must be a canonical number of at most 8 or 32 bytes. */
uint64_t orr_rlp_read_u64(struct orr_rlp_reader *r);
struct orr_u256 orr_rlp_read_u256(struct orr_rlp_reader *r);

/* Lists nest this deep at most in orr_rlp_check: no Ethereum object reaches 8. */
enum { ORR_RLP_MAX_DEPTH = 1024 };

/* Whether bytes are exactly one item, canonical through every level.  Returns 0, ORR_EFORMAT, or
 * ORR_ELIMIT for lists nested deeper than ORR_RLP_MAX_DEPTH. */
int orr_rlp_check(const void *bytes, size_t len);

/* ---- writing ---- */

/* A growing buffer.  Start it as {.mem = mem}; orr_rlp_free gives it back. */
struct orr_rlp_writer {
    struct orr_mem *mem;
    uint8_t *bytes;
    size_t len, cap;
};

void orr_rlp_free(struct orr_rlp_writer *w);
/* Bytes as they are, with no prefix (an item that is encoded already, a type byte). */
void orr_rlp_write_raw(struct orr_rlp_writer *w, const void *bytes, size_t len);
void orr_rlp_write_string(struct orr_rlp_writer *w, const void *bytes, size_t len);
void orr_rlp_write_u64(struct orr_rlp_writer *w, uint64_t v);
void orr_rlp_write_u256(struct orr_rlp_writer *w, struct orr_u256 v);
/* What is written between begin and end becomes a list; begin's result goes to end.  Nests. */
size_t orr_rlp_list_begin(struct orr_rlp_writer *w);
void orr_rlp_list_end(struct orr_rlp_writer *w, size_t begin);

/* The prefix of a list (0xc0) or string (0x80) with a payload of len bytes, to `to` (room for 9);
 * returns its length.  A one-byte string below 0x80 has none; the caller sees to that. */
size_t orr_rlp_prefix(uint8_t *to, uint8_t base, size_t len);
/* v without leading zeros, at the end of a 32-byte buffer; returns how many bytes there are. */
size_t orr_rlp_trim_u256(uint8_t be[32], struct orr_u256 v);
#endif
