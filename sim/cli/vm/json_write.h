/* json_write.h - numbers and bytes as JSON-RPC writes them (execution-apis, "QUANTITY" and "DATA").
 *
 * Each makes a JSON string: data as "0x" and two digits a byte, a quantity as "0x" and digits
 * without leading zeros. */
#ifndef ORR_SIM_CLI_VM_JSON_WRITE_H
#define ORR_SIM_CLI_VM_JSON_WRITE_H

#include <jansson.h>

#include "models/base/words.h"

json_t *orr_json_data(const void *bytes, size_t len);
json_t *orr_json_quantity(struct orr_u256 v);
static inline json_t *orr_json_number(uint64_t v) {
    return orr_json_quantity(orr_u256_from_u64(v));
}
static inline json_t *orr_json_of_hash(const struct orr_hash *hash) {
    return orr_json_data(hash->bytes, sizeof hash->bytes);
}
static inline json_t *orr_json_of_address(const struct orr_address *address) {
    return orr_json_data(address->bytes, sizeof address->bytes);
}

/* The same as a member of an object. */
static inline void orr_json_set_data(json_t *object, const char *key, const void *bytes,
                                     size_t len) {
    json_object_set_new(object, key, orr_json_data(bytes, len));
}
static inline void orr_json_set_quantity(json_t *object, const char *key, struct orr_u256 v) {
    json_object_set_new(object, key, orr_json_quantity(v));
}
static inline void orr_json_set_number(json_t *object, const char *key, uint64_t v) {
    json_object_set_new(object, key, orr_json_number(v));
}
static inline void orr_json_set_hash(json_t *object, const char *key, const struct orr_hash *hash) {
    json_object_set_new(object, key, orr_json_of_hash(hash));
}
static inline void orr_json_set_address(json_t *object, const char *key,
                                        const struct orr_address *address) {
    json_object_set_new(object, key, orr_json_of_address(address));
}
#endif
