/* build_rpc.c - a chain from a node into an index.
 *
 * The node's head is read; blocks are fetched by number up to it, many at once, and their receipts
 * by hash.  Of the last one fetched the index follows the branch: where it leaves the indexed one,
 * its blocks are fetched by hash, back to the common ancestor.  So whatever forks a node, or the
 * machines behind its name, answer from, the index is that of one branch at every moment. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "models/base/error.h"
#include "models/base/number.h"
#include "sim/base/memory.h"
#include "sim/cli/index/building.h"
#include "sim/cli/index/fetch.h"
#include "sim/cli/index/file.h"
#include "sim/genesis/genesis.h"

#define VERB ORR_INDEX_BUILD

enum { FIRST_BATCH = 16, ANSWER_SECONDS = 60, MAX_RETRIES = 100, AGAIN_MS = 200 };

struct remote {
    struct orr_index_building b;
    struct orr_heap heap;
    struct orr_node *node;
    struct orr_node_fetch fetch;
    uint64_t first;
    size_t batch;              /* blocks that are asked for at once */
    uint32_t tries;            /* that came to nothing since the index last went on */
    bool was_behind, is_ended; /* is_ended: interrupted */
    sigset_t ends;             /* the signals that end it, blocked */
    struct orr_u256 chain_id;
};

/* ---- what goes wrong ---- */

/* Says what fetching came to. */
static void tell(struct remote *r, int error) {
    if (error == ORR_EIO) {
        fprintf(stderr, "orrery " VERB ": %s: %s\n", r->b.r->rpc, r->fetch.why);
        r->b.code = 3;
        return;
    }
    fprintf(stderr, "orrery " VERB ": %s: block %llu: %s\n", r->b.r->rpc,
            (unsigned long long)r->fetch.number, r->fetch.why);
    r->b.code = 2;
}

/* A node that just changed its branch, or several behind one name, contradict themselves for a
 * moment: waits, until the retries are used up.  False: it has been told. */
static bool may_try_again(struct remote *r, int error) {
    const struct timespec pause = {0, AGAIN_MS * 1000000L};
    bool is_of_moment = error == ORR_ENOTFOUND || error == ORR_ECORRUPT;
    if (is_of_moment && r->tries++ < r->b.r->retries) {
        sigset_t none;
        sigemptyset(&none);
        sigtimedwait(&none, NULL, &pause);
        return true;
    }
    tell(r, error);
    return false;
}

/* ---- blocks ---- */

static bool add(struct remote *r, const struct orr_fetched *block) {
    struct orr_index_feed feed = orr_fetched_feed(block);
    struct orr_indexer_at at = {block->hash, block->number};
    struct orr_hash hash;
    const char *why = NULL;
    int error = orr_indexer_add(r->b.ix, &feed, &hash, &why);
    return orr_index_building_is_well(&r->b, error, &at, why);
}

/* Makes the index that of a block's branch, whose blocks are fetched as far as they are missing.
 * Returns 0 (also with b->code, when something has been told), or what fetching does. */
static int follow(struct remote *r, const struct orr_hash *head) {
    struct orr_indexer_at at;
    struct orr_fetched block;
    for (;;) { /* ends: each round fetches one block further back, until one is below the window */
        int error = orr_indexer_follow(r->b.ix, head, &at);
        bool is_first = r->b.ix->has_head && at.number && at.number < r->first;
        if (error != ORR_ENOTFOUND || is_first) {
            orr_index_building_is_well(&r->b, error, &at, NULL);
            if (!error) r->tries = 0;
            return 0;
        }
        error = orr_fetch_hash(&r->fetch, &at.hash, &block);
        if (error) return error;
        at.number = block.number;
        bool is_good = add(r, &block);
        orr_fetched_free(&r->fetch, &block);
        if (!is_good) return 0;
        if (orr_indexer_has(r->b.ix, &at.hash)) continue;
        orr_index_building_is_well(&r->b, ORR_ELIMIT, &at, NULL);
        return 0;
    }
}

/* Fetches the next n blocks and follows the last one. */
static int take(struct remote *r, uint64_t from, size_t n) {
    struct orr_fetched *blocks = orr_alloc(&r->heap.mem, n * sizeof *blocks);
    int error = orr_fetch_numbers(&r->fetch, from, n, blocks);
    if (!error) {
        struct orr_hash last = blocks[n - 1].hash;
        bool is_good = true;
        for (size_t i = 0; i < n && is_good; i++) is_good = add(r, &blocks[i]);
        for (size_t i = 0; i < n; i++) orr_fetched_free(&r->fetch, &blocks[i]);
        if (is_good) error = follow(r, &last);
    }
    orr_free(&r->heap.mem, blocks, n * sizeof *blocks);
    return error;
}

static uint64_t next_of(const struct remote *r) {
    return r->b.ix->has_head ? r->b.ix->head.number + 1 : r->first;
}

/* Waits so long for a signal that ends the whole. */
static bool is_interrupted(struct remote *r, uint64_t seconds) {
    const struct timespec pause = {(time_t)seconds, 0};
    r->is_ended = r->is_ended || sigtimedwait(&r->ends, NULL, &pause) > 0;
    return r->is_ended;
}

/* Goes on to a block of the node's.  False: told. */
static bool catch_up(struct remote *r, uint64_t target) {
    while (next_of(r) <= target && !r->b.code &&
           !is_interrupted(r, 0)) { /* ends: the cursor rises, or tries run out */
        uint64_t from = next_of(r), left = target - from + 1;
        size_t n = left < r->batch ? (size_t)left : r->batch;
        int error = take(r, from, n);
        orr_index_building_show(&r->b, target);
        if (!error) {
            r->batch = 2 * r->batch < ORR_NODE_MAX_BATCH ? 2 * r->batch : ORR_NODE_MAX_BATCH;
        } else if (error == ORR_ELIMIT && n > 1) {
            r->batch = n / 2;
        } else {
            return may_try_again(r, error);
        }
    }
    return !r->b.code;
}

/* ---- the node's head ---- */

static bool is_indexed(const struct remote *r, uint64_t number, const struct orr_hash *hash) {
    struct orr_index_sink *sink = orr_index_db_sink(r->b.db);
    struct orr_hash there;
    return r->b.ix->has_head && number <= r->b.ix->head.number &&
           !sink->hash_at(sink, number, &there) && orr_hash_equal(there, *hash);
}

/* What the node calls safe and final, as far as it is indexed; many nodes know neither. */
static bool label(struct remote *r) {
    static const char *const tags[] = {"safe", "finalized"};
    uint64_t numbers[2] = {0, 0};
    for (int i = 0; i < 2; i++) {
        struct orr_hash hash;
        uint64_t number;
        int error = orr_fetch_named(&r->fetch, tags[i], &number, &hash);
        if (error == ORR_EIO) return tell(r, error), false;
        if (!error && is_indexed(r, number, &hash)) numbers[i] = number;
    }
    const struct orr_indexer_at at = {.number = r->b.ix->head.number};
    return orr_index_building_is_well(&r->b, orr_indexer_label(r->b.ix, numbers[0], numbers[1]),
                                      &at, NULL);
}

/* One look at the node's head, and the way there.  1: done, 0: look again, -1: told. */
static int look(struct remote *r) {
    uint64_t number;
    struct orr_hash hash;
    int error = orr_fetch_named(&r->fetch, "latest", &number, &hash);
    if (error) return may_try_again(r, error) ? 0 : -1;
    uint64_t target = r->b.r->has_to && r->b.r->to < number ? r->b.r->to : number;
    if (number < r->first) {
        r->fetch.number = r->first;
        snprintf(r->fetch.why, sizeof r->fetch.why, "the node has come to block %llu alone",
                 (unsigned long long)number);
        return tell(r, ORR_ENOTFOUND), -1;
    }
    if (next_of(r) <= target) {
        return catch_up(r, target) ? 0 : -1; /* and its head is looked at once more */
    }
    if (r->b.r->has_to && next_of(r) > r->b.r->to) return 1;
    if (is_indexed(r, number, &hash)) {
        if (number < r->b.ix->head.number && !r->was_behind)
            fprintf(stderr,
                    "orrery " VERB ": %s: its head went back to block %llu; %s stays at %llu\n",
                    r->b.r->rpc, (unsigned long long)number, r->b.r->db,
                    (unsigned long long)r->b.ix->head.number);
        r->was_behind = number < r->b.ix->head.number;
        r->tries = 0;
        return 1;
    }
    error = follow(r, &hash);
    if (error) return may_try_again(r, error) ? 0 : -1;
    return r->b.code ? -1 : 1;
}

/* ---- the whole ---- */

/* A "config" for those who read the file: the chain's number, and the forks that the form of the
 * node's head shows. */
static char *config_of(const struct orr_u256 *chain_id, const json_t *head) {
    static const struct {
        const char *shown, *fork;
    } forks[] = {{"baseFeePerGas", "londonBlock"},
                 {"withdrawalsRoot", "shanghaiTime"},
                 {"blobGasUsed", "cancunTime"},
                 {"requestsHash", "pragueTime"}};
    static const char *const old[] = {"homesteadBlock",  "eip150Block",    "eip155Block",
                                      "eip158Block",     "byzantiumBlock", "constantinopleBlock",
                                      "petersburgBlock", "istanbulBlock",  "berlinBlock"};
    json_t *config = json_object();
    json_object_set_new(config, "chainId", json_integer((json_int_t)chain_id->limb[0]));
    for (size_t i = 0; i < sizeof old / sizeof old[0]; i++)
        json_object_set_new(config, old[i], json_integer(0));
    if (json_object_get(head, "withdrawalsRoot"))
        json_object_set_new(config, "terminalTotalDifficulty", json_integer(0));
    for (size_t i = 0; i < sizeof forks / sizeof forks[0]; i++)
        if (json_object_get(head, forks[i].shown))
            json_object_set_new(config, forks[i].fork, json_integer(0));
    char *text = json_dumps(config, JSON_COMPACT);
    json_decref(config);
    return text;
}

/* Which chain is it, and may the file become one of it? */
static bool meet(struct remote *r) {
    json_t *id = NULL, *head = NULL, *params = json_array();
    uint64_t number;
    struct orr_hash genesis;
    json_array_append_new(params, json_string("latest"));
    json_array_append_new(params, json_false());
    int error = orr_node_ask_one(r->node, "eth_chainId", json_array(), &id);
    if (!error)
        error = orr_node_ask_one(r->node, "eth_getBlockByNumber", params, &head);
    else
        json_decref(params);
    if (error) snprintf(r->fetch.why, sizeof r->fetch.why, "%s", r->node->why);
    if (!error && (orr_json_u256(id, &r->chain_id) || r->chain_id.limb[0] > INT64_MAX)) {
        snprintf(r->fetch.why, sizeof r->fetch.why, "eth_chainId answers no number");
        error = ORR_EFORMAT;
    }
    if (!error) error = orr_fetch_named(&r->fetch, "0x0", &number, &genesis);
    char *config = error ? NULL : config_of(&r->chain_id, head);
    if (error)
        tell(r, error);
    else
        orr_index_building_is_of(&r->b, &genesis, r->chain_id, config);
    free(config);
    json_decref(id);
    json_decref(head);
    return !r->b.code;
}

/* Where the file begins: a file that has begun says so. */
static bool find_first(struct remote *r) {
    const struct orr_index_request *q = r->b.r;
    char text[24];
    uint64_t noted;
    r->first = q->from;
    if (!orr_index_db_noted(r->b.db, "first", text, sizeof text)) {
        noted = strtoull(text, NULL, 10);
        if (q->has_from && q->from != noted) {
            fprintf(stderr, "orrery " VERB ": %s begins with block %llu, not %llu\n", q->db,
                    (unsigned long long)noted, (unsigned long long)q->from);
            r->b.code = 2;
        }
        r->first = noted;
        return !r->b.code;
    }
    struct orr_index_head head;
    struct orr_index_sink *sink = orr_index_db_sink(r->b.db);
    if (!sink->head(sink, &head)) { /* of a build from files */
        r->first = 0;
        return true;
    }
    snprintf(text, sizeof text, "%llu", (unsigned long long)r->first);
    int error = orr_index_db_note(r->b.db, "first", text);
    if (error) r->b.code = orr_index_file_failed(VERB, q->db, error, orr_index_db_why(r->b.db));
    return !error;
}

/* eth_call at the node.  An error of its own is an answer: the call was reverted. */
static json_t *call(void *ctx, json_t *params, bool *is_lost) {
    struct remote *r = ctx;
    struct orr_node_options *options = &r->node->options;
    uint32_t retries = options->retries;
    json_t *output = NULL;
    options->retries = 0;
    int error = orr_node_ask_one(r->node, "eth_call", json_incref(params), &output);
    options->retries = retries;
    if (error && !r->node->code)
        error = orr_node_ask_one(r->node, "eth_call", json_incref(params), &output);
    json_decref(params);
    *is_lost = error && !r->node->code;
    return output;
}

/* Ends a backfill, if it was one, and asks the tokens that came what they are. */
static void settle(struct remote *r) {
    const struct orr_token_source source = {call, r};
    orr_index_building_settle(&r->b);
    orr_index_building_ask(&r->b, &source);
}

/* Looks until the head is reached, and with --follow again and again. */
static void run_all(struct remote *r) {
    for (;;) { /* ends: interrupted, or something was told */
        int done = look(r);
        if (done < 0 || r->is_ended) return;
        if (done && !label(r)) return;
        if (done && !r->b.r->follows) return;
        if (done) settle(r);
        if (r->b.code || is_interrupted(r, done ? r->b.r->every_s : 0)) return;
    }
}

int orr_index_build_rpc(const struct orr_index_request *q) {
    const struct orr_node_options options = {
        .retries = (uint32_t)q->retries, .pause_ms = ORR_NODE_PAUSE_MS, .seconds = ANSWER_SECONDS};
    struct remote r = {.batch = FIRST_BATCH};
    char why[ORR_POST_WHY_BYTES];
    if (q->retries > MAX_RETRIES || q->every_s > INT32_MAX) {
        fprintf(stderr, "orrery " VERB ": --retries is at most %d, --follow at most 2^31\n",
                MAX_RETRIES);
        return 2;
    }
    r.node = orr_node_new(q->rpc, &options, why);
    if (!r.node) {
        fprintf(stderr, "orrery " VERB ": --rpc %s: %s\n", q->rpc, why);
        return 2;
    }
    sigemptyset(&r.ends);
    if (q->follows) {
        sigaddset(&r.ends, SIGINT);
        sigaddset(&r.ends, SIGTERM);
        sigprocmask(SIG_BLOCK, &r.ends, NULL);
    }
    orr_heap_init(&r.heap);
    r.fetch = (struct orr_node_fetch){.mem = &r.heap.mem, .node = r.node};
    int code = orr_index_building_begin(&r.b, q);
    if (!code && meet(&r) && find_first(&r)) {
        orr_index_building_index(&r.b, &r.heap.mem, r.first);
        run_all(&r);
        settle(&r);
        orr_index_building_report(&r.b);
    }
    if (!code) code = r.b.code;
    orr_index_building_end(&r.b);
    orr_node_free(r.node);
    return code;
}
