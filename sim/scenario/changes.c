/* Values of any shape, kept as the text that --set takes: what a sweep tries. */
#include <assert.h>
#include <string.h>

#include "sim/scenario/bind.h"

/* A text in a list or map without a line's end: it grows in the store. */
struct flow {
    struct orr_scenario_store *store;
    char *text;
    size_t len, size;
};

static void put(struct flow *f, const char *text, size_t len) {
    if (f->size - f->len <= len) {
        size_t size = 2 * (f->len + len) + 64;
        char *grown = orr_store_alloc(f->store, size);
        if (f->len) memcpy(grown, f->text, f->len);
        f->text = grown, f->size = size;
    }
    memcpy(f->text + f->len, text, len);
    f->text[f->len += len] = 0;
}

static void put_scalar(struct flow *f, const struct orr_tree *tree, bool nested) {
    bool quoted = tree->quoted || (nested && tree->len && strpbrk(tree->text, ",[]{}:#\"'"));
    if (!quoted) {
        put(f, tree->text, tree->len);
        return;
    }
    put(f, "\"", 1);
    for (size_t i = 0; i < tree->len; i++) {
        char c = tree->text[i];
        if (c == '"' || c == '\\') put(f, "\\", 1);
        put(f, c == '\n' ? "\\n" : c == '\t' ? "\\t" : &c, c == '\n' || c == '\t' ? 2 : 1);
    }
    put(f, "\"", 1);
}

static void put_tree(struct flow *f, const struct orr_tree *tree, int depth) {
    assert(depth <= ORR_SCENARIO_MAX_DEPTH); /* the parser saw to it */
    if (tree->kind == ORR_TREE_SCALAR) {
        put_scalar(f, tree, depth > 0);
        return;
    }
    bool is_map = tree->kind == ORR_TREE_MAP;
    put(f, is_map ? "{" : "[", 1);
    for (uint32_t i = 0; i < tree->n; i++) {
        if (i) put(f, ", ", 2);
        if (is_map) put_scalar(f, tree->keys[i], true);
        if (is_map) put(f, ": ", 2);
        put_tree(f, tree->items[i], depth + 1);
    }
    put(f, is_map ? "}" : "]", 1);
}

/* prefix: what stands before the value, "key=" or nothing. */
static const char *text_of(struct orr_binder *b, const char *prefix, const struct orr_tree *tree) {
    struct flow f = {.store = b->store};
    put(&f, prefix, strlen(prefix));
    put_tree(&f, tree, 0);
    return f.text;
}

static void put_texts(const struct orr_scenario_key *key, void *base, const char *const *texts,
                      uint32_t n) {
    *(const char *const **)orr_bind_at(base, key->offset) = texts;
    *(uint32_t *)orr_bind_at(base, key->count_offset) = n;
}

bool orr_bind_values(struct orr_binder *b, const struct orr_scenario_key *key,
                     const struct orr_tree *tree, void *base) {
    bool is_list = tree->kind == ORR_TREE_LIST;
    uint32_t n = is_list ? tree->n : 1;
    char accepts[400];
    if (!n || (tree->kind == ORR_TREE_SCALAR && !tree->len && !tree->quoted))
        return orr_bind_error(b, tree, orr_scenario_key_accepts(key, accepts, sizeof accepts),
                              "has no value");
    const char **texts = orr_store_alloc(b->store, n * sizeof *texts);
    for (uint32_t i = 0; i < n; i++) texts[i] = text_of(b, "", is_list ? tree->items[i] : tree);
    put_texts(key, base, texts, n);
    return true;
}

bool orr_bind_changes(struct orr_binder *b, const struct orr_scenario_key *key,
                      const struct orr_tree *tree, void *base) {
    char accepts[400];
    if (tree->kind != ORR_TREE_MAP)
        return orr_bind_error(b, tree, orr_scenario_key_accepts(key, accepts, sizeof accepts),
                              "this is no map");
    const char **texts = orr_store_alloc(b->store, (tree->n + 1) * sizeof *texts);
    for (uint32_t i = 0; i < tree->n; i++) {
        const struct orr_tree *name = tree->keys[i];
        if (!name->len || strchr(name->text, '='))
            return orr_bind_error(b, name, "for example nodes.val.count", "no key of a scenario");
        texts[i] = text_of(b, orr_store_printf(b->store, "%s=", name->text), tree->items[i]);
    }
    put_texts(key, base, texts, tree->n);
    return true;
}
