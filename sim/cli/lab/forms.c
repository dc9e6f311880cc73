#include "sim/cli/lab/forms.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/text.h"

static const char *const names[] = {
#define FORM(constant, name, text) name,
    ORR_LAB_FORMS(FORM)
#undef FORM
};

enum orr_lab_form orr_lab_form_of(const char *name) {
    unsigned i = 0;
    while (i < ORR_LAB_FORM_END && strcmp(names[i], name)) i++;
    return (enum orr_lab_form)i;
}

static bool passed(const struct orr_lab_result *r) { return r->n_passed == r->n_seeds; }

/* What happened in a test that failed: lines, each ended; the caller's. */
static char *story_of(const struct orr_lab_mark *m, const struct orr_lab_result *r,
                      bool is_public) {
    char *text = NULL;
    size_t len;
    FILE *to = open_memstream(&text, &len);
    if (!to) return NULL;
    const struct orr_lab_trial *t = &r->failed;
    const char *because = orr_lab_because(m->exercise, t);
    if (is_public && r->test->is_hidden) {
        if (because) fprintf(to, "%s\n", because);
        else fprintf(to, "%s\n", orr_lab_outcome_meaning(t->outcome));
    } else {
        for (const char *line = t->text, *end; *line; line = end + (*end == '\n')) {
            end = line + strcspn(line, "\n");
            orr_text_print(line, (size_t)(end - line), to);
            fputc('\n', to);
        }
        if (because) fprintf(to, "%s\n", because);
        if (r->n_seeds > 1)
            fprintf(to, "%u of %u seeds passed%s\n", r->n_passed, r->n_seeds,
                    r->n_run < r->n_seeds ? "; the others were not tried" : "");
    }
    fclose(to);
    return text;
}

/* ---- text ---- */

static void print_indented(const char *text, int indent, FILE *to) {
    for (const char *line = text, *end; line && *line; line = end + (*end == '\n')) {
        end = line + strcspn(line, "\n");
        fprintf(to, "%*s", indent, "");
        orr_text_print(line, (size_t)(end - line), to);
        fputc('\n', to);
    }
}

static void print_points(uint64_t hundredths, FILE *to) {
    fprintf(to, "%" PRIu64, hundredths / 100);
    if (hundredths % 100) fprintf(to, ".%02" PRIu64, hundredths % 100);
}

static void print_again(const struct orr_lab_result *r, FILE *to) {
    const char *slash = strrchr(r->test->scenario, '/');
    fprintf(to, "         to see it again: orrery log %s",
            ORR_SHOWN(slash ? slash + 1 : r->test->scenario));
    if (!r->has_own_seed) fprintf(to, " --seed %" PRIu64, r->first_seed);
    fputc('\n', to);
}

static void print_mark(const struct orr_lab_mark *m, bool is_public, bool colour, FILE *to) {
    const char *good = colour ? "\033[32m" : "", *bad = colour ? "\033[31m" : "",
               *plain = colour ? "\033[0m" : "";
    fprintf(to, "%s: %s\n", m->exercise->name, m->exercise->title);
    if (m->build_error) fprintf(to, "  %sFAIL%s  it cannot be built\n", bad, plain);
    print_indented(m->text, 9, to);
    for (uint32_t i = 0; i < m->n_results; i++) {
        const struct orr_lab_result *r = &m->results[i];
        fprintf(to, "  %s%-4s%s  %s%s\n", passed(r) ? good : bad, passed(r) ? "ok" : "FAIL", plain,
                r->test->is_hidden ? "(hidden) " : "", r->test->name);
        if (passed(r)) continue;
        char *story = story_of(m, r, is_public);
        print_indented(story, 9, to);
        if (!r->test->is_hidden && r->failed.outcome != ORR_LAB_BROKEN) print_again(r, to);
        free(story);
    }
    if (m->capped_by)
        fprintf(to, "  at most %u %%, because %s failed\n", m->cap, m->capped_by);
}

static void print_text(const struct orr_lab_report *report, bool is_public, bool colour, FILE *to) {
    for (uint32_t i = 0; i < report->n_marks; i++)
        print_mark(&report->marks[i], is_public, colour, to);
    if (report->is_broken) {
        fprintf(to, "no grade: a test could not be run\n");
        return;
    }
    print_points(report->earned, to);
    fprintf(to, " of ");
    print_points(report->possible, to);
    fprintf(to, " points\n");
}

/* ---- JSON ---- */

static json_t *points_json(uint64_t hundredths) { return json_real((double)hundredths / 100); }

static json_t *test_json(const struct orr_lab_mark *m, const struct orr_lab_result *r,
                         bool is_public) {
    char fingerprint[17], seed[24];
    snprintf(fingerprint, sizeof fingerprint, "%016" PRIx64, r->fingerprint);
    snprintf(seed, sizeof seed, "%" PRIu64, r->first_seed);
    char *story = passed(r) ? NULL : story_of(m, r, is_public);
    bool tells_seed = !passed(r) && !r->has_own_seed && !(is_public && r->test->is_hidden);
    json_t *object = json_pack(
        "{s:s, s:b, s:b, s:i, s:i, s:s, s:s, s:s, s:s}", "name", r->test->name, "hidden",
        r->test->is_hidden, "passed", passed(r), "seeds", (int)r->n_seeds, "seeds_passed",
        (int)r->n_passed, "outcome", orr_lab_outcome_name(r->failed.outcome), "verdict",
        r->failed.what, "text", story ? story : "", "fingerprint", fingerprint);
    json_object_set_new(object, "failed_seed", tells_seed ? json_string(seed) : json_null());
    free(story);
    return object;
}

static void print_object(json_t *object, FILE *to) {
    json_dumpf(object, to, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
    fputc('\n', to);
    json_decref(object);
}

/* What a compiler says may hold bytes that are no text. */
static json_t *text_json(const char *text) {
    char *shown = NULL;
    size_t len;
    FILE *to = open_memstream(&shown, &len);
    if (to) print_indented(text, 0, to);
    if (to) fclose(to);
    json_t *string = json_string(shown ? shown : "");
    free(shown);
    return string;
}

static void print_json(const struct orr_lab_report *report, bool is_public, FILE *to) {
    json_t *exercises = json_array();
    for (uint32_t i = 0; i < report->n_marks; i++) {
        const struct orr_lab_mark *m = &report->marks[i];
        json_t *tests = json_array();
        for (uint32_t k = 0; k < m->n_results; k++)
            json_array_append_new(tests, test_json(m, &m->results[k], is_public));
        json_array_append_new(
            exercises,
            json_pack("{s:s, s:b, s:b, s:o, s:o, s:i, s:o, s:o, s:o}", "name", m->exercise->name,
                      "passed", m->passed, "built", !m->build_error, "earned",
                      points_json(m->earned), "possible",
                      points_json((uint64_t)m->exercise->points * 100), "cap_percent", (int)m->cap,
                      "capped_by", m->capped_by ? json_string(m->capped_by) : json_null(),
                      "compiler", text_json(m->text), "tests", tests));
    }
    print_object(json_pack("{s:s, s:b, s:o, s:o, s:o}", "lab", report->lab->name, "passed",
                           report->passed && !report->is_broken, "earned",
                           report->is_broken ? json_null() : points_json(report->earned),
                           "possible", points_json(report->possible), "exercises", exercises),
                 to);
}

/* ---- Gradescope ---- */

/* gradescope-autograders.readthedocs.io, "Autograder specifications": a test's own score counts if
 * no score is given for the whole; here the whole has one, so that caps hold. */
static void print_gradescope(const struct orr_lab_report *report, FILE *to) {
    json_t *tests = json_array();
    for (uint32_t i = 0; i < report->n_marks; i++) {
        const struct orr_lab_mark *m = &report->marks[i];
        char number[48], name[400];
        for (uint32_t k = 0; k < m->n_results; k++) {
            const struct orr_lab_result *r = &m->results[k];
            char *story = passed(r) ? NULL : story_of(m, r, true);
            snprintf(number, sizeof number, "%u.%u", i + 1, k + 1);
            snprintf(name, sizeof name, "%s: %s", m->exercise->name, r->test->name);
            json_array_append_new(
                tests,
                json_pack("{s:s, s:s, s:s, s:s, s:s, s:[s,s]}", "name", name, "number", number,
                          "status", passed(r) ? "passed" : "failed", "output", story ? story : "",
                          "visibility", r->test->is_hidden ? "after_published" : "visible", "tags",
                          m->exercise->name, r->test->is_hidden ? "hidden" : "public"));
            free(story);
        }
        if (!m->build_error) continue;
        snprintf(number, sizeof number, "%u", i + 1);
        json_array_append_new(
            tests, json_pack("{s:s, s:s, s:s, s:o, s:s, s:[s]}", "name", m->exercise->name,
                             "number", number, "status", "failed", "output", text_json(m->text),
                             "visibility", "visible", "tags", m->exercise->name));
    }
    json_t *object = json_pack("{s:s, s:o}", "visibility", "visible", "tests", tests);
    if (report->is_broken)
        json_object_set_new(object, "output",
                            json_string("The grader could not run all tests: this is no grade. "
                                        "Please tell your instructor."));
    else json_object_set_new(object, "score", points_json(report->earned));
    print_object(object, to);
}

/* ---- JUnit ---- */

static void print_xml(const char *text, FILE *to) {
    for (const char *p = text; p && *p; p++)
        switch (*p) {
        case '&': fputs("&amp;", to); break;
        case '<': fputs("&lt;", to); break;
        case '>': fputs("&gt;", to); break;
        case '"': fputs("&quot;", to); break;
        default:
            /* others are not allowed in XML 1.0 */
            if ((unsigned char)*p >= 0x20 || *p == '\n' || *p == '\t') fputc(*p, to);
        }
}

static void print_case(const struct orr_lab_mark *m, const struct orr_lab_result *r,
                       bool is_public, FILE *to) {
    fprintf(to, "    <testcase classname=\"%s\" name=\"", m->exercise->name);
    print_xml(r ? r->test->name : "it can be built", to);
    if (r ? passed(r) : !m->build_error) {
        fprintf(to, "\"/>\n");
        return;
    }
    char *story = r ? story_of(m, r, is_public) : NULL;
    const char *kind = r && r->failed.outcome == ORR_LAB_BROKEN ? "error" : "failure";
    fprintf(to, "\">\n      <%s type=\"%s\">", kind,
            r ? orr_lab_outcome_name(r->failed.outcome) : "build");
    print_xml(r ? story : m->text, to);
    fprintf(to, "</%s>\n    </testcase>\n", kind);
    free(story);
}

static void print_junit(const struct orr_lab_report *report, bool is_public, FILE *to) {
    fprintf(to, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"%s\">\n",
            report->lab->name);
    for (uint32_t i = 0; i < report->n_marks; i++) {
        const struct orr_lab_mark *m = &report->marks[i];
        uint32_t n_failed = m->build_error != 0, n_errors = 0;
        for (uint32_t k = 0; k < m->n_results; k++) {
            if (passed(&m->results[k])) continue;
            if (m->results[k].failed.outcome == ORR_LAB_BROKEN) n_errors++;
            else n_failed++;
        }
        fprintf(to, "  <testsuite name=\"%s\" tests=\"%u\" failures=\"%u\" errors=\"%u\">\n",
                m->exercise->name, m->n_results + 1, n_failed, n_errors);
        print_case(m, NULL, is_public, to);
        for (uint32_t k = 0; k < m->n_results; k++) print_case(m, &m->results[k], is_public, to);
        fprintf(to, "  </testsuite>\n");
    }
    fprintf(to, "</testsuites>\n");
}

void orr_lab_form_print(enum orr_lab_form form, const struct orr_lab_report *report,
                        bool is_public, bool colour, FILE *to) {
    switch (form) {
    case ORR_LAB_FORM_JSON: print_json(report, is_public, to); break;
    case ORR_LAB_FORM_GRADESCOPE: print_gradescope(report, to); break;
    case ORR_LAB_FORM_JUNIT: print_junit(report, is_public, to); break;
    default: print_text(report, is_public, colour, to);
    }
}
