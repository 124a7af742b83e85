/* Registers are asked for: what stands in when SYNC_REGS is configured out. */
#include "core/regs.h"

void regs_share(struct vcpu *vcpu)
{
	(void)vcpu;
}
