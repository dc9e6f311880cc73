/* hunt_files.h - the folder of a hunt: its index, its findings, its report.
 *
 *     index.txt                what was hunted, how far it has come, and a line for each run that
 *                              showed something: to go on from
 *     NAME-K.yaml              finding K, shrunk: a scenario that replays by itself
 *     NAME-K-drawn.yaml        the same as it was drawn
 *     report.txt               what was found, for people
 *
 * Each file is written beside its place and then moved there, so that a reader and a killed hunt
 * see a whole one. */
#ifndef ORR_SIM_CLI_HUNT_FILES_H
#define ORR_SIM_CLI_HUNT_FILES_H

#include "sim/search/hunt.h"

/* Writes text[len] to FOLDER/NAME.  False: why has been said on standard error. */
bool orr_hunt_file_write(const char *folder, const char *name, const char *text, size_t len);

/* Makes the folder and those above it. */
bool orr_hunt_folder(const char *folder);

bool orr_hunt_index_write(const struct orr_hunt *hunt, const char *folder);

enum orr_hunt_index { ORR_INDEX_READ, ORR_INDEX_ABSENT, ORR_INDEX_BAD };
/* Takes n_done, n_skipped and what was caught from an index of the same hunt.  BAD: it is of
 * another one or damaged, which has been said. */
enum orr_hunt_index orr_hunt_index_read(struct orr_hunt *hunt, const char *folder);
#endif
