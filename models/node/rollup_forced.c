#include "models/node/rollup_forced.h"

#include <assert.h>
#include <string.h>

#include "models/node/rollup_member.h"
#include "models/vm/contracts/contracts.h"
#include "models/vm/u256.h"

struct orr_rollup_watched {
    struct orr_msg *tx;
    struct orr_rollup_signed who;
    uint64_t since; /* L1's last block when it came */
};

bool orr_rollup_read_signed(struct orr_mem *mem, const uint8_t *bytes, size_t len,
                            uint64_t chain_id, struct orr_rollup_signed *read) {
    struct orr_u256 id = orr_u256_from_u64(chain_id);
    struct orr_evm_tx tx;
    if (orr_evm_tx_decode(mem, bytes, len, &tx)) return false;
    *read = (struct orr_rollup_signed){.nonce = tx.nonce, .max_fee = tx.max_fee,
                                       .max_tip = tx.max_priority_fee};
    bool good = !orr_evm_tx_sender(mem, &tx, ORR_FORK_PRAGUE, &id, &read->sender);
    orr_evm_tx_free(mem, &tx);
    return good;
}

/* ---- waiting ---- */

void orr_rollup_watch_add(struct orr_rollup_watch *w, struct orr_mem *mem, struct orr_msg *tx,
                          uint64_t chain_id, uint64_t tip) {
    struct orr_rollup_watched new = {.tx = tx, .since = tip};
    if (!orr_rollup_read_signed(mem, tx->data, tx->len, chain_id, &new.who)) return;
    if (w->n == w->cap) {
        size_t cap = w->cap ? 2 * w->cap : 64;
        w->v = orr_resize(mem, w->v, w->cap * sizeof *w->v, cap * sizeof *w->v);
        w->cap = cap;
    }
    orr_msg_ref(tx);
    w->v[w->n++] = new;
}

struct orr_msg *orr_rollup_watch_due(struct orr_rollup_watch *w, struct orr_pool *pool,
                                     struct orr_evm_state *safe, uint64_t tip, uint64_t after) {
    size_t left = 0;
    for (size_t i = 0; i < w->n; i++) {
        if (orr_evm_state_nonce(safe, &w->v[i].who.sender) > w->v[i].who.nonce)
            orr_msg_unref(pool, w->v[i].tx);
        else w->v[left++] = w->v[i];
    }
    w->n = left;
    size_t at = 0;
    while (at < w->n && (tip < w->v[at].since || tip - w->v[at].since < after)) at++;
    if (at == w->n) return NULL;
    struct orr_msg *due = w->v[at].tx;
    memmove(w->v + at, w->v + at + 1, (w->n - at - 1) * sizeof *w->v);
    w->n--;
    return due;
}

void orr_rollup_watch_fini(struct orr_rollup_watch *w, struct orr_mem *mem,
                           struct orr_pool *pool) {
    while (w->n) orr_msg_unref(pool, w->v[--w->n].tx);
    orr_free(mem, w->v, w->cap * sizeof *w->v);
}

/* ---- deposits ---- */

/* How many of the deposits before number i are the sender's: each takes a nonce. */
static uint64_t count_before(const struct orr_verified *b, size_t i,
                             const struct orr_address *sender) {
    uint64_t n = 0;
    struct orr_evm_deposit d;
    for (size_t k = 0; k < i; k++)
        n += !orr_evm_deposit_read(b->deposits[k].bytes, b->deposits[k].len, &d) &&
             orr_address_equal(d.from, *sender);
    return n;
}

bool orr_rollup_forced(struct orr_mem *mem, const struct orr_verified *b, size_t i,
                       struct orr_evm_state *parent, uint64_t chain_id, struct orr_rollup_tx *tx) {
    struct orr_evm_deposit d;
    struct orr_rollup_signed who;
    if (orr_evm_deposit_read(b->deposits[i].bytes, b->deposits[i].len, &d) || !d.data_len ||
        !orr_rollup_read_signed(mem, d.data, d.data_len, chain_id, &who) ||
        !orr_address_equal(who.sender, d.from) ||
        who.nonce != orr_evm_state_nonce(parent, &d.from) + count_before(b, i, &d.from))
        return false;
    *tx = (struct orr_rollup_tx){d.data, d.data_len};
    return true;
}

void orr_rollup_write_deposit(struct orr_rlp_writer *w, const struct orr_address *to,
                              struct orr_u256 value, uint64_t gas, const uint8_t *data,
                              size_t len) {
    static const uint8_t zeros[32] = {0};
    uint8_t head[4 + 6 * 32] = {0};
    orr_store_be32(head, ORR_PORTAL_DEPOSIT);
    uint8_t *word = head + 4; /* to, value, gas, not a creation, where the data is, its length */
    memcpy(word + 12, to->bytes, sizeof to->bytes);
    orr_u256_store_be(word + 32, value);
    orr_store_be64(word + 3 * 32 - 8, gas);
    orr_store_be64(word + 5 * 32 - 8, 5 * 32);
    orr_store_be64(word + 6 * 32 - 8, len);
    orr_rlp_write_raw(w, head, sizeof head);
    if (len) orr_rlp_write_raw(w, data, len);
    orr_rlp_write_raw(w, zeros, (32 - len % 32) % 32);
}

/* ---- on L1 ---- */

void orr_rollup_forced_init(struct orr_rollup_forced *f, struct orr_mem *mem, uint32_t n_keys) {
    *f = (struct orr_rollup_forced){.n_keys = n_keys};
    f->next = orr_alloc_zero(mem, n_keys * sizeof *f->next);
}

void orr_rollup_forced_fini(struct orr_rollup_forced *f, struct orr_mem *mem,
                            struct orr_pool *pool) {
    while (f->n) orr_msg_unref(pool, f->wanted[--f->n]);
    orr_free(mem, f->wanted, f->cap * sizeof *f->wanted);
    orr_free(mem, f->next, f->n_keys * sizeof *f->next);
}

void orr_rollup_l1_want(struct orr_rollup_l1 *l1, struct orr_msg *tx, struct orr_outbox *out) {
    struct orr_rollup_forced *f = &l1->forced;
    struct orr_mem *mem = l1->env->common->mem;
    struct orr_rollup_signed who;
    if (!orr_rollup_read_signed(mem, tx->data, tx->len, ORR_ROLLUP_L2_CHAIN_ID, &who)) {
        orr_reject(out);
        return;
    }
    if (f->n == f->cap) {
        size_t cap = f->cap ? 2 * f->cap : 64;
        f->wanted = orr_resize(mem, f->wanted, f->cap * sizeof *f->wanted,
                               cap * sizeof *f->wanted);
        f->cap = cap;
    }
    f->wanted[f->n++] = orr_msg_ref(tx);
}

/* The nonce of an account's next transaction on L1, behind those that wait. */
static uint64_t next_nonce(struct orr_rollup_l1 *l1, const struct orr_address *who) {
    struct orr_engine_account account = {.nonce = 0};
    orr_chain_engine.account(l1->chain, orr_chain_hash(l1->chain->head), who, &account);
    uint64_t next = account.nonce;
    for (uint32_t i = 0; i < l1->n_pool; i++) {
        const struct orr_rollup_pooled *p = &l1->pool[i];
        if (p->is_signed && orr_address_equal(p->who.sender, *who) && p->who.nonce >= next)
            next = p->who.nonce + 1;
    }
    return next;
}

static void call_portal(struct orr_rollup_l1 *l1, const struct orr_msg *m, uint32_t key) {
    const struct orr_wallet_key *owner = &l1->genesis->l1->keys[key];
    struct orr_mem *mem = l1->env->common->mem;
    struct orr_rlp_writer data = {.mem = mem};
    struct orr_evm_tx wanted;
    int error = orr_evm_tx_decode(mem, m->data, m->len, &wanted);
    assert(!error); /* it was read when it came */
    (void)error;
    orr_rollup_write_deposit(&data, &wanted.to, wanted.value, ORR_ROLLUP_DEPOSIT_GAS, m->data,
                             m->len);
    struct orr_evm_tx tx = {.nonce = next_nonce(l1, &owner->address), .data = data.bytes,
                            .to = l1->genesis->config.portal, .data_len = data.len,
                            .gas_limit = 200000 + 40 * (uint64_t)data.len};
    orr_rollup_l1_send(l1, &tx, owner);
    orr_rlp_free(&data);
    orr_evm_tx_free(mem, &wanted);
}

enum forced { FORCED_DONE, FORCED_LATER };

/* Of each account the transaction that is next on L2; what is there, or nobody's, is done. */
static enum forced force(struct orr_rollup_l1 *l1, const struct orr_msg *m) {
    const struct orr_verifier *v = l1->follower->verifier;
    struct orr_rollup_forced *f = &l1->forced;
    struct orr_rollup_signed who;
    uint32_t key = 0;
    orr_rollup_read_signed(l1->env->common->mem, m->data, m->len, ORR_ROLLUP_L2_CHAIN_ID, &who);
    while (key < f->n_keys && !orr_address_equal(l1->genesis->l1->keys[key].address, who.sender))
        key++;
    if (key == f->n_keys) return FORCED_DONE;
    struct orr_evm_state *safe = orr_verifier_block(v, orr_verifier_n_blocks(v) - 1)->state;
    uint64_t next = orr_evm_state_nonce(safe, &who.sender);
    if (next < f->next[key]) next = f->next[key];
    if (who.nonce > next) return FORCED_LATER;
    if (who.nonce < next) return FORCED_DONE;
    f->next[key] = next + 1;
    call_portal(l1, m, key);
    return FORCED_DONE;
}

void orr_rollup_l1_force(struct orr_rollup_l1 *l1) {
    struct orr_rollup_forced *f = &l1->forced;
    size_t before;
    do { /* ends: each turn but the last takes one out */
        size_t left = 0;
        before = f->n;
        for (size_t i = 0; i < f->n; i++) {
            if (force(l1, f->wanted[i]) == FORCED_LATER) f->wanted[left++] = f->wanted[i];
            else orr_msg_unref(l1->env->common->pool, f->wanted[i]);
        }
        f->n = left;
    } while (f->n && f->n < before);
}
