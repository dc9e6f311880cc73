#include "sim/cli/vault/session.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "models/vault/codec.h"
#include "sim/cli/vault/agent.h"
#include "sim/cli/vault/clock.h"
#include "sim/cli/vault/password.h"

int orr_session_path(const struct orr_call *call, char *path, size_t size) {
    const char *given = orr_call_option(call, ORR_OPT_VAULT), *home = getenv("HOME");
    if (!given && (!home || *home != '/'))
        return orr_call_fail(call, 2, "USAGE", "no home folder; --vault names the vault");
    int n = given ? snprintf(path, size, "%s", given)
                  : snprintf(path, size, "%s/.orrery/vault.orr", home);
    return n > 0 && (size_t)n < size ? 0 : orr_call_fail(call, 2, "NO_FILE", "too long a name");
}

/* Nobody else may look into the folder, or at the file. */
static int check_modes(const struct orr_call *call, const char *path, bool exists) {
    char folder[3072];
    struct stat s;
    snprintf(folder, sizeof folder, "%s", path);
    const char *name = dirname(folder);
    if (stat(name, &s)) return orr_call_fail(call, 2, "NO_FILE", "%s: %s", name, strerror(errno));
    bool loose = orr_call_option(call, ORR_OPT_LOOSE);
    if (!loose && ((s.st_mode & 077) || s.st_uid != geteuid()))
        return orr_call_fail(call, 2, "PERMISSIONS",
                             "%s: others may look into this folder (mode "
                             "%03o); chmod 700 it, or --insecure-permissions",
                             name, s.st_mode & 0777);
    if (!exists) return 0;
    if (lstat(path, &s)) return orr_call_fail(call, 2, "NO_FILE", "%s: %s", path, strerror(errno));
    if (!S_ISREG(s.st_mode))
        return orr_call_fail(call, 2, "NO_FILE", "%s: not a regular file", path);
    if (!loose && ((s.st_mode & 077) || s.st_uid != geteuid()))
        return orr_call_fail(call, 2, "PERMISSIONS",
                             "%s: others may read it (mode %03o); chmod 600 "
                             "it, or --insecure-permissions",
                             path, s.st_mode & 0777);
    return 0;
}

/* One lock file, so that of two writers one waits. */
static int lock(const struct orr_call *call, struct orr_session *s) {
    char path[3100];
    snprintf(path, sizeof path, "%s.lock", s->path);
    s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (s->lock < 0) return orr_call_fail(call, 3, "MACHINE", "%s: %s", path, strerror(errno));
    while (flock(s->lock, LOCK_EX))
        if (errno != EINTR)
            return orr_call_fail(call, 3, "MACHINE", "%s: %s", path, strerror(errno));
    return 0;
}

static enum orr_vault_fault try_identities(const struct orr_call *call,
                                           const struct orr_age_header *h, uint8_t *identity,
                                           uint8_t *file_key, int *code) {
    enum orr_vault_fault fault = ORR_FAULT_NO_MATCH;
    for (size_t i = 0; i < call->n_given && fault && !*code; i++) {
        struct orr_secret text;
        if (call->given[i].option != ORR_OPT_IDENTITY) continue;
        *code = orr_files_read(call, call->given[i].value, 1 << 20, &text);
        if (*code) break;
        for (char *p = (char *)text.bytes; *p && fault;) {
            size_t len = strcspn(p, "\r\n");
            if (orr_bech32_read(p, len, "age-secret-key-", identity, 32) == 32)
                fault = orr_safe_unlock_key(h, identity, file_key, NULL);
            p += len;
            p += strspn(p, "\r\n");
        }
        orr_secret_free(call->mem, &text);
    }
    return fault;
}

static int unlock(const struct orr_call *call, struct orr_session *s,
                  const struct orr_age_header *h, uint8_t *file_key) {
    struct orr_secret password;
    struct orr_why why = {""};
    int code = 0;
    if (orr_call_option(call, ORR_OPT_IDENTITY)) {
        enum orr_vault_fault fault = try_identities(call, h, s->identity, file_key, &code);
        if (code) return code;
        return fault ? orr_call_refuse(call, s->path, fault, &why) : 0;
    }
    if (!orr_password_given(call, ORR_PASSWORD) && orr_agent_ask(s->path, s->identity) &&
        !orr_safe_unlock_key(h, s->identity, file_key, NULL))
        return 0;
    code = orr_password_ask(call, ORR_PASSWORD, s->path, &password);
    if (code) return code;
    enum orr_vault_fault fault =
        orr_safe_unlock(h, password.bytes, password.len, orr_call_option(call, ORR_OPT_COSTLY),
                        s->identity, file_key, &why);
    orr_secret_free(call->mem, &password);
    if (fault == ORR_FAULT_NO_MATCH) fault = ORR_FAULT_WRONG_PASSWORD;
    return fault ? orr_call_refuse(call, s->path, fault, &why) : 0;
}

static int open_session(const struct orr_call *call, bool change,
                        const struct orr_entry_visitor *visitor, struct orr_session *s) {
    struct orr_age_header header;
    struct orr_why why = {""};
    uint8_t file_key[ORR_AGE_FILE_KEY];
    *s = (struct orr_session){.lock = -1};
    int code = orr_session_path(call, s->path, sizeof s->path);
    if (!code) code = check_modes(call, s->path, true);
    if (!code && change) code = lock(call, s);
    if (!code) code = orr_files_read(call, s->path, ORR_SAFE_MAX, &s->file);
    if (code) {
        orr_session_close(call, s);
        return code;
    }
    size_t size = orr_age_header_size(s->file.bytes, s->file.len);
    enum orr_vault_fault fault =
        orr_age_header_read(call->mem, s->file.bytes, size ? size : s->file.len, &header, &why);
    if (fault) {
        code = orr_call_refuse(call, s->path, fault, &why);
    } else {
        if (!orr_safe_is(&header)) code = orr_call_refuse(call, s->path, ORR_FAULT_NOT_VAULT, NULL);
        if (!code) code = unlock(call, s, &header, file_key);
        if (!code) {
            fault = orr_safe_open(call->mem, &header, s->file.bytes, size, s->file.len, file_key,
                                  visitor, &s->root, &why);
            if (fault) code = orr_call_refuse(call, s->path, fault, &why);
        }
        orr_age_header_free(call->mem, &header);
    }
    sodium_memzero(file_key, sizeof file_key);
    if (code) orr_session_close(call, s);
    return code;
}

int orr_session_open(const struct orr_call *call, bool change, struct orr_session *s) {
    return open_session(call, change, NULL, s);
}

int orr_session_visit(const struct orr_call *call, const struct orr_entry_visitor *visitor,
                      struct orr_session *s) {
    return open_session(call, false, visitor, s);
}

int orr_session_new(const struct orr_call *call, struct orr_session *s) {
    char folder[3072];
    struct stat st;
    *s = (struct orr_session){.lock = -1};
    int code = orr_session_path(call, s->path, sizeof s->path);
    if (code) return code;
    snprintf(folder, sizeof folder, "%s", s->path);
    if (!orr_call_option(call, ORR_OPT_VAULT)) mkdir(dirname(folder), 0700);
    code = check_modes(call, s->path, false);
    if (!code) code = lock(call, s);
    if (!code && !lstat(s->path, &st))
        code =
            orr_call_fail(call, 2, "EXISTS", "%s: exists; a vault is never overwritten", s->path);
    if (code)
        orr_session_close(call, s);
    else
        s->root = orr_safe_new(orr_clock_seconds());
    return code;
}

int orr_session_save(const struct orr_call *call, struct orr_session *s) {
    struct orr_why why = {""};
    struct orr_secret file, random = orr_secret_new(call->mem, orr_safe_random(s->root));
    char backup[3100];
    int code = 0;
    randombytes_buf(random.bytes, random.len);
    enum orr_vault_fault fault = orr_safe_seal(call->mem, s->root, random.bytes, &file, &why);
    orr_secret_free(call->mem, &random);
    if (fault) return orr_call_refuse(call, s->path, fault, &why);
    snprintf(backup, sizeof backup, "%s.bak", s->path);
    if (s->file.bytes) code = orr_files_write(call, backup, true, s->file.bytes, s->file.len);
    if (!code) code = orr_files_write(call, s->path, true, file.bytes, file.len);
    orr_secret_free(call->mem, &file);
    return code;
}

void orr_session_close(const struct orr_call *call, struct orr_session *s) {
    if (s->lock >= 0) close(s->lock);
    orr_secret_free(call->mem, &s->file);
    json_decref(s->root);
    sodium_memzero(s, sizeof *s);
    s->lock = -1;
}
