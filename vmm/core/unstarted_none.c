/* One vCPU per guest, and it starts: what stands in without multi-vCPU. */
#include "core/unstarted.h"

void unstarted_look(struct vcpu *vcpu)
{
	(void)vcpu;
}

void unstarted_tell(struct vm *vm)
{
	(void)vm;
}

void unstarted_tell_end(struct vm *vm)
{
	(void)vm;
}
