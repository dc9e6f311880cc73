#include "sim/cli/gossip/multiaddr.h"

#include <arpa/inet.h>
#include <stdio.h>

enum form { NOTHING, IP4, IP6, PORT, NAME, PEER, HASH };

/* multiaddr/protocols.csv: those that peers of gossip networks are met on. */
static const struct { uint32_t code; const char *name; enum form form; } protocols[] = {
    {4, "ip4", IP4}, {6, "tcp", PORT}, {33, "dccp", PORT}, {41, "ip6", IP6}, {42, "ip6zone", NAME},
    {53, "dns", NAME}, {54, "dns4", NAME}, {55, "dns6", NAME}, {56, "dnsaddr", NAME},
    {132, "sctp", PORT}, {273, "udp", PORT}, {280, "webrtc-direct", NOTHING},
    {281, "webrtc", NOTHING}, {290, "p2p-circuit", NOTHING}, {301, "udt", NOTHING},
    {302, "utp", NOTHING}, {421, "p2p", PEER}, {443, "https", NOTHING}, {448, "tls", NOTHING},
    {449, "sni", NAME}, {454, "noise", NOTHING}, {460, "quic", NOTHING},
    {461, "quic-v1", NOTHING}, {465, "webtransport", NOTHING}, {466, "certhash", HASH},
    {477, "ws", NOTHING}, {478, "wss", NOTHING}, {480, "http", NOTHING},
};
enum { N_PROTOCOLS = sizeof protocols / sizeof protocols[0] };

struct text {
    char *to;
    size_t len, cap;
    bool bad;
};

static void put(struct text *t, const char *bytes, size_t len) {
    if (t->bad || len >= t->cap - t->len) {
        t->bad = true;
        return;
    }
    memcpy(t->to + t->len, bytes, len);
    t->to[t->len += len] = 0;
}
static void put_text(struct text *t, const char *text) { put(t, text, strlen(text)); }

/* Bitcoin's base 58, in which peer ids are written. */
static void put_base58(struct text *t, const uint8_t *bytes, size_t len) {
    static const char digits[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    uint8_t number[256] = {0};
    size_t n = 0, zeros = 0;
    if (len > 128) t->bad = true;
    if (t->bad) return;
    while (zeros < len && !bytes[zeros]) zeros++;
    for (size_t i = zeros; i < len; i++) {
        uint32_t carry = bytes[i];
        for (size_t k = 0; k < n || carry; k++) { /* ends: 128 bytes are 175 digits */
            if (k == n) n++;
            carry += (uint32_t)number[k] << 8;
            number[k] = (uint8_t)(carry % 58);
            carry /= 58;
        }
    }
    for (size_t i = 0; i < zeros; i++) put(t, "1", 1);
    while (n--) put(t, &digits[number[n]], 1);
}

/* Multibase base64url without padding. */
static void put_base64(struct text *t, const uint8_t *bytes, size_t len) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    put(t, "u", 1);
    uint32_t bits = 0, n = 0;
    for (size_t i = 0; i < len; i++) {
        bits = bits << 8 | bytes[i], n += 8;
        for (; n >= 6; n -= 6) put(t, &digits[bits >> (n - 6) & 63], 1);
    }
    if (n) put(t, &digits[bits << (6 - n) & 63], 1);
}

static bool is_printable(const uint8_t *bytes, size_t len) {
    for (size_t i = 0; i < len; i++)
        if (bytes[i] <= ' ' || bytes[i] == '/' || bytes[i] == 0x7f) return false;
    return len > 0;
}

static bool put_value(struct text *t, enum form form, struct orr_reader *r) {
    static const size_t fixed[] = {[NOTHING] = 0, [IP4] = 4, [IP6] = 16, [PORT] = 2};
    uint64_t len = form <= PORT ? fixed[form] : 0;
    if (form > PORT) {
        uint32_t at = 0, left = (uint32_t)orr_read_left(r);
        if (!orr_proto_varint(r->p, &at, left, &len) || len > left) return false;
        r->p += at;
    }
    const uint8_t *bytes = orr_read_bytes(r, len);
    if (!bytes) return false;
    char address[INET6_ADDRSTRLEN];
    if (form != NOTHING) put(t, "/", 1);
    switch (form) {
    case NOTHING: return true;
    case IP4: put_text(t, inet_ntop(AF_INET, bytes, address, sizeof address)); return true;
    case IP6: put_text(t, inet_ntop(AF_INET6, bytes, address, sizeof address)); return true;
    case PORT: {
        char port[8];
        snprintf(port, sizeof port, "%u", (unsigned)(bytes[0] << 8 | bytes[1]));
        put_text(t, port);
        return true;
    }
    case NAME: put(t, (const char *)bytes, len); return is_printable(bytes, len);
    case PEER: put_base58(t, bytes, len); return len > 0;
    case HASH: put_base64(t, bytes, len); return len > 0;
    }
    return false;
}

bool orr_multiaddr_text(struct orr_blob address, char *to, size_t cap) {
    struct text t = {to, 0, cap, false};
    struct orr_reader r = orr_reader(address.p, address.len);
    if (!address.len) return false;
    to[0] = 0;
    while (orr_read_left(&r)) {
        uint64_t code;
        uint32_t at = 0, i = 0;
        if (!orr_proto_varint(r.p, &at, (uint32_t)orr_read_left(&r), &code)) return false;
        r.p += at;
        while (i < N_PROTOCOLS && protocols[i].code != code) i++;
        if (i == N_PROTOCOLS) return false;
        put(&t, "/", 1);
        put_text(&t, protocols[i].name);
        if (!put_value(&t, protocols[i].form, &r)) return false;
    }
    return !t.bad;
}
