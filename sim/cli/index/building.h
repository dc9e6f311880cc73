/* building.h - what a build of an index has in common wherever its blocks come from: the file, the
 * indexer, what is said of both. */
#ifndef ORR_SIM_CLI_INDEX_BUILDING_H
#define ORR_SIM_CLI_INDEX_BUILDING_H

#include "models/index/indexer.h"
#include "sim/cli/index/tokens.h"

#define ORR_INDEX_BUILD "index build" /* as messages name the verb */

/* What `orrery index build` was asked for. */
struct orr_index_request {
    const char *db, *genesis, *forkenv, *rpc;
    char **paths; /* [n_paths] */
    int n_paths;
    uint64_t window, retries;
    bool is_durable, is_live;
    bool has_from, has_to, follows; /* of --rpc */
    uint64_t from, to, every_s;
};

struct orr_index_building {
    const struct orr_index_request *r;
    struct orr_index_db *db;
    struct orr_indexer *ix;
    int code;            /* of what stopped it */
    double began, shown; /* seconds */
    size_t n_tokens;     /* that were asked what they are */
};

/* Opens the file.  Returns 0, or 2 or 3 after a message; end it either way. */
int orr_index_building_begin(struct orr_index_building *b, const struct orr_index_request *r);
/* The indexer; first: the number of the first block. */
void orr_index_building_index(struct orr_index_building *b, struct orr_mem *mem, uint64_t first);
/* Is the file one of the chain with this first block, or empty, so that it becomes one?  False
 * after a message, with b->code. */
bool orr_index_building_is_of(struct orr_index_building *b, const struct orr_hash *genesis,
                              struct orr_u256 chain_id, const char *config);
/* Says what a call of the indexer came to, with why if a block was refused; true: it went on. */
bool orr_index_building_is_well(struct orr_index_building *b, int error,
                                const struct orr_indexer_at *at, const char *why);
/* On a terminal, at most twice a second.  target: the number of the last block that there is, 0:
 * not known. */
void orr_index_building_show(struct orr_index_building *b, uint64_t target);
/* Ends a backfill, even after a bad block: what was good is kept. */
void orr_index_building_settle(struct orr_index_building *b);
/* Asks tokens that are new what they are. */
void orr_index_building_ask(struct orr_index_building *b, const struct orr_token_source *source);
/* Says what was done, unless something stopped it. */
void orr_index_building_report(struct orr_index_building *b);
void orr_index_building_end(struct orr_index_building *b);

/* From a node: returns an exit code. */
int orr_index_build_rpc(const struct orr_index_request *r);
#endif
