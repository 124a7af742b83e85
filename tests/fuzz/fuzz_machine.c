/* objects: VMM:core/ VMM:devices/ VMM:pci/ VMM:irqchip/ VMM:terminal/ VMM:util/ VMM:x86/ VMM:sandbox/ */
/* objects: VMM:probes/explain/ VMM:probes/trace/ */
/* wrap: ioctl event_timer_fd event_arm clock_gettime */
/*
 * A guest made by an enemy, for the whole machine: VM exits of every kind, with
 * whatever KVM would hand over, go to core/exit.c and from there over the buses to
 * the devices and interrupt controllers that a VM has with each --irqchip. KVM
 * itself is played by the ioctl() below, the clock by one that the input sets.
 *
 * The first byte chooses the interrupt controllers and what watches; each step
 * is a byte that says what happens and a few more that say how.
 */
#define _GNU_SOURCE /* memfd_create(), pipe2() */
#include "machine_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct machine machine;
	struct machine *m = &machine;

	in = (struct bytes){ data, size };
	open_console();
	build(m, next());
	while (in.left && !atomic_load(&m->vm.stopping))
		step(m);
	take_down(m);
	return 0;
}
