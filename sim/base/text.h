/* text.h - showing a text that is not ours: a title, a name, a line of a node, a file's own words.
 *
 * What would disturb a terminal is shown as \xNN: control characters (C0, DEL, C1), bytes that are
 * no UTF-8 (RFC 3629), and characters that turn the direction of writing or break a line unseen
 * (U+200B to U+200F, U+2028 to U+202E, U+2066 to U+2069, U+FEFF). */
#ifndef ORR_SIM_BASE_TEXT_H
#define ORR_SIM_BASE_TEXT_H

#include <stddef.h>
#include <stdio.h>

/* Prints len bytes. */
void orr_text_print(const char *text, size_t len, FILE *to);

/* The same into a buffer, cut to fit, and a NUL; returns the buffer. */
const char *orr_text_show(char *to, size_t size, const char *text);
/* For a printf: printf("%s\n", ORR_SHOWN(title)).  The text lives as long as the block. */
#define ORR_SHOWN(text) orr_text_show((char[1024]){0}, 1024, text)

enum { ORR_TEXT_CHARACTER = 20 };
/* The character at *p as it is shown, with a NUL, and its width on the screen; *p is stepped over
 * it.  A tab is a space. */
int orr_text_step(const char **p, const char *end, char shown[ORR_TEXT_CHARACTER]);

/* Bytes of the UTF-8 character at p, or 0 when it is none. */
size_t orr_utf8_len(const char *p, const char *end);
#endif
