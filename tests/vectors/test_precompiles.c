/* The public precompile vectors of go-ethereum (core/vm/testdata/precompiles): every file and every
 * case in it, with result and gas; what must fail must fail. */
#include <dirent.h>

#include "tests/models/vm/precompile_call.h"
#include "tests/vectors/vectors.h"

#define FOLDER "evm/go-ethereum/core/vm/testdata/precompiles"

/* Which contract a file is about, and under which rules its gas was computed. */
static const struct subject {
    const char *file;
    unsigned number;
    enum orr_evm_fork fork;
} subjects[] = {
    {"ecRecover.json", 0x01, ORR_FORK_FRONTIER},
    {"modexp.json", 0x05, ORR_FORK_BYZANTIUM},
    {"modexp_eip2565.json", 0x05, ORR_FORK_BERLIN},
    {"modexp_eip7883.json", 0x05, ORR_FORK_OSAKA},
    {"bn256Add.json", 0x06, ORR_FORK_ISTANBUL},
    {"bn256ScalarMul.json", 0x07, ORR_FORK_ISTANBUL},
    {"bn256Pairing.json", 0x08, ORR_FORK_ISTANBUL},
    {"blake2F.json", 0x09, ORR_FORK_ISTANBUL},
    {"fail-blake2f.json", 0x09, ORR_FORK_ISTANBUL},
    {"pointEvaluation.json", 0x0a, ORR_FORK_CANCUN},
    {"blsG1Add.json", 0x0b, ORR_FORK_PRAGUE},
    {"fail-blsG1Add.json", 0x0b, ORR_FORK_PRAGUE},
    {"blsG1Mul.json", 0x0c, ORR_FORK_PRAGUE},
    {"fail-blsG1Mul.json", 0x0c, ORR_FORK_PRAGUE},
    {"blsG1MultiExp.json", 0x0c, ORR_FORK_PRAGUE},
    {"fail-blsG1MultiExp.json", 0x0c, ORR_FORK_PRAGUE},
    {"blsG2Add.json", 0x0d, ORR_FORK_PRAGUE},
    {"fail-blsG2Add.json", 0x0d, ORR_FORK_PRAGUE},
    {"blsG2Mul.json", 0x0e, ORR_FORK_PRAGUE},
    {"fail-blsG2Mul.json", 0x0e, ORR_FORK_PRAGUE},
    {"blsG2MultiExp.json", 0x0e, ORR_FORK_PRAGUE},
    {"fail-blsG2MultiExp.json", 0x0e, ORR_FORK_PRAGUE},
    {"blsPairing.json", 0x0f, ORR_FORK_PRAGUE},
    {"fail-blsPairing.json", 0x0f, ORR_FORK_PRAGUE},
    {"blsMapG1.json", 0x10, ORR_FORK_PRAGUE},
    {"fail-blsMapG1.json", 0x10, ORR_FORK_PRAGUE},
    {"blsMapG2.json", 0x11, ORR_FORK_PRAGUE},
    {"fail-blsMapG2.json", 0x11, ORR_FORK_PRAGUE},
    {"p256Verify.json", 0x100, ORR_FORK_OSAKA},
};

static const struct subject *find_subject(const char *file) {
    for (size_t i = 0; i < sizeof subjects / sizeof subjects[0]; i++)
        if (strcmp(subjects[i].file, file) == 0) return &subjects[i];
    return NULL;
}

static void run_case(const struct subject *s, const json_t *test) {
    const char *name = json_string_value(json_object_get(test, "Name"));
    const char *input = json_string_value(json_object_get(test, "Input"));
    const char *expected = json_string_value(json_object_get(test, "Expected"));
    ck_assert_msg(name && input, "%s: a case lacks its name or input", s->file);
    struct call_result r = call_hex(s->fork, s->number, input);
    if (json_object_get(test, "ExpectedError")) {
        ck_assert_msg(r.error < 0, "%s: %s: accepted", s->file, name);
    } else {
        ck_assert_msg(expected != NULL, "%s: %s: no result is stated", s->file, name);
        ck_assert_msg(!r.error, "%s: %s: error %d", s->file, name, r.error);
        ck_assert_msg(strcmp(r.hex, expected) == 0, "%s: %s: got %.128s..., expected %.128s...",
                      s->file, name, r.hex, expected);
        uint64_t gas = (uint64_t)json_integer_value(json_object_get(test, "Gas"));
        ck_assert_msg(r.gas == gas, "%s: %s: gas %ju, expected %ju", s->file, name,
                      (uintmax_t)r.gas, (uintmax_t)gas);
    }
    free(r.hex);
}

START_TEST(every_case_of_a_file_gives_the_published_result_and_gas) {
    const struct subject *s = &subjects[_i];
    char name[256];
    snprintf(name, sizeof name, FOLDER "/%s", s->file);
    if (!orr_vector_is_there(name)) return;
    json_t *cases = orr_vector_load(name);
    ck_assert_uint_gt(json_array_size(cases), 0);
    for (size_t i = 0; i < json_array_size(cases); i++) run_case(s, json_array_get(cases, i));
    printf("%s: %zu cases\n", s->file, json_array_size(cases));
    json_decref(cases);
}
END_TEST

START_TEST(every_file_of_the_folder_is_run) {
    DIR *dir = opendir(orr_vector_path(FOLDER));
    ck_assert_ptr_nonnull(dir);
    size_t n = 0;
    for (struct dirent *entry; (entry = readdir(dir)); n++) {
        if (entry->d_name[0] == '.') continue;
        ck_assert_msg(find_subject(entry->d_name) != NULL, "no rule runs %s", entry->d_name);
    }
    closedir(dir);
    ck_assert_uint_gt(n, 2);
}
END_TEST

int main(void) {
    orr_vectors_need(FOLDER);
    Suite *suite = suite_create("vectors.precompiles");
    TCase *tcase = tcase_create("go-ethereum");
    tcase_set_timeout(tcase, 0);
    tcase_add_loop_test(tcase, every_case_of_a_file_gives_the_published_result_and_gas, 0,
                        sizeof subjects / sizeof subjects[0]);
    tcase_add_test(tcase, every_file_of_the_folder_is_run);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
