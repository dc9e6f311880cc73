#include "models/vault/safe.h"

#include <assert.h>
#include <sodium.h>

#include "models/base/hex.h"
#include "models/vault/codec.h"

static const char slot_label[] = "orrery.vault/v1/argon2id";

/* ---- slots in the header ---- */

bool orr_safe_is(const struct orr_age_header *header) {
    return header->n_stanzas && orr_age_is(&header->stanza[0], ORR_SAFE_STANZA);
}

/* A decimal number without leading zeros; 0: none. */
static uint64_t number(struct orr_age_text t) {
    uint64_t v = 0;
    if (!t.len || t.len > 12 || t.text[0] == '0') return 0;
    for (size_t i = 0; i < t.len; i++) {
        if (t.text[i] < '0' || t.text[i] > '9') return 0;
        v = v * 10 + (uint64_t)(t.text[i] - '0');
    }
    return v;
}

struct slot {
    uint8_t salt[ORR_ARGON2_SALT], share[32];
    uint64_t passes, memory_kib;
};

static bool read_slot(const struct orr_age_stanza *s, struct slot *slot) {
    if (s->n_args != 5 || s->body_len != ORR_AGE_BODY) return false;
    slot->passes = number(s->arg[2]);
    slot->memory_kib = number(s->arg[3]);
    return slot->passes && slot->memory_kib &&
           orr_base64_read(s->arg[1].text, s->arg[1].len, slot->salt, sizeof slot->salt) ==
               sizeof slot->salt &&
           orr_base64_read(s->arg[4].text, s->arg[4].len, slot->share, sizeof slot->share) ==
               sizeof slot->share;
}

enum orr_vault_fault orr_safe_unlock(const struct orr_age_header *header, const void *passphrase,
                                     size_t len, bool allow_costly, uint8_t identity[32],
                                     uint8_t file_key[ORR_AGE_FILE_KEY], struct orr_why *why) {
    for (size_t i = 0; i < header->n_stanzas; i++) {
        const struct orr_age_stanza *s = &header->stanza[i];
        struct slot slot;
        uint8_t key[32];
        if (!orr_age_is(s, ORR_SLOT_STANZA)) continue;
        if (!read_slot(s, &slot))
            return orr_vault_say(why, ORR_FAULT_BAD_HEADER, "slot %zu is malformed", i);
        enum orr_vault_fault fault =
            orr_argon2id(passphrase, len, slot.salt, slot.passes, slot.memory_kib, allow_costly,
                         key, sizeof key, why);
        if (fault) return fault;
        fault = orr_age_unwrap(slot_label, key, slot.share, s->body, file_key);
        if (!fault) memcpy(identity, key, sizeof key);
        sodium_memzero(key, sizeof key);
        if (fault != ORR_FAULT_NO_MATCH) return fault;
    }
    return ORR_FAULT_NO_MATCH;
}

enum orr_vault_fault orr_safe_unlock_key(const struct orr_age_header *header,
                                         const uint8_t identity[32],
                                         uint8_t file_key[ORR_AGE_FILE_KEY], struct orr_why *why) {
    enum orr_vault_fault fault = orr_age_open_x25519(header, identity, file_key, why);
    for (size_t i = 0; i < header->n_stanzas && fault == ORR_FAULT_NO_MATCH; i++) {
        const struct orr_age_stanza *s = &header->stanza[i];
        struct slot slot;
        if (!orr_age_is(s, ORR_SLOT_STANZA) || !read_slot(s, &slot)) continue;
        fault = orr_age_unwrap(slot_label, identity, slot.share, s->body, file_key);
    }
    return fault;
}

/* ---- opening ---- */

static bool read_payload(const uint8_t *p, size_t len, const uint8_t *file_key,
                         struct orr_secret *plain) {
    struct orr_age_stream stream;
    bool good = true;
    orr_age_stream_init(&stream, file_key, p, ORR_AGE_OPENS);
    p += ORR_AGE_NONCE, len -= ORR_AGE_NONCE;
    plain->len = 0;
    for (bool last = false; !last && good;) {
        size_t n = len < ORR_AGE_CHUNK + ORR_AGE_TAG ? len : ORR_AGE_CHUNK + ORR_AGE_TAG;
        last = n == len;
        good = orr_age_open(&stream, last, p, n, plain->bytes + plain->len);
        if (good) plain->len += n - ORR_AGE_TAG;
        p += n, len -= n;
    }
    orr_age_stream_fini(&stream);
    return good;
}

bool orr_slot_public(const json_t *slot, uint8_t public_key[32]) {
    const char *text = json_string_value(json_object_get(slot, "public"));
    return text && orr_base64_read(text, strlen(text), public_key, 32) == 32;
}

enum orr_vault_fault orr_safe_open(struct orr_mem *mem, const struct orr_age_header *header,
                                   const uint8_t *bytes, size_t header_size, size_t len,
                                   const uint8_t file_key[ORR_AGE_FILE_KEY],
                                   const struct orr_entry_visitor *visitor, json_t **root,
                                   struct orr_why *why) {
    if (orr_age_check_mac(header, bytes, file_key)) return ORR_FAULT_BAD_MAC;
    if (len - header_size < ORR_AGE_NONCE + ORR_AGE_TAG) return ORR_FAULT_BAD_PAYLOAD;
    struct orr_secret plain = orr_secret_new(mem, len - header_size);
    bool good = read_payload(bytes + header_size, len - header_size, file_key, &plain);
    enum orr_vault_fault fault =
        good ? orr_safe_read((char *)plain.bytes, plain.len, visitor, root, why)
             : ORR_FAULT_BAD_PAYLOAD;
    orr_secret_free(mem, &plain);
    return fault;
}

/* ---- slots in the payload ---- */

json_t *orr_safe_new(int64_t now) {
    return json_pack("{s:i, s:I, s:i, s:[], s:[]}", "version", ORR_SAFE_VERSION, "created",
                     (json_int_t)now, "keep", ORR_SAFE_KEEP, "slots", "entries");
}

static size_t find_slot(const json_t *slots, const char *label) {
    size_t i = 0;
    for (; i < json_array_size(slots); i++)
        if (!strcmp(json_string_value(json_object_get(json_array_get(slots, i), "label")), label))
            break;
    return i;
}

static enum orr_vault_fault room_for(const json_t *root, const char *label, struct orr_why *why) {
    const json_t *slots = json_object_get(root, "slots");
    if (json_array_size(slots) == ORR_SAFE_SLOTS)
        return orr_vault_say(why, ORR_FAULT_BAD_TEXT, "%d slots are in use", ORR_SAFE_SLOTS);
    if (find_slot(slots, label) < json_array_size(slots))
        return orr_vault_say(why, ORR_FAULT_BAD_TEXT, "a slot with this label is there");
    return ORR_FAULT_OK;
}

static void append(json_t *root, json_t *slot, const uint8_t public_key[32]) {
    char text[44];
    orr_base64_write(text, public_key, 32);
    json_object_set_new(slot, "public", json_string(text));
    json_array_append_new(json_object_get(root, "slots"), slot);
}

enum orr_vault_fault orr_safe_add_passphrase(json_t *root, const char *label,
                                             const void *passphrase, size_t len,
                                             const uint8_t salt[ORR_ARGON2_SALT], uint64_t passes,
                                             uint64_t memory_kib, struct orr_why *why) {
    uint8_t key[32], public_key[32];
    char text[24];
    enum orr_vault_fault fault = room_for(root, label, why);
    if (!fault)
        fault =
            orr_argon2id(passphrase, len, salt, passes, memory_kib, false, key, sizeof key, why);
    if (fault) return fault;
    int low = crypto_scalarmult_base(public_key, key);
    assert(!low); /* clamped, a secret key is never a multiple of the order */
    sodium_memzero(key, sizeof key);
    orr_base64_write(text, salt, ORR_ARGON2_SALT);
    append(root,
           json_pack("{s:s, s:s, s:I, s:I}", "label", label, "salt", text, "passes",
                     (json_int_t)passes, "memory_kib", (json_int_t)memory_kib),
           public_key);
    return ORR_FAULT_OK;
}

enum orr_vault_fault orr_safe_add_key(json_t *root, const char *label, const uint8_t public_key[32],
                                      struct orr_why *why) {
    enum orr_vault_fault fault = room_for(root, label, why);
    if (!fault) append(root, json_pack("{s:s}", "label", label), public_key);
    return fault;
}

bool orr_safe_remove_slot(json_t *root, const char *label) {
    json_t *slots = json_object_get(root, "slots");
    size_t i = find_slot(slots, label), n = json_array_size(slots);
    if (i == n || n == 1) return false;
    return !json_array_remove(slots, i);
}

/* ---- writing ---- */

size_t orr_safe_random(const json_t *root) {
    return ORR_AGE_FILE_KEY + ORR_AGE_NONCE + 32 * json_array_size(json_object_get(root, "slots"));
}

static enum orr_vault_fault write_slot(struct orr_age_writer *w, const json_t *slot,
                                       const uint8_t ephemeral[32], const uint8_t *file_key) {
    uint8_t public_key[32], share[32], body[ORR_AGE_BODY];
    char text[44];
    struct orr_why args;
    const char *salt = json_string_value(json_object_get(slot, "salt"));
    bool good = orr_slot_public(slot, public_key);
    assert(good); /* orr_safe_read saw to it */
    if (!salt) return orr_age_wrap_x25519(w, public_key, ephemeral, file_key);
    if (!orr_age_wrap(slot_label, public_key, ephemeral, file_key, share, body))
        return ORR_FAULT_BAD_KEY;
    orr_base64_write(text, share, sizeof share);
    orr_vault_say(&args, ORR_FAULT_OK, ORR_SLOT_STANZA " %.24s %llu %llu %s", salt,
                  (unsigned long long)json_integer_value(json_object_get(slot, "passes")),
                  (unsigned long long)json_integer_value(json_object_get(slot, "memory_kib")),
                  text);
    orr_age_stanza(w, args.text, body, sizeof body);
    return ORR_FAULT_OK;
}

static struct orr_secret seal_payload(struct orr_mem *mem, const struct orr_age_writer *w,
                                      const struct orr_secret *plain, const uint8_t *file_key,
                                      const uint8_t *nonce) {
    struct orr_age_stream stream;
    size_t chunks = plain->len / ORR_AGE_CHUNK + 1, at = 0, n;
    struct orr_secret file =
        orr_secret_new(mem, w->len + ORR_AGE_NONCE + plain->len + chunks * ORR_AGE_TAG);
    memcpy(file.bytes, w->text, w->len);
    memcpy(file.bytes + w->len, nonce, ORR_AGE_NONCE);
    file.len = w->len + ORR_AGE_NONCE;
    orr_age_stream_init(&stream, file_key, nonce, ORR_AGE_SEALS);
    do {
        n = plain->len - at < ORR_AGE_CHUNK ? plain->len - at : ORR_AGE_CHUNK;
        orr_age_seal(&stream, at + n == plain->len, plain->bytes + at, n, file.bytes + file.len);
        at += n, file.len += n + ORR_AGE_TAG;
    } while (at < plain->len);
    assert(file.len <= file.size);
    orr_age_stream_fini(&stream);
    return file;
}

enum orr_vault_fault orr_safe_seal(struct orr_mem *mem, const json_t *root, const uint8_t *random,
                                   struct orr_secret *file, struct orr_why *why) {
    const uint8_t *file_key = random, *nonce = random + ORR_AGE_FILE_KEY;
    const uint8_t *ephemeral = nonce + ORR_AGE_NONCE;
    struct orr_age_writer w = {.mem = mem};
    enum orr_vault_fault fault = ORR_FAULT_OK;
    size_t i, size = json_dumpb(root, NULL, 0, JSON_COMPACT);
    json_t *slot;
    if (size > ORR_SAFE_MAX / 2)
        return orr_vault_say(why, ORR_FAULT_BAD_TEXT, "a vault of more than 128 MiB");
    orr_age_begin(&w);
    orr_age_stanza(&w, ORR_SAFE_STANZA " 1", NULL, 0);
    json_array_foreach(json_object_get(root, "slots"), i, slot) {
        fault = write_slot(&w, slot, ephemeral + 32 * i, file_key);
        if (fault) break;
    }
    orr_age_end(&w, file_key);
    if (!fault) {
        struct orr_secret plain = orr_secret_new(mem, size);
        json_dumpb(root, (char *)plain.bytes, size, JSON_COMPACT);
        *file = seal_payload(mem, &w, &plain, file_key, nonce);
        orr_secret_free(mem, &plain);
    }
    orr_age_writer_free(&w);
    return fault;
}

/* ---- entries ---- */

bool orr_entry_name_is_good(const char *name) {
    size_t len = strlen(name);
    if (!len || len > ORR_SAFE_NAME || *name == '-') return false;
    for (; *name; name++)
        if ((unsigned char)*name < 0x20 || *name == 0x7f) return false;
    return true;
}

static size_t find_entry(const json_t *entries, const char *name) {
    size_t i = 0;
    for (; i < json_array_size(entries); i++)
        if (!strcmp(json_string_value(json_object_get(json_array_get(entries, i), "name")), name))
            break;
    return i;
}

json_t *orr_entry_find(const json_t *root, const char *name) {
    const json_t *entries = json_object_get(root, "entries");
    return json_array_get(entries, find_entry(entries, name));
}

void orr_entry_put(json_t *root, const char *name, const char *kind, const char *text, size_t len,
                   int64_t now) {
    json_t *entry = orr_entry_find(root, name), *value = json_stringn(text, len);
    json_int_t keep = json_integer_value(json_object_get(root, "keep"));
    assert(value && orr_entry_name_is_good(name));
    if (!entry) {
        json_array_append_new(json_object_get(root, "entries"),
                              json_pack("{s:s, s:s, s:I, s:I, s:i, s:o, s:[]}", "name", name,
                                        "kind", kind, "created", (json_int_t)now, "changed",
                                        (json_int_t)now, "version", 1, "value", value, "history"));
        return;
    }
    json_t *history = json_object_get(entry, "history"), *old = json_object();
    json_object_set(old, "version", json_object_get(entry, "version"));
    json_object_set(old, "kind", json_object_get(entry, "kind"));
    json_object_set(old, "changed", json_object_get(entry, "changed"));
    json_object_set(old, "value", json_object_get(entry, "value"));
    json_array_insert_new(history, 0, old);
    while ((json_int_t)json_array_size(history) > (keep > 0 ? keep - 1 : 0))
        json_array_remove(history, json_array_size(history) - 1);
    json_int_t version = json_integer_value(json_object_get(entry, "version"));
    json_object_set_new(entry, "kind", json_string(kind));
    json_object_set_new(entry, "changed", json_integer(now));
    json_object_set_new(entry, "version", json_integer(version + 1));
    json_object_set_new(entry, "value", value);
}

bool orr_entry_remove(json_t *root, const char *name) {
    json_t *entries = json_object_get(root, "entries");
    size_t i = find_entry(entries, name);
    return i < json_array_size(entries) && !json_array_remove(entries, i);
}

const json_t *orr_entry_value(const json_t *entry, int64_t version) {
    size_t i;
    json_t *old;
    if (!version || json_integer_value(json_object_get(entry, "version")) == version)
        return json_object_get(entry, "value");
    json_array_foreach(json_object_get(entry, "history"), i, old) {
        if (json_integer_value(json_object_get(old, "version")) == version)
            return json_object_get(old, "value");
    }
    return NULL;
}
