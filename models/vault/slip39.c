#include "models/vault/slip39.h"

#include <assert.h>
#include <sodium.h>

#include "models/vault/kdf.h"

enum { DIGEST_AT = 254, SECRET_AT = 255, DIGEST = 4, ROUNDS = 4, BASE_ITERATIONS = 10000 };

/* ---- GF(256) modulo x^8 + x^4 + x^3 + x + 1, in constant time ---- */

static uint8_t multiply(uint8_t a, uint8_t b) {
    uint8_t product = 0;
    for (int i = 0; i < 8; i++) {
        product ^= (uint8_t)(-(b >> i & 1) & a);
        a = (uint8_t)(a << 1 ^ (-(a >> 7) & 0x1b));
    }
    return product;
}

static uint8_t invert(uint8_t a) { /* a^254 */
    uint8_t result = 1;
    for (int i = 0; i < 7; i++) a = multiply(a, a), result = multiply(result, a);
    return result;
}

/* Points of a polynomial for each byte of a value. */
struct points {
    size_t n, len;
    uint8_t x[ORR_SLIP39_MAX + 2];
    const uint8_t *y[ORR_SLIP39_MAX + 2];
};

/* The values at x of the polynomials through the points (Lagrange). */
static void interpolate(const struct points *points, uint8_t x, uint8_t *to) {
    uint8_t sum[ORR_SLIP39_MAX_SECRET] = {0};
    for (size_t i = 0; i < points->n; i++) {
        uint8_t above = 1, below = 1;
        for (size_t j = 0; j < points->n; j++) {
            if (j == i) continue;
            above = multiply(above, x ^ points->x[j]);
            below = multiply(below, points->x[i] ^ points->x[j]);
        }
        assert(below); /* the points are distinct */
        uint8_t weight = multiply(above, invert(below));
        for (size_t b = 0; b < points->len; b++) sum[b] ^= multiply(weight, points->y[i][b]);
    }
    memcpy(to, sum, points->len);
    sodium_memzero(sum, sizeof sum);
}

static void digest(const uint8_t *secret, size_t len, const uint8_t *key, size_t key_len,
                   uint8_t to[DIGEST]) {
    uint8_t full[32];
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, key, key_len);
    crypto_auth_hmacsha256_update(&state, secret, len);
    crypto_auth_hmacsha256_final(&state, full);
    memcpy(to, full, DIGEST);
}

/* The secret behind enough points; SHARES_WRONG when its digest says otherwise. */
static enum orr_vault_fault recover(const struct points *points, size_t threshold,
                                    uint8_t *secret) {
    if (threshold == 1) {
        for (size_t i = 1; i < points->n; i++)
            if (sodium_memcmp(points->y[i], points->y[0], points->len))
                return ORR_FAULT_SHARES_WRONG;
        memcpy(secret, points->y[0], points->len);
        return ORR_FAULT_OK;
    }
    uint8_t found[ORR_SLIP39_MAX_SECRET], check[ORR_SLIP39_MAX_SECRET], sum[DIGEST];
    interpolate(points, SECRET_AT, found);
    interpolate(points, DIGEST_AT, check);
    digest(found, points->len, check + DIGEST, points->len - DIGEST, sum);
    bool fits = !sodium_memcmp(sum, check, DIGEST);
    if (fits) memcpy(secret, found, points->len);
    sodium_memzero(found, sizeof found);
    sodium_memzero(check, sizeof check);
    return fits ? ORR_FAULT_OK : ORR_FAULT_SHARES_WRONG;
}

/* n values of which `threshold` give the secret back; *random moves on. */
static void share_out(const uint8_t *secret, size_t len, size_t threshold, size_t n,
                      const uint8_t **random, uint8_t (*values)[ORR_SLIP39_MAX_SECRET]) {
    if (threshold == 1) {
        for (size_t i = 0; i < n; i++) memcpy(values[i], secret, len);
        return;
    }
    uint8_t check[ORR_SLIP39_MAX_SECRET];
    struct points base = {.len = len};
    for (; base.n < threshold - 2; base.n++) {
        memcpy(values[base.n], *random, len);
        *random += len;
        base.x[base.n] = (uint8_t)base.n;
        base.y[base.n] = values[base.n];
    }
    memcpy(check + DIGEST, *random, len - DIGEST);
    *random += len - DIGEST;
    digest(secret, len, check + DIGEST, len - DIGEST, check);
    base.x[base.n] = DIGEST_AT, base.y[base.n++] = check;
    base.x[base.n] = SECRET_AT, base.y[base.n++] = secret;
    for (size_t i = threshold - 2; i < n; i++) interpolate(&base, (uint8_t)i, values[i]);
    sodium_memzero(check, sizeof check);
}

/* ---- the passphrase: a Feistel cipher of four rounds ---- */

struct cipher {
    uint16_t id;
    bool extendable;
    uint8_t exponent;
    const void *passphrase;
    size_t passphrase_len;
};

static void apply(struct orr_mem *mem, const struct cipher *c, const uint8_t *from, size_t len,
                  bool decrypt, uint8_t *to) {
    uint8_t left[32], right[32], mixed[32], salt[8 + 32] = "shamir";
    size_t half = len / 2, prefix = c->extendable ? 0 : 8;
    struct orr_secret password = orr_secret_new(mem, c->passphrase_len + 1);
    salt[6] = (uint8_t)(c->id >> 8), salt[7] = (uint8_t)c->id;
    memcpy(left, from, half);
    memcpy(right, from + half, half);
    if (c->passphrase_len) memcpy(password.bytes + 1, c->passphrase, c->passphrase_len);
    for (int i = 0; i < ROUNDS; i++) {
        password.bytes[0] = (uint8_t)(decrypt ? ROUNDS - 1 - i : i);
        memcpy(salt + prefix, right, half);
        orr_pbkdf2(ORR_PRF_SHA256, password.bytes, password.len, salt, prefix + half,
                   ((uint64_t)BASE_ITERATIONS << c->exponent) / ROUNDS, mixed, half);
        for (size_t b = 0; b < half; b++) mixed[b] ^= left[b];
        memcpy(left, right, half);
        memcpy(right, mixed, half);
    }
    memcpy(to, right, half);
    memcpy(to + half, left, half);
    orr_secret_free(mem, &password);
    sodium_memzero(left, sizeof left);
    sodium_memzero(right, sizeof right);
    sodium_memzero(mixed, sizeof mixed);
    sodium_memzero(salt, sizeof salt);
}

static enum orr_vault_fault check_passphrase(const uint8_t *text, size_t len, struct orr_why *why) {
    for (size_t i = 0; i < len; i++)
        if (text[i] < 32 || text[i] > 126)
            return orr_vault_say(why, ORR_FAULT_BAD_TEXT,
                                 "a passphrase of SLIP-39 is of printable ASCII characters");
    return ORR_FAULT_OK;
}

/* ---- combining ---- */

static bool same_secret(const struct orr_share *a, const struct orr_share *b) {
    return a->id == b->id && a->extendable == b->extendable && a->exponent == b->exponent &&
           a->group_threshold == b->group_threshold && a->n_groups == b->n_groups &&
           a->len == b->len;
}

static enum orr_vault_fault check_pair(const struct orr_share *shares, size_t i, size_t j,
                                       struct orr_why *why) {
    const struct orr_share *a = &shares[i], *b = &shares[j];
    const enum orr_vault_fault bad = ORR_FAULT_SHARES_DIFFER;
    if (!same_secret(a, b))
        return orr_vault_say(why, bad, "share %zu is of another secret than share %zu", i + 1,
                             j + 1);
    if (a->group != b->group) return ORR_FAULT_OK;
    if (a->threshold != b->threshold)
        return orr_vault_say(why, bad, "shares %zu and %zu of one group have other thresholds",
                             j + 1, i + 1);
    if (a->member == b->member && sodium_memcmp(a->value, b->value, a->len))
        return orr_vault_say(why, bad, "shares %zu and %zu say that they are the same member",
                             j + 1, i + 1);
    return ORR_FAULT_OK;
}

/* The members of a group, each once. */
static struct points members(const struct orr_share *shares, size_t n, unsigned group,
                             uint8_t *threshold) {
    struct points found = {.len = shares[0].len};
    for (size_t i = 0; i < n; i++) {
        const struct orr_share *s = &shares[i];
        if (s->group != group || (found.n && memchr(found.x, s->member, found.n))) continue;
        *threshold = s->threshold;
        found.x[found.n] = s->member;
        found.y[found.n++] = s->value;
    }
    assert(found.n <= ORR_SLIP39_MAX);
    return found;
}

enum orr_vault_fault orr_shares_combine(const struct orr_share *shares, size_t n,
                                        const void *passphrase, size_t passphrase_len,
                                        struct orr_mem *mem, struct orr_secret *secret,
                                        struct orr_why *why) {
    if (!n) return orr_vault_say(why, ORR_FAULT_SHARES_MISSING, "no share at all");
    enum orr_vault_fault fault = check_passphrase(passphrase, passphrase_len, why);
    for (size_t i = 1; i < n && !fault; i++)
        for (size_t j = 0; j < i && !fault; j++) fault = check_pair(shares, i, j, why);
    if (fault) return fault;
    const struct orr_share *first = &shares[0];
    uint8_t values[ORR_SLIP39_MAX][ORR_SLIP39_MAX_SECRET], master[ORR_SLIP39_MAX_SECRET];
    struct points groups = {.len = first->len};
    size_t lacking = 0;
    for (unsigned group = 0; group < first->n_groups && !fault; group++) {
        uint8_t threshold = 0;
        struct points found = members(shares, n, group, &threshold);
        if (!found.n) continue;
        if (found.n < threshold) {
            lacking += threshold - found.n;
            continue;
        }
        fault = recover(&found, threshold, values[groups.n]);
        groups.x[groups.n] = (uint8_t)group;
        groups.y[groups.n] = values[groups.n];
        groups.n++;
    }
    if (!fault && groups.n < first->group_threshold)
        fault = orr_vault_say(why, ORR_FAULT_SHARES_MISSING,
                              "%zu of %u groups are whole; the groups begun lack %zu shares",
                              groups.n, first->group_threshold, lacking);
    if (!fault) fault = recover(&groups, first->group_threshold, master);
    if (!fault) {
        struct cipher c = {first->id, first->extendable, first->exponent, passphrase,
                           passphrase_len};
        *secret = orr_secret_new(mem, first->len);
        apply(mem, &c, master, first->len, true, secret->bytes);
    }
    sodium_memzero(values, sizeof values);
    sodium_memzero(master, sizeof master);
    return fault;
}

/* ---- splitting ---- */

size_t orr_shares_random(const struct orr_share_plan *plan, size_t secret_len) {
    size_t n = 2; /* the id */
    if (plan->group_threshold > 1) n += (size_t)(plan->group_threshold - 1) * secret_len;
    for (int g = 0; g < plan->n_groups; g++)
        if (plan->group[g].threshold > 1) n += (size_t)(plan->group[g].threshold - 1) * secret_len;
    return n;
}

static enum orr_vault_fault check_plan(const struct orr_share_plan *plan, size_t len,
                                       struct orr_why *why) {
    const enum orr_vault_fault bad = ORR_FAULT_BAD_SHARE;
    if (len < ORR_SLIP39_MIN_SECRET || len > ORR_SLIP39_MAX_SECRET || len % 2)
        return orr_vault_say(why, bad, "a secret has 16 to 64 bytes, an even number, not %zu", len);
    if (!plan->n_groups || plan->n_groups > ORR_SLIP39_MAX || !plan->group_threshold ||
        plan->group_threshold > plan->n_groups || plan->exponent > 15)
        return orr_vault_say(why, bad, "%u of %u groups", plan->group_threshold, plan->n_groups);
    for (int g = 0; g < plan->n_groups; g++) {
        unsigned threshold = plan->group[g].threshold, n = plan->group[g].n;
        if (!threshold || threshold > n || n > ORR_SLIP39_MAX)
            return orr_vault_say(why, bad, "%u of %u members; at most 16", threshold, n);
        if (threshold == 1 && n > 1)
            return orr_vault_say(why, bad, "1 of %u members: they would all be the same", n);
    }
    return ORR_FAULT_OK;
}

enum orr_vault_fault orr_shares_split(struct orr_mem *mem, const struct orr_share_plan *plan,
                                      const void *secret, size_t len, const void *passphrase,
                                      size_t passphrase_len, const uint8_t *random,
                                      struct orr_share *shares, struct orr_why *why) {
    enum orr_vault_fault fault = check_plan(plan, len, why);
    if (!fault) fault = check_passphrase(passphrase, passphrase_len, why);
    if (fault) return fault;
    uint8_t master[ORR_SLIP39_MAX_SECRET], groups[ORR_SLIP39_MAX][ORR_SLIP39_MAX_SECRET];
    uint8_t values[ORR_SLIP39_MAX][ORR_SLIP39_MAX_SECRET];
    struct cipher c = {(uint16_t)((random[0] << 8 | random[1]) & 0x7fff), plan->extendable,
                       plan->exponent, passphrase, passphrase_len};
    random += 2;
    apply(mem, &c, secret, len, false, master);
    share_out(master, len, plan->group_threshold, plan->n_groups, &random, groups);
    for (uint8_t g = 0; g < plan->n_groups; g++) {
        share_out(groups[g], len, plan->group[g].threshold, plan->group[g].n, &random, values);
        for (uint8_t i = 0; i < plan->group[g].n; i++) {
            struct orr_share *s = shares++;
            *s = (struct orr_share){c.id, plan->extendable,         plan->exponent,
                                    g,    plan->group_threshold,    plan->n_groups,
                                    i,    plan->group[g].threshold, len,
                                    {0}};
            memcpy(s->value, values[i], len);
        }
    }
    sodium_memzero(master, sizeof master);
    sodium_memzero(groups, sizeof groups);
    sodium_memzero(values, sizeof values);
    return ORR_FAULT_OK;
}
