/* call.h - one call of `orrery vault VERB`: its options, its tools, what it says. */
#ifndef ORR_SIM_CLI_VAULT_CALL_H
#define ORR_SIM_CLI_VAULT_CALL_H

#include <jansson.h>

#include "models/vault/eip2333.h"
#include "models/vault/keystore.h"
#include "sim/cli/options.h"

/* OPTION(constant, name, what it takes or NULL, help) */
#define ORR_VAULT_OPTIONS(OPTION)                                                                 \
    OPTION(VAULT, "--vault", "FILE", "the vault; default: .orrery/vault.orr in the home folder")  \
    OPTION(FROM, "--from", "FILE", "take the key from a file (-: standard input), not the vault") \
    OPTION(KIND, "--kind", "KIND",                                                                \
           "what the file holds, when it could be several things:\n"                              \
           "key, bls, seed, mnemonic, xprv, xpub, ed25519, age, password, note, file")            \
    OPTION(JSON, "--json", NULL, "write JSON")                                                    \
    OPTION(SECRET, "--secret", NULL, "show what is secret too")                                   \
    OPTION(PASSWORD_FILE, "--password-file", "FILE", "the password is the first line of a file")  \
    OPTION(PASSWORD_FD, "--password-fd", "N", "the same of an open file descriptor")              \
    OPTION(NEW_FILE, "--new-password-file", "FILE", "a new password, or that of what is written") \
    OPTION(NEW_FD, "--new-password-fd", "N", "the same of an open file descriptor")               \
    OPTION(FILE_FILE, "--file-password-file", "FILE", "the password of the file that is read")    \
    OPTION(FILE_FD, "--file-password-fd", "N", "the same of an open file descriptor")             \
    OPTION(PHRASE_FILE, "--passphrase-file", "FILE", "the passphrase of a sentence or of shares") \
    OPTION(PHRASE_FD, "--passphrase-fd", "N", "the same of an open file descriptor")              \
    OPTION(PATH, "--path", "PATH", "derivation path; m/44'/60'/0'/0/0 unless given")              \
    OPTION(COUNT, "--count", "N", "this many addresses, from the path's last step on")            \
    OPTION(BLS, "--bls", NULL, "derive by EIP-2333 (paths by EIP-2334)")                          \
    OPTION(LANGUAGE, "--language", "NAME", "of a sentence: english, japanese, ...")               \
    OPTION(WORDS, "--words", "N", "words of a sentence: 12, 15, 18, 21, 24; of a password")       \
    OPTION(LENGTH, "--length", "N", "characters of a password")                                   \
    OPTION(AS, "--as", "FORM", "v3, eip2335, mnemonic, age, raw")                                 \
    OPTION(LIGHT, "--light", NULL, "scrypt of 4 MiB in place of 256 (v3)")                        \
    OPTION(PBKDF2, "--pbkdf2", NULL, "PBKDF2 in place of scrypt")                                 \
    OPTION(COSTLY, "--allow-costly", NULL, "open files whose derivation costs more than usual")   \
    OPTION(OUT, "--out", "FILE", "write there, in one step and with mode 0600")                   \
    OPTION(FORCE, "--force", NULL, "overwrite")                                                   \
    OPTION(LOOSE, "--insecure-permissions", NULL, "do not mind who else may read")                \
    OPTION(RECIPIENT, "-r", "RECIPIENT", "age1...; may be repeated")                              \
    OPTION(RECIPIENTS, "-R", "FILE", "recipients, one a line")                                    \
    OPTION(PASSPHRASE, "-p", NULL, "encrypt with a password")                                     \
    OPTION(IDENTITY, "-i", "FILE", "age identities; may be repeated")                             \
    OPTION(ARMOR, "--armor", NULL, "write text")                                                  \
    OPTION(WORK, "--work-factor", "N", "of scrypt, 1 to 22; 18 unless given")                     \
    OPTION(TYPE, "--type", "TYPE", "of a transaction: legacy (no chain), eip155, 1, 2, 3, 4")     \
    OPTION(HEX, "--hex", NULL, "the input is hexadecimal digits")                                 \
    OPTION(YES, "--yes", NULL, "sign raw bytes without being asked again")                        \
    OPTION(AUX, "--aux", "HEX", "32 bytes of randomness for BIP-340")                             \
    OPTION(SIGNATURE, "--signature", "HEX", "the signature")                                      \
    OPTION(ADDRESS, "--address", "ADDRESS", "who is said to have signed")                         \
    OPTION(PUBLIC, "--public-key", "HEX", "the same by public key")                               \
    OPTION(GROUP, "--group", "K/N", "a group of shares; may be repeated")                         \
    OPTION(GROUPS, "--groups", "T", "how many groups are needed; 1 unless given")                 \
    OPTION(EXPONENT, "--exponent", "E", "10000 * 2^E iterations of PBKDF2 for shares")            \
    OPTION(COPY, "--copy", NULL, "to the clipboard by OSC 52 of the terminal, not to output")     \
    OPTION(VERSION, "--version", "N", "an earlier version of the entry")                          \
    OPTION(KEEP, "--keep", "N", "versions of an entry that are kept; 5 unless given")             \
    OPTION(LABEL, "--label", "TEXT", "the name of a slot")                                        \
    OPTION(PASSES, "--passes", "N", "of argon2id; 3 unless given")                                \
    OPTION(MEMORY, "--memory", "KIB", "of argon2id; 262144 unless given")                         \
    OPTION(FOR, "--for", "TIME", "how long the agent remembers: 30s, 10m, 2h")

enum orr_vault_option {
#define OPTION(constant, name, value, help) ORR_OPT_##constant,
    ORR_VAULT_OPTIONS(OPTION)
#undef OPTION
        ORR_OPT_N
};

enum { ORR_CALL_MAX = 64 };

struct orr_call {
    const char *verb;
    struct {
        enum orr_vault_option option;
        const char *value;
    } given[ORR_CALL_MAX];
    size_t n_given;
    const char *operand[ORR_CALL_MAX];
    size_t n_operands;
    struct orr_mem *mem;
    struct orr_secp secp;
    struct orr_bls_curve bls;
};

/* What runs the verbs of verbs.def; each returns an exit code. */
#define VAULT_VERB(verb, operands, least, most, text, ...) \
    int orr_vault_##verb##_command(struct orr_call *call);
#include "sim/cli/vault/verbs.def"
#undef VAULT_VERB

/* Parses the arguments of a verb and runs it; argv[0] is "vault". */
int orr_vault_call(int argc, char **argv);

/* The last value of an option, "" for one without a value, or NULL. */
const char *orr_call_option(const struct orr_call *call, enum orr_vault_option option);
/* A whole number; *to is left when it is not given.  False, told, when it is none in least..most.
 */
bool orr_call_number(const struct orr_call *call, enum orr_vault_option option, uint64_t least,
                     uint64_t most, uint64_t *to);
struct orr_keystore_tools orr_call_tools(const struct orr_call *call);

/* Prints an object: as JSON, or line by line; or, without --json, one field of it alone.  Ends the
 * object; returns 0. */
int orr_call_print(const struct orr_call *call, json_t *object, const char *field);
/* Says what is wrong with `what` (NULL: nothing in particular) on standard error, and with --json
 * on standard output; returns the exit code. */
int orr_call_refuse(const struct orr_call *call, const char *what, enum orr_vault_fault fault,
                    const struct orr_why *why);
/* The same for what is no fault of a format: exit code, the name for --json, a text. */
int orr_call_fail(const struct orr_call *call, int code, const char *name, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Hexadecimal digits as a JSON text, with "0x" or without. */
json_t *orr_call_hex(const void *bytes, size_t len);
json_t *orr_call_0x(const void *bytes, size_t len);
json_t *orr_call_address(const struct orr_address *address);
#endif
