#include "sim/cli/vm/report.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/diag.h"
#include "sim/base/memory.h"
#include "sim/base/json.h"

static char *copy(const char *text) {
    size_t size = strlen(text) + 1;
    return memcpy(orr_xrealloc(NULL, size), text, size);
}

static struct orr_vm_case *push(struct orr_vm_cases *cases) {
    if (cases->n == cases->cap) {
        cases->cap = cases->cap ? 2 * cases->cap : 16;
        cases->at = orr_xrealloc(cases->at, cases->cap * sizeof cases->at[0]);
    }
    return &cases->at[cases->n++];
}

void orr_vm_report_add(struct orr_vm_cases *cases, const char *file, const char *name,
                       const char *fork, const char *reason, const struct orr_hash roots[4]) {
    struct orr_vm_case *c = push(cases);
    *c = (struct orr_vm_case){.file = copy(file),
                              .name = copy(name),
                              .fork = copy(fork),
                              .reason = copy(reason),
                              .has_roots = roots != NULL};
    if (!roots) return;
    c->expected_root = roots[0];
    c->computed_root = roots[1];
    c->expected_logs = roots[2];
    c->computed_logs = roots[3];
}

static void join(struct orr_vm_cases *to, struct orr_vm_cases *from) {
    for (size_t i = 0; i < from->n; i++) *push(to) = from->at[i];
    free(from->at);
    *from = (struct orr_vm_cases){NULL, 0, 0};
}

void orr_vm_report_join(struct orr_vm_report *to, struct orr_vm_report *from) {
    to->n_passed += from->n_passed;
    from->n_passed = 0;
    join(&to->failed, &from->failed);
    join(&to->not_run, &from->not_run);
    join(&to->bad, &from->bad);
    join(&to->listed, &from->listed);
}

static void cases_free(struct orr_vm_cases *cases) {
    for (size_t i = 0; i < cases->n; i++) {
        free(cases->at[i].file);
        free(cases->at[i].name);
        free(cases->at[i].fork);
        free(cases->at[i].reason);
    }
    free(cases->at);
    *cases = (struct orr_vm_cases){NULL, 0, 0};
}

void orr_vm_report_free(struct orr_vm_report *report) {
    report->n_passed = 0;
    cases_free(&report->failed);
    cases_free(&report->not_run);
    cases_free(&report->bad);
    cases_free(&report->listed);
}

/* ---- from one process to another ---- */

static void save_text(const char *text, FILE *to) {
    size_t len = strlen(text);
    fwrite(&len, sizeof len, 1, to);
    fwrite(text, 1, len, to);
}

static void save_cases(const struct orr_vm_cases *cases, FILE *to) {
    fwrite(&cases->n, sizeof cases->n, 1, to);
    for (size_t i = 0; i < cases->n; i++) {
        const struct orr_vm_case *c = &cases->at[i];
        fwrite(c, sizeof *c, 1, to); /* the pointers in it are filled again */
        save_text(c->file, to);
        save_text(c->name, to);
        save_text(c->fork, to);
        save_text(c->reason, to);
    }
}

void orr_vm_report_save(const struct orr_vm_report *report, size_t file, FILE *to) {
    fwrite(&file, sizeof file, 1, to);
    fwrite(&report->n_passed, sizeof report->n_passed, 1, to);
    save_cases(&report->failed, to);
    save_cases(&report->not_run, to);
    save_cases(&report->bad, to);
    save_cases(&report->listed, to);
}

static bool load_size(size_t *n, FILE *from) { return fread(n, sizeof *n, 1, from) == 1; }

/* NULL when it is cut short. */
static char *load_text(FILE *from) {
    size_t len;
    if (!load_size(&len, from)) return NULL;
    char *text = orr_xrealloc(NULL, len + 1);
    text[len] = 0;
    if (fread(text, 1, len, from) == len) return text;
    free(text);
    return NULL;
}

static bool load_cases(struct orr_vm_cases *cases, FILE *from) {
    size_t n;
    if (!load_size(&n, from)) return false;
    while (n--) {
        struct orr_vm_case c;
        if (fread(&c, sizeof c, 1, from) != 1) return false;
        char **texts[] = {&c.file, &c.name, &c.fork, &c.reason};
        for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
            if (!(*texts[i] = load_text(from))) {
                while (i--) free(*texts[i]);
                return false;
            }
        *push(cases) = c;
    }
    return true;
}

bool orr_vm_report_load(struct orr_vm_report *report, size_t *file, FILE *from) {
    if (load_size(file, from) && load_size(&report->n_passed, from) &&
        load_cases(&report->failed, from) && load_cases(&report->not_run, from) &&
        load_cases(&report->bad, from) && load_cases(&report->listed, from))
        return true;
    orr_vm_report_free(report);
    return false;
}

/* ---- printing ---- */

/* JSON is UTF-8; names of files need not be. */
static json_t *text_json(const char *text) {
    json_t *json = json_string(text);
    if (json) return json;
    char *plain = copy(text);
    for (char *c = plain; *c; c++)
        if (*c & 0x80) *c = '?';
    json = json_string(plain);
    free(plain);
    return json;
}

static json_t *hash_json(const struct orr_hash *hash) {
    char hex[2 + 65] = "0x";
    orr_hex_encode(hex + 2, hash->bytes, sizeof hash->bytes);
    return json_string(hex);
}

static json_t *cases_json(const struct orr_vm_cases *cases) {
    json_t *list = json_array();
    for (size_t i = 0; i < cases->n; i++) {
        const struct orr_vm_case *c = &cases->at[i];
        json_t *item = json_object();
        json_object_set_new(item, "file", text_json(c->file));
        json_object_set_new(item, "case", text_json(c->name));
        json_object_set_new(item, "fork", text_json(c->fork));
        json_object_set_new(item, "reason", text_json(c->reason));
        if (c->has_roots) {
            json_object_set_new(item, "expected_root", hash_json(&c->expected_root));
            json_object_set_new(item, "computed_root", hash_json(&c->computed_root));
            json_object_set_new(item, "expected_logs", hash_json(&c->expected_logs));
            json_object_set_new(item, "computed_logs", hash_json(&c->computed_logs));
        }
        json_array_append_new(list, item);
    }
    return list;
}

static void print_json(const struct orr_vm_report *report, FILE *to) {
    json_t *all = json_object();
    json_object_set_new(all, "passed", json_integer((json_int_t)report->n_passed));
    json_object_set_new(all, "failed", json_integer((json_int_t)report->failed.n));
    json_object_set_new(all, "not_run", json_integer((json_int_t)report->not_run.n));
    json_object_set_new(all, "failures", cases_json(&report->failed));
    json_object_set_new(all, "not_run_cases", cases_json(&report->not_run));
    json_object_set_new(all, "bad_input", cases_json(&report->bad));
    json_dumpf(all, to, JSON_INDENT(1) | JSON_ENSURE_ASCII);
    fputc('\n', to);
    json_decref(all);
}

/* Names and reasons quote files, which may hold anything. */
static void print_text(const char *before, const char *text, FILE *to) {
    fputs(before, to);
    orr_text_print(text, strlen(text), to);
}

static void print_case(const char *what, const struct orr_vm_case *c, FILE *to) {
    print_text(what, c->file, to);
    print_text(": ", c->name, to);
    print_text(" [", c->fork, to);
    print_text("]: ", c->reason, to);
    fputc('\n', to);
}

static json_t *listed_json(const struct orr_vm_case *c) {
    json_t *item = json_object();
    json_object_set_new(item, "name", text_json(c->name));
    json_object_set_new(item, "pass", json_boolean(!c->reason[0]));
    json_object_set_new(item, "stateRoot", hash_json(&c->computed_root));
    json_object_set_new(item, "fork", text_json(c->fork));
    if (c->reason[0]) json_object_set_new(item, "error", text_json(c->reason));
    return item;
}

void orr_vm_report_list(const struct orr_vm_report *report, FILE *to) {
    json_t *all = json_array();
    for (size_t i = 0; i < report->listed.n; i++)
        json_array_append_new(all, listed_json(&report->listed.at[i]));
    json_dumpf(all, to, JSON_INDENT(2) | JSON_ENSURE_ASCII);
    fputc('\n', to);
    json_decref(all);
}

void orr_vm_report_complain(const struct orr_vm_report *report) {
    for (size_t i = 0; i < report->bad.n; i++) {
        const struct orr_vm_case *c = &report->bad.at[i];
        print_text("", c->file, stderr);
        print_text(":", c->name, stderr);
        print_text(c->fork[0] ? " [" : "", c->fork, stderr);
        print_text(c->fork[0] ? "] error: " : " error: ", c->reason, stderr);
        fputc('\n', stderr);
    }
}

void orr_vm_report_print(const struct orr_vm_report *report, bool as_json, FILE *to) {
    orr_vm_report_complain(report);
    if (as_json) {
        print_json(report, to);
        return;
    }
    for (size_t i = 0; i < report->failed.n; i++) print_case("FAIL ", &report->failed.at[i], to);
    for (size_t i = 0; i < report->not_run.n; i++)
        print_case("not run ", &report->not_run.at[i], to);
    fprintf(to, "%zu passed, %zu failed, %zu not run\n", report->n_passed, report->failed.n,
            report->not_run.n);
    if (!report->n_passed && !report->failed.n) fprintf(to, "nothing was tested\n");
}

int orr_vm_report_exit(const struct orr_vm_report *report) {
    if (report->bad.n) return 2;
    return report->failed.n || !report->n_passed; /* nothing was tested: no success */
}
