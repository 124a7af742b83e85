/* objects: VMM:boot/ */
/* objects: core/memory.o core/feature.o core/plan.o util/log.o util/sink.o */
/* objects: util/backend.o util/bus_error.o util/fixed.o */
/* objects: x86/cpustate.o x86/cpustate_real16.o x86/cpustate_reset.o util/fwfile.o */
/*
 * Images made by an enemy, for one loader: the one that the program's own name
 * tells, so that fuzz_vmlinux is a link to this one. fuzz_select asks the
 * loader that finds itself responsible, as for any file of the command line.
 *
 * The first byte says how much RAM there is, the second what else was given;
 * what follows is the image. RAM has walls around it (core/memory.c) and the
 * image is as long as its block, so that a step beside either ends the program.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boot/select.h"
#include "boot_args.h"
#include "loader.h"
#include "util/fwfile.h"

#define NR_MODULES 2
#define HEAD	   2 /* bytes before the image */

/* What was given, by the bits of the second byte. */
#define WITH_CMDLINE  (1 << 0)
#define WITH_INITRD   (1 << 1)
#define WITHOUT_LARGE (1 << 2)
#define FORCED	      (1 << 3)
#define WITH_MODULES  (1 << 4)
#define WITH_LOAD_AT  (1 << 5)
#define LOAD_AT	      0x7ffff
#define RSDP	      0xe0000 /* where ACPI has it, or nothing */

TABLE_DECLARE(loader, loader);

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct loader *loader; /* NULL: whichever matches */

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *name = strrchr((*argv)[0], '_');
	const struct loader *const *row;

	(void)argc;
	name = name ? name + 1 : (*argv)[0];
	TABLE_FOREACH(loader, row) {
		if (!strcmp((*row)->name, name))
			loader = *row;
	}
	if (!loader && strcmp(name, "select")) {
		fprintf(stderr, "%s: no loader of that name\n", (*argv)[0]);
		exit(1);
	}
	return 0;
}

static uint64_t ram_size(uint8_t byte)
{
	static const uint64_t sizes[] = {
		MEM_MIN,  1 << 20,  3 << 20,  4 << 20,
		17 << 20, 32 << 20, 48 << 20, 72 << 20
	};

	return sizes[byte % (sizeof(sizes) / sizeof(sizes[0]))];
}

static void load(const struct loader *by, const struct image *image,
		 uint64_t size, uint8_t given)
{
	static const char *const without[] = { "large-pages", NULL };
	const struct module modules[NR_MODULES] = {
		{ .text = "fuzz", .args = "", .image = *image },
		{ .text = "fuzz a word", .args = "a word", .image = *image },
	};
	struct fw_files *files = calloc(1, sizeof(*files));
	const struct boot_args args = {
		.files = files, /* as for every loader with NEEDS_FIRMWARE */
		.cmdline = given & WITH_CMDLINE ? "console=ttyS0 quiet" : NULL,
		.usual_cmdline = "console=ttyS0",
		.plan_words = given & WITH_INITRD ? " root=/dev/vda" : NULL,
		.initrd = given & WITH_INITRD ? image : NULL,
		.modules = modules,
		.has_text = given & WITH_CMDLINE,
		.rsdp = given & WITH_INITRD ? RSDP : 0,
		.load_at = given & WITH_LOAD_AT ? LOAD_AT : LOAD_AT_USUAL,
		.nr_modules = given & WITH_MODULES ? NR_MODULES : 0,
		.without = given & WITHOUT_LARGE ? without : NULL,
	};
	struct cpu_state cpu;
	struct memory mem;

	if (size < by->mem_min)
		size = by->mem_min; /* guest.c refuses less */
	if (!files || mem_init(&mem, size))
		abort();
	memset(&cpu, 0xaa, sizeof(cpu));
	if (!by->load(image, &args, &mem, &cpu) && !cpu.cr0)
		abort(); /* no CPU starts like that: nothing was described */
	mem_free(&mem);
	fw_free(files);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct loader *by = loader;
	struct image image = { .path = "fuzz" };

	if (size <= HEAD)
		return 0;
	image.data = data + HEAD;
	image.size = size - HEAD;
	if (!by)
		by = loader_select(&image, data[1] & FORCED ? "--linux" : NULL,
				   NULL);
	else if (by->match && by->match(&image) < 0)
		abort();
	if (by)
		load(by, &image, ram_size(data[0]), data[1]);
	return 0;
}
