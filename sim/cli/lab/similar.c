/* orrery lab similar: which submissions have more in common than what all were given. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/file.h"
#include "sim/base/memory.h"
#include "sim/cli/lab/commands.h"
#include "sim/cli/lab/folder.h"
#include "sim/cli/lab/winnow.h"
#include "sim/cli/options.h"

enum { FOLDERS_MOST = 1000, FILES_MOST = ORR_LAB_EXERCISES_MAX * ORR_LAB_FILES_MAX,
       PATH_BYTES = 4400, FILE_BYTES = 1 << 20 };

enum { LAB, LEAST };
static const struct orr_option options[] = {
    [LAB] = {"--lab", "NAME", "which lab (default: that from which the first was started)"},
    [LEAST] = {"--least", "PERCENT", "pairs that have less in common are not listed (default: 25)"},
};
enum { N_OPTIONS = sizeof options / sizeof options[0] };

static int usage(FILE *to) {
    fprintf(to, "usage: orrery lab similar FOLDER FOLDER... [OPTION...]\n\n"
                "Compares what students wrote, whatever names, layout, comments and order they "
                "gave it; what the\nlab's skeleton has in it does not count.  Lists pairs: the "
                "share of the smaller one's fingerprints\nthat both have, and the longest stretch "
                "of it.  A list to look at, and no proof of anything.\n\n");
    orr_options_print(options, N_OPTIONS, to);
    fprintf(to, "\nExit codes: 0 done, 2 bad input.\n");
    return to == stdout ? 0 : 2;
}

struct pair {
    uint32_t a, b;
    size_t n_shared, n_least; /* fingerprints: of both, of the smaller */
};
struct comparing {
    const char *name, *folders[FOLDERS_MOST];
    uint32_t n_folders;
    uint64_t least;
    const char *files[FILES_MOST];
    uint32_t n_files;
    struct orr_heap heap;
    struct orr_set given; /* the skeleton's */
    struct orr_fingerprints prints[FOLDERS_MOST];
};

static int read_arguments(int argc, char **argv, struct comparing *c) {
    struct orr_options walk = {
        .verb = "lab similar", .list = options, .n = N_OPTIONS, .argc = argc, .argv = argv};
    const char *value;
    for (int i; (i = orr_options_next(&walk, &value)) != ORR_OPTION_END;) {
        if (i == ORR_OPTION_HELP) return usage(stdout);
        if (i == ORR_OPTION_BAD) return 2;
        if (i == LAB) c->name = value;
        else if (i == LEAST) {
            if (!orr_options_number(&walk, "--least", value, &c->least)) return 2;
        }
        else if (c->n_folders < FOLDERS_MOST) c->folders[c->n_folders++] = value;
        else {
            fprintf(stderr, "orrery lab similar: more than %d folders\n", FOLDERS_MOST);
            return 2;
        }
    }
    return c->n_folders > 1 ? -1 : usage(stderr);
}

/* ---- reading ---- */

static void list_files(struct comparing *c, const struct orr_lab *lab) {
    for (uint32_t i = 0; i < lab->n_exercises; i++)
        for (uint32_t k = 0; k < lab->exercises[i].n_files; k++) {
            const char *file = lab->exercises[i].files[k];
            uint32_t known = 0;
            while (known < c->n_files && strcmp(c->files[known], file)) known++;
            if (known == c->n_files) c->files[c->n_files++] = file;
        }
}

/* What is not there has no fingerprints: a submission need not be whole. */
static bool read_one(const char *folder, const char *file, char **text, size_t *len) {
    char path[PATH_BYTES];
    const char *why;
    snprintf(path, sizeof path, "%.4000s/%s", folder, file);
    return !orr_file_read(path, FILE_BYTES, text, len, &why);
}

static int read_all(struct comparing *c, const struct orr_lab *lab) {
    char *text;
    size_t len;
    for (uint32_t i = 0; i < c->n_files; i++)
        if (read_one(lab->folder, c->files[i], &text, &len)) {
            orr_winnow_all(&c->given, text, len);
            free(text);
        }
    for (uint32_t k = 0; k < c->n_folders; k++) {
        uint32_t n = 0;
        for (uint32_t i = 0; i < c->n_files; i++)
            if (read_one(c->folders[k], c->files[i], &text, &len)) {
                orr_winnow(&c->prints[k], i, text, len, &c->given);
                free(text);
                n++;
            }
        if (n) continue;
        fprintf(stderr, "orrery lab similar: %s has no file of the lab %s\n",
                ORR_SHOWN(c->folders[k]), lab->name);
        return 2;
    }
    return 0;
}

/* ---- comparing ---- */

static size_t shared(const struct orr_fingerprints *a, const struct orr_fingerprints *b,
                     struct orr_heap *heap) {
    struct orr_set counted;
    size_t n = 0;
    orr_set_init(&counted, &heap->mem, a->n);
    for (size_t i = 0; i < a->n; i++)
        n += orr_set_has(&b->set, a->v[i].hash) && orr_set_add(&counted, a->v[i].hash);
    orr_set_fini(&counted);
    return n;
}

/* a comes before b: has more in common, or its folders were named earlier. */
static bool is_before(const struct pair *a, const struct pair *b) {
    uint64_t x = (uint64_t)a->n_shared * b->n_least, y = (uint64_t)b->n_shared * a->n_least;
    if (x != y) return x > y;
    return a->a != b->a ? a->a < b->a : a->b < b->b;
}

static const struct orr_fingerprint *find(const struct orr_fingerprints *f, uint64_t hash) {
    for (size_t i = 0; i < f->n; i++)
        if (f->v[i].hash == hash) return &f->v[i];
    return NULL;
}

static void print_pair(const struct comparing *c, const struct pair *p) {
    const struct orr_fingerprints *a = &c->prints[p->a], *b = &c->prints[p->b];
    size_t best = 0, n_best = 0;
    for (size_t from = 0, n = 0; from < a->n; from += n ? n : 1) {
        n = 0;
        while (from + n < a->n && a->v[from + n].file == a->v[from].file &&
               orr_set_has(&b->set, a->v[from + n].hash))
            n++;
        if (n > n_best) n_best = n, best = from;
    }
    const struct orr_fingerprint *first = &a->v[best], *last = &a->v[best + n_best - 1];
    const struct orr_fingerprint *there = find(b, first->hash), *end = find(b, last->hash);
    printf("%3zu %%  %s  %s  (%zu of %zu; %s:%u-%u", 100 * p->n_shared / p->n_least,
           ORR_SHOWN(c->folders[p->a]), ORR_SHOWN(c->folders[p->b]), p->n_shared, p->n_least,
           c->files[first->file], first->from, last->to);
    if (there && end && there->file == end->file && there->from <= end->to)
        printf(", %s:%u-%u", c->files[there->file], there->from, end->to);
    printf(")\n");
}

static void compare(struct comparing *c) {
    struct pair *pairs = NULL;
    size_t n = 0;
    for (uint32_t a = 0; a < c->n_folders; a++)
        for (uint32_t b = a + 1; b < c->n_folders; b++) {
            size_t x = c->prints[a].set.n, y = c->prints[b].set.n;
            struct pair p = {.a = a, .b = b, .n_least = x < y ? x : y};
            if (!p.n_least) continue; /* one has nothing of its own */
            p.n_shared = shared(&c->prints[a], &c->prints[b], &c->heap);
            if (!p.n_shared || 100 * p.n_shared < c->least * p.n_least) continue;
            pairs = orr_xrealloc(pairs, (n + 1) * sizeof *pairs);
            size_t at = n++;
            for (; at > 0 && is_before(&p, &pairs[at - 1]); at--) pairs[at] = pairs[at - 1];
            pairs[at] = p;
        }
    for (size_t i = 0; i < n; i++) print_pair(c, &pairs[i]);
    if (!n) printf("No two have %" PRIu64 " %% in common.\n", c->least);
    free(pairs);
}

int orr_lab_similar_command(int argc, char **argv) {
    static struct comparing c; /* some hundred KiB */
    c.least = 25;
    int code = read_arguments(argc, argv, &c);
    if (code >= 0) return code;
    struct orr_lab *lab =
        c.name ? orr_lab_open(c.name, &code) : orr_lab_open_of(c.folders[0], &code);
    if (!lab) return code;
    orr_heap_init(&c.heap);
    orr_set_init(&c.given, &c.heap.mem, 0);
    for (uint32_t i = 0; i < c.n_folders; i++) orr_fingerprints_init(&c.prints[i], &c.heap.mem);
    list_files(&c, lab);
    code = read_all(&c, lab);
    if (!code) compare(&c);
    for (uint32_t i = 0; i < c.n_folders; i++) orr_fingerprints_fini(&c.prints[i]);
    orr_set_fini(&c.given);
    orr_lab_free(lab);
    return code;
}
