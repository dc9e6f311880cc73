#include "sim/cli/lab/course.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "models/base/error.h"
#include "sim/base/file.h"
#include "sim/base/memory.h"
#include "sim/cli/lab/record.h"
#include "sim/scenario/tree.h"
#include "sim/scenario/units.h"

enum { MAX_BYTES = 1 << 20, TEXTS_MAX = 64 };

struct reader {
    struct orr_lab *lab;
    struct orr_diags *diags;
    const char *folder; /* of the file */
    bool is_hidden;
};

static bool refuse(struct reader *r, const struct orr_tree *at, const char *hint,
                   const char *what) {
    orr_diag_add(r->diags, ORR_DIAG_ERROR, at->where, hint, "%s", what);
    return false;
}

/* The value of a key, or NULL. */
static const struct orr_tree *find(const struct orr_tree *map, const char *key) {
    int64_t at = orr_tree_find(map, key, strlen(key));
    return at < 0 ? NULL : map->items[at];
}

static bool is_map(struct reader *r, const struct orr_tree *tree, const char *const *keys) {
    if (tree->kind != ORR_TREE_MAP) return refuse(r, tree, NULL, "a map is meant");
    bool good = true;
    for (uint32_t i = 0; i < tree->n; i++) {
        size_t n = 0;
        bool known = false;
        for (; keys[n]; n++) known |= !strcmp(keys[n], tree->keys[i]->text);
        if (known) continue;
        const char *nearest = orr_diag_nearest(tree->keys[i]->text, tree->keys[i]->len, keys, n);
        good = refuse(r, tree->keys[i], nearest ? nearest : NULL, "there is no such key here");
    }
    return good;
}

/* A text that must be there. */
static bool text_of(struct reader *r, const struct orr_tree *map, const char *key,
                    const char **to) {
    const struct orr_tree *tree = find(map, key);
    if (!tree || tree->kind != ORR_TREE_SCALAR || !tree->len) {
        char what[96];
        snprintf(what, sizeof what, "the key `%.40s` is missing, or is no text", key);
        return refuse(r, tree ? tree : map, NULL, what);
    }
    *to = tree->text;
    return true;
}

static bool number_of(struct reader *r, const struct orr_tree *map, const char *key,
                      uint32_t fallback, uint32_t most, uint32_t *to) {
    const struct orr_tree *tree = find(map, key);
    *to = fallback;
    if (!tree) return true;
    char *end = NULL;
    unsigned long n = tree->kind == ORR_TREE_SCALAR ? strtoul(tree->text, &end, 10) : 0;
    if (!end || end == tree->text || *end || !n || n > most)
        return refuse(r, tree, NULL, "a whole number from 1 on is meant, and not as large");
    *to = (uint32_t)n;
    return true;
}

static bool texts_of(struct reader *r, const struct orr_tree *map, const char *key, uint32_t most,
                     const char *const **to, uint32_t *n) {
    const struct orr_tree *tree = find(map, key);
    *n = 0;
    if (!tree) return true;
    if (tree->kind != ORR_TREE_LIST || !tree->n || tree->n > most)
        return refuse(r, tree, NULL, "a list of a few texts is meant");
    const char **texts = orr_store_alloc(r->lab->store, tree->n * sizeof *texts);
    for (uint32_t i = 0; i < tree->n; i++) {
        if (tree->items[i]->kind != ORR_TREE_SCALAR || !tree->items[i]->len)
            return refuse(r, tree->items[i], NULL, "a text is meant");
        texts[i] = tree->items[i]->text;
    }
    *to = texts;
    *n = tree->n;
    return true;
}

static bool pairs_of(struct reader *r, const struct orr_tree *map, const char *key, bool shares,
                     const struct orr_lab_pair **to, uint32_t *n) {
    const struct orr_tree *tree = find(map, key);
    *n = 0;
    if (!tree) return true;
    if (tree->kind != ORR_TREE_MAP || tree->n > TEXTS_MAX)
        return refuse(r, tree, NULL, "a map from names of verdicts is meant");
    struct orr_lab_pair *pairs = orr_store_alloc(r->lab->store, (tree->n + 1) * sizeof *pairs);
    for (uint32_t i = 0; i < tree->n; i++) {
        const struct orr_tree *item = tree->items[i];
        if (item->kind != ORR_TREE_SCALAR || !item->len)
            return refuse(r, item, NULL, "a text is meant");
        pairs[i] = (struct orr_lab_pair){.name = tree->keys[i]->text, .text = item->text};
        int64_t share;
        size_t at;
        if (!shares) continue;
        if (orr_quantity_parse(ORR_QUANTITY_SHARE, item->text, item->len, &share, &at) ||
            share > 1000000000 || share % 10000000)
            return refuse(r, item, "for example 40 %", "a share in whole percents is meant");
        pairs[i].share = (uint32_t)(share / 10000000);
    }
    *to = pairs;
    *n = tree->n;
    return true;
}

static const char *path_of(struct reader *r, const char *name) {
    return orr_store_printf(r->lab->store, "%s/%s", r->folder, name);
}

static bool read_test(struct reader *r, const struct orr_tree *tree, struct orr_lab_exercise *e) {
    static const char *const keys[] = {"name", "scenario", "seeds", "points", NULL};
    struct orr_lab_test t = {.is_hidden = r->is_hidden};
    if (e->n_tests == ORR_LAB_TESTS_MAX) return refuse(r, tree, NULL, "that are too many tests");
    if (!is_map(r, tree, keys) || !text_of(r, tree, "name", &t.name) ||
        !text_of(r, tree, "scenario", &t.scenario) ||
        !number_of(r, tree, "seeds", 1, 100000, &t.n_seeds) ||
        !number_of(r, tree, "points", 1, 1000, &t.points))
        return false;
    t.scenario = path_of(r, t.scenario);
    if (access(t.scenario, R_OK))
        return refuse(r, find(tree, "scenario"), NULL, "there is no such file");
    e->tests[e->n_tests++] = t;
    return true;
}

static bool read_tests(struct reader *r, const struct orr_tree *map, struct orr_lab_exercise *e) {
    const struct orr_tree *tests = find(map, "tests");
    if (!tests || tests->kind != ORR_TREE_LIST || !tests->n)
        return refuse(r, tests ? tests : map, NULL, "`tests` is a list of tests");
    bool good = true;
    for (uint32_t i = 0; i < tests->n; i++) good = read_test(r, tests->items[i], e) && good;
    return good;
}

static bool is_file_name(const char *text) {
    return !strchr(text, '/') && strlen(text) <= 90 && text[0] != '-';
}

static bool are_there(struct reader *r, const struct orr_tree *tree, const char *key,
                      const char *const *names, uint32_t n) {
    for (uint32_t i = 0; i < n; i++)
        if (!is_file_name(names[i]) || access(path_of(r, names[i]), R_OK))
            return refuse(r, find(tree, key), NULL, "there is no such file beside lab.yaml");
    return true;
}

static bool read_exercise(struct reader *r, const struct orr_tree *tree) {
    static const char *const keys[] = {"name",    "title", "files",   "judge",  "points", "hints",
                                       "because", "caps",  "headers", "others", "tests",  NULL};
    struct orr_lab *lab = r->lab;
    struct orr_lab_exercise *e = &lab->exercises[lab->n_exercises];
    if (lab->n_exercises == ORR_LAB_EXERCISES_MAX)
        return refuse(r, tree, NULL, "that are too many exercises");
    if (!is_map(r, tree, keys) || !text_of(r, tree, "name", &e->name) ||
        !text_of(r, tree, "title", &e->title) ||
        !number_of(r, tree, "points", 10, 1000, &e->points) ||
        !texts_of(r, tree, "files", ORR_LAB_FILES_MAX, &e->files, &e->n_files) ||
        !texts_of(r, tree, "headers", ORR_LAB_FILES_MAX, &e->headers, &e->n_headers) ||
        !texts_of(r, tree, "others", ORR_LAB_OTHERS_MAX, &e->others, &e->n_others) ||
        !texts_of(r, tree, "hints", TEXTS_MAX, &e->hints, &e->n_hints) ||
        !pairs_of(r, tree, "because", false, &e->because, &e->n_because) ||
        !pairs_of(r, tree, "caps", true, &e->caps, &e->n_caps))
        return false;
    if (!e->n_files) return refuse(r, tree, "files: [mine.c]", "what does the student write?");
    for (uint32_t i = 0; i < e->n_files; i++)
        if (!is_file_name(e->files[i]))
            return refuse(r, tree, NULL, "a file of an exercise is a name without a folder");
    if (!are_there(r, tree, "others", e->others, e->n_others) ||
        !are_there(r, tree, "headers", e->headers, e->n_headers))
        return false;
    if (orr_lab_exercise_of(lab, e->name))
        return refuse(r, tree, NULL, "two exercises have one name");
    e->role = orr_store_printf(lab->store, "./%s", e->files[0]);
    if (find(tree, "judge")) {
        if (!text_of(r, tree, "judge", &e->judge)) return false;
        e->judge = path_of(r, e->judge);
    }
    if (!read_tests(r, tree, e)) return false;
    lab->n_exercises++;
    return true;
}

static bool read_more(struct reader *r, const struct orr_tree *tree) {
    static const char *const keys[] = {"name", "tests", NULL};
    const char *name;
    if (!is_map(r, tree, keys) || !text_of(r, tree, "name", &name)) return false;
    struct orr_lab_exercise *e = (struct orr_lab_exercise *)orr_lab_exercise_of(r->lab, name);
    return e ? read_tests(r, tree, e) : refuse(r, tree, NULL, "the lab has no such exercise");
}

static bool read_root(struct reader *r, const struct orr_tree *root) {
    static const char *const keys[] = {"orrery-lab", "name", "title", "exercises", NULL};
    const char *version, *name, *title = "";
    if (!is_map(r, root, keys) || !text_of(r, root, "orrery-lab", &version) ||
        !text_of(r, root, "name", &name) || (!r->is_hidden && !text_of(r, root, "title", &title)))
        return false;
    if (strcmp(version, "1"))
        return refuse(r, find(root, "orrery-lab"), NULL, "this program reads version 1");
    if (r->is_hidden && strcmp(name, r->lab->name))
        return refuse(r, find(root, "name"), NULL, "these are the tests of another lab");
    if (!r->is_hidden) r->lab->name = name, r->lab->title = title;
    const struct orr_tree *list = find(root, "exercises");
    if (!list || list->kind != ORR_TREE_LIST || !list->n)
        return refuse(r, list ? list : root, NULL, "`exercises` is a list of exercises");
    bool good = true;
    for (uint32_t i = 0; i < list->n; i++)
        good = (r->is_hidden ? read_more(r, list->items[i]) : read_exercise(r, list->items[i])) &&
               good;
    return good;
}

static int read_file(struct orr_lab *lab, const char *folder, const char *path, bool is_hidden,
                     struct orr_diags *diags) {
    struct reader r = {lab, diags, orr_store_printf(lab->store, "%s", folder), is_hidden};
    char *text;
    size_t len;
    const char *why;
    if (orr_file_read(path, MAX_BYTES, &text, &len, &why)) {
        orr_diag_add(diags, ORR_DIAG_ERROR, (struct orr_span){0}, NULL, "%s: %s", path, why);
        return ORR_EIO;
    }
    struct orr_source *source = orr_store_alloc(lab->store, sizeof *source);
    *source = (struct orr_source){orr_store_printf(lab->store, "%s", path),
                                  orr_store_text(lab->store, text, len), len};
    free(text);
    struct orr_tree *root = orr_tree_parse(source, 0, len, lab->store, diags, &(bool){false});
    if (!root) return ORR_EFORMAT;
    return read_root(&r, root) ? 0 : ORR_EFORMAT;
}

int orr_lab_read(const char *folder, struct orr_lab **out, struct orr_diags *diags) {
    struct orr_lab *lab = *out = orr_xrealloc(NULL, sizeof *lab);
    *lab = (struct orr_lab){.store = orr_store_new()};
    lab->folder = orr_store_printf(lab->store, "%s", folder);
    const char *path = orr_store_printf(lab->store, "%s/lab.yaml", folder);
    return read_file(lab, folder, path, false, diags);
}

int orr_lab_read_hidden(struct orr_lab *lab, const char *path, struct orr_diags *diags) {
    const char *slash = strrchr(path, '/');
    const char *folder = slash ? orr_store_text(lab->store, path, (size_t)(slash - path)) : ".";
    return read_file(lab, folder, path, true, diags);
}

void orr_lab_free(struct orr_lab *lab) {
    if (!lab) return;
    orr_store_free(lab->store);
    free(lab);
}

const struct orr_lab_exercise *orr_lab_exercise_of(const struct orr_lab *lab, const char *name) {
    for (uint32_t i = 0; i < lab->n_exercises; i++)
        if (!strcmp(lab->exercises[i].name, name)) return &lab->exercises[i];
    return NULL;
}

bool orr_lab_test_is(const struct orr_lab_test *test, const char *name) {
    const char *slash = strrchr(test->scenario, '/');
    const char *file = slash ? slash + 1 : test->scenario;
    size_t n = strlen(name);
    return !strncmp(file, name, n) && !strcmp(file + n, ".yaml");
}

const char *orr_lab_pair_text(const struct orr_lab_pair *pairs, uint32_t n, const char *name) {
    for (uint32_t i = 0; i < n; i++)
        if (!strcmp(pairs[i].name, name)) return pairs[i].text;
    return NULL;
}

bool orr_lab_place(char kind, char *folder, size_t size) {
    const char *installed = kind == 'l' ? "scenarios/labs" : "labs-hidden";
    const char *checkout = kind == 'l' ? "scenarios/labs" : "tests/labs";
    char program[4000];
    ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
    program[len > 0 ? len : 0] = 0;
    char *slash = strrchr(program, '/');
    if (slash) {
        *slash = 0;
        snprintf(folder, size, "%s/../share/orrery/%s", program, installed);
        if (!access(folder, R_OK)) return true;
    }
    snprintf(folder, size, "%s/%s", ORRERY_SOURCE_DIR, checkout);
    return !access(folder, R_OK);
}
