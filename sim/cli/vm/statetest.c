/* orrery vm statetest: state tests with the options and the output of go-ethereum's `evm
 * statetest`, for the tools that drive that program. */
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cli/vm/fixture.h"
#include "sim/cli/vm/test.h"

int orr_vm_statetest_command(int argc, char **argv);

static int usage(FILE *to) {
    fprintf(to,
            "usage: orrery vm statetest [OPTION...] [PATH...]\n\n"
            "Runs state tests with the options and the output of go-ethereum's `evm statetest`:\n"
            "an array of {name, pass, stateRoot, fork, error} on standard output, {\"stateRoot\"}\n"
            "for each case and the trace on standard error.  Without a PATH, names of files are\n"
            "read from standard input, one a line, and each is run at once.\n"
            "  --trace, --json       EIP-3155, one line an instruction (orrery vm test --help)\n"
            "  --trace.format json   the one form that there is\n"
            "  --trace.nomemory=BOOL, --trace.noreturndata=BOOL, --trace.nostack=BOOL\n"
            "                        what is left out (true, true, false)\n"
            "  --trace.nostorage=BOOL\n"
            "                        read and without effect: storage is never printed\n"
            "  --statetest.fork NAME only this fork\n"
            "  --run REGEX           only tests whose name matches\n"
            "Exit codes: 0 when all files could be run, whatever passed; 2 bad input.\n");
    return to == stdout ? 0 : 2;
}

struct request {
    struct orr_vm_test_options options;
    struct orr_vm_trace_options trace;
    regex_t pattern;
    bool has_pattern;
    int n_paths; /* moved to argv[1] and on */
};

static int complain(const char *format, const char *value) {
    fputs("orrery vm statetest: ", stderr);
    fprintf(stderr, format, value);
    fputc('\n', stderr);
    return 2;
}

/* "--name" with its value after "=", or true; NULL when it is another option. */
static const char *switch_value(const char *argument, const char *name) {
    size_t len = strlen(name);
    while (*argument == '-') argument++;
    if (strncmp(argument, name, len)) return NULL;
    return argument[len] == '=' ? argument + len + 1 : argument[len] ? NULL : "true";
}

/* Sets a flag that says what is left out; false when it is another option. */
static bool read_switch(struct request *r, const char *argument) {
    const struct {
        const char *name;
        bool *shown, *hidden; /* one of them; neither: no effect */
    } switches[] = {
        {"trace.nomemory", &r->trace.memory, NULL},
        {"nomemory", &r->trace.memory, NULL},
        {"trace.noreturndata", &r->trace.return_data, NULL},
        {"noreturndata", &r->trace.return_data, NULL},
        {"trace.nostack", NULL, &r->trace.no_stack},
        {"nostack", NULL, &r->trace.no_stack},
        {"trace.nostorage", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++) {
        const char *value = switch_value(argument, switches[i].name);
        if (!value) continue;
        bool is_on = strcmp(value, "false") != 0;
        if (switches[i].shown) *switches[i].shown = !is_on;
        if (switches[i].hidden) *switches[i].hidden = is_on;
        return true;
    }
    return false;
}

/* The value of an option that needs one, "--name=value" or the next argument. */
static bool read_value(int argc, char **argv, int *i, const char *name, const char **value) {
    const char *argument = argv[*i], *given = switch_value(argument, name);
    if (!given || argument[0] != '-') return false;
    *value = strchr(argument, '=') ? given : *i + 1 < argc ? argv[++*i] : NULL;
    return true;
}

static int set_pattern(struct request *r, const char *text) {
    if (regcomp(&r->pattern, text, REG_EXTENDED | REG_NOSUB))
        return complain("--run: '%s' is no regular expression", text);
    r->has_pattern = true;
    r->options.only_pattern = &r->pattern;
    return 0;
}

static int parse(struct request *r, int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        const char *argument = argv[i], *value = "";
        enum orr_evm_fork fork;
        if (argument[0] != '-' || !argument[1]) {
            argv[1 + r->n_paths++] = argv[i];
        } else if (read_value(argc, argv, &i, "trace.format", &value)) {
            if (!value || strcmp(value, "json"))
                return complain("--trace.format: '%s' is not json", value ? value : "");
        } else if (read_value(argc, argv, &i, "statetest.fork", &value)) {
            if (!value || orr_fixture_fork(value, &fork))
                return complain("no fork '%s'", value ? value : "");
            r->options.only_fork = value;
        } else if (read_value(argc, argv, &i, "run", &value)) {
            if (!value) return complain("%s needs a value", argument);
            if (set_pattern(r, value)) return 2;
        } else if (switch_value(argument, "trace") || switch_value(argument, "json")) {
            const char *on = strchr(argument, '=');
            r->options.trace = on && !strcmp(on, "=false") ? NULL : &r->trace;
        } else if (!read_switch(r, argument)) {
            complain("no option '%s'", argument);
            return usage(stderr);
        }
    }
    return 0;
}

/* Runs the tests of these paths and prints what came of them; whether the files were good. */
static bool run(const struct request *r, const char *const *paths, size_t n_paths) {
    struct orr_vm_report report = {0};
    orr_vm_test_run(&r->options, paths, n_paths, &report);
    orr_vm_report_list(&report, stdout);
    fflush(stdout);
    bool good = !report.bad.n;
    orr_vm_report_complain(&report);
    orr_vm_report_free(&report);
    return good;
}

/* Batch mode: an empty line ends it. */
static bool run_names(const struct request *r) {
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;
    bool good = true;
    while ((len = getline(&line, &cap, stdin)) > 0) {
        line[strcspn(line, "\r\n")] = 0;
        if (!line[0]) break;
        const char *paths[] = {line};
        good = run(r, paths, 1) && good;
    }
    free(line);
    return good;
}

int orr_vm_statetest_command(int argc, char **argv) {
    struct request r = {.options = {.kind = ORR_EVM_STATE_TESTS, .n_workers = 1, .lists = true}};
    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) return usage(stdout);
    int failed = parse(&r, argc, argv);
    if (!failed) {
        const char *const *paths = (const char *const *)argv + 1;
        failed = (r.n_paths ? run(&r, paths, (size_t)r.n_paths) : run_names(&r)) ? 0 : 2;
    }
    if (r.has_pattern) regfree(&r.pattern);
    return failed;
}
