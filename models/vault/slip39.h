/* slip39.h - a secret in shares of words, some of which give it back (SLIP-0039): groups of
 * members, Shamir's sharing over GF(256), a checksum in each share and a digest over all. */
#ifndef ORR_VAULT_SLIP39_H
#define ORR_VAULT_SLIP39_H

#include <stdbool.h>

#include "models/vault/normal.h"
#include "models/vault/wordlist.h"

enum {
    ORR_SLIP39_MAX = 16,        /* groups, and members of a group                                */
    ORR_SLIP39_MIN_SECRET = 16, /* bytes; an even number                                         */
    ORR_SLIP39_MAX_SECRET = 64,
    ORR_SLIP39_TEXT = (7 + 52) * 9 + 1, /* the longest share with its NUL */
};

/* One share as its words say. */
struct orr_share {
    uint16_t id; /* 15 bits that all shares of a secret have in common */
    bool extendable;
    uint8_t exponent;                                            /* 10000 * 2^exponent iterations */
    uint8_t group, group_threshold, n_groups, member, threshold; /* thresholds and counts from 1 */
    size_t len;
    uint8_t value[ORR_SLIP39_MAX_SECRET];
};

/* BAD_WORD, BAD_CHECKSUM, BAD_SHARE. */
enum orr_vault_fault orr_share_read(struct orr_mem *mem, const char *text, size_t len,
                                    struct orr_share *share, struct orr_why *why);
/* Returns the length. */
size_t orr_share_write(const struct orr_share *share, char text[ORR_SLIP39_TEXT]);

/* The secret that n shares give; the passphrase is of printable ASCII (BAD_TEXT), and any
 * passphrase gives a secret.  Shares beyond what is needed must fit too; a share given twice counts
 * once. SHARES_DIFFER, SHARES_MISSING (which groups lack how many), SHARES_WRONG. */
enum orr_vault_fault orr_shares_combine(const struct orr_share *shares, size_t n,
                                        const void *passphrase, size_t passphrase_len,
                                        struct orr_mem *mem, struct orr_secret *secret,
                                        struct orr_why *why);

/* How a secret is split. */
struct orr_share_plan {
    uint8_t n_groups, group_threshold;
    struct {
        uint8_t threshold, n;
    } group[ORR_SLIP39_MAX];
    uint8_t exponent;
    bool extendable;
};
/* Random bytes that orr_shares_split takes. */
size_t orr_shares_random(const struct orr_share_plan *plan, size_t secret_len);
/* Shares of all groups in turn; the caller has room for the sum of group[].n.  BAD_SHARE: the plan
 * cannot be (a threshold above its count, or of 1 with several members) or the secret has no such
 * length; BAD_TEXT: the passphrase. */
enum orr_vault_fault orr_shares_split(struct orr_mem *mem, const struct orr_share_plan *plan,
                                      const void *secret, size_t len, const void *passphrase,
                                      size_t passphrase_len, const uint8_t *random,
                                      struct orr_share *shares, struct orr_why *why);
#endif
