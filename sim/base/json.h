/* json.h - the public tests' way of writing bytes and numbers in JSON: "0x" and hex digits, with
 * or without leading zeros, sometimes decimal, sometimes prefixed "0x:bigint ". */
#ifndef ORR_SIM_BASE_JSON_H
#define ORR_SIM_BASE_JSON_H

#include <jansson.h>

#include "models/base/hex.h" /* orr_hex_encode */
#include "models/base/words.h"

/* Bytes on the C heap; end with free(bytes). */
struct orr_buffer {
    uint8_t *bytes;
    size_t len;
};

/* Hex digits with or without "0x"; an even number of them.  Returns 0 or ORR_EFORMAT. */
int orr_hex_decode(const char *hex, struct orr_buffer *out);
/* What is wrong with such a text: an odd number of digits, or a character that is none. */
void orr_hex_fault(const char *hex, char why[64]);

/* Each reads one JSON value (NULL is an error) and returns 0 or ORR_EFORMAT. */
int orr_json_bytes(const json_t *json, struct orr_buffer *out);
int orr_json_fixed(const json_t *json, void *to, size_t len); /* exactly len bytes        */
int orr_json_u256(const json_t *json, struct orr_u256 *out);  /* ORR_ELIMIT above 2^256-1 */
int orr_json_u64(const json_t *json, uint64_t *out);          /* ORR_ELIMIT above 2^64-1  */
int orr_json_address(const json_t *json, struct orr_address *out);
int orr_json_hash(const json_t *json, struct orr_hash *out);

/* A whole JSON text.  Numbers too long for jansson's integers come as strings.
 * json_decref the result; NULL with *error (whose line counts from 1). */
json_t *orr_json_parse(const char *text, size_t len, json_error_t *error);
#endif
