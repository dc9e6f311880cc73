/* spacetime.h - a diagram in space and time: a line for each node, an arrow for each message, marks
 * for what happened at a node, and the times at which a fault held (L. Lamport, "Time, Clocks, and
 * the Ordering of Events in a Distributed System", 1978, figure 1).
 *
 * As text time goes down and nodes stand side by side, a line for each thing that happens, messages
 * where they arrive.  As SVG time goes to the right.  Whoever has nodes, messages and marks can
 * draw one; sim/cli/spacetime_of.h takes them from a trace. */
#ifndef ORR_ANALYSIS_SPACETIME_H
#define ORR_ANALYSIS_SPACETIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { ORR_SPACETIME_TEXT_WIDTH = 100 };

/* Texts are lent and may hold any byte.  Nodes are numbers below n_nodes. */
struct orr_spacetime_node {
    const char *name;
    bool is_marked; /* shown in the colour of what is wrong */
};
struct orr_spacetime_message {
    int64_t sent_ns, at_ns; /* at_ns of a lost one: when it was lost */
    uint32_t from, to;
    const char *kind;       /* what the arrow is called; arrows of one kind have one colour */
    const char *lost;       /* why it never arrived, or NULL */
    uint32_t bytes;         /* header and data; 0: not known */
    uint64_t hash;          /* equal for equal kind and bytes; 0: not known */
};
struct orr_spacetime_mark {
    int64_t at_ns;
    uint32_t node;
    const char *text;
    bool is_wrong;          /* in the colour of what is wrong */
};
/* node UINT32_MAX: the whole network. */
struct orr_spacetime_span {
    int64_t from_ns, to_ns;
    uint32_t node;
    const char *text;
};

struct orr_spacetime {
    const char *title;      /* or NULL */
    int64_t from_ns, to_ns; /* what is shown; from_ns <= to_ns */
    struct orr_spacetime_node *nodes;
    struct orr_spacetime_message *messages; /* [n_messages] by at_ns, as marks are */
    struct orr_spacetime_mark *marks;
    struct orr_spacetime_span *spans;
    size_t n_nodes, n_messages, n_marks, n_spans;
};

/* Columns of text, width characters in a line (at least 60).  Nodes that do not fit beside each
 * other are left out, the last ones first, which is said in the last line. */
void orr_spacetime_print(const struct orr_spacetime *st, int width, FILE *to);
/* A whole SVG document, the same bytes for the same diagram. */
void orr_spacetime_draw(const struct orr_spacetime *st, FILE *to);
#endif
