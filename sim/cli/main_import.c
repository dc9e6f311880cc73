/* orrery import twins FILE.json: what other tools have written, as scenarios. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/base/file.h"
#include "sim/base/text.h"
#include "sim/cli/hunt_files.h"
#include "sim/cli/import_twins.h"
#include "sim/cli/main.h"
#include "sim/cli/options.h"
#include "sim/scenario/scenario.h"

enum { FILE_MAX = 256 << 20 };

enum { ROLE, SCENARIO, OUT };
static const struct orr_option options[] = {
    [ROLE] = {"--role", "NAME", "the protocol that runs (default: streamlet)"},
    [SCENARIO] = {"--scenario", "N", "print this one of the file alone; they are counted from 1"},
    [OUT] = {"--out", "FOLDER", "write each to a file there: NAME-1.yaml and so on"},
};
enum { N_OPTIONS = sizeof options / sizeof options[0] };

struct importing {
    const char *path, *role_name, *out;
    uint64_t one; /* 0: all */
    const struct orr_protocol *role;
    char name[64];
};

static int usage(FILE *to) {
    fprintf(to,
            "usage: orrery import twins FILE.json [OPTION...]\n\n"
            "Reads a file of the Twins search (rounds with their leaders and parts, nodes that run "
            "twice) and\nwrites each of its scenarios as one for `orrery run`. A file of one "
            "scenario is printed.\n\n");
    orr_options_print(options, N_OPTIONS, to);
    fprintf(to, "\nExit codes: 0 written, 2 bad input, 3 the machine failed.\n");
    return to == stdout ? 0 : 2;
}

/* The file's name without folder and ending, as a scenario may be called. */
static void name_of(const char *path, char to[64]) {
    const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    size_t n = 0;
    for (const char *p = base; *p && *p != '.' && n < 40; p++) {
        bool good = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
                    (n && *p >= '0' && *p <= '9') || (n && (*p == '-' || *p == '_'));
        if (good) to[n++] = *p;
    }
    to[n] = '\0';
    if (!n) strcpy(to, "twins");
}

/* A small scenario tells whether there is such a role, in the parser's own words. */
static int find_role(struct importing *m, struct orr_scenario **scenario) {
    char text[400];
    snprintf(text, sizeof text, "orrery: 1\nname: twins\nduration: 1 s\nnodes: {val: {count: 4, "
                                "role: \"%.100s\"}}\nnetwork: {latency: 10 ms}\n", m->role_name);
    struct orr_diags diags = {0};
    int error = strpbrk(m->role_name, "\"\\\n./")
                    ? ORR_EFORMAT
                    : orr_scenario_parse(text, strlen(text), "--role", NULL, 0, scenario, &diags);
    if (!error) m->role = (*scenario)->groups[0].role;
    orr_diags_fini(&diags);
    if (error) {
        fprintf(stderr, "orrery import: there is no role '%s' that four nodes can run; `orrery "
                        "help roles` names them\n", ORR_SHOWN(m->role_name));
        return 2;
    }
    if (orr_scenario_leaders_key(m->role)) return 0;
    fprintf(stderr, "orrery import: role '%s' cannot be told who leads: it has no key 'leaders'\n",
            m->role->name);
    return 2;
}

static int write_one(const struct importing *m, const struct orr_twins_file *file, uint32_t i) {
    char name[80], why[300], *yaml;
    if (file->n_scenarios > 1) snprintf(name, sizeof name, "%s-%u", m->name, i + 1);
    else snprintf(name, sizeof name, "%s", m->name);
    int error = orr_twins_file_scenario(file, i, name, m->role, &yaml, why, sizeof why);
    if (error) {
        fprintf(stderr, "orrery import: %s: %s\n", ORR_SHOWN(m->path), why);
        return error == ORR_ENOMEM ? 3 : 2;
    }
    bool good = true;
    if (m->out) {
        strcat(name, ".yaml");
        good = orr_hunt_file_write(m->out, name, yaml, strlen(yaml));
    } else {
        good = fputs(yaml, stdout) >= 0 && !fflush(stdout);
    }
    free(yaml);
    return good ? 0 : 3;
}

static int import(struct importing *m, const struct orr_twins_file *file) {
    if (m->one > file->n_scenarios) {
        fprintf(stderr, "orrery import: %s has the scenarios 1 to %u\n", ORR_SHOWN(m->path),
                file->n_scenarios);
        return 2;
    }
    if (!m->one && !m->out && file->n_scenarios > 1) {
        fprintf(stderr, "orrery import: %s has %u scenarios: --out FOLDER, or --scenario N for one"
                        "\n", ORR_SHOWN(m->path), file->n_scenarios);
        return 2;
    }
    if (m->out && !orr_hunt_folder(m->out)) return 3;
    if (m->one) return write_one(m, file, (uint32_t)m->one - 1);
    int code = 0;
    for (uint32_t i = 0; i < file->n_scenarios && !code; i++) code = write_one(m, file, i);
    return code;
}

static int read_and_import(struct importing *m) {
    char *text, message[300];
    const char *why;
    size_t len;
    struct orr_twins_file file;
    struct orr_scenario *scenario = NULL;
    int code = find_role(m, &scenario);
    int error = code ? 0 : orr_file_read(m->path, FILE_MAX, &text, &len, &why);
    if (error) {
        fprintf(stderr, "orrery import: cannot read %s: %s\n", ORR_SHOWN(m->path), why);
        code = error == ORR_ENOMEM ? 3 : 2;
    } else if (!code) {
        name_of(m->path, m->name);
        if (orr_twins_file_read(text, len, &file, message, sizeof message)) {
            fprintf(stderr, "orrery import: %s: %s\n", ORR_SHOWN(m->path), message);
            code = 2;
        } else {
            code = import(m, &file);
            orr_twins_file_fini(&file);
        }
        free(text);
    }
    orr_scenario_free(scenario);
    return code;
}

int orr_main_import(int argc, char **argv) {
    struct importing m = {.role_name = "streamlet"};
    struct orr_options walk = {
        .verb = "import", .list = options, .n = N_OPTIONS, .argc = argc, .argv = argv};
    const char *value, *format = NULL;
    for (int i; (i = orr_options_next(&walk, &value)) != ORR_OPTION_END;) {
        if (i == ORR_OPTION_HELP) return usage(stdout);
        if (i == ORR_OPTION_BAD) return 2;
        if (i == ROLE) m.role_name = value;
        if (i == OUT) m.out = value;
        if (i == SCENARIO && !orr_options_number(&walk, "--scenario", value, &m.one)) return 2;
        if (i == SCENARIO && !m.one) {
            fprintf(stderr, "orrery import: scenarios are counted from 1\n");
            return 2;
        }
        if (i != ORR_OPTION_OPERAND) continue;
        if (!format) format = value;
        else if (!m.path) m.path = value;
        else return usage(stderr);
    }
    if (format && strcmp(format, "twins")) {
        fprintf(stderr, "orrery import: there is no format '%s'; there is: twins\n",
                ORR_SHOWN(format));
        return 2;
    }
    if (!m.path) return usage(stderr);
    return read_and_import(&m);
}
