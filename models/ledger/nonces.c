#include "models/ledger/nonces.h"

#include <assert.h>
#include <string.h>

#include "models/base/bytes.h"

static void reserve(struct orr_ledger_nonces *s, uint32_t n, struct orr_mem *mem) {
    if (n <= s->cap) return;
    uint32_t cap = s->cap ? s->cap : 4;
    while (cap < n) cap *= 2;
    s->runs = orr_resize(mem, s->runs, s->cap * sizeof *s->runs, cap * sizeof *s->runs);
    s->cap = cap;
}

/* How many runs begin at or below a nonce: it is used if the last of them reaches it. */
static uint32_t runs_up_to(const struct orr_ledger_nonces *s, uint64_t nonce) {
    uint32_t low = 0, high = s->n;
    while (low < high) { /* halves the span */
        uint32_t mid = low + (high - low) / 2;
        if (s->runs[mid].first <= nonce)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

bool orr_ledger_nonces_have(const struct orr_ledger_nonces *s, uint64_t nonce) {
    uint32_t i = runs_up_to(s, nonce);
    return i && s->runs[i - 1].last >= nonce;
}

static void drop(struct orr_ledger_nonces *s, uint32_t i) {
    s->n--;
    memmove(s->runs + i, s->runs + i + 1, (s->n - i) * sizeof *s->runs);
}

void orr_ledger_nonces_use(struct orr_ledger_nonces *s, uint64_t nonce, struct orr_mem *mem) {
    assert(!orr_ledger_nonces_have(s, nonce));
    uint32_t i = runs_up_to(s, nonce);
    bool joins_below = i && s->runs[i - 1].last + 1 == nonce;
    bool joins_above = i < s->n && s->runs[i].first - 1 == nonce;
    if (joins_below && joins_above) {
        s->runs[i - 1].last = s->runs[i].last;
        drop(s, i);
    } else if (joins_below) {
        s->runs[i - 1].last = nonce;
    } else if (joins_above) {
        s->runs[i].first = nonce;
    } else {
        reserve(s, s->n + 1, mem);
        memmove(s->runs + i + 1, s->runs + i, (s->n - i) * sizeof *s->runs);
        s->runs[i] = (struct orr_ledger_nonce_run){nonce, nonce};
        s->n++;
    }
    if (s->n > ORR_NONCE_RUNS_MAX) {
        s->runs[0].last = s->runs[1].last;
        drop(s, 1);
    }
}

void orr_ledger_nonces_copy(struct orr_ledger_nonces *to, const struct orr_ledger_nonces *from,
                            struct orr_mem *mem) {
    reserve(to, from->n, mem);
    if (from->n) memcpy(to->runs, from->runs, from->n * sizeof *to->runs);
    to->n = from->n;
}

void orr_ledger_nonces_fini(struct orr_ledger_nonces *s, struct orr_mem *mem) {
    orr_free(mem, s->runs, s->cap * sizeof *s->runs);
    *s = (struct orr_ledger_nonces){0};
}

bool orr_ledger_nonces_load(struct orr_ledger_nonces *s, const uint8_t *bytes, uint32_t n,
                            struct orr_mem *mem) {
    assert(!s->n);
    if (n > ORR_NONCE_RUNS_MAX) return false;
    reserve(s, n, mem);
    for (; s->n < n; s->n++, bytes += 16) {
        struct orr_ledger_nonce_run run = {orr_load_le64(bytes), orr_load_le64(bytes + 8)};
        if (run.last < run.first) return false;
        if (s->n && (run.first < 2 || s->runs[s->n - 1].last > run.first - 2)) return false;
        s->runs[s->n] = run;
    }
    return true;
}
