#include "sim/cli/vm/json_write.h"

#include <stdlib.h>

#include "models/base/hex.h"
#include "sim/base/memory.h"

json_t *orr_json_data(const void *bytes, size_t len) {
    char *hex = orr_xrealloc(NULL, 2 * len + 3);
    hex[0] = '0', hex[1] = 'x';
    orr_hex_encode(hex + 2, bytes, len);
    json_t *json = json_stringn(hex, 2 * len + 2);
    free(hex);
    return json;
}

json_t *orr_json_quantity(struct orr_u256 v) {
    uint8_t be[32];
    char hex[65], text[67] = "0x", *digits = hex;
    orr_u256_store_be(be, v);
    orr_hex_encode(hex, be, sizeof be);
    while (*digits == '0' && digits[1]) digits++; /* ends: the last digit stays */
    memcpy(text + 2, digits, strlen(digits) + 1);
    return json_string(text);
}
