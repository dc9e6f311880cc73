/* bench.c - the vault's figures: what derivations cost beside the libraries' bare calls, files and
 * the list through the command as a user runs it, a signature in this process. */
#include "sim/cli/bench.h"

#include <fcntl.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "models/base/error.h"
#include "models/vault/age.h"
#include "models/vault/bip39.h"
#include "models/vault/codec.h"
#include "models/vault/keystore.h"
#include "models/vault/safe.h"
#include "models/vault/secp.h"
#include "models/vm/transaction.h"
#include "sim/cli/vault/secure.h"

enum {
    ROUNDS = 3,
    SEEDS = 32,
    FILE_BYTES = 100 << 20,
    ENTRIES = 10000,
    LISTS = 11,
    SIGNATURES = 2000,
};

static int told(const char *what) {
    fprintf(stderr, "orrery bench: %s\n", what);
    return ORR_EIO;
}

/* ---- derivations ---- */

/* CPU seconds of a standard v3 keystore's opening, and of libsodium's scrypt alone. */
static int measure_keystore(double *ours, double *bare) {
    struct orr_mem *mem = orr_secure_mem();
    struct orr_secp secp;
    const uint8_t random[48] = {16}, key[32] = {1};
    uint8_t out[32];
    struct orr_secret secret;
    struct orr_keystore ks = {.version = 3, .scrypt = {1 << 18, 8, 1}, .dk_len = 32};
    orr_secp_init(&secp, mem, NULL);
    const struct orr_keystore_tools tools = {mem, &secp, NULL, false};
    bool good = !orr_keystore_seal(&tools, random, key, 32, "password", 8, &ks, NULL);
    for (int i = 0; i < ROUNDS && good; i++) { /* in turn, so that both see the same machine */
        double start = orr_bench_cpu_clock();
        good = !orr_keystore_open(&tools, &ks, "password", 8, &secret, NULL);
        ours[i] = orr_bench_cpu_clock() - start;
        if (good) orr_secret_free(mem, &secret);
        start = orr_bench_cpu_clock();
        good = good && !crypto_pwhash_scryptsalsa208sha256_ll((const uint8_t *)"password", 8,
                                                              ks.salt, ks.salt_len, 1 << 18, 8, 1,
                                                              out, sizeof out);
        bare[i] = orr_bench_cpu_clock() - start;
    }
    orr_secp_fini(&secp);
    return good ? 0 : told("256 MiB for scrypt are not to be had");
}

static int measure_slot(double *ours, double *bare) {
    const uint8_t salt[ORR_ARGON2_SALT] = {16};
    uint8_t out[32];
    for (int i = 0; i < ROUNDS; i++) {
        double start = orr_bench_cpu_clock();
        int bad = orr_argon2id("password", 8, salt, ORR_SLOT_PASSES, ORR_SLOT_MEMORY_KIB, false,
                               out, sizeof out, NULL);
        ours[i] = orr_bench_cpu_clock() - start;
        start = orr_bench_cpu_clock();
        bad |= crypto_pwhash(out, sizeof out, "password", 8, salt, ORR_SLOT_PASSES,
                             (size_t)ORR_SLOT_MEMORY_KIB << 10, crypto_pwhash_ALG_ARGON2ID13);
        bare[i] = orr_bench_cpu_clock() - start;
        if (bad) return told("256 MiB for argon2id are not to be had");
    }
    return 0;
}

static void measure_seed(double *ours, double *bare) {
    static const char words[] = "legal winner thank year wave sausage worth useful legal winner "
                                "thank yellow";
    uint8_t seed[ORR_BIP39_SEED];
    for (int i = 0; i < SEEDS; i++) {
        double start = orr_bench_cpu_clock();
        orr_bip39_seed(orr_secure_mem(), words, sizeof words - 1, "TREZOR", 6, seed);
        ours[i] = 1e3 * (orr_bench_cpu_clock() - start);
        start = orr_bench_cpu_clock();
        PKCS5_PBKDF2_HMAC(words, sizeof words - 1, (const uint8_t *)"mnemonicTREZOR", 14, 2048,
                          EVP_sha512(), sizeof seed, seed);
        bare[i] = 1e3 * (orr_bench_cpu_clock() - start);
    }
}

int orr_bench_vault_kdf(orr_figure_sink sink, void *ctx) {
    double ours[SEEDS], bare[SEEDS];
    if (sodium_init() < 0) return told("libsodium does not start");
    int error = measure_keystore(ours, bare);
    if (error) return error;
    orr_bench_tell(sink, ctx, "vault-kdf, v3 keystore", orr_bench_median(ours, ROUNDS), "CPU s",
                   "libsodium's scrypt, n 2^18, r 8", orr_bench_median(bare, ROUNDS));
    error = measure_slot(ours, bare);
    if (error) return error;
    orr_bench_tell(sink, ctx, "vault-kdf, slot", orr_bench_median(ours, ROUNDS), "CPU s",
                   "libsodium's argon2id, 256 MiB, 3 passes", orr_bench_median(bare, ROUNDS));
    measure_seed(ours, bare);
    orr_bench_tell(sink, ctx, "vault-kdf, BIP-39 seed", orr_bench_median(ours, SEEDS), "CPU ms",
                   "OpenSSL's PBKDF2, 2,048 rounds", orr_bench_median(bare, SEEDS));
    return 0;
}

/* ---- age files ---- */

struct place {
    char folder[ORR_SCRATCH_LEN], plain[ORR_SCRATCH_LEN + 8], sealed[ORR_SCRATCH_LEN + 8],
        opened[ORR_SCRATCH_LEN + 8], key[ORR_SCRATCH_LEN + 8];
    char recipient[ORR_BECH32_TEXT];
    uint8_t public_key[32];
};

static bool write_file(const char *path, const void *bytes, size_t len) {
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool good = fd >= 0 && write(fd, bytes, len) == (ssize_t)len;
    if (fd >= 0 && close(fd)) good = false;
    return good;
}

/* A folder with an identity in it. */
static bool place_open(struct place *p) {
    uint8_t secret[32] = {16};
    char text[ORR_BECH32_TEXT];
    if (!orr_scratch_folder("bench", p->folder)) return false;
    chmod(p->folder, 0700);
    snprintf(p->plain, sizeof p->plain, "%s/plain", p->folder);
    snprintf(p->sealed, sizeof p->sealed, "%s/age", p->folder);
    snprintf(p->opened, sizeof p->opened, "%s/back", p->folder);
    snprintf(p->key, sizeof p->key, "%s/key", p->folder);
    crypto_scalarmult_base(p->public_key, secret);
    orr_bech32_write(text, "age-secret-key-", secret, 32, true);
    orr_bech32_write(p->recipient, "age", p->public_key, 32, false);
    return write_file(p->key, text, strlen(text));
}

static void place_close(struct place *p) {
    unlink(p->plain), unlink(p->sealed), unlink(p->opened), unlink(p->key);
    rmdir(p->folder);
}

/* CPU seconds of the cipher over as many bytes, in age's chunks. */
static double bare_cipher(const uint8_t *chunk, uint8_t *sealed) {
    const uint8_t key[32] = {1}, nonce[12] = {0};
    double start = orr_bench_cpu_clock();
    for (int i = 0; i < FILE_BYTES / ORR_AGE_CHUNK; i++)
        crypto_aead_chacha20poly1305_ietf_encrypt(sealed, NULL, chunk, ORR_AGE_CHUNK, NULL, 0, NULL,
                                                  nonce, key);
    return orr_bench_cpu_clock() - start;
}

/* CPU seconds of the same from a file into one, as `encrypt` leaves it: on the disk. */
static double bare_file(const struct place *p, uint8_t *chunk, uint8_t *sealed) {
    const uint8_t key[32] = {1}, nonce[12] = {0};
    double start = orr_bench_cpu_clock();
    int in = open(p->plain, O_RDONLY | O_CLOEXEC);
    int out = open(p->opened, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool good = in >= 0 && out >= 0;
    while (good) {
        ssize_t n = read(in, chunk, ORR_AGE_CHUNK);
        if (n <= 0) break;
        crypto_aead_chacha20poly1305_ietf_encrypt(sealed, NULL, chunk, (size_t)n, NULL, 0, NULL,
                                                  nonce, key);
        good = write(out, sealed, (size_t)n + ORR_AGE_TAG) == n + ORR_AGE_TAG;
    }
    good = good && !fsync(out);
    double took = orr_bench_cpu_clock() - start;
    if (in >= 0) close(in);
    if (out >= 0) close(out);
    unlink(p->opened);
    return good ? took : -1;
}

static int measure_age(struct place *p, orr_figure_sink sink, void *ctx) {
    const double mb = FILE_BYTES / 1e6;
    const char *const empty[] = {"/proc/self/exe", "vault", "encrypt", "-r", p->recipient,
                                 "--out", p->sealed, "--force", "-", NULL};
    const char *const encrypt[] = {"/proc/self/exe", "vault", "encrypt", "-r", p->recipient,
                                   "--out", p->sealed, "--force", p->plain, NULL};
    const char *const decrypt[] = {"/proc/self/exe", "vault", "decrypt", "-i", p->key, "--out",
                                   p->opened, "--force", p->sealed, NULL};
    static uint8_t chunk[ORR_AGE_CHUNK], sealed[ORR_AGE_CHUNK + ORR_AGE_TAG];
    double in[ROUNDS], out[ROUNDS], cipher[ROUNDS], file[ROUNDS];
    uint64_t peak = 0, few = 0;
    if (orr_bench_cpu_of(empty, &few) < 0) return told("the program cannot start itself");
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t kib;
        in[i] = orr_bench_cpu_of(encrypt, &kib);
        peak = kib > peak ? kib : peak;
        out[i] = orr_bench_cpu_of(decrypt, &kib);
        peak = kib > peak ? kib : peak;
        if (in[i] < 0 || out[i] < 0) return told("`orrery vault encrypt` does not end with 0");
        cipher[i] = bare_cipher(chunk, sealed);
        file[i] = bare_file(p, chunk, sealed);
        if (file[i] < 0) return told("no file of 100 MiB can be written");
    }
    double ours = mb / orr_bench_median(in, ROUNDS), theirs = mb / orr_bench_median(file, ROUNDS);
    double bare = mb / orr_bench_median(cipher, ROUNDS);
    const char *const alone = "libsodium's ChaCha20-Poly1305 in memory",
                      *const with = "the same from file to file";
    orr_bench_tell(sink, ctx, "vault-age, encrypt", ours, "MB/s of CPU time", alone, bare);
    orr_bench_tell(sink, ctx, "vault-age, encrypt", ours, "MB/s of CPU time", with, theirs);
    ours = mb / orr_bench_median(out, ROUNDS);
    orr_bench_tell(sink, ctx, "vault-age, decrypt", ours, "MB/s of CPU time", alone, bare);
    orr_bench_tell(sink, ctx, "vault-age, decrypt", ours, "MB/s of CPU time", with, theirs);
    orr_bench_tell(sink, ctx, "vault-age, memory", (double)peak / 1024, "MiB at most",
                   "an empty file encrypted", (double)few / 1024);
    return 0;
}

int orr_bench_vault_age(orr_figure_sink sink, void *ctx) {
    struct place p;
    if (sodium_init() < 0) return told("libsodium does not start");
    if (!place_open(&p)) return told("no folder to work in");
    uint8_t *plain = malloc(FILE_BYTES);
    bool good = plain != NULL;
    if (good) randombytes_buf(plain, FILE_BYTES);
    good = good && write_file(p.plain, plain, FILE_BYTES);
    free(plain);
    int error = good ? measure_age(&p, sink, ctx) : told("no file of 100 MiB can be written");
    place_close(&p);
    return error;
}

/* ---- the list ---- */

/* A vault of passwords that the identity of p opens. */
static bool write_vault(const struct place *p) {
    struct orr_mem *mem = orr_secure_mem();
    json_t *root = orr_safe_new(1700000000);
    struct orr_secret file, random;
    bool good = !orr_safe_add_key(root, "bench", p->public_key, NULL);
    json_t *entries = json_object_get(root, "entries");
    for (int i = 0; i < ENTRIES; i++) {
        char name[32];
        snprintf(name, sizeof name, "account %d", i);
        json_array_append_new(entries, json_pack("{s:s, s:s, s:i, s:i, s:i, s:s, s:[]}", "name",
                                                 name, "kind", "password", "created", 1700000000,
                                                 "changed", 1700000000, "version", 1, "value",
                                                 "correct horse battery staple", "history"));
    }
    random = orr_secret_new(mem, orr_safe_random(root));
    randombytes_buf(random.bytes, random.size);
    good = good && !orr_safe_seal(mem, root, random.bytes, &file, NULL);
    orr_secret_free(mem, &random);
    json_decref(root);
    if (!good) return false;
    good = write_file(p->sealed, file.bytes, file.len);
    orr_secret_free(mem, &file);
    return good;
}

int orr_bench_vault_list(orr_figure_sink sink, void *ctx) {
    struct place p;
    double took[LISTS], idle[LISTS];
    if (sodium_init() < 0) return told("libsodium does not start");
    if (!place_open(&p)) return told("no folder to work in");
    const char *const list[] = {"/proc/self/exe", "vault", "list", "--vault", p.sealed, "-i",
                                p.key, NULL};
    const char *const lock[] = {"/proc/self/exe", "vault", "lock", "--vault", p.sealed, NULL};
    int error = write_vault(&p) ? 0 : told("no vault can be written");
    for (int i = 0; i < LISTS && !error; i++) {
        took[i] = 1e3 * orr_bench_cpu_of(list, NULL);
        idle[i] = 1e3 * orr_bench_cpu_of(lock, NULL);
        if (took[i] < 0 || idle[i] < 0) error = told("`orrery vault list` does not end with 0");
    }
    place_close(&p);
    if (error) return error;
    orr_bench_tell(sink, ctx, "vault-list, 10,000 entries", orr_bench_median(took, LISTS),
                   "CPU ms, start and end included", "a verb that opens nothing",
                   orr_bench_median(idle, LISTS));
    return 0;
}

/* ---- a transaction ---- */

int orr_bench_vault_sign(orr_figure_sink sink, void *ctx) {
    if (sodium_init() < 0) return told("libsodium does not start");
    struct orr_mem *mem = orr_secure_mem();
    struct orr_secp secp;
    const uint8_t key[32] = {7}, blind[32] = {5};
    uint8_t signature[ORR_SECP_SIGNATURE];
    struct orr_evm_tx tx = {.type = ORR_TX_FEE_MARKET, .has_chain_id = true, .gas_limit = 21000,
                            .chain_id = orr_u256_from_u64(1), .value = orr_u256_from_u64(1)};
    double ours[ROUNDS], bare[ROUNDS];
    bool good = true;
    orr_secp_init(&secp, mem, blind);
    for (int round = 0; round < ROUNDS; round++) {
        struct orr_hash hash = {{0}};
        double start = orr_bench_cpu_clock();
        for (int i = 0; i < SIGNATURES; i++) {
            struct orr_rlp_writer w = {.mem = mem};
            tx.nonce = (uint64_t)i;
            hash = orr_evm_tx_signing_hash(mem, &tx);
            good &= orr_secp_sign(&secp, key, hash.bytes, signature);
            orr_evm_tx_set_signature(&tx, signature, signature + 32, signature[64]);
            orr_evm_tx_encode(&tx, &w);
            orr_rlp_free(&w);
        }
        ours[round] = 1e6 * (orr_bench_cpu_clock() - start) / SIGNATURES;
        start = orr_bench_cpu_clock();
        for (int i = 0; i < SIGNATURES; i++) {
            hash.bytes[0] = (uint8_t)i;
            good &= orr_secp_sign(&secp, key, hash.bytes, signature);
        }
        bare[round] = 1e6 * (orr_bench_cpu_clock() - start) / SIGNATURES;
    }
    orr_secp_fini(&secp);
    if (!good) return told("a key does not sign");
    orr_bench_tell(sink, ctx, "vault-sign, transaction", orr_bench_median(ours, ROUNDS),
                   "CPU us", "libsecp256k1's signature alone", orr_bench_median(bare, ROUNDS));
    return 0;
}
