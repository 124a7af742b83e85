/*
 * Short cuts for Linux with one vCPU: words of its command line that spare it
 * work it has no use for (kernel-parameters.txt in the kernel's tree).
 */
#include "boot/linux.h"
#include "feature.h"

static const struct feature shortcuts = {
	.name = "shortcuts",
	.what = "words for Linux with one vCPU, with fewer VM exits to boot",
};
FEATURE(shortcuts);

/*
 * The I/O APIC is another way to the same CPU. Where it is a device of ours it
 * is there to be looked at, so Linux sets it up. Pages for the data of each CPU
 * spare it 2 MiB that it would clear and give back.
 */
const char *linux_shortcuts(const struct boot_args *args)
{
	if (args->nr_cpus != 1 || feature_is_out(args->without, shortcuts.name))
		return "";
	return args->chips_in_kernel ? "percpu_alloc=page noapic " :
				       "percpu_alloc=page ";
}
