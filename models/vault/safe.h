/* safe.h - the vault's file: an age file (age.h) whose stanzas are the vault's key slots and whose
 * payload is JSON that holds slots and entries.  docs/vault.md has it byte by byte.
 *
 * A slot is an X25519 key: that of an age identity, or one that argon2id makes of a passphrase. The
 * payload holds the public keys, so a new file key can be made for every version without any
 * passphrase, and whoever is no longer in a slot cannot read what is written afterwards. */
#ifndef ORR_VAULT_SAFE_H
#define ORR_VAULT_SAFE_H

#include <jansson.h>

#include "models/vault/age.h"
#include "models/vault/kdf.h"
#include "models/vault/normal.h"

#define ORR_SAFE_STANZA "orrery-vault"
#define ORR_SLOT_STANZA "orrery-argon2id"

enum {
    ORR_SAFE_VERSION = 1,
    ORR_SAFE_SLOTS = 32,
    ORR_SAFE_KEEP = 5,        /* versions of an entry, the newest included */
    ORR_SAFE_MAX = 256 << 20, /* bytes of a vault */
    ORR_SAFE_NAME = 128,
    ORR_SLOT_PASSES = 3,
    ORR_SLOT_MEMORY_KIB = 256 << 10,
};

/* ---- opening ---- */

/* Whether a header is a vault's. */
bool orr_safe_is(const struct orr_age_header *header);
/* The file key by a passphrase; identity: the slot's secret key, which opens later versions too.
 * NO_MATCH, COSTLY, NO_MEMORY, BAD_HEADER. */
enum orr_vault_fault orr_safe_unlock(const struct orr_age_header *header, const void *passphrase,
                                     size_t len, bool allow_costly, uint8_t identity[32],
                                     uint8_t file_key[ORR_AGE_FILE_KEY], struct orr_why *why);
/* The same by the secret key of a slot, of either kind. */
enum orr_vault_fault orr_safe_unlock_key(const struct orr_age_header *header,
                                         const uint8_t identity[32],
                                         uint8_t file_key[ORR_AGE_FILE_KEY], struct orr_why *why);
/* Looks at entries one after the other; they are lent.  What comes behind the last may still be
 * malformed: then the reading fails. */
struct orr_entry_visitor {
    void (*visit)(void *ctx, const json_t *entry);
    void *ctx;
};
/* Checks the header's MAC and the payload, bytes[header_size..len-1], and parses it; json_decref
 * *root.  With a visitor the root's `entries` stay empty.  BAD_MAC, BAD_PAYLOAD, BAD_VAULT. */
enum orr_vault_fault orr_safe_open(struct orr_mem *mem, const struct orr_age_header *header,
                                   const uint8_t *bytes, size_t header_size, size_t len,
                                   const uint8_t file_key[ORR_AGE_FILE_KEY],
                                   const struct orr_entry_visitor *visitor, json_t **root,
                                   struct orr_why *why);
/* The plain text alone, as above.  BAD_VAULT with the place. */
enum orr_vault_fault orr_safe_read(const char *text, size_t len,
                                   const struct orr_entry_visitor *visitor, json_t **root,
                                   struct orr_why *why);
/* The public key of a slot of the root; false: there is none. */
bool orr_slot_public(const json_t *slot, uint8_t public_key[32]);

/* ---- writing ---- */

json_t *orr_safe_new(int64_t now);
/* Adds a slot.  label: told apart from the others by it.  BAD_TEXT: too many, or that label is
 * there; or as orr_argon2id. */
enum orr_vault_fault orr_safe_add_passphrase(json_t *root, const char *label,
                                             const void *passphrase, size_t len,
                                             const uint8_t salt[ORR_ARGON2_SALT], uint64_t passes,
                                             uint64_t memory_kib, struct orr_why *why);
enum orr_vault_fault orr_safe_add_key(json_t *root, const char *label, const uint8_t public_key[32],
                                      struct orr_why *why);
/* False: no such slot, or it is the last. */
bool orr_safe_remove_slot(json_t *root, const char *label);

/* Random bytes that orr_safe_seal takes for a vault. */
size_t orr_safe_random(const json_t *root);
/* The whole file under a new file key; orr_secret_free it. */
enum orr_vault_fault orr_safe_seal(struct orr_mem *mem, const json_t *root, const uint8_t *random,
                                   struct orr_secret *file, struct orr_why *why);

/* ---- entries ---- */

/* 1 to 128 bytes without control characters, and no dash in front. */
bool orr_entry_name_is_good(const char *name);
/* Lent, or NULL. */
json_t *orr_entry_find(const json_t *root, const char *name);
/* Makes an entry or gives it a new value, the old one goes into its history; kind and text are
 * copied. */
void orr_entry_put(json_t *root, const char *name, const char *kind, const char *text, size_t len,
                   int64_t now);
bool orr_entry_remove(json_t *root, const char *name);
/* The value of a version (0: the newest), lent, or NULL. */
const json_t *orr_entry_value(const json_t *entry, int64_t version);
#endif
