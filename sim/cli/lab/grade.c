/* orrery lab grade: what instructors call. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/cli/lab/commands.h"
#include "sim/cli/lab/folder.h"
#include "sim/cli/lab/forms.h"
#include "sim/cli/lab/hidden.h"
#include "sim/cli/options.h"

enum { LAB, SEEDS, SALT, HIDDEN, PUBLIC, ONLY, CASE, FORM, OUT };
static const struct orr_option options[] = {
    [LAB] = {"--lab", "NAME", "which lab (default: the one that the folder was started from)"},
    [SEEDS] = {"--seeds", "N", "seeds of each hidden test (default: as the test says)"},
    [SALT] = {"--salt", "FILE", "a secret from which the seeds of hidden tests are made: with the\n"
                                "same salt the same submission gets the same grade everywhere"},
    [HIDDEN] = {"--hidden", "FILE", "the hidden tests (default: those that are installed)"},
    [PUBLIC] = {"--public", NULL, "only what students may see of hidden tests"},
    [ONLY] = {"--only", "EXERCISE", "one exercise"},
    [CASE] = {"--case", "NAME", "of that exercise one test: the name of its scenario's file"},
    [FORM] = {"--form", "FORM", "text (the default), json, gradescope, junit"},
    [OUT] = {"--out", "FILE", "where it goes (default: standard output)"},
};
enum { N_OPTIONS = sizeof options / sizeof options[0] };

static int usage(FILE *to) {
    fprintf(to, "usage: orrery lab grade FOLDER [OPTION...]\n\n"
                "Grades what a student wrote, with the lab's public and hidden tests.\n\n");
    orr_options_print(options, N_OPTIONS, to);
    fprintf(to, "\nExit codes: 0 full points, 1 fewer, 2 bad input, 3 there is no grade: the "
                "machine or the\ngrader failed.\n");
    return to == stdout ? 0 : 2;
}

struct grading {
    const char *folder, *lab, *salt, *hidden, *out;
    enum orr_lab_form form;
    bool is_public;
    uint64_t seeds;
    struct orr_lab_wish wish;
};

static bool take(struct grading *g, const struct orr_options *walk, int option,
                 const char *value) {
    switch (option) {
    case LAB: return (g->lab = value);
    case SEEDS:
        return orr_options_number(walk, "--seeds", value, &g->seeds) && g->seeds <= 100000;
    case SALT: return (g->salt = value);
    case HIDDEN: return (g->hidden = value);
    case PUBLIC: return g->is_public = true;
    case ONLY: return (g->wish.only = value);
    case CASE: return (g->wish.only_case = value);
    case OUT: return (g->out = value);
    default: break;
    }
    g->form = orr_lab_form_of(value);
    if (g->form != ORR_LAB_FORM_END) return true;
    fprintf(stderr, "orrery lab grade: there is no form '%s'\n", ORR_SHOWN(value));
    return false;
}

static int read_arguments(int argc, char **argv, struct grading *g) {
    struct orr_options walk = {
        .verb = "lab grade", .list = options, .n = N_OPTIONS, .argc = argc, .argv = argv};
    const char *value;
    for (int i; (i = orr_options_next(&walk, &value)) != ORR_OPTION_END;) {
        if (i == ORR_OPTION_HELP) return usage(stdout);
        if (i == ORR_OPTION_BAD) return 2;
        if (i >= 0 && !take(g, &walk, i, value)) return 2;
        if (i != ORR_OPTION_OPERAND) continue;
        if (g->folder) return usage(stderr);
        g->folder = value;
    }
    return g->folder ? -1 : usage(stderr);
}

static int print(const struct grading *g, const struct orr_lab_report *report) {
    FILE *to = g->out ? fopen(g->out, "we") : stdout;
    if (!to) {
        fprintf(stderr, "orrery lab grade: %s: %s\n", ORR_SHOWN(g->out), strerror(errno));
        return 3;
    }
    orr_lab_form_print(g->form, report, g->is_public, orr_diag_colour(to), to);
    bool good = !ferror(to) && (g->out ? !fclose(to) : !fflush(to));
    return good ? 0 : 3;
}

static int grade(struct grading *g, const struct orr_lab *lab) {
    struct orr_lab_report report;
    struct orr_diags diags = {0};
    int code = 3;
    g->wish.has_hidden = true;
    g->wish.n_seeds = (uint32_t)g->seeds;
    if (orr_lab_check(lab, g->folder, &g->wish, &report, &diags)) {
        orr_diags_print(&diags, stderr, orr_diag_colour(stderr));
    } else {
        code = print(g, &report);
        if (!code) code = report.is_broken ? 3 : report.earned < report.possible;
    }
    orr_lab_report_fini(&report);
    orr_diags_fini(&diags);
    return code;
}

int orr_lab_grade_command(int argc, char **argv) {
    struct grading g = {0};
    uint8_t salt[32];
    int code = read_arguments(argc, argv, &g);
    if (code >= 0) return code;
    if (access(g.folder, R_OK | X_OK)) {
        fprintf(stderr, "orrery lab grade: %s: %s\n", ORR_SHOWN(g.folder), strerror(errno));
        return 2;
    }
    if (g.salt && (code = orr_lab_read_salt(g.salt, "grade", salt)) > 0) return code;
    if (g.salt) g.wish.salt = salt;
    struct orr_lab *lab =
        g.lab ? orr_lab_open(g.lab, &code) : orr_lab_open_of(g.folder, &code);
    if (!lab) return code;
    code = 2;
    if (g.wish.only && !orr_lab_exercise_of(lab, g.wish.only))
        fprintf(stderr, "orrery lab grade: %s has no exercise '%s'\n", lab->name,
                ORR_SHOWN(g.wish.only));
    else code = orr_lab_add_hidden(lab, g.hidden, "grade");
    if (!code && !orr_lab_has_case(lab, g.wish.only, g.wish.only_case, "grade")) code = 2;
    if (!code) code = grade(&g, lab);
    orr_lab_free(lab);
    return code;
}
