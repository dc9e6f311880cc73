/* age_command.c - `orrery vault keygen`, `encrypt`, `decrypt`. */
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "models/vault/codec.h"
#include "sim/cli/vault/age_io.h"
#include "sim/cli/vault/clock.h"
#include "sim/cli/vault/password.h"

/* ---- keygen ---- */

int orr_vault_keygen_command(struct orr_call *call) {
    uint8_t secret[32], public_key[32];
    char identity[ORR_BECH32_TEXT], recipient[ORR_BECH32_TEXT], text[512], date[ORR_CLOCK_TEXT];
    const char *out = orr_call_option(call, ORR_OPT_OUT);
    randombytes_buf(secret, sizeof secret);
    crypto_scalarmult_base(public_key, secret);
    orr_bech32_write(identity, "age-secret-key-", secret, 32, true);
    orr_bech32_write(recipient, "age", public_key, 32, false);
    orr_clock_text(orr_clock_seconds(), date);
    int n = snprintf(text, sizeof text, "# created: %s\n# public key: %s\n%s\n", date, recipient,
                     identity);
    json_t *object = json_pack("{s:s}", "recipient", recipient);
    if (orr_call_option(call, ORR_OPT_SECRET))
        json_object_set_new(object, "identity", json_string(identity));
    int code = 0;
    if (out) {
        code = orr_files_write(call, out, orr_call_option(call, ORR_OPT_FORCE) != NULL, text,
                               (size_t)n);
        if (!code) orr_call_print(call, json_incref(object), "recipient");
    } else if (orr_call_option(call, ORR_OPT_JSON)) {
        orr_call_print(call, json_incref(object), NULL);
    } else {
        fputs(text, stdout);
    }
    json_decref(object);
    sodium_memzero(secret, sizeof secret);
    sodium_memzero(identity, sizeof identity);
    sodium_memzero(text, sizeof text);
    return code;
}

/* ---- encrypt ---- */

static int add_recipient(const struct orr_call *call, struct orr_age_writer *w, const char *text,
                         size_t len, const uint8_t *file_key, size_t *n) {
    uint8_t recipient[32], ephemeral[32];
    if (len > 6 && !memcmp(text, "age1pq", 6))
        return orr_call_refuse(call, "the recipient", ORR_FAULT_HYBRID, NULL);
    if (orr_bech32_read(text, len, "age", recipient, 32) != 32)
        return orr_call_fail(call, 2, "BAD_TEXT", "%.*s: no age recipient (age1...)", (int)len,
                             text);
    randombytes_buf(ephemeral, sizeof ephemeral);
    enum orr_vault_fault fault = orr_age_wrap_x25519(w, recipient, ephemeral, file_key);
    sodium_memzero(ephemeral, sizeof ephemeral);
    ++*n;
    return fault ? orr_call_fail(call, 2, "BAD_TEXT", "%.*s: a point of low order", (int)len, text)
                 : 0;
}

static int add_recipients_file(const struct orr_call *call, struct orr_age_writer *w,
                               const char *path, const uint8_t *file_key, size_t *n) {
    struct orr_secret text;
    int code = orr_files_read(call, path, 1 << 20, &text);
    if (code) return code;
    char *p = (char *)text.bytes, *end = p + text.len;
    while (p < end && !code) {
        size_t len = strcspn(p, "\r\n");
        if (len && *p != '#') code = add_recipient(call, w, p, len, file_key, n);
        p += len;
        while (p < end && (*p == '\r' || *p == '\n' || !*p)) p++;
    }
    orr_secret_free(call->mem, &text);
    return code;
}

static int make_header(const struct orr_call *call, struct orr_age_writer *w,
                       const uint8_t *file_key) {
    size_t n = 0;
    int code = 0;
    uint64_t work = ORR_AGE_WORK_FACTOR;
    orr_age_begin(w);
    for (size_t i = 0; i < call->n_given && !code; i++) {
        if (call->given[i].option == ORR_OPT_RECIPIENT)
            code = add_recipient(call, w, call->given[i].value, strlen(call->given[i].value),
                                 file_key, &n);
        if (call->given[i].option == ORR_OPT_RECIPIENTS)
            code = add_recipients_file(call, w, call->given[i].value, file_key, &n);
    }
    if (code) return code;
    bool passphrase = orr_call_option(call, ORR_OPT_PASSPHRASE);
    if (passphrase == (n > 0))
        return orr_call_fail(call, 2, "USAGE", "either recipients (-r, -R) or a password (-p)");
    if (!orr_call_number(call, ORR_OPT_WORK, 1, ORR_AGE_MAX_WORK_FACTOR, &work)) return 2;
    if (passphrase) {
        struct orr_secret password;
        uint8_t salt[16];
        bool given = orr_password_given(call, ORR_PASSWORD);
        code =
            orr_password_ask(call, given ? ORR_PASSWORD : ORR_PASSWORD_NEW, "the file", &password);
        if (code) return code;
        randombytes_buf(salt, sizeof salt);
        enum orr_vault_fault fault =
            orr_age_wrap_scrypt(w, password.bytes, password.len, (unsigned)work, salt, file_key);
        orr_secret_free(call->mem, &password);
        if (fault) return orr_call_refuse(call, NULL, fault, NULL);
    }
    orr_age_end(w, file_key);
    return 0;
}

/* Bytes of a descriptor until `cap` or its end. */
static ssize_t read_full(int fd, uint8_t *to, size_t cap) {
    size_t len = 0;
    while (len < cap) {
        ssize_t n = read(fd, to + len, cap - len);
        if (n < 0) return -1;
        if (!n) break;
        len += (size_t)n;
    }
    return (ssize_t)len;
}

static int encrypt_payload(const struct orr_call *call, int fd, const uint8_t *file_key,
                           struct orr_age_output *out) {
    struct orr_age_stream s;
    uint8_t nonce[ORR_AGE_NONCE];
    struct orr_secret plain = orr_secret_new(call->mem, 2 * ORR_AGE_CHUNK);
    struct orr_secret sealed = orr_secret_new(call->mem, ORR_AGE_CHUNK + ORR_AGE_TAG);
    randombytes_buf(nonce, sizeof nonce);
    orr_age_stream_init(&s, file_key, nonce, ORR_AGE_SEALS);
    uint8_t *chunk = plain.bytes, *ahead = plain.bytes + ORR_AGE_CHUNK;
    int code = orr_age_output_write(call, out, nonce, sizeof nonce);
    ssize_t n = read_full(fd, chunk, ORR_AGE_CHUNK);
    for (bool last = false; !last && !code;) { /* a chunk is the last when nothing follows it */
        ssize_t next = n == ORR_AGE_CHUNK ? read_full(fd, ahead, ORR_AGE_CHUNK) : 0;
        if (n < 0 || next < 0) {
            code = orr_call_fail(call, 3, "MACHINE", "the input cannot be read");
            break;
        }
        last = next == 0;
        orr_age_seal(&s, last, chunk, (size_t)n, sealed.bytes);
        code = orr_age_output_write(call, out, sealed.bytes, (size_t)n + ORR_AGE_TAG);
        uint8_t *sealed_one = chunk;
        chunk = ahead, ahead = sealed_one, n = next;
    }
    orr_age_stream_fini(&s);
    orr_secret_free(call->mem, &plain);
    orr_secret_free(call->mem, &sealed);
    return code;
}

int orr_vault_encrypt_command(struct orr_call *call) {
    uint8_t file_key[ORR_AGE_FILE_KEY];
    struct orr_age_writer w = {.mem = call->mem};
    struct orr_age_output out;
    struct orr_age_input in;
    randombytes_buf(file_key, sizeof file_key);
    int code = orr_age_input_open(call, call->n_operands ? call->operand[0] : "-", &in);
    if (code) return code;
    code = make_header(call, &w, file_key);
    if (!code) code = orr_age_output_open(call, orr_call_option(call, ORR_OPT_ARMOR) != NULL, &out);
    if (!code) {
        code = orr_age_output_write(call, &out, w.text, w.len);
        if (!code) code = encrypt_payload(call, in.fd, file_key, &out);
        if (!code) code = orr_age_output_close(call, &out);
        if (code) orr_age_output_drop(call, &out);
    }
    orr_age_input_close(call, &in);
    orr_age_writer_free(&w);
    sodium_memzero(file_key, sizeof file_key);
    return code;
}

/* ---- decrypt ---- */

static int try_identities(const struct orr_call *call, const char *path,
                          const struct orr_age_header *h, uint8_t *file_key,
                          enum orr_vault_fault *fault, struct orr_why *why) {
    struct orr_secret text;
    int code = orr_files_read(call, path, 1 << 20, &text);
    if (code) return code;
    char *p = (char *)text.bytes, *end = p + text.len;
    size_t n = 0;
    while (p < end && !code && *fault) {
        uint8_t identity[32];
        size_t len = strcspn(p, "\r\n");
        if (len >= 18 && !memcmp(p, "AGE-SECRET-KEY-PQ-", 18)) {
            *fault = ORR_FAULT_HYBRID;
            n++;
        } else if (len && *p != '#') {
            n++;
            if (orr_bech32_read(p, len, "age-secret-key-", identity, 32) != 32)
                code = orr_call_fail(call, 2, "BAD_TEXT", "%s: no age identity", path);
            else
                *fault = orr_age_open_x25519(h, identity, file_key, why);
            if (*fault && *fault != ORR_FAULT_NO_MATCH && *fault != ORR_FAULT_HYBRID) break;
        }
        sodium_memzero(identity, sizeof identity);
        p += len;
        while (p < end && (*p == '\r' || *p == '\n' || !*p)) p++;
    }
    orr_secret_free(call->mem, &text);
    if (!code && !n) return orr_call_fail(call, 2, "BAD_TEXT", "%s: no age identity in it", path);
    return code;
}

static int find_key(const struct orr_call *call, const char *name, const struct orr_age_header *h,
                    uint8_t *file_key) {
    enum orr_vault_fault fault = ORR_FAULT_NO_MATCH;
    struct orr_why why = {""};
    bool has_identity = orr_call_option(call, ORR_OPT_IDENTITY);
    int code = 0;
    for (size_t i = 0; i < call->n_given && fault && !code; i++)
        if (call->given[i].option == ORR_OPT_IDENTITY)
            code = try_identities(call, call->given[i].value, h, file_key, &fault, &why);
    if (code) return code;
    if (!has_identity && !(h->n_stanzas && orr_age_is(&h->stanza[0], "scrypt")) &&
        !orr_password_given(call, ORR_PASSWORD))
        return orr_call_fail(call, 2, "USAGE", "%s: is for recipients; -i names identities", name);
    if (fault == ORR_FAULT_NO_MATCH && (!has_identity || orr_password_given(call, ORR_PASSWORD))) {
        struct orr_secret password;
        code = orr_password_ask(call, ORR_PASSWORD, name, &password);
        if (code) return code;
        fault = orr_age_open_scrypt(h, password.bytes, password.len, file_key, &why);
        orr_secret_free(call->mem, &password);
    }
    return fault ? orr_call_refuse(call, name, fault, &why) : 0;
}

static int decrypt_payload(const struct orr_call *call, struct orr_age_input *in,
                           const uint8_t *file_key, struct orr_age_output *out) {
    const size_t full = ORR_AGE_CHUNK + ORR_AGE_TAG;
    struct orr_age_stream s;
    struct orr_why why = {"16 bytes of nonce are expected behind the header"};
    int code = orr_age_input_fill(call, in, ORR_AGE_NONCE);
    if (code) return code;
    if (in->len < ORR_AGE_NONCE) return orr_call_refuse(call, in->name, ORR_FAULT_BAD_HEADER, &why);
    orr_age_stream_init(&s, file_key, in->buffer + in->start, ORR_AGE_OPENS);
    in->start += ORR_AGE_NONCE, in->len -= ORR_AGE_NONCE;
    struct orr_secret plain = orr_secret_new(call->mem, ORR_AGE_CHUNK);
    for (bool last = false; !last && !code;) {
        code = orr_age_input_fill(call, in, full + 1);
        if (code) break;
        last = in->len <= full;
        size_t n = last ? in->len : full;
        if (!orr_age_open(&s, last, in->buffer + in->start, n, plain.bytes))
            code = orr_call_refuse(call, in->name, ORR_FAULT_BAD_PAYLOAD, NULL);
        else
            code = orr_age_output_write(call, out, plain.bytes, n - ORR_AGE_TAG);
        in->start += n, in->len -= n;
    }
    orr_age_stream_fini(&s);
    orr_secret_free(call->mem, &plain);
    return code;
}

int orr_vault_decrypt_command(struct orr_call *call) {
    uint8_t file_key[ORR_AGE_FILE_KEY];
    struct orr_age_header header = {0};
    struct orr_age_input in;
    struct orr_age_output out;
    size_t size;
    int code = orr_age_input_open(call, call->n_operands ? call->operand[0] : "-", &in);
    if (code) return code;
    code = orr_age_input_header(call, &in, &header, &size);
    if (!code) {
        code = find_key(call, in.name, &header, file_key);
        enum orr_vault_fault fault =
            code ? ORR_FAULT_OK : orr_age_check_mac(&header, in.buffer + in.start, file_key);
        if (fault) code = orr_call_refuse(call, in.name, fault, NULL);
        orr_age_header_free(call->mem, &header);
    }
    if (!code) code = orr_age_output_open(call, false, &out);
    if (!code) {
        in.start += size, in.len -= size;
        code = decrypt_payload(call, &in, file_key, &out);
        if (!code) code = orr_age_output_close(call, &out);
        if (code) orr_age_output_drop(call, &out);
        if (!code && out.to_file && orr_call_option(call, ORR_OPT_JSON))
            orr_call_print(call, json_pack("{s:I}", "bytes", (json_int_t)out.n_bytes), NULL);
    }
    orr_age_input_close(call, &in);
    sodium_memzero(file_key, sizeof file_key);
    return code;
}
