#include "sim/cli/index/record.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "models/base/error.h"
#include "models/chain/blocks.h"
#include "models/chain/spec.h"
#include "models/index/change.h"
#include "sim/base/memory.h"
#include "sim/base/text.h"
#include "sim/cli/index/file.h"
#include "sim/genesis/genesis.h"
#include "sim/trace/place.h"

struct orr_index_recording {
    struct orr_tap tap;
    const struct orr_scenario *scenario;
    const char *trace;
    struct orr_index_db **dbs; /* [n_nodes] NULL: none yet */
    int code;                  /* of the first failure, behind which nothing is recorded */
};

static void path_of(const struct orr_index_recording *r, orr_peer node, char path[ORR_PLACE_MAX]) {
    const struct orr_group_spec *g = orr_scenario_group_of(r->scenario, node);
    size_t len = strlen(r->trace);
    if (len > 3 && !strcmp(r->trace + len - 3, ".h5")) len -= 3;
    snprintf(path, ORR_PLACE_MAX, "%.*s.%s.%u.db", (int)len, r->trace, g->name, node - g->first);
}

static void fail(struct orr_index_recording *r, orr_peer node, int error, const char *why) {
    char path[ORR_PLACE_MAX];
    path_of(r, node, path);
    r->code = orr_index_file_failed("run", path, error, why);
    r->tap.wants = 0;
}

static bool is_recorded(const struct orr_scenario *s, orr_peer node) {
    for (uint32_t i = 0; i < s->record.of.n; i++)
        if (orr_target_has(s, &s->record.of.v[i], node)) return true;
    return s->record.of.n == 0;
}

/* Whatever an earlier run left goes. */
static int clear(struct orr_index_sink *sink) {
    int error = sink->begin(sink);
    if (!error) error = sink->cut(sink, 0);
    if (!error) error = sink->set_head(sink, NULL);
    return error ? error : sink->commit(sink);
}

static struct orr_index_db *open_file(struct orr_index_recording *r, orr_peer node) {
    const struct orr_index_db_options options = {.is_durable = false};
    char path[ORR_PLACE_MAX], draft[ORR_PLACE_MAX], why[ORR_INDEX_WHY_BYTES];
    struct orr_index_db *db = NULL;
    bool was_old;
    path_of(r, node, path);
    /* Folders that lack are made; what is there is opened, and is an index or not. */
    int error = access(path, F_OK) ? orr_place_prepare(path, draft, why, sizeof why) : 0;
    if (!error) error = orr_index_db_open(path, &options, &db, &was_old, why);
    if (!error) {
        error = clear(orr_index_db_sink(db));
        if (error) snprintf(why, sizeof why, "%s", orr_index_db_why(db));
    }
    if (error) {
        fail(r, node, error, why);
        orr_index_db_close(db);
        return NULL;
    }
    return db;
}

/* What `orrery index serve --db` asks the file: which chain it is of. */
static void note_chain(struct orr_index_recording *r, orr_peer node,
                       const struct orr_block_told *told) {
    struct orr_heap heap;
    struct orr_chain_blocks blocks;
    struct orr_chain_spec spec;
    struct orr_hash genesis;
    orr_heap_init(&heap);
    orr_chain_blocks_init(&blocks, &heap.mem);
    memcpy(genesis.bytes, told->hash, sizeof genesis.bytes);
    if (!orr_chain_spec_decode(told->bytes, told->len, blocks.store, &spec)) {
        json_t *json = orr_genesis_config_json(&spec.config);
        char *text = json_dumps(json, JSON_COMPACT);
        int error = orr_index_note_chain(r->dbs[node], &genesis, spec.config.chain_id, text);
        if (error) fail(r, node, error, orr_index_db_why(r->dbs[node]));
        free(text);
        json_decref(json);
    }
    orr_chain_spec_free(&spec);
    orr_chain_blocks_fini(&blocks);
}

static void take_rows(struct orr_index_recording *r, orr_peer node,
                      const struct orr_rows_told *told) {
    struct orr_index_db *db = r->dbs[node];
    int error = orr_index_change_apply(told->bytes, told->len, orr_index_db_sink(db));
    if (error)
        fail(r, node, error,
             error == ORR_EFORMAT ? "the node told of malformed rows" : orr_index_db_why(db));
}

static void record(void *ctx, const struct orr_tap_record *t) {
    struct orr_index_recording *r = ctx;
    const struct orr_group_spec *g = orr_scenario_group_of(r->scenario, t->node);
    const struct orr_block_told *block = t->msg ? (const void *)t->msg->data : NULL;
    bool is_rows = t->key == ORR_OUT_ROWS && t->msg;
    bool is_first = t->key == ORR_OUT_BLOCK && block && block->kind == ORR_TOLD_FIRST &&
                    !strcmp(g->role->name, "indexer");
    if ((!is_rows && !is_first) || r->code || !is_recorded(r->scenario, t->node)) return;
    bool is_new = !r->dbs[t->node];
    if (is_new) r->dbs[t->node] = open_file(r, t->node);
    if (!r->dbs[t->node]) return;
    if (is_first && is_new) note_chain(r, t->node, block);
    if (is_rows) take_rows(r, t->node, (const void *)t->msg->data);
}

struct orr_index_recording *orr_index_recording_new(const struct orr_scenario *scenario,
                                                    const char *trace) {
    struct orr_index_recording *r = orr_xrealloc(NULL, sizeof *r);
    *r = (struct orr_index_recording){.scenario = scenario, .trace = trace};
    r->tap = (struct orr_tap){ORR_TAP_BIT(ORR_TAP_OUTPUT), r, record, NULL};
    r->dbs = orr_xrealloc(NULL, scenario->n_nodes * sizeof *r->dbs);
    memset(r->dbs, 0, scenario->n_nodes * sizeof *r->dbs);
    return r;
}

struct orr_tap *orr_index_recording_tap(struct orr_index_recording *r) {
    return &r->tap;
}

int orr_index_recording_end(struct orr_index_recording *r, FILE *to) {
    char path[ORR_PLACE_MAX];
    int code = r->code;
    for (orr_peer i = 0; i < r->scenario->n_nodes; i++) {
        if (!r->dbs[i]) continue;
        orr_index_db_close(r->dbs[i]);
        path_of(r, i, path);
        if (to && !code) fprintf(to, "  index        %s\n", ORR_SHOWN(path));
    }
    free(r->dbs);
    free(r);
    return code;
}
