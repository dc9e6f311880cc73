/* main.c - the one program; each verb is a main_VERB.c that parses its arguments and calls the
 * library. */
#include "sim/cli/main.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/diag.h"
#include "sim/run/record.h"

const char *orr_called = "orrery";

static const struct orr_verb {
    const char *name;
    int (*run)(int argc, char **argv);
} verbs[] = {
#define VERB(verb, text) {#verb, orr_main_##verb},
#include "sim/cli/verbs.def"
#undef VERB
};
enum { N_VERBS = sizeof verbs / sizeof verbs[0] };

/* A stream that the caller has closed would else be the next file that is opened. */
static void open_streams(void) {
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd) _exit(3);
}

/* What could not be printed was not said: that is no success. */
static int close_stdout(int code) {
    bool failed = ferror(stdout);
    if (!fclose(stdout) && !failed) return code;
    fprintf(stderr, "orrery: cannot write to standard output: %s\n", strerror(errno));
    return 3;
}

static int run_verb(int argc, char **argv) {
    char *help[] = {"help", NULL};
    if (argc < 2) return orr_main_help(1, help), 2;
    const char *names[N_VERBS];
    for (size_t i = 0; i < N_VERBS; i++) {
        if (!strcmp(argv[1], verbs[i].name)) return verbs[i].run(argc - 1, argv + 1);
        names[i] = verbs[i].name;
    }
    if (!strcmp(argv[1], "--version")) return puts(orr_build_id()) < 0;
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) return orr_main_help(1, help);
    const char *nearest = orr_diag_nearest(argv[1], strlen(argv[1]), names, N_VERBS);
    fprintf(stderr, "orrery: no verb '%s'\n", argv[1]);
    if (nearest)
        fprintf(stderr, "did you mean '%s'?\n", nearest);
    else
        fprintf(stderr, "`orrery help` lists them\n");
    return 2;
}

/* zlib takes and gives back 268 KB for every chunk of a trace.  By default the C library hands that
 * to the kernel and asks for it again each time, which halts every core of the program for a moment
 * (a quarter of quickstart's CPU time). */
static void keep_freed_memory(void) {
    mallopt(M_MMAP_THRESHOLD, 4 << 20);
    mallopt(M_TRIM_THRESHOLD, 64 << 20);
}

int main(int argc, char **argv) {
    keep_freed_memory();
    open_streams();
    if (argc > 0 && *argv[0]) orr_called = argv[0];
    return close_stdout(run_verb(argc, argv));
}
