/* tree.h - a YAML text as a tree with places, and the memory of a scenario.
 *
 * The tree is what YAML 1.2 says and nothing more: scalars keep their text and whether they were
 * quoted; what they mean is decided by the key they stand under.  Refused here, each with its
 * place: bytes that are not UTF-8, control characters, tabs, more than one document, tags,
 * duplicate keys, keys that are no scalars, unknown anchors, and texts past the limits of
 * scenario.h. */
#ifndef ORR_SIM_SCENARIO_TREE_H
#define ORR_SIM_SCENARIO_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/diag.h"

/* An arena: everything in it is freed at once. */
struct orr_scenario_store;
struct orr_scenario_store *orr_store_new(void);
void orr_store_free(struct orr_scenario_store *store); /* NULL is fine */
/* Zeroed, aligned to 16 bytes. */
void *orr_store_alloc(struct orr_scenario_store *store, size_t size);
/* A copy of text[len] with a NUL. */
char *orr_store_text(struct orr_scenario_store *store, const char *text, size_t len);
char *orr_store_printf(struct orr_scenario_store *store, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

enum orr_tree_kind { ORR_TREE_SCALAR, ORR_TREE_LIST, ORR_TREE_MAP };

/* A map's entries are its keys and items side by side; a list has no keys. */
struct orr_tree {
    enum orr_tree_kind kind;
    bool quoted;               /* SCALAR: it was in quotes or a block            */
    const char *text;          /* SCALAR: [len] and a NUL; it holds no other NUL */
    size_t len;
    uint32_t n, cap;
    struct orr_tree **keys;    /* MAP: [n] scalars */
    struct orr_tree **items;   /* LIST, MAP: [n]   */
    struct orr_span where;
};

/* Parses source->text[start, start + len) and returns the tree, owned by the store, or NULL after
 * adding errors to diags.  *limit is set when a limit was the reason. */
struct orr_tree *orr_tree_parse(const struct orr_source *source, size_t start, size_t len,
                                struct orr_scenario_store *store, struct orr_diags *diags,
                                bool *limit);

/* New nodes, for defaults and overrides.  text is lent and ends with a NUL. */
struct orr_tree *orr_tree_scalar(struct orr_scenario_store *store, const char *text,
                                 struct orr_span where);
struct orr_tree *orr_tree_map(struct orr_scenario_store *store, struct orr_span where);
/* Appends; key is NULL for a list. */
void orr_tree_append(struct orr_scenario_store *store, struct orr_tree *to, struct orr_tree *key,
                     struct orr_tree *item);
/* The number of the entry with that key, or -1. */
int64_t orr_tree_find(const struct orr_tree *map, const char *key, size_t key_len);

/* Applies one `key=value` (--set) to the tree; false after adding an error.  The text is lent for
 * the tree's life. */
bool orr_tree_override(struct orr_tree *root, const struct orr_source *override,
                       struct orr_scenario_store *store, struct orr_diags *diags);
#endif
