/* yaml.h - a scenario's tree as YAML text that a person reads and the parser reads back. */
#ifndef ORR_SIM_SEARCH_YAML_H
#define ORR_SIM_SEARCH_YAML_H

#include "sim/scenario/tree.h"

/* A text that grows; zero-initialised it is empty. */
struct orr_yaml_text {
    char *v; /* [len] and a NUL; owned, free() */
    size_t len, cap;
};

/* Appends the tree, a map.  What fits on a line of 100 columns stands on one, in flow style;
 * sections and what is longer in block style.  Aliases are written out, comments are not in a tree.
 * The text parses to an equal tree, and writing that gives the same text. */
void orr_yaml_write(struct orr_yaml_text *text, const struct orr_tree *map);

/* Appends text[len] as comment lines of at most 100 columns, each behind `# `; what would disturb a
 * terminal or the parser is shown as \xNN. */
void orr_yaml_comment(struct orr_yaml_text *text, const char *comment);
#endif
