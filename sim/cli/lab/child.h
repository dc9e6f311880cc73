/* child.h - the process in which foreign code runs. */
#ifndef ORR_SIM_CLI_LAB_CHILD_H
#define ORR_SIM_CLI_LAB_CHILD_H

/* The word behind `orrery lab` with which the program calls itself; it is nobody else's. */
#define ORR_LAB_CHILD "--child"
enum { ORR_LAB_CHILD_FD = 3 }; /* where it finds its struct orr_lab_record */

/* Does what the record at ORR_LAB_CHILD_FD orders, and writes down what came of it there.  The exit
 * code of the process; what counts is the record. */
int orr_lab_child_main(void);
#endif
