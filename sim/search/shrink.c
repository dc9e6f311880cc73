#include "sim/search/shrink.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/search/yaml.h"

struct work {
    struct orr_shrink *s;
    struct orr_tree *root;
    struct orr_scenario_store *store;
    uint64_t *asked; /* [n_asked] hashes of texts that did not show it */
    uint32_t n_asked, cap;
    bool stopped;
};

static uint64_t hash_of(const char *text, size_t len) { /* FNV-1a */
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < len; i++) hash = (hash ^ (uint8_t)text[i]) * 0x100000001b3u;
    return hash;
}

/* Does the tree as it is now show it? */
static bool shows(struct work *w) {
    if (w->stopped) return false;
    struct orr_yaml_text text = {0};
    orr_yaml_write(&text, w->root);
    uint64_t hash = hash_of(text.v, text.len);
    bool is_known = false;
    for (uint32_t i = 0; i < w->n_asked && !is_known; i++) is_known = w->asked[i] == hash;
    int answer = 0;
    if (!is_known && w->s->n_asks == w->s->max_asks) {
        answer = -1;
    } else if (!is_known) {
        w->s->n_asks++;
        answer = w->s->shows(w->s->ctx, text.v, text.len);
        if (!answer) {
            if (w->n_asked == w->cap) {
                w->cap = w->cap ? 2 * w->cap : 256;
                w->asked = orr_xrealloc(w->asked, w->cap * sizeof *w->asked);
            }
            w->asked[w->n_asked++] = hash;
        }
    }
    free(text.v);
    w->stopped = answer < 0;
    return answer > 0;
}

/* ---- entries ---- */

static void copy(struct orr_tree *to, const struct orr_tree *from,
                 struct orr_scenario_store *store) {
    *to = *from;
    size_t size = from->n * sizeof *to->items;
    to->cap = from->n;
    to->items = orr_store_alloc(store, size + 1);
    if (size) memcpy(to->items, from->items, size);
    if (from->kind != ORR_TREE_MAP) return;
    to->keys = orr_store_alloc(store, size + 1);
    if (size) memcpy(to->keys, from->keys, size);
}

static void cut(struct orr_tree *tree, uint32_t at, uint32_t n) {
    assert(at + n <= tree->n);
    uint32_t behind = tree->n - at - n;
    memmove(tree->items + at, tree->items + at + n, behind * sizeof *tree->items);
    if (tree->kind == ORR_TREE_MAP)
        memmove(tree->keys + at, tree->keys + at + n, behind * sizeof *tree->keys);
    tree->n -= n;
}

static bool is_word(const struct orr_tree *key, const char *word) {
    return key && !strcmp(key->text, word);
}

/* An entry that is to stay as it is. */
static bool is_kept(const struct work *w, const struct orr_tree *tree, uint32_t i) {
    const char *const *kept = w->s->kept;
    if (tree->kind != ORR_TREE_MAP || !kept) return false;
    while (*kept && !is_word(tree->keys[i], *kept)) kept++;
    return *kept;
}

/* Takes n entries from `at` away if that still shows it. */
static bool try_cut(struct work *w, struct orr_tree *tree, uint32_t at, uint32_t n) {
    struct orr_tree before;
    for (uint32_t i = at; i < at + n; i++)
        if (is_kept(w, tree, i)) return false;
    copy(&before, tree, w->store);
    cut(tree, at, n);
    if (shows(w)) return true;
    *tree = before;
    return false;
}

static bool cut_entries(struct work *w, struct orr_tree *tree) {
    bool any = false;
    for (uint32_t n = tree->n; n; n = n > 1 && n > tree->n ? tree->n : n / 2)
        for (uint32_t end = tree->n; end; end = end > n ? end - n : 0) { /* from the last one on */
            if (end > tree->n) end = tree->n;
            uint32_t at = end > n ? end - n : 0;
            if (end) any |= try_cut(w, tree, at, end - at);
        }
    return any;
}

/* ---- a map or list for one of its values: {dist: constant, value: 3 ms}, [val.1] ---- */

static bool hoist(struct work *w, struct orr_tree **place) {
    struct orr_tree *tree = *place;
    for (uint32_t i = 0; i < tree->n; i++) {
        if (tree->items[i]->kind == ORR_TREE_MAP && tree->kind == ORR_TREE_MAP) continue;
        for (uint32_t k = 0; k < tree->n; k++)
            if (is_kept(w, tree, k)) return false;
        *place = tree->items[i];
        if (shows(w)) return true;
    }
    *place = tree;
    return false;
}

/* ---- numbers ---- */

/* `9828 ms`: the digits without their point, how many of them stand behind it, and what follows. */
struct quantity {
    uint64_t digits;
    unsigned behind;
    const char *unit;
};

static bool read_quantity(const struct orr_tree *scalar, struct quantity *q) {
    const char *p = scalar->text;
    bool point = false, any = false;
    *q = (struct quantity){0};
    for (; (*p >= '0' && *p <= '9') || (*p == '.' && any && !point); p++) {
        if (*p == '.') {
            point = true;
            continue;
        }
        if (q->digits > UINT64_MAX / 10 - 1) return false;
        q->digits = 10 * q->digits + (uint64_t)(*p - '0');
        q->behind += point;
        any = true;
    }
    q->unit = p;
    while (*p == ' ') p++;
    for (; *p; p++)
        if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || *p == '/' || *p == '%'))
            return false;
    return any && q->digits;
}

static unsigned significant(uint64_t digits) {
    while (digits && digits % 10 == 0) digits /= 10;
    unsigned n = 0;
    for (; digits; digits /= 10) n++;
    return n;
}

static bool try_quantity(struct work *w, struct orr_tree **place, struct quantity q) {
    struct orr_tree *before = *place;
    for (; q.behind && q.digits % 10 == 0; q.behind--) q.digits /= 10;
    static const char *const larger[][2] = {{" ns", " us"}, {" us", " ms"}, {" ms", " s"}};
    for (unsigned i = 0; i < 3; i++)
        if (!q.behind && !strcmp(q.unit, larger[i][0]) && q.digits % 1000 == 0) {
            q.digits /= 1000;
            q.unit = larger[i][1];
        }
    uint64_t scale = 1;
    for (unsigned i = 0; i < q.behind; i++) scale *= 10;
    const char *text =
        q.behind
            ? orr_store_printf(w->store, "%llu.%0*llu%s", (unsigned long long)(q.digits / scale),
                               (int)q.behind, (unsigned long long)(q.digits % scale), q.unit)
            : orr_store_printf(w->store, "%llu%s", (unsigned long long)q.digits, q.unit);
    *place = orr_tree_scalar(w->store, text, before->where);
    if (shows(w)) return true;
    *place = before;
    return false;
}

/* A rounder number, down or up; of one digit if that will do. */
static bool make_round(struct work *w, struct orr_tree **place) {
    struct quantity q;
    if (!read_quantity(*place, &q)) return false;
    unsigned n = significant(q.digits);
    for (unsigned keep = 1; keep < n && keep <= 3; keep++) {
        uint64_t step = 1;
        while (q.digits / step >= 10) step *= 10;
        for (unsigned i = 1; i < keep; i++) step /= 10;
        for (unsigned up = 0; up < 2; up++) {
            struct quantity round = q;
            round.digits = q.digits / step * step + up * step;
            if (try_quantity(w, place, round)) return true;
        }
    }
    return false;
}

/* A smaller number; whole numbers without a unit, and how long all takes. */
static bool make_smaller(struct work *w, struct orr_tree **place) {
    struct quantity q;
    bool any = false;
    while (read_quantity(*place, &q) && q.digits > 1) { /* ends: it falls */
        struct quantity less = q;
        bool fell = false;
        const uint64_t steps[] = {1, q.digits / 2, q.digits - q.digits / 4, q.digits - 1};
        for (unsigned i = 0; i < 4 && !fell; i++) {
            less.digits = steps[i];
            fell = less.digits && less.digits < q.digits && try_quantity(w, place, less);
        }
        if (!fell) break;
        any = true;
    }
    return any;
}

/* The largest number of two digits and noughts that is at most n. */
static uint64_t floor_of(uint64_t n) {
    uint64_t step = 1;
    while (n / step >= 100) step *= 10;
    return n / step * step;
}

/* The least one that is at least n. */
static uint64_t ceiling_of(uint64_t n) {
    uint64_t step = 1;
    while (n / step >= 100) step *= 10;
    return (n + step - 1) / step * step;
}

/* A delay: the least that still works, of two digits and noughts; a shorter one is tried with a
 * smaller unit.  (Found by halving: where a longer one would not do, one that is least nearby.) */
static bool make_least(struct work *w, struct orr_tree **place) {
    static const char *const smaller[][2] = {{" s", " ms"}, {" ms", " us"}};
    struct quantity q;
    if (!read_quantity(*place, &q)) return false;
    for (unsigned i = 0; i < 2; i++) {
        if (strcmp(q.unit, smaller[i][0]) || q.digits > UINT32_MAX) continue;
        uint64_t scale = 1000;
        for (; q.behind && scale > 1; q.behind--) scale /= 10;
        q.digits *= scale;
        q.unit = smaller[i][1];
        break;
    }
    uint64_t low = 0, high = q.digits;
    bool any = false;
    while (!q.behind) { /* ends: they come together */
        q.digits = floor_of(low + (high - low) / 2);
        if (q.digits <= low) q.digits = ceiling_of(low + 1);
        if (q.digits >= high) break;
        bool works = try_quantity(w, place, q);
        if (works)
            high = q.digits;
        else
            low = q.digits;
        any |= works;
    }
    return any;
}

static bool shrink_number(struct work *w, const struct orr_tree *key, struct orr_tree **place) {
    struct quantity q;
    if ((*place)->quoted || is_word(key, "seed") || !read_quantity(*place, &q)) return false;
    bool is_count = !*q.unit && !q.behind;
    if (is_word(key, "by") && *q.unit == ' ') {
        bool is_long = significant(q.digits) > 2;
        return make_least(w, place) || (is_long && make_round(w, place));
    }
    if (is_count || is_word(key, "duration")) {
        bool smaller = make_smaller(w, place);
        return is_count ? smaller : make_round(w, place) || smaller;
    }
    return make_round(w, place);
}

/* ---- all of it ---- */

/* What is expected goes as a whole or stays as it is: a bound that is made smaller fails sooner,
 * for another reason. */
static bool is_expectation(const struct orr_tree *tree, uint32_t i) {
    return tree->kind == ORR_TREE_MAP && is_word(tree->keys[i], "expect");
}

static bool cut_all(struct work *w, struct orr_tree *tree) {
    if (tree->kind == ORR_TREE_SCALAR) return false;
    bool any = cut_entries(w, tree);
    for (uint32_t i = 0; i < tree->n; i++) {
        struct orr_tree *item = tree->items[i];
        bool is_map = item->kind == ORR_TREE_MAP;
        if (is_kept(w, tree, i)) continue;
        if (!is_expectation(tree, i))
            any |= cut_all(w, item);
        else if (is_map)
            any |= cut_entries(w, item);
    }
    return any;
}

static bool hoist_all(struct work *w, struct orr_tree *tree) {
    bool any = false;
    for (uint32_t i = 0; i < tree->n; i++) {
        if (tree->items[i]->kind == ORR_TREE_SCALAR || is_expectation(tree, i) ||
            is_kept(w, tree, i))
            continue;
        any |= hoist(w, &tree->items[i]);
        any |= hoist_all(w, tree->items[i]);
    }
    return any;
}

static bool shrink_numbers(struct work *w, struct orr_tree *tree) {
    bool any = false;
    for (uint32_t i = 0; i < tree->n; i++) {
        if (is_kept(w, tree, i)) continue;
        if (tree->items[i]->kind == ORR_TREE_SCALAR)
            any |= shrink_number(w, tree->kind == ORR_TREE_MAP ? tree->keys[i] : NULL,
                                 &tree->items[i]);
        else if (!is_expectation(tree, i))
            any |= shrink_numbers(w, tree->items[i]);
    }
    return any;
}

static uint32_t count(const struct orr_tree *tree) {
    if (!tree->n) return 1;
    uint32_t n = 0;
    for (uint32_t i = 0; i < tree->n; i++) n += count(tree->items[i]);
    return n;
}

void orr_shrink(struct orr_shrink *shrink, struct orr_tree *root,
                struct orr_scenario_store *store) {
    assert(root->kind == ORR_TREE_MAP);
    struct work w = {.s = shrink, .root = root, .store = store};
    shrink->n_asks = 0;
    shrink->n_before = count(root);
    for (bool any = true; any && !w.stopped;) { /* ends: each change makes it smaller or rounder */
        any = cut_all(&w, root);
        any |= hoist_all(&w, root);
        any |= shrink_numbers(&w, root);
    }
    shrink->n_after = count(root);
    shrink->is_least = !w.stopped;
    free(w.asked);
}
