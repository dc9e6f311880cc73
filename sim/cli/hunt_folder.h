/* hunt_folder.h - what a folder of findings is good for later: to see them again, and to join those
 * of two. */
#ifndef ORR_SIM_CLI_HUNT_FOLDER_H
#define ORR_SIM_CLI_HUNT_FOLDER_H

/* Runs each scenario of a folder (NAME.yaml) in a process of its own, in the order of their names,
 * and prints a line for each: what it shows, and whether its fingerprint is that of its comment.
 * Exit code: 0 all that have one have it, 1 some run comes to another, 2 there is none or some
 * cannot be run, 3 the machine failed. */
int orr_hunt_replay(const char *folder);

/* Copies findings of a folder that are of no shape (check and decisions) of the other's into that,
 * under the next free numbers, with what was drawn.  Exit code: 0, 2 there is no such folder, 3. */
int orr_hunt_merge(const char *from, const char *into);
#endif
