/* bip32.h - trees of keys over secp256k1 (BIP-32), derivation paths (BIP-32, BIP-44, EIP-2334), and
 * extended keys as text. */
#ifndef ORR_VAULT_BIP32_H
#define ORR_VAULT_BIP32_H

#include "models/vault/codec.h"
#include "models/vault/fault.h"
#include "models/vault/secp.h"

enum { ORR_PATH_MAX = 255 };
#define ORR_HARDENED 0x80000000u

/* Steps from the master key: an index, with ORR_HARDENED in its top bit for i'.  EIP-2334's indices
 * are not hardened and may have that bit. */
struct orr_path {
    size_t n;
    uint32_t step[ORR_PATH_MAX];
};
/* "m" or "m/44'/60'/0'/0/0"; ', h and H harden.  wide: indices up to 2^32 - 1 and no marks, as
 * EIP-2334 writes them; else up to 2^31 - 1.  BAD_PATH with the place. */
enum orr_vault_fault orr_path_read(const char *text, size_t len, bool wide, struct orr_path *path,
                                   struct orr_why *why);

/* A node of the tree. */
struct orr_bip32 {
    bool is_private, is_test; /* is_test: written as tprv and tpub */
    uint8_t depth;
    uint32_t index;
    uint8_t parent[4], chain[32];
    uint8_t key[32];   /* while is_private */
    uint8_t point[33]; /* the public key, always */
};

/* From a seed of 16 to 64 bytes.  BAD_TEXT: another length; BAD_KEY: this seed has no key (odds
 * 2^-127). */
enum orr_vault_fault orr_bip32_master(const struct orr_secp *secp, const void *seed, size_t len,
                                      struct orr_bip32 *node);
/* The child at an index, of a private node or, unless hardened, of a public one (BAD_PATH). */
enum orr_vault_fault orr_bip32_child(const struct orr_secp *secp, const struct orr_bip32 *parent,
                                     uint32_t index, struct orr_bip32 *child);
enum orr_vault_fault orr_bip32_derive(const struct orr_secp *secp, const struct orr_bip32 *from,
                                      const struct orr_path *path, struct orr_bip32 *to,
                                      struct orr_why *why);
/* The first four bytes of HASH160 of the public key. */
void orr_bip32_fingerprint(const struct orr_bip32 *node, uint8_t fingerprint[4]);

/* As xprv (private, which needs is_private) or xpub. */
void orr_bip32_write(const struct orr_bip32 *node, bool private, char to[ORR_BASE58_TEXT]);
/* BAD_EXTENDED_KEY with why; every form that BIP-32's list of invalid keys names is refused. */
enum orr_vault_fault orr_bip32_read(const struct orr_secp *secp, const char *text, size_t len,
                                    struct orr_bip32 *node, struct orr_why *why);
#endif
