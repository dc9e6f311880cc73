/* normal.h - texts of people in one form: Unicode's NFKD, by libunistring. */
#ifndef ORR_VAULT_NORMAL_H
#define ORR_VAULT_NORMAL_H

#include "models/base/mem.h"
#include "models/vault/fault.h"

/* A text of the caller's: end with orr_secret_free, which overwrites it. */
struct orr_secret {
    uint8_t *bytes;
    size_t len, size; /* size: as it was allocated */
};
/* size bytes, all of them in use. */
struct orr_secret orr_secret_new(struct orr_mem *mem, size_t size);
void orr_secret_free(struct orr_mem *mem, struct orr_secret *secret);

enum { ORR_NORMAL_MAX = 1 << 16 }; /* bytes of a password or sentence */

/* UTF-8 in form NFKD, with one NUL behind its end.  BAD_TEXT: no UTF-8, or above the limit. */
enum orr_vault_fault orr_normal_nfkd(struct orr_mem *mem, const void *text, size_t len,
                                     struct orr_secret *out);
/* A password as EIP-2335 wants it: NFKD, then without C0, C1 and DEL. */
enum orr_vault_fault orr_normal_password(struct orr_mem *mem, const void *text, size_t len,
                                         struct orr_secret *out);
#endif
