/* abi.h - Ethereum's contract ABI: types from their text, values from bytes and back.
 * Solidity documentation, "Contract ABI Specification".
 *
 *     struct orr_abi_type *type;
 *     int error = orr_abi_type_read(mem, "(uint256,string)[]", 18, &type, &at);
 *     struct orr_abi_value value;
 *     error = orr_abi_decode(mem, type, bytes, len, &value);
 *     ...
 *     orr_abi_value_free(mem, &value);
 *     orr_abi_type_free(mem, type);
 *
 * Decoding is strict: every number is in its range, what fills a word up is zero (or the sign),
 * offsets point behind the head that they stand in and inside the data, and everything that a type
 * asks for is there.  It is bounded: ORR_ABI_MAX_VALUES in all, since offsets may point at the same
 * bytes again and again. */
#ifndef ORR_INDEX_ABI_H
#define ORR_INDEX_ABI_H

#include "models/base/rlp.h"

enum {
    ORR_ABI_WORD = 32,
    ORR_ABI_MAX_DEPTH = 16,       /* of arrays and tuples in each other, with what they hold */
    ORR_ABI_MAX_VALUES = 1 << 16, /* in one value, and elements of an array in a type */
};

enum orr_abi_kind {
    ORR_ABI_UINT,
    ORR_ABI_INT,
    ORR_ABI_ADDRESS,
    ORR_ABI_BOOL,
    ORR_ABI_FIXED_BYTES, /* bytes1 to bytes32 */
    ORR_ABI_BYTES,
    ORR_ABI_STRING,
    ORR_ABI_ARRAY, /* T[n] */
    ORR_ABI_LIST,  /* T[]  */
    ORR_ABI_TUPLE,
};

struct orr_abi_type {
    enum orr_abi_kind kind;
    uint32_t size;     /* bits of a number; bytes of bytesN */
    uint32_t n;        /* elements of an array; members of a tuple, at least 1 */
    uint32_t depth;    /* 1 of what holds nothing */
    bool is_dynamic;   /* stands behind an offset */
    size_t head_bytes; /* what it takes in the head that it stands in: a multiple of 32 */
    struct orr_abi_type *of; /* owned: [n] of a tuple, [1] of an array or list, else NULL */
};

/* Reads a type as Solidity writes it in signatures; `uint` and `int` are of 256 bits.  Returns 0,
 * ORR_EFORMAT, or ORR_ELIMIT (too deep, too long); *at is then the byte where reading ended. */
int orr_abi_type_read(struct orr_mem *mem, const char *text, size_t len,
                      struct orr_abi_type **type, size_t *at);
void orr_abi_type_free(struct orr_mem *mem, struct orr_abi_type *type);
/* Appends the type as signatures are hashed: uint256, (address,bytes32)[2]. */
void orr_abi_type_write(const struct orr_abi_type *type, struct orr_rlp_writer *w);

/* A value of some type.  Numbers, addresses, flags: word, 32 bytes as they are encoded; bytesN:
 * the first bytes of word.  bytes and string: bytes, len, lent from what was decoded.  Arrays and
 * tuples: items. */
struct orr_abi_value {
    uint8_t word[ORR_ABI_WORD];
    const uint8_t *bytes;
    size_t len;
    struct orr_abi_value *items; /* [n], owned */
    size_t n;
};

/* Decodes one value of a type, as it is encoded for a function that takes nothing else; _members: a
 * tuple's members as a function with these parameters takes them, or the data of an event holds
 * them.  Bytes behind it are allowed.  Returns 0, ORR_EFORMAT or ORR_ELIMIT; *value is filled on
 * success alone. */
int orr_abi_decode(struct orr_mem *mem, const struct orr_abi_type *type, const uint8_t *bytes,
                   size_t len, struct orr_abi_value *value);
int orr_abi_decode_members(struct orr_mem *mem, const struct orr_abi_type *tuple,
                           const uint8_t *bytes, size_t len, struct orr_abi_value *value);
void orr_abi_value_free(struct orr_mem *mem, struct orr_abi_value *value);

/* Whether a word may stand for a value of a type that takes one word. */
bool orr_abi_word_is_good(const struct orr_abi_type *type, const uint8_t word[ORR_ABI_WORD]);

/* Appends the encoding that orr_abi_decode reads.  The value must be one of the type. */
void orr_abi_encode(const struct orr_abi_type *type, const struct orr_abi_value *value,
                    struct orr_rlp_writer *w);
#endif
