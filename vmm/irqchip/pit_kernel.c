/* The 8254 timer in the host kernel (KVM API, "KVM_CREATE_PIT2"). */
#include "irqchip/pit_kernel.h"

#include <errno.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>

#include "core/plan.h"
#include "core/vm.h"
#include "feature.h"
#include "irqchip/bios.h"
#include "util/log.h"

#define BOTH_HALVES 3 /* of a count, as control words have it */

static const struct feature pit = {
	.name = "pit",
	.what = "the 8254 timer, IRQ0",
};
FEATURE(pit);

/* KVM makes up for ticks that a guest had no time for, one right behind the other. Firmware
 * that waits for another interrupt opens the window for one at a time, and IRQ0 goes
 * first: it would count its patience down by these. So there they are lost, as a
 * PC's are. */
static void lose_ticks(struct vm *vm)
{
	const struct kvm_reinject_control control = { .pit_reinject = 0 };

	if (vm->config.plan && plan_has_rom(vm->config.plan))
		ioctl(vm->fd, KVM_REINJECT_CONTROL, &control);
}

int pit_kernel_create(struct vm *vm)
{
	/* The dummy speaker answers port 0x61, which timer code polls. */
	struct kvm_pit_config config = { .flags = KVM_PIT_SPEAKER_DUMMY };
	int err;

	if (feature_is_out(vm->config.without, pit.name) ||
	    plan_has(vm->config.plan, pit.name))
		return 0;
	if (!ioctl(vm->fd, KVM_CREATE_PIT2, &config)) {
		lose_ticks(vm);
		return 0;
	}
	err = errno;
	log_error("%s: KVM_CREATE_PIT2: %s; --no-pit goes without",
		  vm->config.name, strerror(err));
	return -err;
}

/* One that was not created stays away, or an option's is in its place. */
void pit_kernel_as_bios(struct vm *vm)
{
	struct kvm_pit_state2 state;

	if (ioctl(vm->fd, KVM_GET_PIT2, &state)) {
		bios_leaves(vm);
		return;
	}
	state.channels[0].count = 0; /* the longest: 18.2 Hz */
	state.channels[0].mode = BIOS_PIT_MODE;
	state.channels[0].rw_mode = BOTH_HALVES;
	ioctl(vm->fd, KVM_SET_PIT2, &state);
}
