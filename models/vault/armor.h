/* armor.h - bytes as the text between BEGIN and END AGE ENCRYPTED FILE: strict PEM (RFC 7468) with
 * base64 in lines of 64 characters.
 *
 * A reader takes pieces of any size and hands out what they hold. */
#ifndef ORR_VAULT_ARMOR_H
#define ORR_VAULT_ARMOR_H

#include <stdbool.h>
#include <stdint.h>

#include "models/vault/fault.h"

#define ORR_ARMOR_BEGIN "-----BEGIN AGE ENCRYPTED FILE-----"
#define ORR_ARMOR_END   "-----END AGE ENCRYPTED FILE-----"

struct orr_armor {
    int state;
    bool short_line; /* only END may follow it */
    char line[66];
    size_t len;
    unsigned number; /* of the line, from 1 */
};
/* Start it zeroed.  Reads len characters into out, which has room for len + 48 bytes (a line may
 * have begun before); *out_len says how many there are.  LF or CR LF ends a line; white space may
 * stand before BEGIN and behind END.  BAD_ARMOR with the line. */
enum orr_vault_fault orr_armor_read(struct orr_armor *a, const uint8_t *in, size_t len,
                                    uint8_t *out, size_t *out_len, struct orr_why *why);
/* No more will come: has END been read? */
enum orr_vault_fault orr_armor_done(struct orr_armor *a, struct orr_why *why);

enum { ORR_ARMOR_BYTES = 48, ORR_ARMOR_LINE = 66 };
/* Up to 48 bytes (fewer only at the end) as a line with its newline; returns its length. */
size_t orr_armor_line(const uint8_t *bytes, size_t len, char to[ORR_ARMOR_LINE]);
#endif
