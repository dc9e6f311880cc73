/* material.h - keys as people have them: what a text or a file holds, and what follows from it. */
#ifndef ORR_SIM_CLI_VAULT_MATERIAL_H
#define ORR_SIM_CLI_VAULT_MATERIAL_H

#include "models/vault/bip39.h"
#include "sim/cli/vault/call.h"
#include "sim/cli/vault/password.h"

/* KIND(constant, name, what it is) */
#define ORR_MATERIAL_KINDS(KIND)                                \
    KIND(KEY, "key", "a private key over secp256k1")            \
    KIND(BLS, "bls", "a private key over BLS12-381")            \
    KIND(SEED, "seed", "16 to 64 bytes from which keys follow") \
    KIND(MNEMONIC, "mnemonic", "a sentence of BIP-39")          \
    KIND(XPRV, "xprv", "an extended private key of BIP-32")     \
    KIND(XPUB, "xpub", "an extended public key of BIP-32")      \
    KIND(ED25519, "ed25519", "a seed of Ed25519 (RFC 8032)")    \
    KIND(AGE, "age", "an identity of age")                      \
    KIND(SECRET, "secret", "bytes that are none of these")      \
    KIND(PASSWORD, "password", "a password")                    \
    KIND(NOTE, "note", "a text")                                \
    KIND(FILE, "file", "a file")

enum orr_material_kind {
#define KIND(constant, name, text) ORR_MATERIAL_##constant,
    ORR_MATERIAL_KINDS(KIND)
#undef KIND
        ORR_MATERIAL_N
};
const char *orr_material_name(enum orr_material_kind kind);
/* ORR_MATERIAL_N: none. */
enum orr_material_kind orr_material_kind(const char *name);

struct orr_material {
    enum orr_material_kind kind;
    int keystore_version;      /* it came from a keystore of this version; else 0 */
    struct orr_secret secret;  /* bytes of a key, seed, identity; else the text */
    struct orr_bip39 sentence; /* of MNEMONIC */
    struct orr_bip32 node;     /* of XPRV and XPUB */
    char path[128];            /* that a keystore of EIP-2335 names */
};
void orr_material_free(const struct orr_call *call, struct orr_material *m);

/* What bytes hold.  kind ORR_MATERIAL_N: to be found out (--kind, if given, says it).  A keystore's
 * password is asked for as `use`.  Returns an exit code, told; source is for messages. */
int orr_material_parse(const struct orr_call *call, const char *source, const void *bytes,
                       size_t len, enum orr_material_kind kind, enum orr_password_use use,
                       struct orr_material *m);
/* From --from, or the entry `name` of the vault. */
int orr_material_load(const struct orr_call *call, const char *name, struct orr_material *m);
/* What an entry of the vault holds in a version (0: the newest). */
int orr_material_of_entry(const struct orr_call *call, const json_t *entry, int64_t version,
                          struct orr_material *m);
/* As the text that orr_material_parse reads; orr_secret_free it. */
struct orr_secret orr_material_text(const struct orr_call *call, const struct orr_material *m);

/* The master node of a seed or sentence (with the passphrase that options give), or the node that
 * it is.  seed: 64 bytes, or NULL; *seed_len. */
int orr_material_root(const struct orr_call *call, const struct orr_material *m,
                      struct orr_bip32 *root, uint8_t *seed, size_t *seed_len);
/* The node at --path, or at BIP-44's first address.  For XPRV and XPUB without --path: itself. */
int orr_material_node(const struct orr_call *call, const struct orr_material *m,
                      const char *standard, struct orr_bip32 *node, char path[128]);
/* The key that signs: of KEY itself, else at the path. */
int orr_material_key(const struct orr_call *call, const struct orr_material *m, uint8_t key[32]);
/* Its public side as fields of an object, and with --secret the secret one. */
int orr_material_describe(const struct orr_call *call, const struct orr_material *m,
                          json_t *object);
#endif
