/* msg.h - message buffers: encoded bytes, reference-counted, frozen once in an effect.
 *
 * Until then a message is its author's to write.  Then the driver freezes it (orr_freeze in
 * models/protocol.h): its hash and its decoded form are made, and from there on nobody writes to
 * it but for the count of references.
 *
 * A fan-out of k sends, a relay of what was just received and a cached copy are all the same bytes
 * with another reference.  Buffers come from a pool of power-of-two classes that gives them back to
 * later messages, so a steady run allocates nothing. */
#ifndef ORR_BASE_MSG_H
#define ORR_BASE_MSG_H

#include <stdbool.h>
#include <stdint.h>

#include "models/base/mem.h"

struct orr_msg {
    uint32_t refs;           /* orr_msg_ref / orr_msg_unref; free again at 0                    */
    uint32_t len;            /* bytes used in data                                              */
    uint32_t cap;            /* bytes allocated for data                                        */
    uint16_t kind;           /* the protocol's own number for what this is (orr_protocol.kinds) */
    uint16_t protocol;       /* which layer of a composed node it is for; 0 in a plain one      */
    uint64_t hash;           /* of header and data, when it is frozen; 0: it is not             */
    struct orr_msg *decoded; /* its decoded form, or NULL; a reference owned by this message    */
    uint8_t data[] __attribute__((aligned(8)));
};

/* On the wire a message is its header, protocol and kind as little-endian u16, and its data.  No
 * message (NULL) is a header of zeros. */
#define ORR_MSG_HEADER_BYTES 4

/* Bits of `protocol` that a wrapper of models/fault sets on what its nodes send each other: no part
 * of a message's type. */
#define ORR_MSG_MARKS 0xc000u

/* Protocol and kind in one number. */
#define ORR_MSG_TYPE(protocol, kind) ((uint32_t)(protocol) << 16 | (uint32_t)(kind))
static inline uint32_t orr_msg_type(const struct orr_msg *m) {
    return m ? ORR_MSG_TYPE(m->protocol & ~ORR_MSG_MARKS, m->kind) : 0;
}
/* Bytes on the wire. */
static inline uint32_t orr_msg_size(const struct orr_msg *m) {
    return ORR_MSG_HEADER_BYTES + (m ? m->len : 0);
}

#define ORR_MSG_CLASSES 24 /* 64 B << class, header included; the largest is 512 MiB */

struct orr_pool;

/* A driver's ear at a pool, for runs that look for mistakes. */
struct orr_pool_watch {
    void (*made)(struct orr_pool *pool, struct orr_msg *m);  /* handed out, data not yet written */
    void (*freed)(struct orr_pool *pool, struct orr_msg *m); /* back: nobody may read its data   */
};

struct orr_pool {
    struct orr_mem *mem;
    struct orr_msg *free[ORR_MSG_CLASSES]; /* linked through `decoded` */
    uint64_t n_live;                       /* buffers handed out and not yet back */
    struct orr_pool_slab *slabs;
    struct orr_pool_rest {                 /* what is not cut yet of a class's latest slab */
        uint8_t *at, *end;
        size_t slab_bytes;                 /* of the next one: small pools stay small */
    } rest[ORR_MSG_CLASSES];
    const struct orr_pool_watch *watch;    /* the driver's, or NULL */
};

void orr_pool_init(struct orr_pool *pool, struct orr_mem *mem);
/* Frees every slab; all messages of the pool are gone with it. */
void orr_pool_fini(struct orr_pool *pool);

/* A message that is handed out and not yet back, or NULL: to say which one was forgotten. */
const struct orr_msg *orr_pool_live(const struct orr_pool *pool);

/* orr_msg_hash, worked out whatever is known. */
uint64_t orr_msg_hash_anew(const struct orr_msg *m);

/* A new buffer with refs = 1; data is not zeroed.  len may be 0. */
struct orr_msg *orr_msg_new(struct orr_pool *pool, uint16_t kind, uint32_t len);
/* The same with a copy of bytes. */
struct orr_msg *orr_msg_copy(struct orr_pool *pool, uint16_t kind, const void *bytes, uint32_t len);
/* A copy that may still be changed: same header, same data.  m may be NULL. */
struct orr_msg *orr_msg_clone(struct orr_pool *pool, const struct orr_msg *m);
/* Flips bits of byte `at` of what the message is on the wire, header first. */
void orr_msg_damage(struct orr_msg *m, uint32_t at, uint8_t bits);

static inline struct orr_msg *orr_msg_ref(struct orr_msg *m) {
    if (m) m->refs++;
    return m;
}
void orr_msg_free(struct orr_pool *pool, struct orr_msg *m); /* for orr_msg_unref */
static inline void orr_msg_unref(struct orr_pool *pool, struct orr_msg *m) {
    if (m && --m->refs == 0) orr_msg_free(pool, m);
}

/* ---- decoded forms: worked out once, read by all receivers ---- */

/* Who makes forms of one layout, and knows how to read them: its address says which it is. */
struct orr_decoder {
    const char *name; /* for people */
};

/* Gives a message that is not frozen and has no form yet one of len bytes, which the caller fills:
 * a pure function of the message and of what its cohort shares.  Aligned to 8. */
void *orr_form_new(struct orr_msg *m, const struct orr_decoder *by, uint32_t len,
                   struct orr_pool *pool);
/* The form that this decoder made of m, or NULL. */
static inline const void *orr_form(const struct orr_msg *m, const struct orr_decoder *by) {
    struct { const struct orr_decoder *by; } head;
    if (!m->decoded) return NULL;
    memcpy(&head, m->decoded->data, sizeof head);
    return head.by == by ? m->decoded->data + sizeof head : NULL;
}

/* ---- hashes ---- */

/* A 64-bit hash of header and data, the same on every machine, never 0.  Not cryptographic: it
 * names messages in traces, fingerprints and the workload's book-keeping. */
static inline uint64_t orr_msg_hash(const struct orr_msg *m) {
    return m->hash ? m->hash : orr_msg_hash_anew(m);
}
/* Freezes a message: driver's business, see above.  It may be frozen already. */
static inline void orr_msg_freeze(struct orr_msg *m) { m->hash = orr_msg_hash(m); }

/* For runs that look for mistakes: freezes a message and its decoded form, so that it can be seen
 * whether they are as they were then. */
void orr_msg_seal(struct orr_msg *m);
bool orr_msg_is_intact(const struct orr_msg *m);
/* The same function over any bytes. */
uint64_t orr_hash64(uint64_t start, const void *bytes, size_t len);
#endif
