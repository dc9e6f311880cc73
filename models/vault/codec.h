/* codec.h - bytes as text: base64 (RFC 4648 without padding), base58 with a checksum (BIP-32), and
 * bech32 (BIP-173, without its limit of 90 characters, as age uses it).
 *
 * Each reader accepts the one canonical form of its bytes and nothing else.  Readers return how
 * many bytes there are, or ORR_EFORMAT, or ORR_ELIMIT for more than cap. */
#ifndef ORR_VAULT_CODEC_H
#define ORR_VAULT_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Characters of len bytes, without padding. */
static inline size_t orr_base64_len(size_t len) { return (len * 4 + 2) / 3; }
/* To orr_base64_len(len) characters and a NUL. */
void orr_base64_write(char *to, const void *bytes, size_t len);
/* Unused bits at the end must be zero. */
long orr_base64_read(const char *text, size_t len, void *to, size_t cap);

enum { ORR_BASE58_BYTES = 96, ORR_BASE58_TEXT = 144 };
/* len <= ORR_BASE58_BYTES - 4 bytes and four of their double SHA-256, with a NUL. */
void orr_base58check_write(char to[ORR_BASE58_TEXT], const void *bytes, size_t len);
/* The bytes without their checksum.  ORR_ECORRUPT: all is base58, but the checksum does not fit. */
long orr_base58check_read(const char *text, size_t len, void *to, size_t cap);

enum { ORR_BECH32_TEXT = 128 };
/* len <= 32 bytes behind a prefix in lower case; upper: all in upper case. */
void orr_bech32_write(char to[ORR_BECH32_TEXT], const char *prefix, const uint8_t *bytes,
                      size_t len, bool upper);
/* prefix is in lower case; the text may be in either case, not in both.  ORR_ENOTFOUND: another
 * prefix; ORR_ECORRUPT: the checksum does not fit. */
long orr_bech32_read(const char *text, size_t len, const char *prefix, uint8_t *to, size_t cap);
#endif
