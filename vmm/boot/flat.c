/*
 * Flat real-mode programs: the file is memory from gpa 0 on, entered at
 * 0000:0000 with every segment at 0, as after `org 0`. They end with HLT or
 * a hypercall and get no interrupt controller: timer ticks into the vector
 * table they overlay would derail them.
 */
#include <errno.h>
#include <string.h>

#include "loader.h"
#include "util/log.h"

#define RAM_DEFAULT  (1ULL << 20)
#define SIZE_MAX_64K 0x10000 /* what a real-mode segment at 0 can reach */
#define STACK_TOP    0xfffe

/* Anything may be a flat program; every loader that sees a header is surer. */
static int flat_match(const struct image *image)
{
	return image->size <= SIZE_MAX_64K ? 1 : 0;
}

static int flat_load(const struct image *image, const struct boot_args *args,
		     const struct memory *mem, struct cpu_state *cpu)
{
	(void)args;
	if (image->size > SIZE_MAX_64K ||
	    mem_write(mem, 0, image->data, image->size)) {
		log_error("%s: a flat real-mode program has at most %d bytes, "
			  "and this file has %zu",
			  image->path, SIZE_MAX_64K, image->size);
		return -E2BIG;
	}
	*cpu = cpu_state_real16;
	cpu->rsp = STACK_TOP;
	return 0;
}

static const struct loader flat = {
	.name = "flat",
	.what = "real-mode program, flat binary at 0000:0000",
	.mem_default = RAM_DEFAULT,
	.mem_min = SIZE_MAX_64K,
	.needs = NEEDS_HLT_ENDS,
	.match = flat_match,
	.load = flat_load,
};
LOADER(flat);
