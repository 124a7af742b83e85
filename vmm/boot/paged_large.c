/* 4 MiB pages for 1K OS: a directory and nothing behind it; see paged.h. */
#include "boot/paged.h"

#include "feature.h"
#include "x86/bits.h"
#include "x86/paging.h"
#include "boot_args.h"

static const struct feature large_pages = {
	.name = "large-pages",
	.what = "1K OS starts on 4 MiB pages",
};
FEATURE(large_pages);

bool paged_map_large(const struct boot_args *args, const struct memory *mem,
		     uint32_t *directory, struct cpu_state *cpu)
{
	unsigned int pages = mem->low_size / PAGED_SPAN;

	if (feature_is_out(args->without, large_pages.name))
		return false;
	for (unsigned int i = 0; i < pages && i < PAGED_HALF; i++) {
		uint32_t entry = i * PAGED_SPAN | PAGED_PRESENT |
				 PAGED_WRITABLE | PTE_PS;

		directory[i] = entry;
		directory[PAGED_HALF + i] = entry;
	}
	cpu->cr4 |= CR4_PSE;
	return true;
}
