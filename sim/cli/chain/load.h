/* load.h - a chain from files: genesis.json, and blocks in RLP, one after another.
 *
 *     struct orr_chain_load load;
 *     int code = orr_chain_load_begin(&load, "chain import", genesis, forkenv,
 *                                     ORR_CHAIN_LOAD_HEAD);
 *     if (!code) code = orr_chain_load_file(&load, path, watch, ctx);
 *     orr_chain_load_end(&load);
 */
#ifndef ORR_SIM_CLI_CHAIN_LOAD_H
#define ORR_SIM_CLI_CHAIN_LOAD_H

#include "models/chain/chain.h"
#include "sim/base/memory.h"
#include "sim/genesis/genesis.h"

enum {
    /* A block this far below the head is final: what forks off below it has no known parent. */
    ORR_CHAIN_FINAL_DEPTH = 128,
};

/* What is kept of blocks that are final. */
enum orr_chain_load_kind {
    ORR_CHAIN_LOAD_HEAD,     /* the youngest; no receipts */
    ORR_CHAIN_LOAD_RECEIPTS, /* the youngest; those that are not have receipts */
    ORR_CHAIN_LOAD_ALL,      /* all, with states and receipts */
};

struct orr_chain_load {
    const char *verb; /* as messages name it */
    struct orr_heap heap;
    struct orr_genesis genesis;
    char *config_text; /* the genesis's config as JSON, changed as forkenv says */
    struct orr_chain_blocks blocks;
    struct orr_chain *chain; /* NULL: it has not begun */
    uint64_t n_blocks, n_txs, gas;
};

/* A block that was refused: the i-th item of its file, at a byte of it. */
struct orr_chain_refused {
    const char *path;
    uint64_t i, at;
    bool has_header; /* number and hash are known */
    uint64_t number;
    struct orr_hash hash;
    struct orr_chain_verdict verdict;
};

/* Reads a genesis.json, whose "config" the file of variables (NULL: none) overrides.  Returns 0 or
 * 2 after a message on standard error; end it either way. */
int orr_chain_load_begin(struct orr_chain_load *load, const char *verb, const char *genesis,
                         const char *forkenv, enum orr_chain_load_kind kind);
/* Imports the blocks of a file on what is there, until until() says so after a block (NULL: never).
 * Returns 0; 1 with *refused for a block that breaks a rule; 2 after a message for a file that is
 * no sequence of blocks. */
int orr_chain_load_file(struct orr_chain_load *load, const char *path,
                        bool (*until)(void *ctx, const struct orr_chain_link *link), void *ctx,
                        struct orr_chain_refused *refused);
void orr_chain_load_end(struct orr_chain_load *load);

/* A verdict's values as text: a number in decimal, or a hash. */
enum { ORR_CHAIN_VALUE_BYTES = 80 };
void orr_chain_value_text(enum orr_engine_value kind, const struct orr_hash *value,
                          char text[ORR_CHAIN_VALUE_BYTES]);
#endif
