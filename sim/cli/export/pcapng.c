/* pcapng.c - section, interface and packet blocks, little-endian as their magic says; the head of a
 * packet, which is this project's, is big-endian:
 *
 *     0  "ORRY", version 1, 1 if lost, length of the head (2 bytes)
 *     8  sent_ns, hash of the message (8 bytes each)
 *    24  length of the message (4 bytes)
 *    28  names of sender, receiver and kind, why it was lost: a byte of length and text each */
#include <assert.h>
#include <string.h>

#include "sim/base/text.h"
#include "sim/cli/export/export.h"

enum { LINK_USER0 = 147, FIXED = 28, NAMES = 4, HEAD_MOST = FIXED + NAMES * 256 };

static uint8_t *put_big(uint8_t *to, uint64_t value, int bytes) {
    for (int i = bytes; i-- > 0;) *to++ = (uint8_t)(value >> 8 * i);
    return to;
}

static void put_little(uint64_t value, int bytes, FILE *to) {
    for (int i = 0; i < bytes; i++) fputc((int)(value >> 8 * i & 0xff), to);
}

static void put_padded(const void *bytes, size_t len, FILE *to) {
    fwrite(bytes, 1, len, to);
    put_little(0, (int)(-len & 3), to);
}

static size_t padded(size_t len) { return (len + 3) & ~(size_t)3; }

/* An option of a block: code, length, value. */
static void put_option(unsigned code, const void *value, size_t len, FILE *to) {
    put_little(code, 2, to), put_little(len, 2, to);
    put_padded(value, len, to);
}

static void put_section(const char *build, FILE *to) {
    enum { USER_APPLICATION = 4 };
    char shown[256];
    size_t len = strlen(orr_text_show(shown, sizeof shown, build));
    size_t size = 28 + 4 + padded(len) + 4;
    put_little(0x0a0d0d0a, 4, to), put_little(size, 4, to);
    put_little(0x1a2b3c4d, 4, to);
    put_little(1, 2, to), put_little(0, 2, to);
    put_little(UINT64_MAX, 8, to); /* length of the section: not said */
    put_option(USER_APPLICATION, shown, len, to);
    put_little(0, 4, to), put_little(size, 4, to);
}

static void put_interface(FILE *to) {
    enum { NAME = 2, RESOLUTION = 9 };
    static const uint8_t nanoseconds = 9;
    const size_t size = 20 + 4 + 8 + 4 + 4 + 4;
    put_little(1, 4, to), put_little(size, 4, to);
    put_little(LINK_USER0, 2, to), put_little(0, 2, to);
    put_little(0, 4, to); /* packets are not cut at a length */
    put_option(NAME, "network", 7, to);
    put_option(RESOLUTION, &nanoseconds, 1, to);
    put_little(0, 4, to), put_little(size, 4, to);
}

static uint8_t *put_name(uint8_t *to, const char *name) {
    char shown[256];
    size_t len = strlen(orr_text_show(shown, sizeof shown, name));
    *to++ = (uint8_t)len;
    memcpy(to, shown, len);
    return to + len;
}

static void put_packet(const struct orr_spacetime *d, const struct orr_spacetime_message *m,
                       FILE *to) {
    uint8_t head[HEAD_MOST], *p = head;
    memcpy(p, "ORRY", 4), p += 4;
    p = put_big(p, 1, 1);
    p = put_big(p, m->lost != NULL, 1);
    p = put_big(p, 0, 2);
    p = put_big(p, (uint64_t)m->sent_ns, 8);
    p = put_big(p, m->hash, 8);
    p = put_big(p, m->bytes, 4);
    p = put_name(p, d->nodes[m->from].name);
    p = put_name(p, d->nodes[m->to].name);
    p = put_name(p, m->kind);
    p = put_name(p, m->lost ? m->lost : "");
    size_t len = (size_t)(p - head), size = 32 + padded(len);
    assert(len <= sizeof head);
    put_big(head + 6, len, 2);
    uint64_t at = m->at_ns < 0 ? 0 : (uint64_t)m->at_ns;
    uint64_t wire = (uint64_t)len + m->bytes;
    put_little(6, 4, to), put_little(size, 4, to);
    put_little(0, 4, to); /* the first interface */
    put_little(at >> 32, 4, to), put_little(at & UINT32_MAX, 4, to);
    put_little(len, 4, to), put_little(wire < UINT32_MAX ? wire : UINT32_MAX, 4, to);
    put_padded(head, len, to);
    put_little(size, 4, to);
}

void orr_export_pcapng(const struct orr_spacetime *diagram, const char *build, FILE *to) {
    put_section(build, to);
    put_interface(to);
    for (size_t i = 0; i < diagram->n_messages; i++)
        put_packet(diagram, &diagram->messages[i], to);
}
