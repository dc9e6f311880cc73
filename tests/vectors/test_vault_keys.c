/* Published vectors of BIP-32, BIP-39, BIP-340, EIP-55, EIP-712, EIP-2333 and SLIP-0039 hold. */
#include "models/vault/bip39.h"
#include "models/vault/eip2333.h"
#include "models/vault/message.h"
#include "models/vault/slip39.h"
#include "models/base/number.h"
#include "tests/vectors/vault.h"

#define EACH(file)                                    \
    json_t *all = orr_vector_load("vault/" file), *v; \
    size_t number;                                    \
    struct orr_mem *mem = orr_vault_setup();          \
    ck_assert_uint_gt(json_array_size(all), 0);       \
    json_array_foreach(all, number, v)
#define END_EACH      \
    json_decref(all); \
    orr_vault_teardown();

static void check_node(const json_t *v, const struct orr_bip32 *root, const char *path_text,
                       const char *xprv, const char *xpub) {
    struct orr_path path;
    struct orr_bip32 node, read;
    struct orr_why why = {""};
    char text[ORR_BASE58_TEXT];
    ck_assert_int_eq(orr_path_read(path_text, strlen(path_text), false, &path, &why), 0);
    ck_assert_int_eq(orr_bip32_derive(&orr_test_secp, root, &path, &node, &why), 0);
    orr_bip32_write(&node, true, text);
    ck_assert_str_eq(text, orr_text_of(v, xprv));
    ck_assert_int_eq(orr_bip32_read(&orr_test_secp, text, strlen(text), &read, &why), 0);
    ck_assert_mem_eq(read.key, node.key, 32);
    orr_bip32_write(&node, false, text);
    ck_assert_str_eq(text, orr_text_of(v, xpub));
    ck_assert_int_eq(orr_bip32_read(&orr_test_secp, text, strlen(text), &read, &why), 0);
    ck_assert_mem_eq(read.point, node.point, 33);
    ck_assert(!read.is_private);
}

START_TEST(extended_keys_are_derived_as_bip32_says){EACH("bip32.json"){uint8_t seed[64];
struct orr_bip32 root;
(void)mem;
size_t n = orr_bytes_of(v, "seed", seed, sizeof seed);
ck_assert_int_eq(orr_bip32_master(&orr_test_secp, seed, n, &root), 0);
check_node(v, &root, orr_text_of(v, "path"), "xprv", "xpub");
}
END_EACH
}
END_TEST

START_TEST(invalid_extended_keys_are_refused_with_a_reason){
    EACH("bip32-invalid.json"){struct orr_bip32 node;
struct orr_why why = {""};
const char *key = orr_text_of(v, "key");
(void)mem;
ck_assert_int_eq(orr_bip32_read(&orr_test_secp, key, strlen(key), &node, &why),
                 ORR_FAULT_BAD_EXTENDED_KEY);
ck_assert_str_ne(why.text, "");
}
END_EACH
}
END_TEST

START_TEST(sentences_give_entropy_seed_and_root_key_in_12_languages){
    EACH("bip39.json"){struct orr_bip39 m;
struct orr_bip32 root;
struct orr_why why = {""};
uint8_t seed[64];
char text[ORR_BIP39_TEXT], xprv[ORR_BASE58_TEXT];
const char *sentence = orr_text_of(v, "mnemonic"), *pass = orr_text_of(v, "passphrase");
int fault = orr_bip39_read(mem, sentence, strlen(sentence),
                           orr_bip39_language(orr_text_of(v, "language")), false, &m, &why);
ck_assert_msg(!fault, "%s: %s", orr_text_of(v, "name"), why.text);
ck_assert_str_eq(orr_bip39_words[m.language].language, orr_text_of(v, "language"));
orr_is_hex(v, "entropy", m.entropy, m.len);
fault = orr_bip39_read(mem, sentence, strlen(sentence), -1, false, &m, &why);
ck_assert_int_eq(fault, 0); /* in some language: two share most of their words */
m.language = (uint32_t)orr_bip39_language(orr_text_of(v, "language"));
struct orr_secret a, b;
orr_bip39_write(&m, text);
ck_assert_int_eq(orr_normal_nfkd(mem, text, strlen(text), &a), 0);
ck_assert_int_eq(orr_normal_nfkd(mem, sentence, strlen(sentence), &b), 0);
ck_assert_str_eq((char *)a.bytes, (char *)b.bytes);
orr_secret_free(mem, &a);
orr_secret_free(mem, &b);
ck_assert_int_eq(orr_bip39_seed(mem, sentence, strlen(sentence), pass, strlen(pass), seed), 0);
orr_is_hex(v, "seed", seed, 64);
ck_assert_int_eq(orr_bip32_master(&orr_test_secp, seed, 64, &root), 0);
orr_bip32_write(&root, true, xprv);
ck_assert_str_eq(xprv, orr_text_of(v, "bip32_root"));
}
END_EACH
}
END_TEST

START_TEST(sentences_give_the_nodes_that_ethers_finds){
    EACH("mnemonic-nodes.json"){uint8_t seed[64], pass[256], fingerprint[4];
const char *sentence = orr_text_of(v, "phrase");
size_t n = orr_bytes_of(v, "password_hex", pass, sizeof pass), i;
struct orr_bip32 root;
json_t *node;
ck_assert_int_eq(orr_bip39_seed(mem, sentence, strlen(sentence), pass, n, seed), 0);
orr_is_hex(v, "seed", seed, 64);
ck_assert_int_eq(orr_bip32_master(&orr_test_secp, seed, 64, &root), 0);
json_array_foreach(json_object_get(v, "nodes"), i, node)
    check_node(node, &root, orr_text_of(node, "path"), "xpriv", "xpub");
orr_bip32_fingerprint(&root, fingerprint);
orr_is_hex(json_array_get(json_object_get(v, "nodes"), 0), "fingerprint", fingerprint, 4);
}
END_EACH
}
END_TEST

START_TEST(addresses_have_the_case_of_eip55){EACH("addresses.json"){uint8_t key[32];
struct orr_address address, read;
char text[ORR_ADDRESS_TEXT];
(void)mem;
orr_bytes_of(v, "private_key", key, sizeof key);
ck_assert(orr_secp_address(&orr_test_secp, key, &address));
orr_address_write(text, &address);
ck_assert_str_eq(text, orr_text_of(v, "address"));
ck_assert_int_eq(orr_address_read(text, strlen(text), &read), 0);
}
END_EACH
}
END_TEST

START_TEST(schnorr_signatures_are_bip340s){
    EACH("bip340.json"){uint8_t key[32], x[32], aux[32], message[128], signature[64], made[64];
(void)mem;
size_t len = orr_bytes_of(v, "message", message, sizeof message);
orr_bytes_of(v, "public_key", x, sizeof x);
orr_bytes_of(v, "signature", signature, sizeof signature);
ck_assert_msg(orr_schnorr_verify(&orr_test_secp, x, message, len, signature) ==
                  !strcmp(orr_text_of(v, "verification_result"), "TRUE"),
              "vector %s", orr_text_of(v, "name"));
if (!orr_bytes_of(v, "secret_key", key, sizeof key)) continue;
orr_bytes_of(v, "aux_rand", aux, sizeof aux);
ck_assert(orr_schnorr_sign(&orr_test_secp, key, aux, message, len, made));
ck_assert_mem_eq(made, signature, 64);
ck_assert(orr_schnorr_public(&orr_test_secp, key, made));
ck_assert_mem_eq(made, x, 32);
}
END_EACH
}
END_TEST

START_TEST(typed_data_is_encoded_as_ethers_does){EACH("eip712.json"){struct orr_typed_data typed;
struct orr_why why = {""};
char *text = json_dumps(v, 0);
int fault = orr_typed_data_hash(mem, text, strlen(text), &typed, &why);
ck_assert_msg(!fault, "%s: %s", orr_text_of(v, "name"), why.text);
orr_is_hex(v, "encoded", typed.encoded.bytes, typed.encoded.len);
orr_is_hex(v, "digest", typed.digest.bytes, 32);
orr_secret_free(mem, &typed.encoded);
free(text);
if (!json_object_get(v, "signature")) continue;
uint8_t key[32], signature[65];
orr_bytes_of(v, "privateKey", key, sizeof key);
ck_assert(orr_secp_sign(&orr_test_secp, key, typed.digest.bytes, signature));
signature[64] += 27;
orr_is_hex(v, "signature", signature, 65);
}
END_EACH
}
END_TEST

START_TEST(bls_keys_are_derived_as_eip2333_says){EACH("eip2333.json"){uint8_t seed[64], key[32];
char text[ORR_U256_DECIMAL];
size_t n = orr_bytes_of(v, "seed", seed, sizeof seed);
ck_assert_int_eq(orr_eip2333_master(mem, seed, n, key), 0);
orr_u256_write(text, orr_u256_load_be(key));
ck_assert_str_eq(text, orr_text_of(v, "master_sk"));
uint32_t index = (uint32_t)json_integer_value(json_object_get(v, "child_index"));
orr_eip2333_child(mem, key, index, key);
orr_u256_write(text, orr_u256_load_be(key));
ck_assert_str_eq(text, orr_text_of(v, "child_sk"));
}
END_EACH
}
END_TEST

/* What the shares of a case give, or why not. */
static int combine(struct orr_mem *mem, const json_t *v, struct orr_secret *secret) {
    struct orr_share shares[32];
    struct orr_why why = {""};
    const json_t *list = json_object_get(v, "mnemonics");
    size_t n = json_array_size(list);
    ck_assert_uint_le(n, 32);
    for (size_t i = 0; i < n; i++) {
        const char *text = json_string_value(json_array_get(list, i));
        int fault = orr_share_read(mem, text, strlen(text), &shares[i], &why);
        if (fault) return fault;
        char again[ORR_SLIP39_TEXT];
        orr_share_write(&shares[i], again);
        ck_assert_str_eq(again, text);
    }
    return (int)orr_shares_combine(shares, n, "TREZOR", 6, mem, secret, &why);
}

START_TEST(shares_of_slip39_give_the_secret_or_are_refused){
    EACH("slip39.json"){struct orr_secret secret = {0};
struct orr_bip32 root;
char xprv[ORR_BASE58_TEXT];
const char *name = orr_text_of(v, "name");
int fault = combine(mem, v, &secret);
if (!*orr_text_of(v, "master_secret")) {
    ck_assert_msg(fault, "%s is accepted", name);
    continue;
}
ck_assert_msg(!fault, "%s: %s", name, orr_vault_fault_text((unsigned)fault));
orr_is_hex(v, "master_secret", secret.bytes, secret.len);
ck_assert_int_eq(orr_bip32_master(&orr_test_secp, secret.bytes, secret.len, &root), 0);
orr_bip32_write(&root, true, xprv);
ck_assert_str_eq(xprv, orr_text_of(v, "bip32_root"));
orr_secret_free(mem, &secret);
}
END_EACH
}
END_TEST

int main(void) {
    orr_vectors_need("vault");
    const TTest *tests[] = {extended_keys_are_derived_as_bip32_says,
                            invalid_extended_keys_are_refused_with_a_reason,
                            sentences_give_entropy_seed_and_root_key_in_12_languages,
                            sentences_give_the_nodes_that_ethers_finds,
                            addresses_have_the_case_of_eip55,
                            schnorr_signatures_are_bip340s,
                            typed_data_is_encoded_as_ethers_does,
                            bls_keys_are_derived_as_eip2333_says,
                            shares_of_slip39_give_the_secret_or_are_refused};
    return orr_test_run("vectors.vault_keys", tests, sizeof tests / sizeof tests[0]);
}
