/*
 * The contract between the run loop and those who only watch: a probe sees
 * every VM exit before and after it is answered, and changes nothing.
 */
#ifndef MKVM_PROBE_H
#define MKVM_PROBE_H

#include "table.h"

struct kvm_run;

struct probe {
	const char *name;   /* one word, as in --list */
	const char *what;   /* one line for --list */
	const char *option; /* turns it on, "--verbose" */

	/*
	 * vCPU @cpu of guest @guest left with the exit called @reason. Called
	 * on the vCPU's thread, with the exit's data still unanswered.
	 */
	void (*exit)(const char *guest, unsigned int cpu, const char *reason,
		     const struct kvm_run *run);
};

#define PROBE(row) TABLE_ROW(probe, probe, row)

#endif
