/* No 4 MiB pages: what stands in when PAGES_4M is configured out. */
#include "boot/paged.h"

bool paged_map_large(const struct boot_args *args, const struct memory *mem,
		     uint32_t *directory, struct cpu_state *cpu)
{
	(void)args;
	(void)mem;
	(void)directory;
	(void)cpu;
	return false;
}
