/* orrery lab autograder: the zip that Gradescope takes for a lab.
 *
 * gradescope-autograders.readthedocs.io: setup.sh runs once, when the image is built, with the zip
 * unpacked in /autograder/source; run_autograder runs for each submission in /autograder/submission
 * and leaves /autograder/results/results.json. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/file.h"
#include "sim/cli/lab/commands.h"
#include "sim/cli/lab/folder.h"
#include "sim/cli/lab/hidden.h"
#include "sim/cli/lab/zip.h"
#include "sim/cli/options.h"

enum { DEBS_MOST = 64, PATH_BYTES = 4400, FILE_BYTES = 512 << 20 };

enum { OUT, DEB, SALT, SEEDS, HIDDEN };
static const struct orr_option options[] = {
    [OUT] = {"--out", "FILE", "the zip (default: LAB-autograder.zip)"},
    [DEB] = {"--deb", "FILE", "a Debian package that goes into it: the program's, and those that\n"
                              "the image lacks; may be given often"},
    [SALT] = {"--salt", "FILE", "from which the seeds of hidden tests are made"},
    [SEEDS] = {"--seeds", "N", "seeds of each hidden test (default: as the test says)"},
    [HIDDEN] = {"--hidden", "FILE", "the hidden tests (default: those that are installed)"},
};
enum { N_OPTIONS = sizeof options / sizeof options[0] };

static int usage(FILE *to) {
    fprintf(to, "usage: orrery lab autograder NAME --deb FILE... [OPTION...]\n\n"
                "Makes the zip that Gradescope takes for a lab: setup.sh installs the packages "
                "that are in it,\nwithout a network if none is missing; run_autograder grades a "
                "submission.\n\n");
    orr_options_print(options, N_OPTIONS, to);
    fprintf(to, "\nExit codes: 0 done, 2 bad input, 3 the machine failed.\n");
    return to == stdout ? 0 : 2;
}

struct making {
    const char *name, *out, *salt, *hidden, *debs[DEBS_MOST];
    uint32_t n_debs;
    uint64_t seeds;
    struct orr_zip zip;
};

static int read_arguments(int argc, char **argv, struct making *m) {
    struct orr_options walk = {
        .verb = "lab autograder", .list = options, .n = N_OPTIONS, .argc = argc, .argv = argv};
    const char *value;
    for (int i; (i = orr_options_next(&walk, &value)) != ORR_OPTION_END;) {
        if (i == ORR_OPTION_HELP) return usage(stdout);
        if (i == ORR_OPTION_BAD) return 2;
        if (i == OUT) m->out = value;
        else if (i == SALT) m->salt = value;
        else if (i == HIDDEN) m->hidden = value;
        else if (i == SEEDS) {
            if (!orr_options_number(&walk, "--seeds", value, &m->seeds)) return 2;
        }
        else if (i == DEB && m->n_debs < DEBS_MOST) m->debs[m->n_debs++] = value;
        else if (i == DEB || m->name) return usage(stderr);
        else m->name = value;
    }
    if (!m->name) return usage(stderr);
    if (m->n_debs) return -1;
    fprintf(stderr, "orrery lab autograder: --deb says which package of the program goes in\n");
    return 2;
}

/* ---- what goes in ---- */

static const char setup[] =
    "#!/usr/bin/env bash\n"
    "# Runs once, when the image is built.\n"
    "set -euo pipefail\n"
    "cd \"${AUTOGRADER:-/autograder}/source\"\n"
    "export DEBIAN_FRONTEND=noninteractive\n"
    "apt-get install -y --no-install-recommends ./debs/*.deb\n"
    "command -v cc >/dev/null || { apt-get update && apt-get install -y "
    "--no-install-recommends gcc libc6-dev; }\n";

static const char run_head[] =
    "#!/usr/bin/env bash\n"
    "# Runs for each submission.  Without results.json there is no grade: the grader has failed.\n"
    "set -uo pipefail\n"
    "home=${AUTOGRADER:-/autograder}\n"
    "rm -f \"$home/results/results.json\"\n"
    "mkdir -p \"$home/results\"\n"
    "folder=$(mktemp -d) && trap 'rm -rf \"$folder\"' EXIT || exit 3\n"
    "cp -R --no-dereference \"$home/submission/.\" \"$folder\" || exit 3\n"
    "for tar in \"$folder\"/*.tar; do # as `orrery lab submit` packs it\n"
    "    [ ! -f \"$tar\" ] || tar -C \"$folder\" --no-same-owner -xf \"$tar\"\n"
    "done\n";

static bool add_run(struct making *m) {
    char text[4096], seeds[64] = "";
    if (m->seeds) snprintf(seeds, sizeof seeds, " --seeds %" PRIu64, m->seeds);
    snprintf(text, sizeof text,
             "%s\"${ORRERY:-orrery}\" lab grade \"$folder\" --lab %s%s%s \\\n"
             "    --hidden \"$home/source/hidden/hidden.yaml\" --form gradescope --public \\\n"
             "    --out \"$home/results/results.json\"\n"
             "code=$?\n"
             "[ $code -lt 2 ] || exit $code # 1: fewer points than all\n",
             run_head, m->name, seeds, m->salt ? " --salt \"$home/source/salt\"" : "");
    return orr_zip_add(&m->zip, "run_autograder", 0755, text, strlen(text));
}

/* A file of this machine under a name; 0, or an exit code, when it has been said why. */
static int add_file(struct making *m, const char *path, const char *name, uint32_t mode) {
    char *text;
    const char *why;
    size_t len;
    if (orr_file_read(path, FILE_BYTES, &text, &len, &why)) {
        fprintf(stderr, "orrery lab autograder: %s: %s\n", ORR_SHOWN(path), why);
        return 2;
    }
    bool good = orr_zip_add(&m->zip, name, mode, text, len);
    free(text);
    if (good) return 0;
    fprintf(stderr, "orrery lab autograder: %s: there is no room for it\n", ORR_SHOWN(name));
    return 3;
}

static int add_debs(struct making *m) {
    int code = 0;
    for (uint32_t i = 0; i < m->n_debs && !code; i++) {
        const char *slash = strrchr(m->debs[i], '/');
        char name[PATH_BYTES];
        snprintf(name, sizeof name, "debs/%.4000s", slash ? slash + 1 : m->debs[i]);
        size_t n = strlen(name);
        if (n < 5 || strcmp(name + n - 4, ".deb")) {
            fprintf(stderr, "orrery lab autograder: %s is no .deb\n", ORR_SHOWN(m->debs[i]));
            return 2;
        }
        code = add_file(m, m->debs[i], name, 0644);
    }
    return code;
}

/* The hidden tests of a lab: their list, and the scenarios that it names. */
static int add_hidden(struct making *m, struct orr_lab *lab) {
    char list[PATH_BYTES];
    int code = orr_lab_add_hidden(lab, m->hidden, "autograder");
    if (code) return code;
    const char *folder = NULL;
    for (uint32_t i = 0; i < lab->n_exercises && !code; i++)
        for (uint32_t k = 0; k < lab->exercises[i].n_tests && !code; k++) {
            const struct orr_lab_test *test = &lab->exercises[i].tests[k];
            const char *slash = strrchr(test->scenario, '/');
            char name[PATH_BYTES];
            if (!test->is_hidden || !slash) continue;
            folder = test->scenario;
            snprintf(name, sizeof name, "hidden/hidden/%.4000s", slash + 1);
            code = add_file(m, test->scenario, name, 0644);
        }
    if (code || !folder) return code;
    if (m->hidden) return add_file(m, m->hidden, "hidden/hidden.yaml", 0644);
    char place[PATH_BYTES - 300];
    if (!orr_lab_place('h', place, sizeof place)) return 3;
    snprintf(list, sizeof list, "%s/%s/hidden.yaml", place, lab->name);
    return add_file(m, list, "hidden/hidden.yaml", 0644);
}

static int make(struct making *m, struct orr_lab *lab) {
    int code = orr_zip_add(&m->zip, "setup.sh", 0755, setup, strlen(setup)) && add_run(m) ? 0 : 3;
    if (!code) code = add_hidden(m, lab);
    if (!code && m->salt) code = add_file(m, m->salt, "salt", 0600);
    if (!code) code = add_debs(m);
    return code;
}

int orr_lab_autograder_command(int argc, char **argv) {
    static struct making m; /* the zip's list of files is large */
    char out[128];
    int code = read_arguments(argc, argv, &m);
    if (code >= 0) return code;
    struct orr_lab *lab = orr_lab_open(m.name, &code);
    if (!lab) return code;
    snprintf(out, sizeof out, "%s-autograder.zip", lab->name);
    if (!m.out) m.out = out;
    m.zip.to = fopen(m.out, "we");
    if (!m.zip.to) {
        fprintf(stderr, "orrery lab autograder: %s: %s\n", ORR_SHOWN(m.out), strerror(errno));
        orr_lab_free(lab);
        return 3;
    }
    code = make(&m, lab);
    bool good = orr_zip_end(&m.zip);
    good = !fclose(m.zip.to) && good;
    if (!code && !good) {
        fprintf(stderr, "orrery lab autograder: %s cannot be written\n", ORR_SHOWN(m.out));
        code = 3;
    }
    if (code) unlink(m.out);
    else printf("%s is written\n", ORR_SHOWN(m.out));
    orr_lab_free(lab);
    return code;
}
