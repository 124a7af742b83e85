/*
 * Short cuts for Linux with one vCPU: words of its command line that spare it
 * work it has no use for (kernel-parameters.txt in the kernel's tree).
 */
#include "boot/linux.h"
#include "feature.h"
#include "ison.h"
#include "boot_args.h"

static const struct feature shortcuts = {
	.name = "shortcuts",
	.what = "words for Linux with one vCPU, with fewer VM exits to boot",
};
FEATURE(shortcuts);

/* Without it, ticks of the PIT come early in a boot. */
static bool has_kvmclock(const struct boot_args *args)
{
	return IS_ON(CONFIG_KVMCLOCK) &&
	       !feature_is_out(args->without, "kvmclock");
}

/*
 * The I/O APIC is another way to the same CPU. Where it is a device of ours it
 * is there to be looked at, so Linux sets it up; and where the PIT ticks while
 * Linux sets LINT0 up for the 8259s instead, KVM has been seen to lose the
 * interrupt, and all others with it. A kernel made for any PC has drivers that
 * are better off with the I/O APIC: ACPI and PCI have levels where the 8259s were
 * set up for edges, and complain. And where devices of virtio over MMIO interrupt,
 * each time by the 8259s is four VM exits more. Pages for the data of each CPU spare it 2
 * MiB that it would clear and give back.
 */
const char *linux_shortcuts(const struct linux_kernel *kernel,
			    const struct boot_args *args)
{
	if (args->nr_cpus != 1 || feature_is_out(args->without, shortcuts.name))
		return "";
	return args->chips_in_kernel && has_kvmclock(args) &&
			       !args->nr_windows && !kernel->is_for_pcs ?
		       "percpu_alloc=page noapic " :
		       "percpu_alloc=page ";
}
