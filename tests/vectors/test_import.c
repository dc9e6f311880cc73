/* A chain of another client (54 blocks; every fork from Frontier to Osaka's second blob schedule
 * begins inside it) on its genesis.json: each block must be valid, and the head the published one.
 */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/vectors/vectors.h"

static char output[8192];

static int import(const char *genesis, const char *chain) {
    char command[9000];
    snprintf(command, sizeof command, "'%s' vm import '%s' '%s' --json 2>&1", getenv("ORRERY_BIN"),
             genesis, chain);
    FILE *pipe = popen(command, "r");
    output[fread(output, 1, sizeof output - 1, pipe)] = 0;
    int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void write_file(const char *path, const void *bytes, size_t len) {
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, len, file), len);
    fclose(file);
}

START_TEST(a_chain_through_every_fork_ends_at_its_published_head) {
    orr_vectors_need("rpc/chain.rlp");
    char genesis[4096], chain[4096];
    snprintf(genesis, sizeof genesis, "%s", orr_vector_path("rpc/genesis.json"));
    snprintf(chain, sizeof chain, "%s", orr_vector_path("rpc/chain.rlp"));
    ck_assert_int_eq(import(genesis, chain), 0);
    json_t *head = orr_vector_load("rpc/headfcu.json"), *got = json_loads(output, 0, NULL);
    const json_t *params = json_array_get(json_object_get(head, "params"), 0);
    ck_assert_ptr_nonnull(got);
    ck_assert_str_eq(json_string_value(json_object_get(got, "hash")),
                     json_string_value(json_object_get(params, "headBlockHash")));
    ck_assert_int_eq(json_integer_value(json_object_get(got, "blocks")), 54);
    json_decref(head);
    json_decref(got);
}
END_TEST

START_TEST(a_chain_under_another_configuration_is_refused_where_the_rules_part) {
    orr_vectors_need("rpc/chain.rlp");
    static const struct {
        const char *key;
        int value, first;
    } changes[] = {{"byzantiumBlock", 11, 9 - 1}, {"pragueTime", 460, 45 - 1}};
    char chain[4096], path[] = "/tmp/orrery-genesis-XXXXXX";
    snprintf(chain, sizeof chain, "%s", orr_vector_path("rpc/chain.rlp"));
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        json_t *genesis = orr_vector_load("rpc/genesis.json");
        json_object_set_new(json_object_get(genesis, "config"), changes[i].key,
                            json_integer(changes[i].value));
        char *text = json_dumps(genesis, 0);
        write_file(path, text, strlen(text));
        free(text);
        json_decref(genesis);
        ck_assert_int_eq(import(path, chain), 1);
        json_t *got = json_loads(output, 0, NULL);
        ck_assert_ptr_nonnull(got);
        ck_assert_int_eq(json_integer_value(json_object_get(got, "refused")), changes[i].first);
        json_decref(got);
    }
    unlink(path);
}
END_TEST

ORR_TEST_MAIN("vectors.import", a_chain_through_every_fork_ends_at_its_published_head,
              a_chain_under_another_configuration_is_refused_where_the_rules_part)
