/*
 * PVH: an ELF kernel that says in a note where it is entered, in flat protected
 * mode, with the address of its start info in EBX. Follows Xen's "x86/HVM direct
 * boot ABI", version 1 of the start info, which tells the memory map.
 *
 *   the first gap from 0x1000 on   GDT, start info, memory map, list of modules,
 *                                  command line, the modules' strings
 *   behind the kernel              modules, page aligned: --initrd, then --module
 *
 * From 0x400 to 0x500 and from 0x9fc00 to 1 MiB is the firmware's.
 */
#include <errno.h>
#include <string.h>

#include "abi/pc.h"
#include "boot/elf.h"
#include "boot/linux.h"
#include "boot/memmap.h"
#include "boot/place.h"
#include "boot/sparse.h"
#include "util/log.h"
#include "x86/bits.h"
#include "boot_args.h"

#define SCORE_KERNEL 85 /* not Linux, whose own loader says 80 */
#define SCORE_LINUX  75

#define NOTE_OWNER  "Xen"
#define NOTE_PHYS32 18 /* XEN_ELFNOTE_PHYS32_ENTRY */

#define RAM_MIN (2ULL << 20)
#define LOWEST	0x1000
#define ALIGN	8 /* of each piece, bytes */
#define BDA	0x400
#define BDA_END 0x500

#define START_MAGIC   0x336ec578
#define START_VERSION 1

struct start_info {
	uint32_t magic, version, flags, nr_modules;
	uint64_t modlist, cmdline, rsdp;
	uint64_t memmap;
	uint32_t nr_memmap, reserved;
};

struct start_module {
	uint64_t at, size, cmdline, reserved;
};

struct start_range {
	uint64_t at, size;
	uint32_t type, reserved;
};

static const struct room_taken taken[] = {
	{ BDA, BDA_END, "the BIOS data area" },
	{ MEM_FIRMWARE_START, MEM_FIRMWARE_END, "the BIOS's tables" },
	{ 0 },
};

/* What is laid beside the kernel. */
struct beside {
	const struct memory *mem;
	struct place place;
	gpa_t at;	    /* of the next piece */
	gpa_t modlist_next; /* of the next entry of the list of modules */
	gpa_t behind;	    /* the kernel */
	struct start_info info;
};

/* Opens @image if it is a kernel for PVH; its entry becomes that of the note. */
static const char *open_kernel(struct elf_file *elf, const struct image *image)
{
	const char *why = elf_open_segments(elf, image);

	if (why)
		return why;
	if (!elf_find_note(elf, NOTE_OWNER, NOTE_PHYS32, &elf->entry))
		return "no kernel for PVH: it has no note that says where to "
		       "enter it (XEN_ELFNOTE_PHYS32_ENTRY)";
	return elf_holds(elf, elf->entry) ? NULL :
					    "no segment holds the entry point "
					    "that its PVH note gives";
}

/* Its own notes say so, since 4.19. */
static bool is_linux(const struct elf_file *elf)
{
	uint64_t value;

	return elf_find_note(elf, "Linux", ELF_NOTE_ANY, &value);
}

static int pvh_match(const struct image *image)
{
	struct elf_file elf;

	if (!elf_has_magic(image) || open_kernel(&elf, image))
		return 0;
	return is_linux(&elf) ? SCORE_LINUX : SCORE_KERNEL;
}

static int load_segments(const struct elf_file *elf, struct beside *beside)
{
	struct elf_segment seg;
	unsigned int i = 0;
	int err = 0;

	place_init(&beside->place, beside->mem, taken);
	while (!err && elf_next_load(elf, &i, &seg)) {
		gpa_t end = seg.paddr + seg.memsz;

		err = room_check(elf->image->path, "a segment", seg.paddr, end,
				 beside->mem, taken);
		if (!err)
			err = mem_write_sparse(beside->mem, seg.paddr,
					       elf->image->data + seg.offset,
					       seg.filesz);
		place_take(&beside->place, seg.paddr, end, "");
	}
	return err;
}

/* The gpa of @size bytes, a copy of @data; count_pieces() saw to the room. */
static gpa_t put(struct beside *beside, const void *data, size_t size)
{
	gpa_t at = beside->at;

	mem_write(beside->mem, at, data, size);
	beside->at += (size + ALIGN - 1) & ~(gpa_t)(ALIGN - 1);
	return at;
}

static gpa_t put_text(struct beside *beside, const char *text)
{
	return put(beside, text, strlen(text) + 1);
}

static void put_cmdline(struct beside *beside, const char *own,
			const char *words)
{
	beside->info.cmdline = beside->at;
	mem_write(beside->mem, beside->at, own, strlen(own));
	beside->at += strlen(own);
	put_text(beside, words);
}

static void put_memmap(struct beside *beside)
{
	struct start_range ranges[MEMMAP_MAX] = { 0 };
	struct memmap_entry map[MEMMAP_MAX];
	unsigned int nr = memmap_fill(beside->mem, map);

	for (unsigned int i = 0; i < nr; i++) {
		ranges[i].at = map[i].start;
		ranges[i].size = map[i].size;
		ranges[i].type = map[i].type;
	}
	beside->info.nr_memmap = nr;
	beside->info.memmap = put(beside, ranges, nr * sizeof(ranges[0]));
}

static int put_module(struct beside *beside, const struct module *file)
{
	struct start_module module = { .size = file->image.size };
	int err =
		place_module(&beside->place, beside->behind, file, &module.at);

	if (*file->args)
		module.cmdline = put_text(beside, file->args);
	mem_write(beside->mem, beside->modlist_next, &module, sizeof(module));
	beside->modlist_next += sizeof(module);
	beside->info.nr_modules++;
	return err;
}

static int put_modules(struct beside *beside, const struct boot_args *args)
{
	unsigned int nr = args->nr_modules + !!args->initrd;
	int err = 0;

	if (!nr)
		return 0;
	beside->info.modlist = beside->modlist_next = beside->at;
	beside->at += nr * sizeof(struct start_module);
	if (args->initrd)
		err = put_module(beside,
				 &(struct module){ .args = "",
						   .image = *args->initrd });
	for (unsigned int i = 0; i < args->nr_modules && !err; i++)
		err = put_module(beside, &args->modules[i]);
	return err;
}

/* Bytes that all the pieces take at most; the modules are none of them. */
static gpa_t count_pieces(const struct boot_args *args, const char *own,
			  const char *words)
{
	gpa_t size = sizeof(cpu_gdt32) + sizeof(struct start_info) +
		     MEMMAP_MAX * sizeof(struct start_range) +
		     sizeof(struct start_module) + strlen(own) + strlen(words) +
		     ALIGN;

	for (unsigned int i = 0; i < args->nr_modules; i++)
		size += sizeof(struct start_module) + ALIGN +
			strlen(args->modules[i].args);
	return size;
}

static int no_room(const struct elf_file *elf, gpa_t size)
{
	log_error("%s: with a command line of that size it takes more RAM; try "
		  "--mem %lluM",
		  elf->image->path, room_mem(elf_end(elf) + size));
	return -E2BIG;
}

/* All that is beside the kernel; 0 with EBX in @cpu, or -errno. */
static int place_beside(const struct elf_file *elf,
			const struct boot_args *args, struct beside *beside,
			struct cpu_state *cpu)
{
	bool linux_words = is_linux(elf);
	const char *own = linux_words ? LINUX_MACHINE_WORDS : "";
	const char *words = args->cmdline ? args->cmdline :
			    linux_words	  ? args->usual_cmdline :
					    "";
	gpa_t size = count_pieces(args, own, words);
	int err;

	beside->at = place_find(&beside->place, LOWEST, size, X86_PAGE_SIZE);
	if (!beside->at)
		return no_room(elf, size);
	cpu->gdt_base = put(beside, cpu_gdt32, sizeof(cpu_gdt32));
	cpu->rbx = beside->at;
	beside->at += sizeof(beside->info);
	put_memmap(beside);
	put_cmdline(beside, own, words);
	err = put_modules(beside, args);
	if (err)
		return err;
	return mem_write(beside->mem, cpu->rbx, &beside->info,
			 sizeof(beside->info));
}

static int pvh_load(const struct image *image, const struct boot_args *args,
		    const struct memory *mem, struct cpu_state *cpu)
{
	struct elf_file elf;
	const char *why = open_kernel(&elf, image);
	struct beside beside = { .mem = mem };
	int err;

	if (why)
		return elf_refuse(image, why);
	beside.behind = elf_end(&elf);
	beside.info = (struct start_info){ .magic = START_MAGIC,
					   .version = START_VERSION,
					   .rsdp = args->rsdp };
	*cpu = cpu_state_prot32;
	cpu->rip = elf.entry;
	cpu->gdt_limit = sizeof(cpu_gdt32) - 1;
	err = load_segments(&elf, &beside);
	return err ? err : place_beside(&elf, args, &beside, cpu);
}

static const struct loader pvh = {
	.name = "pvh",
	.what = "kernel with a PVH entry, an ELF file with Xen's note",
	.mem_min = RAM_MIN,
	.needs = NEEDS_IRQCHIP | NEEDS_CMDLINE | NEEDS_INITRD | NEEDS_SMP |
		 NEEDS_MODULES,
	.keys = LINUX_KEYS,
	.match = pvh_match,
	.load = pvh_load,
};
LOADER(pvh);
