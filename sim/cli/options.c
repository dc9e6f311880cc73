#include "sim/cli/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/diag.h"

enum { MAX_NAMES = 64, COLUMN = 22 };

static int complain(const struct orr_options *o, const char *what, const char *word) {
    fprintf(stderr, "orrery %s: %s", o->verb, what);
    orr_text_print(word, strlen(word), stderr);
    fputc('\n', stderr);
    return ORR_OPTION_BAD;
}

static int no_such(const struct orr_options *o, const char *word, size_t len) {
    const char *names[MAX_NAMES];
    uint32_t n = 0;
    for (; n < o->n && n + 1 < MAX_NAMES; n++) names[n] = o->list[n].name;
    names[n++] = "--help";
    complain(o, "no option ", word);
    const char *nearest = orr_diag_nearest(word, len, names, n);
    if (nearest) fprintf(stderr, "did you mean %s?\n", nearest);
    else fprintf(stderr, "`orrery %s --help` lists them\n", o->verb);
    return ORR_OPTION_BAD;
}

int orr_options_next(struct orr_options *o, const char **value) {
    if (++o->at >= o->argc) return ORR_OPTION_END;
    const char *word = o->argv[o->at];
    *value = word;
    if (o->ended || word[0] != '-' || !word[1]) return ORR_OPTION_OPERAND;
    if (!strcmp(word, "--")) {
        o->ended = 1;
        return orr_options_next(o, value);
    }
    if (!strcmp(word, "--help") || !strcmp(word, "-h")) return ORR_OPTION_HELP;
    size_t len = strcspn(word, "=");
    for (uint32_t i = 0; i < o->n; i++) {
        const struct orr_option *option = &o->list[i];
        if (strlen(option->name) != len || strncmp(option->name, word, len)) continue;
        if (!option->value && word[len]) return complain(o, "it takes no value: ", word);
        if (!option->value) return (int)i;
        *value = word[len] ? word + len + 1 : o->argv[++o->at];
        if (*value) return (int)i;
        fprintf(stderr, "orrery %s: %s wants %s\n", o->verb, option->name, option->value);
        return ORR_OPTION_BAD;
    }
    return no_such(o, word, len);
}

void orr_options_print(const struct orr_option *list, uint32_t n, FILE *to) {
    for (uint32_t i = 0; i < n; i++) {
        int width = fprintf(to, "  %s%s%s", list[i].name, list[i].value ? " " : "",
                            list[i].value ? list[i].value : "");
        fprintf(to, "%*s", width < COLUMN ? COLUMN - width : 1, "");
        for (const char *p = list[i].help; *p; p++) {
            fputc(*p, to);
            if (*p == '\n') fprintf(to, "%*s", COLUMN, "");
        }
        fputc('\n', to);
    }
}

int orr_options_number(const struct orr_options *o, const char *option, const char *text,
                       uint64_t *value) {
    char *end;
    errno = 0;
    *value = strtoull(text, &end, 10);
    if (*text >= '0' && *text <= '9' && !*end && !errno && *value <= INT64_MAX) return 1;
    fprintf(stderr, "orrery %s: %s wants a whole number from 0 to %lld\n", o->verb, option,
            (long long)INT64_MAX);
    return 0;
}
