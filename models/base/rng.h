/* rng.h - random numbers without state to share: Philox 4x32-10, counter-based.
 *
 * J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as 1, 2,
 * 3", SC 2011.  A stream is (seed, purpose, index); draw number i of a stream is a pure function of
 * the stream and i, so a new draw in one stream moves no other, and any draw can be recomputed. */
#ifndef ORR_BASE_RNG_H
#define ORR_BASE_RNG_H

#include <stdint.h>

/* What a stream is for.  Append only: a purpose's number is part of every fingerprint. */
enum orr_purpose {
    ORR_RNG_NODE,     /* a protocol's own draws; index = node        */
    ORR_RNG_LINK,     /* latency, loss, ...;     index = source node */
    ORR_RNG_TOPOLOGY, /* overlay construction                        */
    ORR_RNG_PLAN,     /* faults: `any k of group`, churn             */
    ORR_RNG_WORKLOAD, /* arrivals, sizes;        index = client      */
    ORR_RNG_KEYS,     /* key pairs;              index = node        */
    ORR_RNG_CLOCK,    /* clock skew and drift;   index = node        */
    ORR_RNG_DISK,     /* write latency;          index = node        */
    ORR_RNG_FAULT,    /* Byzantine wrappers;     index = node        */
    ORR_RNG_TIES,     /* --shuffle-ties                              */
    ORR_RNG_PLACE,    /* who is in which region; index = group       */
};

/* A stream and the number of its next draw. */
struct orr_rng {
    uint32_t key[2];   /* seed, folded with the purpose  */
    uint32_t index[2]; /* which stream of that purpose; the upper word is free for sub-streams */
    uint64_t draw;     /* the next block's number        */
};

/* One block: 128 random bits as a pure function of key and counter (10 rounds). */
static inline void orr_philox(uint32_t k0, uint32_t k1, const uint32_t counter[4],
                              uint32_t out[4]) {
    uint32_t x0 = counter[0], x1 = counter[1], x2 = counter[2], x3 = counter[3];
#pragma GCC unroll 10 /* at -O2 gcc keeps the loop, whose moves cost a third of the rounds */
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * x0, p1 = (uint64_t)0xCD9E8D57u * x2;
        x0 = (uint32_t)(p1 >> 32) ^ x1 ^ k0;
        x1 = (uint32_t)p1;
        x2 = (uint32_t)(p0 >> 32) ^ x3 ^ k1;
        x3 = (uint32_t)p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = x0, out[1] = x1, out[2] = x2, out[3] = x3;
}

static inline struct orr_rng orr_rng_stream(uint64_t seed, enum orr_purpose purpose,
                                            uint32_t index) {
    /* splitmix64's finaliser spreads neighbouring seeds and purposes over the whole key space */
    uint64_t z = seed + 0x9e3779b97f4a7c15ull * ((uint64_t)purpose + 1);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    z ^= z >> 31;
    return (struct orr_rng){{(uint32_t)z, (uint32_t)(z >> 32)}, {index, 0}, 0};
}

/* The next 128 bits. */
static inline void orr_rng_block(struct orr_rng *r, uint32_t out[4]) {
    uint32_t counter[4] = {(uint32_t)r->draw, (uint32_t)(r->draw >> 32), r->index[0], r->index[1]};
    r->draw++;
    orr_philox(r->key[0], r->key[1], counter, out);
}
/* The next 64 bits. */
static inline uint64_t orr_rng_u64(struct orr_rng *r) {
    uint32_t out[4];
    orr_rng_block(r, out);
    return (uint64_t)out[0] << 32 | out[1];
}
/* Uniform in 0..n-1, n > 0; the bias of the multiply is below n / 2^64. */
static inline uint64_t orr_rng_below(struct orr_rng *r, uint64_t n) {
    return (uint64_t)((unsigned __int128)orr_rng_u64(r) * n >> 64);
}
#endif
