/* Threads first, then walls: see walls.h. */
#include "walls.h"

#include <stdbool.h>

#include "core/errand.h"
#include "core/plan.h"
#include "core/sandbox.h"
#include "core/vm.h"
#include "core/workers.h"

/* Whether one has a device that may want a thread: those that options asked for. */
static bool have_workers(const struct vm *vms, unsigned int nr_vms)
{
	for (unsigned int i = 0; i < nr_vms; i++)
		if (vms[i].config.plan && vms[i].config.plan->nr)
			return true;
	return false;
}

int walls_raise(struct vm *vms, unsigned int nr_vms,
		const struct cpu_state *cpus)
{
	int err = sandbox_process();

	/* Those that make calls which the main thread does not. */
	for (unsigned int i = 0; i < nr_vms && !err; i++) {
		err = workers_raise_openers(&vms[i]);
		if (!err)
			err = vm_raise(&vms[i], cpus ? &cpus[i] : NULL);
	}
	if (!err)
		err = sandbox_thread(have_workers(vms, nr_vms) ? SANDBOX_MAKER :
								 SANDBOX_MAIN,
				     0);
	for (unsigned int i = 0; i < nr_vms && !err; i++)
		err = workers_raise_others(&vms[i]);
	return err;
}

void walls_answer(struct vm *vms, unsigned int nr_vms)
{
	for (unsigned int i = 0; i < nr_vms; i++)
		errands_answer(&vms[i]);
}
