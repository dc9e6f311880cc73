#include "sim/cli/lab/folder.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "models/base/error.h"
#include "models/base/hex.h"
#include "models/base/sha256.h"
#include "sim/base/file.h"

enum { PATH_BYTES = 4400, MAX_BYTES = 1 << 20 };
static const char name_file[] = ".orrery-lab", progress_file[] = ".orrery-progress";

/* ---- which lab ---- */

static bool is_name(const char *text) {
    size_t n = strlen(text);
    return n && n < 64 && text[0] != '-' &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

struct orr_lab *orr_lab_open(const char *name, int *code) {
    char place[PATH_BYTES], folder[PATH_BYTES + 80];
    *code = 2;
    if (!orr_lab_place('l', place, sizeof place)) {
        fprintf(stderr, "orrery lab: no labs are installed\n");
        return NULL;
    }
    snprintf(folder, sizeof folder, "%s/%s", place, is_name(name) ? name : "");
    char file[PATH_BYTES + 100];
    snprintf(file, sizeof file, "%s/lab.yaml", folder);
    if (!is_name(name) || access(file, R_OK)) {
        fprintf(stderr, "orrery lab: there is no lab '%s'; `orrery lab list` names them\n",
                ORR_SHOWN(name));
        return NULL;
    }
    struct orr_lab *lab;
    struct orr_diags diags = {0};
    if (!orr_lab_read(folder, &lab, &diags)) {
        *code = 0;
    } else {
        orr_diags_print(&diags, stderr, orr_diag_colour(stderr));
        orr_lab_free(lab);
        lab = NULL;
    }
    orr_diags_fini(&diags);
    return lab;
}

struct orr_lab *orr_lab_open_of(const char *folder, int *code) {
    char path[PATH_BYTES], *text;
    const char *why;
    size_t len;
    *code = 2;
    snprintf(path, sizeof path, "%s/%s", folder, name_file);
    if (orr_file_read(path, 100, &text, &len, &why)) {
        fprintf(stderr, "orrery lab: %s is no folder of a lab; `orrery lab start NAME` makes one\n",
                ORR_SHOWN(folder));
        return NULL;
    }
    text[strcspn(text, "\r\n")] = 0;
    struct orr_lab *lab = orr_lab_open(text, code);
    free(text);
    return lab;
}

/* ---- handing out ---- */

static bool write_file(const char *path, const char *text, size_t len) {
    FILE *file = fopen(path, "wxe");
    if (!file) return false;
    bool good = fwrite(text, 1, len, file) == len;
    return !fclose(file) && good;
}

static bool is_handed_out(const char *name) {
    size_t n = strlen(name);
    return !strcmp(name, "README.md") || (n > 2 && !strcmp(name + n - 2, ".c")) ||
           (n > 2 && !strcmp(name + n - 2, ".h")) ||
           (n > 5 && !strcmp(name + n - 5, ".yaml") && strcmp(name, "lab.yaml"));
}

static int copy_all(const struct orr_lab *lab, const char *folder) {
    DIR *dir = opendir(lab->folder);
    int code = dir ? 0 : 3;
    for (struct dirent *entry; dir && !code && (entry = readdir(dir));) {
        char from[PATH_BYTES], to[PATH_BYTES], *text;
        const char *why;
        size_t len;
        if (!is_handed_out(entry->d_name)) continue;
        snprintf(from, sizeof from, "%.4000s/%s", lab->folder, entry->d_name);
        snprintf(to, sizeof to, "%.4000s/%s", folder, entry->d_name);
        if (orr_file_read(from, MAX_BYTES, &text, &len, &why)) {
            fprintf(stderr, "orrery lab: %s: %s\n", from, why);
            code = 3;
            break;
        }
        if (!write_file(to, text, len)) {
            fprintf(stderr, "orrery lab: %s: %s\n", ORR_SHOWN(to), strerror(errno));
            code = 3;
        }
        free(text);
    }
    if (dir) closedir(dir);
    return code;
}

/* It does not exist, or nothing is in it. */
static bool is_free(const char *folder) {
    DIR *dir = opendir(folder);
    if (!dir) return errno == ENOENT;
    bool empty = true;
    for (struct dirent *entry; (entry = readdir(dir));)
        empty &= !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..");
    closedir(dir);
    return empty;
}

int orr_lab_hand_out(const struct orr_lab *lab, const char *folder) {
    if (!is_free(folder)) {
        fprintf(stderr, "orrery lab: %s is there already, and nothing in it is written over\n",
                ORR_SHOWN(folder));
        return 2;
    }
    if (mkdir(folder, 0777) && errno != EEXIST) {
        fprintf(stderr, "orrery lab: %s: %s\n", ORR_SHOWN(folder), strerror(errno));
        return 2;
    }
    int code = copy_all(lab, folder);
    if (code) return code;
    char path[PATH_BYTES], text[100];
    snprintf(path, sizeof path, "%.4000s/%s", folder, name_file);
    int n = snprintf(text, sizeof text, "%s\n", lab->name);
    if (write_file(path, text, (size_t)n)) return 0;
    fprintf(stderr, "orrery lab: %s: %s\n", ORR_SHOWN(path), strerror(errno));
    return 3;
}

/* ---- progress ---- */

/* A digest of the exercise's files as they are, in hex. */
static void source_digest(const char *folder, const struct orr_lab_exercise *e, char hex[65]) {
    uint8_t digest[32] = {0};
    for (uint32_t i = 0; i < e->n_files; i++) {
        char path[PATH_BYTES], *text = NULL;
        const char *why;
        size_t len = 0;
        snprintf(path, sizeof path, "%.4000s/%s", folder, e->files[i]);
        if (orr_file_read(path, MAX_BYTES, &text, &len, &why)) text = NULL, len = 0;
        orr_sha256_tagged(1, digest, sizeof digest, text, len, digest);
        free(text);
    }
    orr_hex_encode(hex, digest, sizeof digest);
}

static json_t *load(const char *folder) {
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%.4000s/%s", folder, progress_file);
    json_t *all = json_load_file(path, 0, NULL);
    if (json_is_object(all)) return all;
    json_decref(all);
    return json_object();
}

void orr_lab_progress_of(const char *folder, const struct orr_lab_exercise *e,
                         struct orr_lab_progress *p) {
    *p = (struct orr_lab_progress){0};
    json_t *all = load(folder);
    const json_t *of = json_object_get(all, e->name);
    const char *source = json_string_value(json_object_get(of, "source"));
    const char *fingerprint = json_string_value(json_object_get(of, "fingerprint"));
    if (source && fingerprint) {
        char hex[65];
        source_digest(folder, e, hex);
        p->passed = true;
        p->is_changed = strcmp(source, hex) != 0;
        snprintf(p->fingerprint, sizeof p->fingerprint, "%s", fingerprint);
    }
    json_decref(all);
}

const struct orr_lab_exercise *orr_lab_next(const struct orr_lab *lab, const char *folder) {
    for (uint32_t i = 0; i < lab->n_exercises; i++) {
        struct orr_lab_progress p;
        orr_lab_progress_of(folder, &lab->exercises[i], &p);
        if (!p.passed || p.is_changed) return &lab->exercises[i];
    }
    return NULL;
}

void orr_lab_status_print(const struct orr_lab *lab, const char *folder, FILE *to) {
    uint32_t n_passed = 0;
    fprintf(to, "%s: %s\n", lab->name, lab->title);
    for (uint32_t i = 0; i < lab->n_exercises; i++) {
        const struct orr_lab_exercise *e = &lab->exercises[i];
        struct orr_lab_progress p;
        orr_lab_progress_of(folder, e, &p);
        n_passed += p.passed && !p.is_changed;
        fprintf(to, "  %-8s %-12s %s\n",
                !p.passed      ? "-"
                : p.is_changed ? "changed"
                               : "passed", e->name, e->title);
    }
    fprintf(to, "%u of %u passed\n", n_passed, lab->n_exercises);
}

void orr_lab_progress_note(const char *folder, const struct orr_lab_report *report) {
    json_t *all = load(folder);
    for (uint32_t i = 0; i < report->n_marks; i++) {
        const struct orr_lab_mark *m = &report->marks[i];
        if (!m->passed) {
            json_object_del(all, m->exercise->name);
            continue;
        }
        uint64_t fold = 0;
        for (uint32_t k = 0; k < m->n_results; k++) fold = fold * 31 + m->results[k].fingerprint;
        char hex[65], fingerprint[17];
        source_digest(folder, m->exercise, hex);
        snprintf(fingerprint, sizeof fingerprint, "%016" PRIx64, fold);
        json_object_set_new(all, m->exercise->name,
                            json_pack("{s:s, s:s}", "source", hex, "fingerprint", fingerprint));
    }
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%.4000s/%s", folder, progress_file);
    json_dump_file(all, path, JSON_INDENT(1) | JSON_SORT_KEYS);
    json_decref(all);
}
