/* Registers are asked for: what stands in when SYNC_REGS is configured out. */
#include "core/regs.h"

void regs_share(struct kvm_run *run, uint64_t wanted, const struct kvm *kvm,
		const char *const *without)
{
	(void)run;
	(void)wanted;
	(void)kvm;
	(void)without;
}
