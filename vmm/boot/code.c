/*
 * Code without a header, by option only: a flat binary that finds itself in 32-
 * or 64-bit mode, with flat segments at ring 0, interrupts off and no IDT. In
 * 64-bit mode the low 4 GiB are mapped to themselves, open to ring 3 as well.
 *
 *   --load-at      the binary, which is entered at its first byte:
 *                  0 with --prot32, 0x1000 with --long-mode
 *   0x8000         end of the stack, as it was in the original Mini-KVM
 *   0x80000        GDT and page tables
 *
 * Where the binary itself is, there is none of these: they give way, upwards.
 */
#include <errno.h>

#include "boot/map64.h"
#include "boot/place.h"
#include "util/log.h"
#include "x86/bits.h"
#include "boot_args.h"

#define RAM_DEFAULT (16ULL << 20)
#define RAM_MIN	    (1ULL << 20)
#define CODE32_AT   0
#define CODE64_AT   0x1000
#define STACK_TOP   0x8000
#define TABLES_AT   0x80000

static const uint64_t gdt64[] = {
	0, 0x00af9b000000ffff, /* 0x08: 64-bit code */
	0x00cf93000000ffff,    /* 0x10: data */
};

static const struct room_taken nothing[] = { { 0 } };

/* A stack, and room for the tables. 0, or -E2BIG after one message. */
static int place_rest(const struct image *image, struct place *place,
		      struct cpu_state *cpu, gpa_t *tables)
{
	gpa_t stack = place_find(place, STACK_TOP - ROOM_STACK, ROOM_STACK,
				 X86_PAGE_SIZE);

	*tables = place_find(place, TABLES_AT, MAP64_SIZE + X86_PAGE_SIZE,
			     X86_PAGE_SIZE);
	if (!*tables || !stack) {
		log_error("%s: with stack and tables beside it it takes more "
			  "RAM; try a lower --load-at or a larger --mem",
			  image->path);
		return -E2BIG;
	}
	cpu->rsp = stack + ROOM_STACK;
	return 0;
}

/* Describes the rest of @cpu, whose mode is set, and fills its tables. */
static int load(const struct image *image, const struct memory *mem, gpa_t at,
		const uint64_t *gdt, struct cpu_state *cpu)
{
	struct place place;
	gpa_t tables;
	int err = room_check(image->path, "code", at, at + image->size, mem,
			     nothing);

	if (err)
		return err;
	place_init(&place, mem, nothing);
	place_take(&place, at, at + image->size, "");
	err = place_rest(image, &place, cpu, &tables);
	if (err)
		return err;
	cpu->rip = at;
	cpu->gdt_base = tables + MAP64_SIZE;
	cpu->gdt_limit = sizeof(cpu_gdt32) - 1;
	mem_write(mem, at, image->data, image->size);
	if (cpu->efer) {
		cpu->cr3 = tables;
		map64_identity(mem, tables);
		map64_allow_user(mem, tables, 0, MEM_4G);
	}
	return mem_write(mem, cpu->gdt_base, gdt, sizeof(cpu_gdt32));
}

static gpa_t load_address(const struct boot_args *args, gpa_t usual)
{
	return args->load_at == LOAD_AT_USUAL ? usual : args->load_at;
}

static int code32_load(const struct image *image, const struct boot_args *args,
		       const struct memory *mem, struct cpu_state *cpu)
{
	*cpu = cpu_state_prot32;
	return load(image, mem, load_address(args, CODE32_AT), cpu_gdt32, cpu);
}

static int code64_load(const struct image *image, const struct boot_args *args,
		       const struct memory *mem, struct cpu_state *cpu)
{
	*cpu = cpu_state_long64;
	return load(image, mem, load_address(args, CODE64_AT), gdt64, cpu);
}

static const struct loader code32 = {
	.name = "code32",
	.what = "32-bit code, flat binary",
	.option = "--prot32",
	.mem_default = RAM_DEFAULT,
	.mem_min = RAM_MIN,
	.needs = NEEDS_HLT_ENDS | NEEDS_LOAD_AT,
	.load = code32_load,
};
LOADER(code32);

static const struct loader code64 = {
	.name = "code64",
	.what = "64-bit code, flat binary",
	.option = "--long-mode",
	.mem_default = RAM_DEFAULT,
	.mem_min = RAM_MIN,
	.needs = NEEDS_HLT_ENDS | NEEDS_LOAD_AT,
	.load = code64_load,
};
LOADER(code64);
