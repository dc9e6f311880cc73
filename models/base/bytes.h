/* bytes.h - reading and writing encoded bytes, bounds-checked, little- and big-endian.
 *
 * A writer never overruns and a reader never over-reads: the first failure sticks in `bad`, later
 * calls do nothing and return zero, and the caller tests `bad` once at the end. */
#ifndef ORR_BASE_BYTES_H
#define ORR_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t orr_load_le16(const void *p) { uint16_t v; memcpy(&v, p, 2); return v; }
static inline uint32_t orr_load_le32(const void *p) { uint32_t v; memcpy(&v, p, 4); return v; }
static inline uint64_t orr_load_le64(const void *p) { uint64_t v; memcpy(&v, p, 8); return v; }
static inline uint64_t orr_load_be64(const void *p) { return __builtin_bswap64(orr_load_le64(p)); }
static inline uint32_t orr_load_be32(const void *p) { return __builtin_bswap32(orr_load_le32(p)); }
static inline void orr_store_le32(void *p, uint32_t v) { memcpy(p, &v, 4); }
static inline void orr_store_le64(void *p, uint64_t v) { memcpy(p, &v, 8); }
static inline void orr_store_be64(void *p, uint64_t v) { orr_store_le64(p, __builtin_bswap64(v)); }
static inline void orr_store_be32(void *p, uint32_t v) { orr_store_le32(p, __builtin_bswap32(v)); }
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "the loads above assume a little-endian machine");

struct orr_reader { const uint8_t *p, *end; bool bad; };

static inline struct orr_reader orr_reader(const void *bytes, size_t len) {
    const uint8_t *p = (const uint8_t *)bytes; /* may be NULL when len is 0 */
    return (struct orr_reader){p, len ? p + len : p, false};
}
static inline size_t orr_read_left(const struct orr_reader *r) { return (size_t)(r->end - r->p); }
/* The next len bytes, lent from the input, or NULL when fewer are left. */
static inline const uint8_t *orr_read_bytes(struct orr_reader *r, size_t len) {
    if (r->bad || orr_read_left(r) < len) { r->bad = true; return NULL; }
    const uint8_t *p = r->p;
    r->p += len;
    return p;
}
static inline uint8_t orr_read_u8(struct orr_reader *r) {
    const uint8_t *p = orr_read_bytes(r, 1);
    return p ? *p : 0;
}
static inline uint16_t orr_read_u16(struct orr_reader *r) {
    const uint8_t *p = orr_read_bytes(r, 2);
    return p ? orr_load_le16(p) : 0;
}
static inline uint32_t orr_read_u32(struct orr_reader *r) {
    const uint8_t *p = orr_read_bytes(r, 4);
    return p ? orr_load_le32(p) : 0;
}
static inline uint64_t orr_read_u64(struct orr_reader *r) {
    const uint8_t *p = orr_read_bytes(r, 8);
    return p ? orr_load_le64(p) : 0;
}
static inline void orr_read_copy(struct orr_reader *r, void *to, size_t len) {
    const uint8_t *p = orr_read_bytes(r, len);
    if (p) memcpy(to, p, len); else memset(to, 0, len);
}
/* All was read, and nothing failed. */
static inline bool orr_read_done(const struct orr_reader *r) { return !r->bad && r->p == r->end; }

struct orr_writer { uint8_t *start, *p, *end; bool bad; };

static inline struct orr_writer orr_writer(void *bytes, size_t cap) {
    return (struct orr_writer){bytes, bytes, (uint8_t *)bytes + cap, false};
}
static inline size_t orr_written(const struct orr_writer *w) { return (size_t)(w->p - w->start); }
static inline void orr_write_bytes(struct orr_writer *w, const void *bytes, size_t len) {
    if (w->bad || (size_t)(w->end - w->p) < len) { w->bad = true; return; }
    if (len) memcpy(w->p, bytes, len);
    w->p += len;
}
static inline void orr_write_u8(struct orr_writer *w, uint8_t v) { orr_write_bytes(w, &v, 1); }
static inline void orr_write_u16(struct orr_writer *w, uint16_t v) { orr_write_bytes(w, &v, 2); }
static inline void orr_write_u32(struct orr_writer *w, uint32_t v) { orr_write_bytes(w, &v, 4); }
static inline void orr_write_u64(struct orr_writer *w, uint64_t v) { orr_write_bytes(w, &v, 8); }
#endif
