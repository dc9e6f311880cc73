/* vault.h - what the tests of models/vault's vectors share. */
#ifndef ORR_TESTS_VAULT_H
#define ORR_TESTS_VAULT_H

#include <string.h>

#include "models/base/hex.h"
#include "models/vault/secp.h"
#include "sim/base/memory.h"
#include "tests/vectors/vectors.h"

static inline const char *orr_text_of(const json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}
/* Bytes of a field in hexadecimal. */
static inline size_t orr_bytes_of(const json_t *object, const char *name, uint8_t *to, size_t cap) {
    const char *text = orr_text_of(object, name);
    long n = orr_hex_read(text, strlen(text), to, cap);
    if (n < 0) ck_abort_msg("%s is no hexadecimal: %s", name, text);
    return (size_t)n;
}
static inline void orr_is_hex(const json_t *object, const char *name, const void *bytes,
                              size_t len) {
    uint8_t wanted[4096];
    const char *label = orr_text_of(object, "name");
    size_t n = orr_bytes_of(object, name, wanted, sizeof wanted);
    ck_assert_msg(n == len && !memcmp(wanted, bytes, len), "%s: another %s", label, name);
}

static struct orr_heap orr_test_heap;
static struct orr_secp orr_test_secp;
static inline struct orr_mem *orr_vault_setup(void) {
    orr_heap_init(&orr_test_heap);
    orr_secp_init(&orr_test_secp, &orr_test_heap.mem, NULL);
    return &orr_test_heap.mem;
}
/* All memory has been given back. */
static inline void orr_vault_teardown(void) {
    orr_secp_fini(&orr_test_secp);
    ck_assert_uint_eq(orr_test_heap.used_bytes, 0);
}
#endif
