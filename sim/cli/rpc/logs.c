#include "sim/cli/rpc/logs.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/cli/rpc/objects.h"
#include "sim/cli/rpc/text.h"

enum { MAX_ADDRESSES = 1000, MAX_ALTERNATIVES = 1000, MAX_FILTERS = 1000, MAX_TOPICS = 4 };

/* What is wanted: any address of the list (none: all), and at each place of the topics any of its
 * alternatives (none: all). */
struct wanted {
    struct orr_address *addresses;
    size_t n_addresses;
    struct orr_hash *topics[MAX_TOPICS];
    size_t n_topics[MAX_TOPICS], n_places;
    struct bits *bits; /* of the addresses, then of each place's topics */
};

/* The three bits of a bloom filter that an item sets, as bytes of the filter. */
struct bits {
    uint8_t at[3], mask[3];
};

/* A list of logs as the call's result. */
struct listing {
    struct orr_jsonrpc_call *call;
    size_t n;
};

struct orr_jsonrpc_filter {
    struct orr_jsonrpc_filter *next;
    uint64_t id;
    bool is_of_blocks;
    struct wanted wanted;
    json_t *range;        /* fromBlock and toBlock as they came */
    struct orr_hash seen; /* the head when it was asked last */
};

static void free_wanted(struct wanted *w) {
    free(w->addresses);
    free(w->bits);
    for (int i = 0; i < MAX_TOPICS; i++) free(w->topics[i]);
}

/* ---- reading a filter ---- */

static bool read_bytes(const json_t *json, void *to, size_t len) {
    const char *text = json_string_value(json);
    return text && !strncmp(text, "0x", 2) && json_string_length(json) == 2 + 2 * len &&
           orr_hex_read(text + 2, 2 * len, to, len) == (long)len;
}

/* One value or a list of them, each of len bytes; null is no list. */
static bool read_list(const json_t *json, size_t len, size_t most, void **to, size_t *n) {
    *n = json_is_array(json) ? json_array_size(json) : json && !json_is_null(json);
    if (*n > most) return false;
    *to = orr_xrealloc(NULL, (*n ? *n : 1) * len);
    for (size_t i = 0; i < *n; i++)
        if (!read_bytes(json_is_array(json) ? json_array_get(json, i) : json,
                        (uint8_t *)*to + i * len, len))
            return false;
    return true;
}

static bool read_topics(struct orr_jsonrpc_call *call, const json_t *topics, struct wanted *w) {
    if (topics && !json_is_array(topics)) goto bad;
    w->n_places = json_array_size(topics);
    if (w->n_places > MAX_TOPICS) {
        orr_jsonrpc_fail(call, ORR_JSONRPC_PARAMS, "exceed max topics");
        return false;
    }
    for (size_t i = 0; i < w->n_places; i++) {
        const json_t *place = json_array_get(topics, i);
        size_t n = json_array_size(place);
        bool is_any = false; /* a null among the alternatives */
        for (size_t k = 0; k < n; k++) is_any |= json_is_null(json_array_get(place, k));
        void *list = NULL;
        bool is_good = read_list(is_any ? NULL : place, sizeof(struct orr_hash), MAX_ALTERNATIVES,
                                 &list, &w->n_topics[i]);
        w->topics[i] = list;
        if (!is_good) goto bad;
    }
    return true;
bad:
    orr_jsonrpc_fail(call, ORR_JSONRPC_PARAMS, "invalid argument 0: invalid topic(s)");
    return false;
}

static struct bits bits_of(const void *item, size_t len) {
    struct orr_evm_bloom bloom = {{0}};
    struct bits bits = {{0}, {0}};
    int n = 0;
    orr_evm_bloom_add(&bloom, item, len);
    for (size_t i = 0; i < sizeof bloom.bytes; i++) {
        if (!bloom.bytes[i]) continue;
        assert(n < 3);
        bits.at[n] = (uint8_t)i;
        bits.mask[n++] = bloom.bytes[i];
    }
    return bits;
}

static void fill_bits(struct wanted *w) {
    size_t n = w->n_addresses, at = 0;
    for (size_t i = 0; i < w->n_places; i++) n += w->n_topics[i];
    w->bits = orr_xrealloc(NULL, (n ? n : 1) * sizeof *w->bits);
    for (size_t i = 0; i < w->n_addresses; i++)
        w->bits[at++] = bits_of(w->addresses[i].bytes, sizeof w->addresses[i].bytes);
    for (size_t i = 0; i < w->n_places; i++)
        for (size_t k = 0; k < w->n_topics[i]; k++)
            w->bits[at++] = bits_of(w->topics[i][k].bytes, sizeof w->topics[i][k].bytes);
}

static bool read_wanted(struct orr_jsonrpc_call *call, const json_t *filter, struct wanted *w) {
    *w = (struct wanted){.n_places = 0};
    if (!json_is_object(filter)) {
        orr_jsonrpc_fail(call, ORR_JSONRPC_PARAMS, "invalid argument 0: a filter is an object");
        return false;
    }
    void *list = NULL;
    bool is_good = read_list(orr_jsonrpc_member(filter, "address"), sizeof(struct orr_address),
                             MAX_ADDRESSES, &list, &w->n_addresses);
    w->addresses = list;
    if (!is_good)
        orr_jsonrpc_fail(call, ORR_JSONRPC_PARAMS, "invalid argument 0: invalid address(es)");
    if (!is_good || !read_topics(call, orr_jsonrpc_member(filter, "topics"), w)) return false;
    fill_bits(w);
    return true;
}

/* ---- matching ---- */

static bool matches(const struct wanted *w, const struct orr_engine_log *log) {
    bool is_wanted = !w->n_addresses;
    for (size_t i = 0; i < w->n_addresses && !is_wanted; i++)
        is_wanted = orr_address_equal(w->addresses[i], log->address);
    if (!is_wanted || w->n_places > (size_t)log->n_topics) return false;
    for (size_t i = 0; i < w->n_places; i++) {
        is_wanted = !w->n_topics[i];
        for (size_t k = 0; k < w->n_topics[i] && !is_wanted; k++)
            is_wanted = orr_hash_equal(w->topics[i][k], log->topics[i]);
        if (!is_wanted) return false;
    }
    return true;
}

/* Whether the filter has all bits of one of n items; of none: it has. */
static bool may_have(const struct orr_evm_bloom *bloom, const struct bits *bits, size_t n) {
    for (size_t i = 0; i < n; i++) {
        bool has = true;
        for (int k = 0; k < 3; k++) has &= !(bits[i].mask[k] & ~bloom->bytes[bits[i].at[k]]);
        if (has) return true;
    }
    return !n;
}

/* Whether a block with this bloom filter can have such a log. */
static bool can_match(const struct wanted *w, const struct orr_evm_bloom *bloom) {
    const struct bits *bits = w->bits;
    bool can = may_have(bloom, bits, w->n_addresses);
    bits += w->n_addresses;
    for (size_t i = 0; can && i < w->n_places; bits += w->n_topics[i++])
        can = may_have(bloom, bits, w->n_topics[i]);
    return can;
}

static void begin_logs(struct listing *list, struct orr_jsonrpc_call *call) {
    *list = (struct listing){.call = call};
    orr_jsonrpc_text_add(call->text, "[", 1);
}

static void end_logs(struct listing *list) { orr_jsonrpc_text_add(list->call->text, "]", 1); }

/* Appends a block's logs that are wanted.  False: the answer is too large. */
static bool add_logs(struct listing *list, const struct orr_chain_link *link,
                     const struct wanted *w, bool is_removed) {
    struct orr_jsonrpc_call *call = list->call;
    const struct orr_evm_block *b = &link->block->block;
    struct orr_jsonrpc_log_place place = {.block = b->hash,
                                          .number = b->header.number,
                                          .time = b->header.timestamp,
                                          .is_removed = is_removed};
    if (!can_match(w, &b->header.bloom)) return true;
    for (uint32_t i = 0; i < b->n_txs; i++) {
        struct orr_engine_receipt r;
        struct orr_engine_log log;
        if (orr_chain_engine.receipt(call->rpc->chain, &b->hash, i, &r)) break;
        place.tx_index = i;
        bool is_named = false; /* the transaction's hash is known */
        for (uint32_t k = 0; k < r.n_logs; k++) {
            if (orr_chain_engine.log(call->rpc->chain, &b->hash, i, k, &log)) break;
            if (!matches(w, &log)) continue;
            if (!is_named) place.tx = orr_keccak256(b->tx_items[i].payload, b->tx_items[i].len);
            is_named = true;
            place.index = r.first_log + k;
            if (list->n++) orr_jsonrpc_text_add(call->text, ",", 1);
            orr_jsonrpc_text_log(call->text, &log, &place);
        }
    }
    if (list->n <= ORR_JSONRPC_MAX_LOGS) return true;
    orr_jsonrpc_fail(call, ORR_JSONRPC_PARAMS,
                     "more than %d logs: ask for fewer blocks than up to number %llu",
                     ORR_JSONRPC_MAX_LOGS, (unsigned long long)b->header.number);
    return false;
}

/* ---- ranges ---- */

/* A bound of a range: a number that may lie ahead of the head. */
static bool read_bound(struct orr_jsonrpc_call *call, const json_t *json, uint64_t *number) {
    const struct orr_chain *chain = call->rpc->chain;
    struct orr_chain_link *link;
    if (!json || json_string_value(json) == NULL || strncmp(json_string_value(json), "0x", 2)) {
        if (!orr_jsonrpc_block_named(call, json, ORR_JSONRPC_BY_NUMBER, &link)) return false;
        *number = orr_chain_number(link ? link : chain->head);
        return true;
    }
    const char *why = orr_jsonrpc_number(json, number);
    if (why) orr_jsonrpc_fail(call, ORR_JSONRPC_PARAMS, "invalid argument 0: %s", why);
    return !why;
}

static json_t *logs_of_range(struct orr_jsonrpc_call *call, const json_t *filter,
                             const struct wanted *w) {
    const struct orr_chain *chain = call->rpc->chain;
    uint64_t from, to, head = orr_chain_number(chain->head);
    if (!read_bound(call, orr_jsonrpc_member(filter, "fromBlock"), &from) ||
        !read_bound(call, orr_jsonrpc_member(filter, "toBlock"), &to))
        return NULL;
    if (from > to) return orr_jsonrpc_fail(call, ORR_JSONRPC_PARAMS, "invalid block range params");
    if (to > head)
        return orr_jsonrpc_fail(call, ORR_JSONRPC_PARAMS,
                                "block range extends beyond current head block %llu",
                                (unsigned long long)head);
    if (to - from >= call->rpc->max_range)
        return orr_jsonrpc_fail(
            call, ORR_JSONRPC_PARAMS,
            "block range too large: %llu blocks at most, 0x%llx to 0x%llx works",
            (unsigned long long)call->rpc->max_range, (unsigned long long)from,
            (unsigned long long)(from + call->rpc->max_range - 1));
    struct listing list;
    begin_logs(&list, call);
    for (uint64_t n = from; n <= to; n++) {
        const struct orr_chain_link *link = orr_chain_at(chain, chain->head, n);
        if (link && !add_logs(&list, link, w, false)) return NULL;
    }
    end_logs(&list);
    return NULL;
}

static json_t *logs_of_block(struct orr_jsonrpc_call *call, const json_t *named,
                             const struct wanted *w) {
    struct orr_hash hash;
    if (!read_bytes(named, hash.bytes, sizeof hash.bytes))
        return orr_jsonrpc_fail(call, ORR_JSONRPC_PARAMS,
                                "invalid argument 0: blockHash is 32 bytes");
    const struct orr_chain_link *link = orr_chain_find(call->rpc->chain, &hash);
    if (!link) return orr_jsonrpc_fail(call, ORR_JSONRPC_SERVER, "unknown block");
    struct listing list;
    begin_logs(&list, call);
    if (add_logs(&list, link, w, false)) end_logs(&list);
    return NULL;
}

static bool has_both(struct orr_jsonrpc_call *call, const json_t *filter) {
    if (!orr_jsonrpc_member(filter, "blockHash") ||
        (!orr_jsonrpc_member(filter, "fromBlock") && !orr_jsonrpc_member(filter, "toBlock")))
        return false;
    orr_jsonrpc_fail(
        call, ORR_JSONRPC_PARAMS,
        "invalid argument 0: cannot specify both blockHash and fromBlock/toBlock, choose "
        "one or the other"); /* EIP-234 */
    return true;
}

json_t *orr_jsonrpc_eth_getLogs(struct orr_jsonrpc_call *call) {
    const json_t *filter = orr_jsonrpc_param(call, 0);
    struct wanted w;
    if (read_wanted(call, filter, &w) && !has_both(call, filter)) {
        const json_t *hash = orr_jsonrpc_member(filter, "blockHash");
        if (hash)
            logs_of_block(call, hash, &w);
        else
            logs_of_range(call, filter, &w);
    }
    free_wanted(&w);
    return NULL;
}

/* ---- filters that are asked again ---- */

static void free_filter(struct orr_jsonrpc_filter *f) {
    free_wanted(&f->wanted);
    json_decref(f->range);
    free(f);
}

void orr_jsonrpc_filters_free(struct orr_jsonrpc *rpc) {
    for (struct orr_jsonrpc_filter *f = rpc->filters, *next; f; f = next) {
        next = f->next;
        free_filter(f);
    }
    rpc->filters = NULL;
}

static json_t *add_filter(struct orr_jsonrpc_call *call, const struct orr_jsonrpc_filter *filter) {
    struct orr_jsonrpc *rpc = call->rpc;
    struct orr_jsonrpc_filter *f = orr_xrealloc(NULL, sizeof *f), **end = &rpc->filters;
    *f = *filter;
    f->id = ++rpc->n_filters;
    f->seen = *orr_chain_hash(rpc->chain->head);
    f->next = rpc->filters;
    rpc->filters = f;
    for (int n = 0; *end && n < MAX_FILTERS; n++) end = &(*end)->next;
    if (*end) { /* the oldest one goes, whose owner has surely gone */
        struct orr_jsonrpc_filter *oldest = *end;
        *end = oldest->next;
        free_filter(oldest);
    }
    return orr_json_number(f->id);
}

json_t *orr_jsonrpc_eth_newFilter(struct orr_jsonrpc_call *call) {
    const json_t *filter = orr_jsonrpc_param(call, 0);
    struct orr_jsonrpc_filter f = {.is_of_blocks = false};
    if (!read_wanted(call, filter, &f.wanted) || has_both(call, filter)) {
        free_wanted(&f.wanted);
        return NULL;
    }
    f.range = json_deep_copy(filter);
    return add_filter(call, &f);
}

json_t *orr_jsonrpc_eth_newBlockFilter(struct orr_jsonrpc_call *call) {
    return add_filter(call, &(struct orr_jsonrpc_filter){.is_of_blocks = true});
}

/* The pointer to a filter in the list, or NULL after the call has failed. */
static struct orr_jsonrpc_filter **find_filter(struct orr_jsonrpc_call *call) {
    uint64_t id;
    if (!orr_jsonrpc_param_number(call, 0, &id)) return NULL;
    for (struct orr_jsonrpc_filter **f = &call->rpc->filters; *f; f = &(*f)->next)
        if ((*f)->id == id) return f;
    orr_jsonrpc_fail(call, ORR_JSONRPC_SERVER, "filter not found");
    return NULL;
}

/* Does the filter's range hold this number? */
static bool is_in_range(const struct orr_jsonrpc_filter *f, uint64_t number) {
    uint64_t bound;
    const json_t *from = orr_jsonrpc_member(f->range, "fromBlock");
    const json_t *to = orr_jsonrpc_member(f->range, "toBlock");
    if (from && !orr_jsonrpc_number(from, &bound) && number < bound) return false;
    return !(to && !orr_jsonrpc_number(to, &bound) && number > bound);
}

/* What a block adds to, or takes from, what was told. */
static bool tell(struct listing *list, const struct orr_jsonrpc_filter *f,
                 const struct orr_chain_link *link, bool is_removed) {
    struct orr_jsonrpc_text *text = list->call->text;
    if (!f->is_of_blocks)
        return !is_in_range(f, orr_chain_number(link)) ||
               add_logs(list, link, &f->wanted, is_removed);
    if (is_removed) return true;
    json_t *hash = orr_json_of_hash(orr_chain_hash(link));
    if (list->n++) orr_jsonrpc_text_add(text, ",", 1);
    orr_jsonrpc_text_json(text, hash);
    json_decref(hash);
    return true;
}

/* What became of the branch since the filter was asked last: first what is abandoned, from the top
 * down, marked as removed; then what is new, from the common ancestor up. */
json_t *orr_jsonrpc_eth_getFilterChanges(struct orr_jsonrpc_call *call) {
    struct orr_jsonrpc_filter **found = find_filter(call), *f = found ? *found : NULL;
    if (!f) return NULL;
    const struct orr_chain *chain = call->rpc->chain;
    const struct orr_chain_link *old = orr_chain_find(chain, &f->seen);
    struct listing list;
    bool is_good = true;
    if (!old) /* abandoned and dropped since: what came then is not known, so begin anew */
        return orr_jsonrpc_fail(call, ORR_JSONRPC_SERVER, "filter not found");
    begin_logs(&list, call);
    while (old && is_good && !orr_chain_descends(chain->head, old)) {
        is_good = tell(&list, f, old, true); /* ends: at the first block */
        old = old->parent;
    }
    uint64_t from = old ? orr_chain_number(old) + 1 : orr_chain_number(chain->head) + 1;
    for (uint64_t n = from; is_good && n <= orr_chain_number(chain->head); n++)
        is_good = tell(&list, f, orr_chain_at(chain, chain->head, n), false);
    if (is_good) f->seen = *orr_chain_hash(chain->head);
    end_logs(&list);
    return NULL;
}

json_t *orr_jsonrpc_eth_getFilterLogs(struct orr_jsonrpc_call *call) {
    struct orr_jsonrpc_filter **found = find_filter(call), *f = found ? *found : NULL;
    if (!f) return NULL;
    if (f->is_of_blocks) return orr_jsonrpc_fail(call, ORR_JSONRPC_SERVER, "filter not found");
    const json_t *hash = orr_jsonrpc_member(f->range, "blockHash");
    return hash ? logs_of_block(call, hash, &f->wanted) : logs_of_range(call, f->range, &f->wanted);
}

json_t *orr_jsonrpc_eth_uninstallFilter(struct orr_jsonrpc_call *call) {
    struct orr_jsonrpc_filter **found = find_filter(call);
    if (!found && call->code != ORR_JSONRPC_SERVER) return NULL;
    call->code = 0;
    if (!found) return json_false();
    struct orr_jsonrpc_filter *f = *found;
    *found = f->next;
    free_filter(f);
    return json_true();
}
