#include "models/ledger/ledger.h"

#include <assert.h>

#include "models/base/bytes.h"
#include "models/base/cost.h"
#include "models/base/memo.h"

enum note { NOTE_NONE, NOTE_GOOD, NOTE_BAD };

/* ---- accounts ---- */

static uint32_t place_of(const struct orr_ledger *l, const uint8_t key[32]) {
    return orr_index_find32(&l->index, l->accounts, key);
}

/* The account of a key, or NULL if the chain has not named it. */
static struct orr_ledger_account *find(const struct orr_ledger *l, const uint8_t key[32]) {
    uint32_t place = place_of(l, key);
    return place == ORR_NOWHERE ? NULL : &l->accounts[place];
}

static uint32_t add_account(struct orr_ledger *l, const uint8_t key[32]) {
    if (l->n == l->cap) {
        uint32_t cap = l->cap ? 2 * l->cap : 64;
        l->accounts = orr_resize(l->mem, l->accounts, l->cap * sizeof *l->accounts,
                                 cap * sizeof *l->accounts);
        l->cap = cap;
    }
    struct orr_ledger_account *a = &l->accounts[l->n];
    *a = (struct orr_ledger_account){.now.balance = l->genesis_balance};
    memcpy(a->key, key, 32);
    orr_index_put32(&l->index, l->accounts, l->n);
    return l->n++;
}

static void touch(struct orr_ledger *l, uint32_t i) {
    struct orr_ledger_account *a = &l->accounts[i];
    if (a->is_touched) return;
    a->is_touched = true;
    a->next.balance = a->now.balance;
    orr_ledger_nonces_copy(&a->next.used, &a->now.used, l->mem);
    if (l->n_touched == l->touched_cap) {
        uint32_t cap = l->touched_cap ? 2 * l->touched_cap : 64;
        l->touched = orr_resize(l->mem, l->touched, l->touched_cap * sizeof *l->touched,
                                cap * sizeof *l->touched);
        l->touched_cap = cap;
    }
    l->touched[l->n_touched++] = i;
}

/* The account of a key, made if it is new, and touched; its number. */
static uint32_t account_of(struct orr_ledger *l, const uint8_t key[32]) {
    uint32_t place = place_of(l, key);
    if (place == ORR_NOWHERE) place = add_account(l, key);
    touch(l, place);
    return place;
}

uint64_t orr_ledger_balance(const struct orr_ledger *l, const uint8_t key[32]) {
    const struct orr_ledger_account *a = find(l, key);
    return a ? a->now.balance : l->genesis_balance;
}

static bool is_governors(const struct orr_ledger *l, const uint8_t key[32]) {
    return l->governor && !memcmp(l->governor, key, 32);
}

static void add_power(struct orr_ledger *l, const struct orr_ledger_power *change) {
    uint8_t bytes[8 + 32 + 8];
    struct orr_writer w = orr_writer(bytes, sizeof bytes);
    orr_write_u64(&w, change->height);
    orr_write_bytes(&w, change->key, sizeof change->key);
    orr_write_u64(&w, change->power);
    assert(!w.bad && w.p == w.end);
    orr_sha256_tagged('p', l->powers_hash, sizeof l->powers_hash, bytes, sizeof bytes,
                      l->powers_hash);
    if (l->n_powers == l->powers_cap) {
        uint32_t cap = l->powers_cap ? 2 * l->powers_cap : 8;
        l->powers = orr_resize(l->mem, l->powers, l->powers_cap * sizeof *l->powers,
                               cap * sizeof *l->powers);
        l->powers_cap = cap;
    }
    l->powers[l->n_powers++] = *change;
}

static bool power_change(const void *app, uint32_t i, struct orr_app_power *change) {
    const struct orr_ledger *l = app;
    if (i >= l->n_powers) return false;
    const struct orr_ledger_power *p = &l->powers[i];
    *change = (struct orr_app_power){.height = p->height, .key = p->key, .power = p->power};
    return true;
}

static void begin_empty(struct orr_ledger *l) {
    orr_merkle_tree_init(&l->tree, l->mem);
    orr_index_init(&l->index, l->mem, sizeof *l->accounts,
                   offsetof(struct orr_ledger_account, key));
}

/* ---- the application ---- */

static enum note verdict(const uint8_t *bytes, size_t len, uint64_t chain_id,
                         struct orr_memo *memo) {
    struct orr_transfer x;
    bool is_good =
        orr_transfer_read(bytes, len, &x) && orr_transfer_verify(bytes, len, chain_id, memo);
    return is_good ? NOTE_GOOD : NOTE_BAD;
}

/* The form of a transaction's message: the verdict on its signature. */
static const struct orr_decoder transfer_decoder = {"transfer"};

void orr_transfer_decode(struct orr_msg *m, uint64_t chain_id, struct orr_pool *pool,
                         struct orr_memo *memo) {
    if (memo)
        *(uint8_t *)orr_form_new(m, &transfer_decoder, 1, pool) =
            (uint8_t)verdict(m->data, m->len, chain_id, memo);
}

static void note(void *app, struct orr_app_tx *txs, uint32_t n) {
    const struct orr_ledger *l = app;
    for (uint32_t i = 0; i < n; i++)
        txs[i].note = (uint8_t)verdict(txs[i].bytes, txs[i].len, l->chain_id, l->memo);
}

static int check(void *app, const struct orr_msg *tx, bool again, uint64_t *priority,
                 int64_t *busy_ns) {
    struct orr_ledger *l = app;
    struct orr_transfer x;
    *busy_ns += l->costs->tx_check_ns;
    if (!orr_transfer_read(tx->data, tx->len, &x)) return ORR_EFORMAT;
    const struct orr_ledger_account *a = find(l, x.from);
    uint64_t balance = a ? a->now.balance : l->genesis_balance;
    if (a && orr_ledger_nonces_have(&a->now.used, x.nonce)) return ORR_EINVAL;
    if (!again) {
        *busy_ns += l->costs->verify_ns;
        const uint8_t *known = l->memo ? orr_form(tx, &transfer_decoder) : NULL;
        if (known ? *known != NOTE_GOOD
                  : !orr_transfer_verify(tx->data, tx->len, l->chain_id, l->memo))
            return ORR_EFORMAT;
    }
    bool is_free = is_governors(l, x.from);
    if (!is_free && (x.fee > balance || x.amount > balance - x.fee)) return ORR_EINVAL;
    *priority = is_free ? UINT64_MAX : x.fee;
    return 0;
}

/* Forgets what a trial did to the touched accounts. */
static void roll_back(struct orr_ledger *l) {
    for (uint32_t i = 0; i < l->n_touched; i++) l->accounts[l->touched[i]].is_touched = false;
    l->n_touched = 0;
}

/* Does a transfer like x stand among the n before it?  Asked of unnamed accounts alone: rare, so
 * quadratic. */
static bool is_repeated(const struct orr_transfer *x, struct orr_msg *const *txs,
                        const struct orr_app_tx *others, uint32_t n) {
    struct orr_transfer y;
    for (uint32_t i = 0; i < n; i++) {
        const uint8_t *b = txs ? txs[i]->data : others[i].bytes;
        if (orr_transfer_read(b, txs ? txs[i]->len : others[i].len, &y) && y.nonce == x->nonce &&
            !memcmp(x->from, y.from, 32))
            return true;
    }
    return false;
}

/* Uses a transfer's nonce up in the trial; false: it was used, by the chain or by one of the n
 * transfers before it (txs, or others), or this is no transfer.  A trial makes no account, because
 * the order of naming is the chain's; those that it would name are compared with each other. */
static bool try_nonce(struct orr_ledger *l, const uint8_t *bytes, uint32_t len,
                      struct orr_msg *const *txs, const struct orr_app_tx *others, uint32_t n) {
    struct orr_transfer x;
    if (!orr_transfer_read(bytes, len, &x)) return false;
    const struct orr_ledger_account *known = find(l, x.from);
    if (!known) return !is_repeated(&x, txs, others, n);
    uint32_t i = (uint32_t)(known - l->accounts);
    touch(l, i);
    struct orr_ledger_nonces *used = &l->accounts[i].next.used;
    if (orr_ledger_nonces_have(used, x.nonce)) return false;
    orr_ledger_nonces_use(used, x.nonce, l->mem);
    return true;
}

static uint32_t propose(void *app, struct orr_msg **txs, uint32_t n) {
    struct orr_ledger *l = app;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct orr_msg *tx = txs[i];
        if (try_nonce(l, tx->data, tx->len, txs, NULL, kept)) txs[kept++] = tx;
    }
    roll_back(l);
    return kept;
}

static bool is_authentic(struct orr_ledger *l, const struct orr_app_tx *tx) {
    if (l->memo && tx->note != NOTE_NONE) return tx->note == NOTE_GOOD;
    return orr_transfer_verify(tx->bytes, tx->len, l->chain_id, l->memo);
}

static bool validate(void *app, const struct orr_app_block *block, int64_t *busy_ns) {
    struct orr_ledger *l = app;
    bool is_valid = !block->claim; /* it makes none */
    for (uint32_t i = 0; i < block->n_txs && is_valid; i++) {
        const struct orr_app_tx *tx = &block->txs[i];
        *busy_ns += l->costs->verify_ns;
        is_valid = try_nonce(l, tx->bytes, tx->len, NULL, block->txs, i) && is_authentic(l, tx);
    }
    roll_back(l);
    return is_valid;
}

static void govern(struct orr_ledger *l, const struct orr_transfer *x, uint64_t height) {
    uint32_t from = account_of(l, x->from); /* may move them all */
    struct orr_ledger_nonces *used = &l->accounts[from].next.used;
    if (orr_ledger_nonces_have(used, x->nonce)) return; /* as below */
    orr_ledger_nonces_use(used, x->nonce, l->mem);
    struct orr_ledger_power change = {.height = height, .power = x->amount};
    memcpy(change.key, x->to, sizeof change.key);
    add_power(l, &change);
}

static void transfer(struct orr_ledger *l, const struct orr_transfer *x) {
    uint32_t from = account_of(l, x->from), to = account_of(l, x->to);
    struct orr_ledger_account_state *a = &l->accounts[from].next, *b = &l->accounts[to].next;
    /* The block was valid, yet with very many gaps the last may have closed within it. */
    if (orr_ledger_nonces_have(&a->used, x->nonce)) return;
    orr_ledger_nonces_use(&a->used, x->nonce, l->mem);
    if (x->fee > a->balance || x->amount > a->balance - x->fee) return;
    if (b->balance + x->amount < b->balance) return; /* more than can be counted */
    a->balance -= x->amount + x->fee;
    b->balance += x->amount;
    l->burnt += x->fee;
}

/* Puts the leaf of an account in a state of it into the tree; returns its length. */
static uint32_t hash_account(struct orr_ledger *l, uint32_t at,
                             const struct orr_ledger_account_state *state) {
    uint8_t leaf[32 + 8 + 16 * ORR_NONCE_RUNS_MAX + 32];
    struct orr_writer w = orr_writer(leaf, sizeof leaf);
    orr_write_bytes(&w, l->accounts[at].key, sizeof l->accounts[at].key);
    orr_write_u64(&w, state->balance);
    for (uint32_t i = 0; i < state->used.n; i++) {
        orr_write_u64(&w, state->used.runs[i].first);
        orr_write_u64(&w, state->used.runs[i].last);
    }
    if (is_governors(l, l->accounts[at].key))
        orr_write_bytes(&w, l->powers_hash, sizeof l->powers_hash);
    assert(!w.bad);
    uint32_t len = (uint32_t)orr_written(&w);
    orr_merkle_tree_set(&l->tree, at, leaf, len);
    return len;
}

static void execute(void *app, const struct orr_app_block *block, uint8_t root[32],
                    int64_t *busy_ns) {
    struct orr_ledger *l = app;
    assert(!l->n_touched);
    for (uint32_t i = 0; i < block->n_txs; i++) {
        struct orr_transfer x;
        bool is_good = orr_transfer_read(block->txs[i].bytes, block->txs[i].len, &x);
        assert(is_good); /* the block was valid */
        if (is_governors(l, x.from)) govern(l, &x, block->height);
        else transfer(l, &x);
        *busy_ns += l->costs->tx_execute_ns;
    }
    uint64_t n_bytes = 0;
    for (uint32_t i = 0; i < l->n_touched; i++)
        n_bytes += hash_account(l, l->touched[i], &l->accounts[l->touched[i]].next);
    n_bytes += 64 * (uint64_t)orr_merkle_tree_root(&l->tree, root);
    *busy_ns += (int64_t)n_bytes * l->costs->hash_kib_ns / 1024;
}

static void commit(void *app) {
    struct orr_ledger *l = app;
    for (uint32_t i = 0; i < l->n_touched; i++) {
        struct orr_ledger_account *a = &l->accounts[l->touched[i]];
        struct orr_ledger_account_state old = a->now;
        a->now = a->next;
        a->next = old; /* for its memory */
        a->is_touched = false;
    }
    l->n_touched = 0;
}

static void root_of(void *app, uint8_t root[32]) {
    struct orr_ledger *l = app;
    orr_merkle_tree_root(&l->tree, root);
}

/* ---- snapshots: burnt u64 | n_powers u32 | n_powers times: height u64, key (32), power u64
 *      | n u32 | n accounts in the order of their naming:
 *      key (32) | balance u64 | n_runs u32 | n_runs times: first u64, last u64 ---- */

enum { POWER_BYTES = 8 + 32 + 8 };

static struct orr_msg *save(void *app, struct orr_pool *pool) {
    const struct orr_ledger *l = app;
    uint32_t size = 8 + 4 + l->n_powers * POWER_BYTES + 4;
    for (uint32_t i = 0; i < l->n; i++) size += 44 + 16 * l->accounts[i].now.used.n;
    struct orr_msg *m = orr_msg_new(pool, 0, size);
    struct orr_writer w = orr_writer(m->data, m->len);
    orr_write_u64(&w, l->burnt);
    orr_write_u32(&w, l->n_powers);
    for (uint32_t i = 0; i < l->n_powers; i++) {
        orr_write_u64(&w, l->powers[i].height);
        orr_write_bytes(&w, l->powers[i].key, sizeof l->powers[i].key);
        orr_write_u64(&w, l->powers[i].power);
    }
    orr_write_u32(&w, l->n);
    for (uint32_t i = 0; i < l->n; i++) {
        const struct orr_ledger_account *a = &l->accounts[i];
        orr_write_bytes(&w, a->key, sizeof a->key);
        orr_write_u64(&w, a->now.balance);
        orr_write_u32(&w, a->now.used.n);
        for (uint32_t k = 0; k < a->now.used.n; k++) {
            orr_write_u64(&w, a->now.used.runs[k].first);
            orr_write_u64(&w, a->now.used.runs[k].last);
        }
    }
    assert(!w.bad && w.p == w.end);
    return m;
}

/* The changes of power of a snapshot; false: malformed. */
static bool load_powers(struct orr_ledger *l, struct orr_reader *r) {
    uint32_t n = orr_read_u32(r);
    if (r->bad || orr_read_left(r) / POWER_BYTES < n) return false;
    for (uint32_t i = 0; i < n; i++) {
        struct orr_ledger_power change = {.height = orr_read_u64(r)};
        orr_read_copy(r, change.key, sizeof change.key);
        change.power = orr_read_u64(r);
        if (!change.height || (i && change.height < l->powers[i - 1].height)) return false;
        add_power(l, &change);
    }
    return true;
}

/* The next account of a snapshot; false: malformed. */
static bool load_account(struct orr_ledger *l, struct orr_reader *r) {
    const uint8_t *key = orr_read_bytes(r, 32);
    uint64_t balance = orr_read_u64(r);
    uint32_t n_runs = orr_read_u32(r);
    if (r->bad || find(l, key) || orr_read_left(r) / 16 < n_runs) return false;
    uint32_t at = add_account(l, key);
    struct orr_ledger_account_state *now = &l->accounts[at].now;
    now->balance = balance;
    if (!orr_ledger_nonces_load(&now->used, orr_read_bytes(r, 16 * (size_t)n_runs), n_runs, l->mem))
        return false;
    hash_account(l, at, now);
    return true;
}

static int load(void *app, const uint8_t *bytes, size_t len, const uint8_t root[32]) {
    struct orr_ledger *l = app;
    assert(!l->n_touched);
    struct orr_ledger fresh = {.mem = l->mem, .memo = l->memo, .costs = l->costs,
                               .chain_id = l->chain_id, .genesis_balance = l->genesis_balance,
                               .governor = l->governor};
    begin_empty(&fresh);
    struct orr_reader r = orr_reader(bytes, len);
    fresh.burnt = orr_read_u64(&r);
    bool has_powers = load_powers(&fresh, &r);
    uint32_t n = orr_read_u32(&r);
    if (!has_powers) n = 0;
    while (fresh.n < n && load_account(&fresh, &r)) {} /* ends: the bytes do */
    uint8_t found[32];
    orr_merkle_tree_root(&fresh.tree, found);
    /* changes of power are under the root by the governor's leaf, which is there with the first */
    bool is_good = has_powers && fresh.n == n &&
                   (!fresh.n_powers || (l->governor && find(&fresh, l->governor))) &&
                   orr_read_done(&r) && !memcmp(found, root, 32);
    struct orr_ledger old = *l;
    if (is_good) *l = fresh;
    orr_ledger_fini(is_good ? &old : &fresh);
    return is_good ? 0 : ORR_EFORMAT;
}

const struct orr_app orr_ledger_app = {
    .name = "ledger",
    .check = check,
    .propose = propose,
    .note = note,
    .validate = validate,
    .execute = execute,
    .commit = commit,
    .root = root_of,
    .power_change = power_change,
    .save = save,
    .load = load,
};

void orr_ledger_init(struct orr_ledger *l, const struct orr_env *env, uint64_t chain_id,
                     uint64_t genesis_balance) {
    *l = (struct orr_ledger){.mem = env->common->mem,
                             .memo = env->common->memo,
                             .costs = env->common->costs,
                             .chain_id = chain_id,
                             .genesis_balance = genesis_balance};
    begin_empty(l);
}

void orr_ledger_fini(struct orr_ledger *l) {
    for (uint32_t i = 0; i < l->n; i++) {
        orr_ledger_nonces_fini(&l->accounts[i].now.used, l->mem);
        orr_ledger_nonces_fini(&l->accounts[i].next.used, l->mem);
    }
    orr_free(l->mem, l->accounts, l->cap * sizeof *l->accounts);
    orr_index_fini(&l->index);
    orr_free(l->mem, l->touched, l->touched_cap * sizeof *l->touched);
    orr_free(l->mem, l->powers, l->powers_cap * sizeof *l->powers);
    orr_merkle_tree_fini(&l->tree);
    *l = (struct orr_ledger){0};
}
