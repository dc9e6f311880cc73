#include "sim/search/yaml.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/base/text.h"

enum { COLUMNS = 100 };

static void put(struct orr_yaml_text *t, const char *bytes, size_t len) {
    if (t->len + len + 1 > t->cap) {
        t->cap = 2 * (t->len + len + 1);
        t->v = orr_xrealloc(t->v, t->cap);
    }
    memcpy(t->v + t->len, bytes, len);
    t->len += len;
    t->v[t->len] = '\0';
}

static void put_text(struct orr_yaml_text *t, const char *text) { put(t, text, strlen(text)); }

static void put_blanks(struct orr_yaml_text *t, unsigned n) {
    for (unsigned i = 0; i < n; i++) put(t, " ", 1);
}

/* Double quotes, YAML 1.2 section 5.7. */
static void put_quoted(struct orr_yaml_text *t, const struct orr_tree *scalar) {
    put(t, "\"", 1);
    for (size_t i = 0; i < scalar->len; i++) {
        char c = scalar->text[i];
        if (c == '\n')
            put_text(t, "\\n");
        else {
            if (c == '"' || c == '\\') put(t, "\\", 1);
            put(t, &c, 1);
        }
    }
    put(t, "\"", 1);
}

/* A plain scalar keeps its meaning only without quotes, and in a flow only without the signs of
 * one; `plain` tells whether that can be. */
static bool is_plain_in_flow(const struct orr_tree *scalar) {
    return scalar->quoted || !scalar->text[strcspn(scalar->text, ",[]{}#")];
}

static void put_scalar(struct orr_yaml_text *t, const struct orr_tree *scalar) {
    if (scalar->quoted)
        put_quoted(t, scalar);
    else
        put(t, scalar->text, scalar->len);
}

/* Everything in it can stand in a flow. */
static bool can_flow(const struct orr_tree *tree) {
    if (tree->kind == ORR_TREE_SCALAR) return is_plain_in_flow(tree);
    for (uint32_t i = 0; i < tree->n; i++)
        if (!can_flow(tree->items[i]) ||
            (tree->kind == ORR_TREE_MAP && !is_plain_in_flow(tree->keys[i])))
            return false;
    return true;
}

static void put_flow(struct orr_yaml_text *t, const struct orr_tree *tree) {
    if (tree->kind == ORR_TREE_SCALAR) {
        put_scalar(t, tree);
        return;
    }
    put_text(t, tree->kind == ORR_TREE_MAP ? "{" : "[");
    for (uint32_t i = 0; i < tree->n; i++) {
        if (i) put_text(t, ", ");
        if (tree->kind == ORR_TREE_MAP) {
            put_scalar(t, tree->keys[i]);
            put_text(t, ": ");
        }
        put_flow(t, tree->items[i]);
    }
    put_text(t, tree->kind == ORR_TREE_MAP ? "}" : "]");
}

/* Columns that it takes in a flow; more than COLUMNS when it cannot stand in one. */
static size_t flow_columns(const struct orr_tree *tree) {
    if (!can_flow(tree)) return COLUMNS + 1;
    struct orr_yaml_text t = {0};
    put_flow(&t, tree);
    size_t columns = t.len;
    free(t.v);
    return columns;
}

static void put_block(struct orr_yaml_text *t, const struct orr_tree *tree, unsigned indent,
                      bool begun);

/* What stands behind `key:` or `-`, to the end of its last line. */
static void put_value(struct orr_yaml_text *t, const struct orr_tree *item, unsigned indent,
                      size_t used, bool in_list) {
    bool nests = item->kind != ORR_TREE_SCALAR && item->n;
    if (!nests || (used + 1 + flow_columns(item) <= COLUMNS)) {
        put(t, " ", 1);
        put_flow(t, item);
        put(t, "\n", 1);
    } else if (in_list) {
        put(t, " ", 1);
        put_block(t, item, indent + 2, true);
    } else {
        put(t, "\n", 1);
        put_block(t, item, indent + 2, false);
    }
}

/* begun: the first line has its indentation. */
static void put_block(struct orr_yaml_text *t, const struct orr_tree *tree, unsigned indent,
                      bool begun) {
    assert(tree->kind != ORR_TREE_SCALAR);
    for (uint32_t i = 0; i < tree->n; i++) {
        if (!begun || i) put_blanks(t, indent);
        size_t start = t->len;
        bool is_list = tree->kind == ORR_TREE_LIST;
        if (is_list)
            put(t, "-", 1);
        else {
            put_scalar(t, tree->keys[i]);
            put(t, ":", 1);
        }
        put_value(t, tree->items[i], indent, indent + t->len - start, is_list);
    }
}

void orr_yaml_write(struct orr_yaml_text *text, const struct orr_tree *map) {
    assert(map->kind == ORR_TREE_MAP);
    if (!map->n) put_text(text, "{}\n");
    put_block(text, map, 0, false);
}

void orr_yaml_comment(struct orr_yaml_text *text, const char *comment) {
    const char *end = comment + strlen(comment);
    size_t column = 0;
    for (const char *p = comment; p < end;) {
        if (*p == ' ' || *p == '\n') {
            if (*p == '\n' && column) {
                put(text, "\n", 1);
                column = 0;
            }
            p++;
            continue;
        }
        size_t word = strcspn(p, " \n");
        if (column && column + 1 + word > COLUMNS) {
            put(text, "\n", 1);
            column = 0;
        }
        put_text(text, column ? " " : "# ");
        column += column ? 1 : 2;
        for (const char *behind = p + word; p < behind;) {
            char shown[ORR_TEXT_CHARACTER];
            column += (size_t)orr_text_step(&p, end, shown);
            put_text(text, shown);
        }
    }
    if (column) put(text, "\n", 1);
}
