/* The machine: from parsed options to running guests and an exit status. */
#ifndef MKVM_MACHINE_H
#define MKVM_MACHINE_H

struct options;

/* Runs every guest @opt names until all have ended. Returns the process's
 * exit status: the worst of the guests', see abi/exit_status.h. */
int machine_run(const struct options *opt);

#endif
