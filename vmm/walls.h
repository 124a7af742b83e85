/* When the walls of this process are raised, and how others are served from behind
 * those of the main thread. */
#ifndef MKVM_WALLS_H
#define MKVM_WALLS_H

struct cpu_state;
struct vm;

/*
 * All files are open. Makes the threads of all guests, the first registers of whose
 * vCPUs are @cpus (NULL: they have been restored), and raises the walls between (core/sandbox.h). None enters its
 * guest yet. 0, or -errno after one message; then the guests have to be ended.
 */
int walls_raise(struct vm *vms, unsigned int nr_vms,
		const struct cpu_state *cpus);

/* The bell has rung: errands of the guests' threads (core/errand.h). */
void walls_answer(struct vm *vms, unsigned int nr_vms);

#endif
