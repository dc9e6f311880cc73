/* Files that a chain begins with. */
#include <stdlib.h>
#include <string.h>

#include "sim/base/data_file.h"
#include "sim/genesis/spec.h"
#include "sim/scenario/bind.h"

/* A line of the file, from 1; 0: the whole. */
static struct orr_span span_of(const struct orr_source *source, unsigned line) {
    const char *p = source->text, *end = source->text + source->len;
    if (!line) return (struct orr_span){source, 0, 0};
    for (; line > 1 && p < end; line--) { /* ends: line falls */
        const char *next = memchr(p, '\n', (size_t)(end - p));
        p = next ? next + 1 : end;
    }
    const char *stop = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
    return (struct orr_span){source, (uint32_t)(p - source->text),
                             (uint32_t)((stop ? stop : end) - p)};
}

bool orr_bind_genesis(struct orr_binder *b, const struct orr_scenario_key *key,
                      const struct orr_tree *tree, void *base) {
    const char *path;
    struct orr_scenario_key file = *key;
    file.type = ORR_KEY_PATH;
    file.offset = 0;
    if (!orr_bind_plain(b, &file, tree, &path)) return false;
    const struct orr_source *source;
    if (orr_data_load(path, tree->where, b->scenario->files, b->diags, &source)) return false;
    if (source->len > ORR_GENESIS_MAX_BYTES)
        return orr_bind_error(b, tree, "a genesis.json has 64 MiB at most",
                              "the file is too large");
    struct orr_buffer spec;
    unsigned line;
    char why[ORR_GENESIS_WHY_BYTES] = "";
    if (orr_genesis_spec(source->text, source->len, &spec, &line, why)) {
        orr_diag_add(b->diags, ORR_DIAG_ERROR, span_of(source, line), NULL, "%s", why);
        return false;
    }
    size_t n = 1 + (spec.len + 7) / 8;
    uint64_t *words = orr_store_alloc(b->store, n * sizeof *words);
    words[0] = spec.len;
    memcpy(words + 1, spec.bytes, spec.len);
    free(spec.bytes);
    *(const uint64_t **)orr_bind_at(base, key->offset) = words;
    *(uint64_t *)orr_bind_at(base, key->count_offset) = n;
    return true;
}
