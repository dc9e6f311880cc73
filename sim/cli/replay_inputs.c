#include "sim/cli/replay_inputs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/base/plugin.h"

enum { ROWS = 1024, MAX_FILES = 4096 };

/* A file on its way out of the rows. */
struct file {
    char name[sizeof((struct orr_row_inputs *)0)->name + 1];
    char *text;
    size_t len, cap;
};

struct taken {
    const char *trace;
    struct file *files; /* [n_files], the last one growing */
    uint32_t n_files, last;
    size_t total;
    struct orr_named_plugin *plugins;
    char digests[ORR_PLUGINS_MAX][65];
    uint32_t n_plugins;
};

static bool complain(const struct taken *t, const char *what) {
    fprintf(stderr, "orrery replay: %s: /inputs: %s\n", ORR_SHOWN(t->trace), what);
    return false;
}

static bool take_plugin(struct taken *t, const struct orr_row_inputs *row) {
    if (t->n_plugins == ORR_PLUGINS_MAX) return complain(t, "too many plug-ins");
    struct orr_named_plugin *p = &t->plugins[t->n_plugins];
    snprintf(p->name, sizeof p->name, "%.*s", (int)sizeof row->name, row->name);
    snprintf(t->digests[t->n_plugins++], 65, "%.*s", (int)sizeof row->sha256, row->sha256);
    return true;
}

/* A piece of a file: pieces come in order and leave no gap. */
static bool take_piece(struct taken *t, const struct orr_row_inputs *row) {
    if (!t->n_files || row->input != t->last) {
        if (t->n_files == MAX_FILES || row->offset) return complain(t, "pieces out of order");
        t->files = orr_xrealloc(t->files, (t->n_files + 1) * sizeof *t->files);
        t->files[t->n_files] = (struct file){.text = orr_xrealloc(NULL, 1)};
        t->files[t->n_files].text[0] = 0;
        snprintf(t->files[t->n_files].name, sizeof t->files->name, "%.*s", (int)sizeof row->name,
                 row->name);
        t->last = row->input;
        t->n_files++;
    }
    struct file *f = &t->files[t->n_files - 1];
    if (row->offset != f->len || row->bytes > sizeof row->data)
        return complain(t, "pieces out of order");
    if ((t->total += row->bytes) > ORR_DATA_MAX_BYTES) return complain(t, "more than 1 GiB");
    if (f->len + row->bytes + 1 > f->cap)
        f->text = orr_xrealloc(f->text, f->cap = 2 * (f->len + row->bytes + 1));
    memcpy(f->text + f->len, row->data, row->bytes);
    f->text[f->len += row->bytes] = 0;
    return true;
}

static bool take_rows(struct orr_trace_reader *reader, struct taken *t) {
    uint64_t n = orr_trace_reader_head(reader)->rows[ORR_GROUP_inputs];
    struct orr_row_inputs *rows = orr_xrealloc(NULL, ROWS * sizeof *rows);
    char error[ORR_READER_ERROR_LEN];
    bool good = true;
    for (uint64_t at = 0; good && at < n; at += ROWS) {
        uint64_t part = n - at < ROWS ? n - at : ROWS;
        if (orr_trace_reader_rows(reader, ORR_GROUP_inputs, at, part, rows, error)) {
            fprintf(stderr, "orrery replay: %s\n", ORR_SHOWN(error));
            good = false;
        }
        for (uint64_t i = 0; good && i < part; i++)
            good = rows[i].kind ? take_plugin(t, &rows[i]) : take_piece(t, &rows[i]);
    }
    free(rows);
    return good;
}

/* The plug-ins that the user names, by their digests. */
static bool find_plugins(struct taken *t, const char *const *paths, uint32_t n_paths) {
    struct orr_diags diags = {0};
    const struct orr_plugin *given[ORR_PLUGINS_MAX];
    bool good = true;
    for (uint32_t i = 0; i < n_paths && good; i++)
        good = !orr_plugin_load(paths[i], (struct orr_span){0}, &diags, &given[i]);
    orr_diags_print(&diags, stderr, orr_diag_colour(stderr));
    orr_diags_fini(&diags);
    for (uint32_t k = 0; k < t->n_plugins && good; k++) {
        for (uint32_t i = 0; i < n_paths; i++)
            if (!strcmp(given[i]->digest, t->digests[k])) t->plugins[k].plugin = given[i];
        if (t->plugins[k].plugin) continue;
        fprintf(stderr, "orrery replay: %s: it was made with the plug-in '%s', sha256 %s",
                ORR_SHOWN(t->trace), ORR_SHOWN(t->plugins[k].name), ORR_SHOWN(t->digests[k]));
        fprintf(stderr, n_paths ? "\nnone that --plugin names is the same\n"
                                : "\nif you trust that file, say where it is: --plugin FILE\n");
        good = false;
    }
    return good;
}

bool orr_replay_inputs(struct orr_trace_reader *reader, const char *trace, const char *const *paths,
                       uint32_t n_paths, struct orr_scenario_inputs *inputs) {
    struct taken t = {.trace = trace};
    t.plugins = orr_xrealloc(NULL, ORR_PLUGINS_MAX * sizeof *t.plugins);
    memset(t.plugins, 0, ORR_PLUGINS_MAX * sizeof *t.plugins);
    bool good = take_rows(reader, &t) && find_plugins(&t, paths, n_paths);
    *inputs = (struct orr_scenario_inputs){.plugins = t.plugins, .n_plugins = t.n_plugins};
    for (uint32_t i = t.n_files; i-- > 0;) /* as the run had them: the last one read comes first */
        orr_data_hand(&inputs->files, t.files[i].name, t.files[i].text, t.files[i].len);
    free(t.files);
    if (good) return true;
    orr_data_files_free(&inputs->files);
    orr_replay_inputs_free(inputs);
    return false;
}

void orr_replay_inputs_free(struct orr_scenario_inputs *inputs) {
    free((void *)inputs->plugins);
    inputs->plugins = NULL;
}

/* ---- the scenario ---- */

/* Splits lines in place; returns how many. */
static uint32_t split_lines(char *text, const char **lines) {
    uint32_t n = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) lines[n++] = line;
    return n;
}

struct orr_scenario *orr_replay_scenario(const struct orr_trace_head *head,
                                         const struct orr_scenario_inputs *inputs,
                                         struct orr_diags *diags, bool *good) {
    size_t len = strlen(head->overrides);
    char *overrides = orr_xrealloc(NULL, len + 1), name[300];
    const char **lines = orr_xrealloc(NULL, (len + 1) * sizeof *lines);
    memcpy(overrides, head->overrides, len + 1);
    uint32_t n_lines = split_lines(overrides, lines);
    /* No file of that name need exist: it places messages.  Without a folder in it, files are
     * called as the scenario calls them. */
    snprintf(name, sizeof name, "%.250s.yaml", head->name);
    for (char *p = name; *p; p++)
        if (*p == '/') *p = '_';
    struct orr_scenario *scenario = NULL;
    *good = !orr_scenario_parse_with(head->scenario, head->scenario_len, name, lines, n_lines,
                                     inputs, &scenario, diags);
    free(lines);
    free(overrides);
    return scenario;
}
