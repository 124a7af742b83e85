/* No hypercalls of guests that are saved: what stands in where none can be. */
#include "abi/hypercall.h"
#include "devices/hypercall.h"

bool hypercall_saved_call(struct hypercall *hc, uint8_t function)
{
	(void)hc;
	(void)function;
	return false;
}

uint8_t hypercall_saved_result(struct hypercall *hc)
{
	(void)hc;
	return HC_UNSAVED;
}
