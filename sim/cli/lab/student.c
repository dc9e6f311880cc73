/* orrery lab list, start, test, hint, status: what students call. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/cli/lab/commands.h"
#include "sim/cli/lab/folder.h"
#include "sim/cli/lab/forms.h"
#include "sim/cli/options.h"

enum { MAX_OPERANDS = 2, PATH_BYTES = 4400 };

/* ---- list ---- */

static int is_visible(const struct dirent *entry) { return entry->d_name[0] != '.'; }

int orr_lab_list_command(int argc, char **argv) {
    const char *names[MAX_OPERANDS];
    uint32_t n = 0;
    int code = orr_lab_operands(argc, argv, "list", "", "Names the labs and their exercises.",
                                names, 0, 0, &n);
    if (code >= 0) return code;
    char place[PATH_BYTES];
    if (!orr_lab_place('l', place, sizeof place)) {
        fprintf(stderr, "orrery lab: no labs are installed\n");
        return 3;
    }
    struct dirent **entries;
    int n_entries = scandir(place, &entries, is_visible, alphasort);
    for (int i = 0; i < n_entries; i++) {
        struct orr_lab *lab = orr_lab_open(entries[i]->d_name, &code);
        free(entries[i]);
        if (!lab) continue;
        printf("%s: %s\n", lab->name, lab->title);
        for (uint32_t k = 0; k < lab->n_exercises; k++)
            printf("  %-12s %s\n", lab->exercises[k].name, lab->exercises[k].title);
        orr_lab_free(lab);
    }
    if (n_entries >= 0) free(entries);
    printf("`orrery lab start NAME` begins one.\n");
    return 0;
}

/* ---- start ---- */

int orr_lab_start_command(int argc, char **argv) {
    const char *names[MAX_OPERANDS];
    uint32_t n = 0;
    int code = orr_lab_operands(argc, argv, "start", "NAME [FOLDER]",
                                "Makes a folder (default: NAME) with a lab's README.md, its "
                                "skeletons and its scenarios.", names, 1, 2, &n);
    if (code >= 0) return code;
    struct orr_lab *lab = orr_lab_open(names[0], &code);
    if (!lab) return code;
    const char *folder = n > 1 ? names[1] : lab->name;
    code = orr_lab_hand_out(lab, folder);
    if (!code)
        printf("%s is yours. Read %s/README.md, write, and run `orrery lab test` in it.\n",
               ORR_SHOWN(folder), ORR_SHOWN(folder));
    orr_lab_free(lab);
    return code;
}

/* ---- test ---- */

enum { DIR_OPTION, ALL, FORM };
static const struct orr_option options[] = {
    [DIR_OPTION] = {"--dir", "FOLDER", "the student's folder (default: the one one is in)"},
    [ALL] = {"--all", NULL, "all exercises, not only up to the first that does not pass"},
    [FORM] = {"--form", "FORM", "text (the default), json, gradescope, junit"},
};
enum { N_OPTIONS = sizeof options / sizeof options[0] };

static int test_usage(FILE *to) {
    fprintf(to, "usage: orrery lab test [EXERCISE] [OPTION...]\n\n"
                "Compiles what the student wrote and runs the public tests, up to the first "
                "exercise that\ndoes not pass, or those of one.\n\n");
    orr_options_print(options, N_OPTIONS, to);
    fprintf(to, "\nExit codes: 0 all passed, 1 not, 2 bad input, 3 the machine failed.\n");
    return to == stdout ? 0 : 2;
}

struct testing {
    const char *folder, *only;
    enum orr_lab_form form;
    bool all;
};

static int test_arguments(int argc, char **argv, struct testing *t) {
    struct orr_options walk = {
        .verb = "lab test", .list = options, .n = N_OPTIONS, .argc = argc, .argv = argv};
    const char *value;
    for (int i; (i = orr_options_next(&walk, &value)) != ORR_OPTION_END;) {
        if (i == ORR_OPTION_HELP) return test_usage(stdout);
        if (i == ORR_OPTION_BAD) return 2;
        if (i == DIR_OPTION) t->folder = value;
        else if (i == ALL) t->all = true;
        else if (i == FORM && (t->form = orr_lab_form_of(value)) == ORR_LAB_FORM_END) {
            fprintf(stderr, "orrery lab: there is no form '%s'\n", ORR_SHOWN(value));
            return 2;
        } else if (i == ORR_OPTION_OPERAND && t->only) return test_usage(stderr);
        else if (i == ORR_OPTION_OPERAND) t->only = value;
    }
    return -1;
}

int orr_lab_test_command(int argc, char **argv) {
    struct testing t = {.folder = "."};
    int code = test_arguments(argc, argv, &t);
    if (code >= 0) return code;
    struct orr_lab *lab = orr_lab_open_of(t.folder, &code);
    if (!lab) return code;
    if (t.only && !orr_lab_exercise_of(lab, t.only)) {
        fprintf(stderr, "orrery lab: %s has no exercise '%s'\n", lab->name, ORR_SHOWN(t.only));
        orr_lab_free(lab);
        return 2;
    }
    struct orr_lab_wish wish = {.only = t.only, .stops = !t.all};
    struct orr_lab_report report;
    struct orr_diags diags = {0};
    int error = orr_lab_check(lab, t.folder, &wish, &report, &diags);
    if (error) {
        orr_diags_print(&diags, stderr, orr_diag_colour(stderr));
        code = 3;
    } else {
        orr_lab_form_print(t.form, &report, false, orr_diag_colour(stdout), stdout);
        orr_lab_progress_note(t.folder, &report);
        const struct orr_lab_exercise *next = orr_lab_next(lab, t.folder);
        if (t.form == ORR_LAB_FORM_TEXT && next)
            printf("next: %s (%s)\n", next->name, next->files[0]);
        code = report.is_broken ? 3 : report.passed ? 0 : 1;
    }
    orr_lab_report_fini(&report);
    orr_diags_fini(&diags);
    orr_lab_free(lab);
    return code;
}

/* ---- hint, status ---- */

int orr_lab_hint_command(int argc, char **argv) {
    const char *names[MAX_OPERANDS];
    uint32_t n = 0;
    int code = orr_lab_operands(argc, argv, "hint", "[EXERCISE [N]]",
                                "Prints the first hint (or the first N) to an exercise of the "
                                "lab whose folder one is in;\nwithout a name to the one that "
                                "comes next.", names, 0, 2, &n);
    if (code >= 0) return code;
    struct orr_lab *lab = orr_lab_open_of(".", &code);
    if (!lab) return code;
    const struct orr_lab_exercise *e =
        n ? orr_lab_exercise_of(lab, names[0]) : orr_lab_next(lab, ".");
    uint64_t most = 1;
    struct orr_options numbers = {.verb = "lab hint"};
    code = 0;
    if (!e && n) {
        fprintf(stderr, "orrery lab: %s has no exercise '%s'\n", lab->name, ORR_SHOWN(names[0]));
        code = 2;
    } else if (n > 1 && !orr_options_number(&numbers, "N", names[1], &most)) {
        code = 2;
    } else if (!e) {
        printf("All exercises have passed.\n");
    } else {
        for (uint32_t i = 0; i < e->n_hints && i < most; i++)
            printf("%s, hint %u of %u: %s\n", e->name, i + 1, e->n_hints, e->hints[i]);
        if (!e->n_hints) printf("%s has no hints.\n", e->name);
    }
    orr_lab_free(lab);
    return code;
}

int orr_lab_status_command(int argc, char **argv) {
    const char *names[MAX_OPERANDS];
    uint32_t n = 0;
    int code = orr_lab_operands(argc, argv, "status", "[FOLDER]",
                                "Says what is done in a student's folder, and what is next.",
                                names, 0, 1, &n);
    if (code >= 0) return code;
    const char *folder = n ? names[0] : ".";
    struct orr_lab *lab = orr_lab_open_of(folder, &code);
    if (!lab) return code;
    orr_lab_status_print(lab, folder, stdout);
    const struct orr_lab_exercise *next = orr_lab_next(lab, folder);
    if (next) printf("next: %s (%s)\n", next->name, next->files[0]);
    orr_lab_free(lab);
    return 0;
}
