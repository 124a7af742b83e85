/*
 * What is remembered of the interrupt controllers and the timer in the host kernel
 * (KVM API, "KVM_GET_IRQCHIP", "KVM_GET_PIT2"). What GSIs lead to is not: devices
 * ask for that again when they send.
 */
#include "irqchip/kernel_state.h"

#include <errno.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>

#include "core/vm.h"
#include "util/stash.h"

#define NR_CHIPS  3 /* the 8259s and the I/O APIC, by their numbers */
#define COUNT_MAX 0x10000
#define MODE_MAX  5
#define MODE_NONE 0xff /* none was set yet */
#define RW_MAX	  3

struct saved {
	struct kvm_irqchip chips[NR_CHIPS];
	uint32_t has_pit;
	struct kvm_pit_state2 pit;
};

/* A guest may do without that timer. */
static int get_pit(struct vm *vm, struct saved *saved)
{
	saved->has_pit = !ioctl(vm->fd, KVM_GET_PIT2, &saved->pit);
	return saved->has_pit || errno == ENXIO ? 0 : -errno;
}

int kernel_save(struct vm *vm, struct stash *out)
{
	struct saved saved;
	int err;

	memset(&saved, 0, sizeof(saved));
	for (unsigned int i = 0; i < NR_CHIPS; i++) {
		saved.chips[i].chip_id = i;
		if (ioctl(vm->fd, KVM_GET_IRQCHIP, &saved.chips[i]))
			return -errno;
	}
	err = get_pit(vm, &saved);
	if (!err)
		STASH_PUT(out, saved);
	return err;
}

static bool is_sound(const struct kvm_pit_state2 *pit)
{
	for (unsigned int i = 0; i < 3; i++) {
		const struct kvm_pit_channel_state *channel = &pit->channels[i];

		if (channel->count > COUNT_MAX || channel->rw_mode > RW_MAX ||
		    (channel->mode > MODE_MAX && channel->mode != MODE_NONE))
			return false;
	}
	return true;
}

/* KVM begins to count anew: it does not say how far counter 0 had come. */
static int set_pit(struct vm *vm, const struct saved *saved)
{
	struct kvm_pit_state2 now;
	bool has_pit = !ioctl(vm->fd, KVM_GET_PIT2, &now);

	if (has_pit != (saved->has_pit != 0))
		return -EINVAL;
	if (!has_pit)
		return 0;
	if (!is_sound(&saved->pit) || ioctl(vm->fd, KVM_SET_PIT2, &saved->pit))
		return -EINVAL;
	return 0;
}

int kernel_load(struct vm *vm, struct stash *in)
{
	struct saved saved;

	STASH_GET(in, saved);
	if (in->bad)
		return -EINVAL;
	for (unsigned int i = 0; i < NR_CHIPS; i++)
		if (saved.chips[i].chip_id != i ||
		    ioctl(vm->fd, KVM_SET_IRQCHIP, &saved.chips[i]))
			return -EINVAL;
	return set_pit(vm, &saved);
}
