/* --set key=value: the tree is changed before it is bound, so that an override obeys the same rules
 * as the file, and its mistakes are shown in its own text. */
#include <stdio.h>
#include <string.h>

#include "sim/scenario/tree.h"

static struct orr_span part(const struct orr_source *source, size_t offset, size_t len) {
    return (struct orr_span){source, (uint32_t)offset, (uint32_t)len};
}

/* The item that one step of the path means: a list's number or the item's `name:`. */
static struct orr_tree **find_item(const struct orr_tree *list, const char *step, size_t len) {
    uint64_t number = 0;
    bool digits = len > 0 && len < 9;
    for (size_t i = 0; i < len; i++) {
        digits = digits && step[i] >= '0' && step[i] <= '9';
        number = 10 * number + (uint64_t)(step[i] - '0');
    }
    if (digits) return number < list->n ? &list->items[number] : NULL;
    for (uint32_t i = 0; i < list->n; i++) {
        if (list->items[i]->kind != ORR_TREE_MAP) continue;
        int64_t name = orr_tree_find(list->items[i], "name", 4);
        const struct orr_tree *text = name < 0 ? NULL : list->items[i]->items[name];
        if (text && text->kind == ORR_TREE_SCALAR && text->len == len &&
            !memcmp(text->text, step, len))
            return &list->items[i];
    }
    return NULL;
}

static bool complain(struct orr_diags *diags, struct orr_span where, const char *hint,
                     const char *what) {
    orr_diag_add(diags, ORR_DIAG_ERROR, where, hint, "%s", what);
    return false;
}

bool orr_tree_override(struct orr_tree *root, const struct orr_source *override,
                       struct orr_scenario_store *store, struct orr_diags *diags) {
    const char *text = override->text, *equals = memchr(text, '=', override->len);
    if (!equals || equals == text)
        return complain(diags, part(override, 0, override->len), "for example nodes.val.count=4",
                        "an override is written key=value");
    size_t key_len = (size_t)(equals - text), value_at = key_len + 1;
    struct orr_tree *value =
        orr_tree_parse(override, value_at, override->len - value_at, store, diags, NULL);
    if (!value) return false;
    struct orr_tree *at = root;
    for (size_t from = 0, to; from <= key_len; from = to + 1) { /* each step is longer than 0 */
        for (to = from; to < key_len && text[to] != '.';) to++;
        struct orr_span where = part(override, from, to - from);
        bool last = to == key_len;
        if (to == from) return complain(diags, where, NULL, "a step of the key is empty");
        struct orr_tree **next = NULL;
        if (at->kind == ORR_TREE_LIST) {
            next = find_item(at, text + from, to - from);
            if (!next)
                return complain(diags, where,
                                "items are numbered from 0; those with a `name:` are "
                                "called by it too",
                                "the list has no such item");
        } else if (at->kind == ORR_TREE_MAP) {
            int64_t i = orr_tree_find(at, text + from, to - from);
            if (i < 0) { /* whether there may be such a key is for the table to say */
                struct orr_tree *key =
                    orr_tree_scalar(store, orr_store_text(store, text + from, to - from), where);
                orr_tree_append(store, at, key, last ? value : orr_tree_map(store, where));
                i = at->n - 1;
            }
            next = &at->items[i];
        } else {
            return complain(diags, where,
                            "give the whole map as value, or write it out in the file",
                            "what stands before this is a single value");
        }
        if (last) *next = value;
        at = *next;
    }
    return true;
}
