/* stdout.h - standard output is the program's, not a protocol's. */
#ifndef ORR_SIM_CLI_STDOUT_H
#define ORR_SIM_CLI_STDOUT_H

/* From here on what is written to standard output goes to standard error, as long as code of
 * protocols is loaded or runs: a plug-in that prints can then neither spoil nor forge a result.
 * Returns what orr_stdout_give_back takes. */
int orr_stdout_keep(void);
/* Standard output is as it was. */
void orr_stdout_give_back(int kept);
#endif
