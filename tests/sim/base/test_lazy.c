/* lazy.c over a list of its own: arguments of every kind arrive, a call goes straight on once its
 * function is found, and what is absent is named. */
#if defined __x86_64__
#define ORR_LAZY_DEF "tests/sim/base/lazy_test.def"
#include "sim/base/lazy.c"

#include <math.h>
#include <string.h>
#include <sys/wait.h>
#include <zlib.h>

#include "tests/test.h"

void no_such_function(void);
void absent_function(int a);

START_TEST(a_function_is_found_once_and_stays) {
    const void *before = orr_lazy_entry_crc32.at;
    ck_assert_uint_eq(crc32(0, (const Bytef *)"123456789", 9),
                      0xcbf43926); /* the CRC's check value */
    const void *after = orr_lazy_entry_crc32.at;
    ck_assert_ptr_ne(before, after);
    ck_assert_uint_eq(crc32(0, (const Bytef *)"123456789", 9), 0xcbf43926);
    ck_assert_ptr_eq(orr_lazy_entry_crc32.at, after);
}
END_TEST

/* volatile: the compiler knows fma and would do it itself */
START_TEST(numbers_in_vector_registers_arrive) {
    double (*volatile call)(double, double, double) = fma;
    ck_assert_double_eq(call(3.5, -2.0, 0.25), -6.75);
}
END_TEST

/* Eleven arguments: registers of both kinds, how many of them, and the stack. */
START_TEST(a_variadic_call_arrives_whole) {
    char path[] = "/tmp/orrery-lazy-XXXXXX", text[100] = "";
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    gzFile file = gzopen(path, "wT"); /* as it is, without compression */
    ck_assert_ptr_nonnull(file);
    int n = gzprintf(file, "%d %s %.1f %c %ld %.2f %u %s %d", -1, "two", 3.5, '4', 5L, 6.25, 7u,
                     "8", 9);
    ck_assert_int_eq(gzclose(file), Z_OK);
    ck_assert_int_eq(read(fd, text, sizeof text - 1), n);
    ck_assert_str_eq(text, "-1 two 3.5 4 5 6.25 7 8 9");
    close(fd);
    unlink(path);
}
END_TEST

static void call_absent(void) { absent_function(1); }

/* Runs the call in a child: what it says goes to `said`; its exit code. */
static int child(void (*call)(void), char *said, size_t said_len) {
    int ends[2], status;
    ck_assert_int_eq(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], 2);
        call();
        _exit(0);
    }
    close(ends[1]);
    size_t len = 0;
    for (ssize_t n; len + 1 < said_len && (n = read(ends[0], said + len, said_len - 1 - len)) > 0;)
        len += (size_t)n;
    said[len] = 0;
    close(ends[0]);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

START_TEST(what_is_absent_is_named) {
    char said[500];
    ck_assert_int_eq(child(call_absent, said, sizeof said), 3);
    ck_assert_ptr_nonnull(strstr(said, "libabsent.so.1 is needed here and cannot be loaded: "));
    ck_assert_int_eq(child(no_such_function, said, sizeof said), 3);
    ck_assert_ptr_nonnull(strstr(said, "libm.so.6 is needed here"));
    ck_assert_ptr_nonnull(strstr(said, "no_such_function"));
}
END_TEST

ORR_TEST_MAIN("lazy", a_function_is_found_once_and_stays, numbers_in_vector_registers_arrive,
              a_variadic_call_arrives_whole, what_is_absent_is_named)
#else
#include <stdio.h>
int main(void) {
    puts("sim/base/lazy.c is for x86-64; elsewhere the libraries are linked as usual");
    return 77;
}
#endif
