#include "sim/scenario/tree.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "sim/base/memory.h"
#include "sim/scenario/scenario.h"

struct anchor {
    struct anchor *next;
    const char *name;
    const struct orr_tree *tree;
};

struct reading {
    const struct orr_source *source;
    size_t start, len; /* the part that is read                                   */
    uint32_t *offsets; /* byte offset of each character, NULL when all are ASCII  */
    size_t n_chars;
    struct orr_scenario_store *store;
    struct orr_diags *diags;
    yaml_parser_t parser;
    struct anchor *anchors;
    uint32_t n_events, n_anchors, depth;
    bool limit;
};

static void out_of_memory(void) __attribute__((noreturn));
static bool check_characters(struct reading *r);
static bool next_event(struct reading *r, yaml_event_t *event);
static struct orr_tree *read_node(struct reading *r, yaml_event_t *event);
static bool read_document_end(struct reading *r);

struct orr_tree *orr_tree_parse(const struct orr_source *source, size_t start, size_t len,
                                struct orr_scenario_store *store, struct orr_diags *diags,
                                bool *limit) {
    struct reading r = {
        .source = source, .start = start, .len = len, .store = store, .diags = diags};
    if (!check_characters(&r)) return NULL;
    if (!yaml_parser_initialize(&r.parser)) out_of_memory();
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)source->text + start, len);
    struct orr_tree *root = NULL;
    yaml_event_t event;
    do { /* stream start, document start, then the first node; ends at STREAM_END at the latest */
        if (!next_event(&r, &event)) break;
        if (event.type == YAML_STREAM_END_EVENT) {
            struct orr_span where = {source, (uint32_t)start, 0};
            orr_diag_add(diags, ORR_DIAG_ERROR, where, NULL, "nothing is written here");
            yaml_event_delete(&event);
            break;
        }
        if (event.type == YAML_STREAM_START_EVENT || event.type == YAML_DOCUMENT_START_EVENT) {
            yaml_event_delete(&event);
            continue;
        }
        root = read_node(&r, &event);
        if (root && !read_document_end(&r)) root = NULL;
        break;
    } while (true);
    yaml_parser_delete(&r.parser);
    free(r.offsets);
    if (limit && r.limit) *limit = true;
    return root;
}

static void out_of_memory(void) {
    fprintf(stderr, "orrery: out of memory\n");
    exit(3);
}

/* libyaml counts characters; messages point at bytes. */
static uint32_t byte_offset(const struct reading *r, size_t character) {
    if (character > r->n_chars) character = r->n_chars;
    return (uint32_t)(r->start + (r->offsets ? r->offsets[character] : character));
}

static struct orr_span span_of(const struct reading *r, yaml_mark_t from, yaml_mark_t to) {
    uint32_t first = byte_offset(r, from.index), last = byte_offset(r, to.index);
    return (struct orr_span){r->source, first, last > first ? last - first : 0};
}

static bool refuse_bytes(struct reading *r, size_t offset, size_t len, const char *hint,
                         const char *what) {
    struct orr_span where = {r->source, (uint32_t)(r->start + offset), (uint32_t)len};
    orr_diag_add(r->diags, ORR_DIAG_ERROR, where, hint, "%s", what);
    return false;
}

static size_t utf8_tail(unsigned char lead) {
    return lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
}

/* Well-formed UTF-8 (RFC 3629) at p, with at most `left` bytes? */
static bool utf8_good(const unsigned char *p, size_t left) {
    if (*p < 0x80) return true;
    if (*p < 0xc2 || *p > 0xf4 || left <= utf8_tail(*p)) return false;
    for (size_t i = 1; i <= utf8_tail(*p); i++)
        if ((p[i] & 0xc0) != 0x80) return false;
    return !((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f) ||
             (*p == 0xf0 && p[1] < 0x90) || (*p == 0xf4 && p[1] > 0x8f));
}

/* Refuses what has no business in a scenario before libyaml sees it, and learns where each
 * character begins. */
static bool check_characters(struct reading *r) {
    const unsigned char *p = (const unsigned char *)r->source->text + r->start;
    size_t i = 0;
    bool ascii = true;
    if (r->len >= 3 && !memcmp(p, "\xef\xbb\xbf", 3))
        return refuse_bytes(r, 0, 3, "save the file as plain UTF-8", "byte order mark");
    while (i < r->len) {
        unsigned char c = p[i];
        if (c == '\t') return refuse_bytes(r, i, 1, "use spaces", "tab character");
        if (c == 0) return refuse_bytes(r, i, 1, NULL, "NUL byte");
        if ((c < 0x20 && c != '\n' && c != '\r') || c == 0x7f)
            return refuse_bytes(r, i, 1, NULL, "control character");
        if (c == '\r' && !(i + 1 < r->len && p[i + 1] == '\n'))
            return refuse_bytes(r, i, 1, "lines end with \\n or \\r\\n", "lone carriage return");
        if (!utf8_good(p + i, r->len - i))
            return refuse_bytes(r, i, 1, "save the file as UTF-8", "this is not UTF-8");
        ascii = ascii && c < 0x80;
        i += 1 + utf8_tail(c);
        r->n_chars++;
    }
    if (ascii) return true;
    r->offsets = orr_xrealloc(NULL, (r->n_chars + 1) * sizeof *r->offsets);
    size_t n = 0;
    for (i = 0; i < r->len; i += 1 + utf8_tail(p[i])) r->offsets[n++] = (uint32_t)i;
    r->offsets[n] = (uint32_t)r->len;
    return true;
}

static const char *syntax_hint(const char *problem) {
    if (strstr(problem, "mapping values are not allowed"))
        return "a value with `: ` in it must be in quotes; or the line above is not `key: value`";
    if (strstr(problem, "cannot start any token"))
        return "a value that begins with this character must be in quotes";
    if (strstr(problem, "expected key") || strstr(problem, "expected <block end>"))
        return "entries of one map begin in the same column; lists begin with `- `";
    if (strstr(problem, "expected ',' or"))
        return "entries inside {} and [] are separated by commas, and the bracket must be closed";
    if (strstr(problem, "could not find expected ':'"))
        return "an entry is written `key: value`, with a space after the colon";
    return NULL;
}

static bool report_syntax(struct reading *r) {
    const yaml_parser_t *parser = &r->parser;
    if (parser->error == YAML_MEMORY_ERROR) out_of_memory();
    const char *problem = parser->problem ? parser->problem : "cannot be read";
    size_t at =
        parser->error == YAML_READER_ERROR ? r->parser.mark.index : parser->problem_mark.index;
    struct orr_span where = {r->source, byte_offset(r, at), 1};
    orr_diag_add(r->diags, ORR_DIAG_ERROR, where, syntax_hint(problem), "not YAML: %s%s%s", problem,
                 parser->context ? " " : "", parser->context ? parser->context : "");
    if (parser->context && parser->context_mark.index != at) {
        where.offset = byte_offset(r, parser->context_mark.index);
        orr_diag_add(r->diags, ORR_DIAG_NOTE, where, NULL, "it began here");
    }
    return false;
}

static bool refuse(struct reading *r, struct orr_span where, const char *hint, const char *what) {
    orr_diag_add(r->diags, ORR_DIAG_ERROR, where, hint, "%s", what);
    return false;
}

static bool count_events(struct reading *r, struct orr_span where, uint32_t n) {
    r->n_events += n;
    if (r->n_events <= ORR_SCENARIO_MAX_EVENTS) return true;
    r->limit = true;
    return refuse(r, where, "the limit is 100,000 YAML events, with every alias written out",
                  "the scenario is too large");
}

static bool next_event(struct reading *r, yaml_event_t *event) {
    if (!yaml_parser_parse(&r->parser, event)) return report_syntax(r);
    if (count_events(r, span_of(r, event->start_mark, event->end_mark), 1)) return true;
    yaml_event_delete(event);
    return false;
}

static struct orr_tree *new_tree(struct orr_scenario_store *store, enum orr_tree_kind kind,
                                 struct orr_span where) {
    struct orr_tree *tree = orr_store_alloc(store, sizeof *tree);
    tree->kind = kind;
    tree->where = where;
    return tree;
}

struct orr_tree *orr_tree_scalar(struct orr_scenario_store *store, const char *text,
                                 struct orr_span where) {
    struct orr_tree *tree = new_tree(store, ORR_TREE_SCALAR, where);
    tree->text = text;
    tree->len = strlen(text);
    return tree;
}

struct orr_tree *orr_tree_map(struct orr_scenario_store *store, struct orr_span where) {
    return new_tree(store, ORR_TREE_MAP, where);
}

static void *grown(struct orr_scenario_store *store, const void *old, uint32_t n, uint32_t cap) {
    void *fresh = orr_store_alloc(store, cap * sizeof(void *));
    if (n) memcpy(fresh, old, n * sizeof(void *));
    return fresh;
}

void orr_tree_append(struct orr_scenario_store *store, struct orr_tree *to, struct orr_tree *key,
                     struct orr_tree *item) {
    assert(to->kind == (key ? ORR_TREE_MAP : ORR_TREE_LIST));
    if (to->n == to->cap) {
        to->cap = to->cap ? 2 * to->cap : 4;
        to->items = grown(store, to->items, to->n, to->cap);
        if (key) to->keys = grown(store, to->keys, to->n, to->cap);
    }
    if (key) to->keys[to->n] = key;
    to->items[to->n++] = item;
}

int64_t orr_tree_find(const struct orr_tree *map, const char *key, size_t key_len) {
    assert(map->kind == ORR_TREE_MAP);
    for (uint32_t i = 0; i < map->n; i++)
        if (map->keys[i]->len == key_len && !memcmp(map->keys[i]->text, key, key_len)) return i;
    return -1;
}

/* An alias stands for a copy, so that an override of one place does not change another. */
static struct orr_tree *copy_tree(struct reading *r, const struct orr_tree *tree,
                                  struct orr_span where) {
    if (!count_events(r, where, 1)) return NULL;
    struct orr_tree *copy = orr_store_alloc(r->store, sizeof *copy);
    *copy = *tree;
    copy->n = copy->cap = 0;
    for (uint32_t i = 0; i < tree->n; i++) {
        struct orr_tree *item = copy_tree(r, tree->items[i], where);
        if (!item) return NULL;
        orr_tree_append(r->store, copy, tree->kind == ORR_TREE_MAP ? tree->keys[i] : NULL, item);
    }
    return copy;
}

static uint32_t depth_of(const struct orr_tree *tree) {
    uint32_t deepest = 0;
    for (uint32_t i = 0; i < tree->n; i++) {
        uint32_t depth = depth_of(tree->items[i]);
        if (depth > deepest) deepest = depth;
    }
    return deepest + 1;
}

static bool too_deep(struct reading *r, struct orr_span where) {
    r->limit = true;
    refuse(r, where, "the limit is 64 levels", "nested too deep");
    return true;
}

static struct orr_tree *read_alias(struct reading *r, const yaml_event_t *event) {
    struct orr_span where = span_of(r, event->start_mark, event->end_mark);
    const char *name = (const char *)event->data.alias.anchor;
    for (struct anchor *a = r->anchors; a; a = a->next) {
        if (strcmp(a->name, name)) continue;
        if (r->depth + depth_of(a->tree) > ORR_SCENARIO_MAX_DEPTH) {
            too_deep(r, where);
            return NULL;
        }
        return copy_tree(r, a->tree, where);
    }
    orr_diag_add(
        r->diags, ORR_DIAG_ERROR, where,
        "an anchor is written &name, before its aliases; a text that begins with * must be "
        "in quotes",
        "no anchor '&%s' above", name);
    return NULL;
}

static struct orr_tree *read_scalar(struct reading *r, const yaml_event_t *event) {
    struct orr_tree *tree =
        new_tree(r->store, ORR_TREE_SCALAR, span_of(r, event->start_mark, event->end_mark));
    tree->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    tree->len = event->data.scalar.length;
    tree->text = orr_store_text(r->store, (const char *)event->data.scalar.value, tree->len);
    if (memchr(tree->text, 0, tree->len)) { /* "\0" in double quotes */
        refuse(r, tree->where, NULL, "a NUL character has no place in a text");
        return NULL;
    }
    return tree;
}

static bool check_key(struct reading *r, const struct orr_tree *map, const struct orr_tree *key) {
    if (key->kind != ORR_TREE_SCALAR)
        return refuse(r, key->where, NULL, "a key must be a word, not a list or map");
    int64_t other = orr_tree_find(map, key->text, key->len);
    if (other < 0) return true;
    orr_diag_add(r->diags, ORR_DIAG_ERROR, key->where, NULL, "key '%s' is given twice", key->text);
    orr_diag_add(r->diags, ORR_DIAG_NOTE, map->keys[other]->where, NULL, "the first is here");
    return true; /* go on, to report the other mistakes as well */
}

/* Bounded: looking for duplicates is quadratic in the entries of one map, and no map of a scenario
 * has more than a few dozen. */
enum { MAX_KEYS = 1024 };

/* Everything up to the end event of a list or map whose start event was just read. */
static bool read_items(struct reading *r, struct orr_tree *tree) {
    yaml_event_t event;
    while (true) { /* ends at the end event, or at the limit on events */
        if (!next_event(r, &event)) return false;
        if (event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT) {
            uint32_t last = byte_offset(r, event.end_mark.index);
            if (last > tree->where.offset) tree->where.len = last - tree->where.offset;
            yaml_event_delete(&event);
            return true;
        }
        struct orr_tree *key = NULL, *item = read_node(r, &event);
        if (!item) return false;
        if (tree->kind == ORR_TREE_MAP) {
            key = item;
            if (!check_key(r, tree, key)) return false;
            if (!next_event(r, &event)) return false;
            if (!(item = read_node(r, &event))) return false;
            if (tree->n == MAX_KEYS) {
                r->limit = true;
                return refuse(r, key->where, "the limit is 1,024", "too many keys in one map");
            }
        }
        orr_tree_append(r->store, tree, key, item);
    }
}

static bool refuse_tag(struct reading *r, const yaml_char_t *tag, struct orr_span where) {
    if (!tag) return false;
    refuse(r, where, "remove it: a key's meaning says what type its value has",
           "tags (!...) are not used in scenarios");
    return true;
}

/* Bounded: an alias looks through all of them. */
enum { MAX_ANCHORS = 256 };

static bool remember_anchor(struct reading *r, const char *name, const struct orr_tree *tree) {
    if (++r->n_anchors > MAX_ANCHORS) {
        r->limit = true;
        return refuse(r, tree->where, "the limit is 256", "too many anchors");
    }
    struct anchor *anchor = orr_store_alloc(r->store, sizeof *anchor);
    *anchor = (struct anchor){r->anchors, name, tree};
    r->anchors = anchor;
    return true;
}

/* The node that begins with this event, which it deletes. */
static struct orr_tree *read_node(struct reading *r, yaml_event_t *event) {
    struct orr_span where = span_of(r, event->start_mark, event->end_mark);
    struct orr_tree *tree = NULL;
    const yaml_char_t *tag = NULL, *anchor = NULL;
    switch (event->type) {
    case YAML_ALIAS_EVENT: tree = read_alias(r, event); break;
    case YAML_SCALAR_EVENT:
        tree = read_scalar(r, event);
        tag = event->data.scalar.tag, anchor = event->data.scalar.anchor;
        break;
    case YAML_SEQUENCE_START_EVENT:
        tree = new_tree(r->store, ORR_TREE_LIST, where);
        tag = event->data.sequence_start.tag, anchor = event->data.sequence_start.anchor;
        break;
    case YAML_MAPPING_START_EVENT:
        tree = new_tree(r->store, ORR_TREE_MAP, where);
        tag = event->data.mapping_start.tag, anchor = event->data.mapping_start.anchor;
        break;
    default: refuse(r, where, NULL, "a value is missing here"); break;
    }
    if (tree && refuse_tag(r, tag, where)) tree = NULL;
    const char *name =
        anchor ? orr_store_text(r->store, (const char *)anchor, strlen((const char *)anchor))
               : NULL;
    bool nests =
        event->type == YAML_SEQUENCE_START_EVENT || event->type == YAML_MAPPING_START_EVENT;
    yaml_event_delete(event);
    if (tree && nests) {
        if (r->depth + 1 >= ORR_SCENARIO_MAX_DEPTH && too_deep(r, where)) return NULL;
        r->depth++;
        if (!read_items(r, tree)) tree = NULL;
        r->depth--;
    }
    if (tree && name && !remember_anchor(r, name, tree)) return NULL;
    return tree;
}

static bool read_document_end(struct reading *r) {
    yaml_event_t event;
    for (int i = 0; i < 2; i++) { /* the document's end, the stream's end */
        if (!next_event(r, &event)) return false;
        struct orr_span where = span_of(r, event.start_mark, event.end_mark);
        bool more = event.type == YAML_DOCUMENT_START_EVENT;
        yaml_event_delete(&event);
        if (more)
            return refuse(r, where, "one file, one scenario", "a second YAML document begins");
    }
    return true;
}
