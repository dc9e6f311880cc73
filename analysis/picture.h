/* picture.h - a picture by gnuplot, with the data and the script that it is made of beside it.
 *
 * PATH.dat and PATH.gp stay, to be edited and run again by `gnuplot PATH.gp` in that folder.  All
 * is made in a folder of its own and moved from there.  None of the three takes the place of a file
 * that this has not written, that somebody has edited since (its last line tells), or of a link. */
#ifndef ORR_ANALYSIS_PICTURE_H
#define ORR_ANALYSIS_PICTURE_H

#include <stdio.h>

enum { ORR_PICTURE_ERROR = 512 }; /* bytes of a message */

struct orr_picture {
    const char
        *path; /* its ending (png, svg, pdf, tex) is that of the terminal that the script sets */
    const char *mark; /* how the script begins, by which it is known again: a comment, no newline */
    void (*write_data)(const void *ctx, FILE *to);
    /* Behind the mark; data: the name of the data file, in the same folder. */
    void (*write_script)(const void *ctx, const char *data, FILE *to);
    const void *ctx;
};

/* Errors with one line each: ORR_EIO (cannot write, or something is there that is not ours),
 * ORR_EUNSUPPORTED (no gnuplot, or it failed), ORR_ENOMEM. */
int orr_picture_draw(const struct orr_picture *picture, char error[ORR_PICTURE_ERROR]);

/* A text between single quotes of gnuplot: quotes doubled, nothing that ends a line. */
void orr_picture_quote(FILE *to, const char *text);
/* What stands behind the last slash. */
const char *orr_picture_base_name(const char *path);
#endif
