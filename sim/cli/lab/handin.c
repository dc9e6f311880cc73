/* orrery lab submit, checkin: what a student hands to a teacher. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "models/base/hex.h"
#include "models/base/sha256.h"
#include "sim/base/file.h"
#include "sim/cli/lab/commands.h"
#include "sim/cli/lab/folder.h"
#include "sim/cli/lab/tar.h"

enum { MAX_OPERANDS = 1, PATH_BYTES = 4400, MAX_FILE_BYTES = 1 << 20 };

/* ---- submit ---- */

/* Has an earlier exercise the file, too? */
static bool is_known(const struct orr_lab *lab, uint32_t exercise, const char *file) {
    for (uint32_t i = 0; i < exercise; i++)
        for (uint32_t k = 0; k < lab->exercises[i].n_files; k++)
            if (!strcmp(lab->exercises[i].files[k], file)) return true;
    return false;
}

/* One file into the archive, with a line that says so.  0, or an exit code. */
static int add(FILE *to, const char *folder, const char *name) {
    char path[PATH_BYTES], *text, hex[65];
    const char *why;
    size_t len;
    struct stat s;
    snprintf(path, sizeof path, "%.4000s/%s", folder, name);
    if (lstat(path, &s) || !S_ISREG(s.st_mode)) {
        fprintf(stderr, "orrery lab submit: there is no regular file %s\n", ORR_SHOWN(path));
        return 2;
    }
    if (orr_file_read(path, MAX_FILE_BYTES, &text, &len, &why)) {
        fprintf(stderr, "orrery lab submit: %s: %s\n", ORR_SHOWN(path), why);
        return 2;
    }
    uint8_t digest[ORR_SHA256_BYTES];
    orr_sha256(text, len, digest);
    orr_hex_encode(hex, digest, sizeof digest);
    bool good = orr_tar_add(to, name, text, len);
    if (good) printf("  %-20s %7zu B  sha256 %.16s\n", name, len, hex);
    free(text);
    return good ? 0 : 3;
}

static int write_archive(const struct orr_lab *lab, const char *folder, const char *path) {
    FILE *to = fopen(path, "we");
    if (!to) {
        fprintf(stderr, "orrery lab submit: %s: %s\n", ORR_SHOWN(path), strerror(errno));
        return 3;
    }
    int code = 0;
    for (uint32_t i = 0; i < lab->n_exercises && !code; i++)
        for (uint32_t k = 0; k < lab->exercises[i].n_files && !code; k++)
            if (!is_known(lab, i, lab->exercises[i].files[k]))
                code = add(to, folder, lab->exercises[i].files[k]);
    if (!code && !orr_tar_end(to)) code = 3;
    if (fclose(to) && !code) code = 3;
    if (code == 3) fprintf(stderr, "orrery lab submit: %s cannot be written\n", ORR_SHOWN(path));
    if (code) unlink(path);
    return code;
}

int orr_lab_submit_command(int argc, char **argv) {
    const char *names[MAX_OPERANDS];
    uint32_t n = 0;
    int code = orr_lab_operands(argc, argv, "submit", "[FILE.tar]",
                                "Packs what the student wrote in the folder one is in (default: "
                                "LAB.tar), and says what is in it.", names, 0, 1, &n);
    if (code >= 0) return code;
    struct orr_lab *lab = orr_lab_open_of(".", &code);
    if (!lab) return code;
    char path[128];
    snprintf(path, sizeof path, "%s.tar", lab->name);
    const char *to = n ? names[0] : path;
    code = write_archive(lab, ".", to);
    if (!code) printf("%s is written\n", ORR_SHOWN(to));
    orr_lab_free(lab);
    return code;
}

/* ---- checkin ---- */

static void print_exercise(const struct orr_lab_exercise *e, const struct orr_lab_progress *p) {
    const char *state = !p->passed ? "open" : p->is_changed ? "passed, changed since" : "passed";
    printf("| %s | %s | %s | %s |\n", e->name, e->title, state,
           p->passed ? p->fingerprint : "");
}

int orr_lab_checkin_command(int argc, char **argv) {
    const char *names[MAX_OPERANDS];
    uint32_t n = 0, n_passed = 0;
    int code = orr_lab_operands(argc, argv, "checkin", "[FOLDER]",
                                "Writes a report on a student's folder in Markdown: what has "
                                "passed, with fingerprints\nof the runs, and what is next.",
                                names, 0, 1, &n);
    if (code >= 0) return code;
    const char *folder = n ? names[0] : ".";
    struct orr_lab *lab = orr_lab_open_of(folder, &code);
    if (!lab) return code;
    const struct orr_lab_exercise *next = NULL;
    printf("# %s\n\n%s\n\n| exercise | about | state | fingerprint |\n|---|---|---|---|\n",
           lab->name, lab->title);
    for (uint32_t i = 0; i < lab->n_exercises; i++) {
        struct orr_lab_progress p;
        orr_lab_progress_of(folder, &lab->exercises[i], &p);
        print_exercise(&lab->exercises[i], &p);
        bool done = p.passed && !p.is_changed;
        n_passed += done;
        if (!done && !next) next = &lab->exercises[i];
    }
    printf("\n%u of %u passed.\n", n_passed, lab->n_exercises);
    if (next) {
        printf("\n## Next\n\n%s (%s): %s\n\n", next->name, next->files[0], next->title);
        for (uint32_t i = 0; i < next->n_tests; i++) printf("- [ ] %s\n", next->tests[i].name);
    }
    printf("\n`orrery lab test --all` on the same files gives the same fingerprints.\n");
    orr_lab_free(lab);
    return 0;
}
