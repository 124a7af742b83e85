/* What both versions of Multiboot share: see multiboot.h. */
#include "boot/multiboot.h"

#include <errno.h>
#include <string.h>

#include "util/log.h"
#include "x86/bits.h"
#include "boot_args.h"

#define BLOCK_FROM 0x10000
#define STACK_SIZE (16 << 10)
#define BDA_GPA	   0x400
#define BDA_END	   0x500
#define VIDEO_END  0xc0000
#define MIB_SHIFT  20

static const struct room_taken taken[] = {
	{ BDA_GPA, BDA_END, "the BIOS data area" },
	{ MEM_FIRMWARE_START, VIDEO_END,
	  "the extended BIOS data area and the screen" },
	{ MEM_RSDP, MEM_FIRMWARE_TABLES_END, "the machine's own tables" },
	{ 0 },
};

bool mb_find(const struct image *image, uint32_t magic, size_t limit,
	     size_t step, size_t need, size_t *at)
{
	const uint8_t *data = image->data;
	size_t i = *at;
	uint32_t word;

	if (limit > image->size)
		limit = image->size;
	for (; i + need <= limit; i += step) {
		memcpy(&word, data + i, sizeof(word));
		if (word == magic)
			break;
	}
	*at = i;
	return i + need <= limit;
}

void mb_begin(struct mb_guest *guest, const struct image *image,
	      const struct boot_args *args, const struct memory *mem)
{
	guest->image = image;
	guest->args = args;
	guest->elf.image = NULL;
	guest->sections = (struct mb_sections){ 0 };
	guest->end = 0;
	place_init(&guest->place, mem, taken);
}

int mb_refuse(const struct image *image, const char *why)
{
	log_error("%s: multiboot: %s", image->path, why);
	return -ENOEXEC;
}

gpa_t mb_put(struct mb_guest *guest, const void *data, size_t len, size_t align)
{
	size_t at = (guest->used + align - 1) & ~(align - 1);

	guest->used = at + len;
	if (data)
		mb_patch(guest, guest->block_gpa + at, data, len);
	return guest->block_gpa + at;
}

void mb_patch(struct mb_guest *guest, gpa_t gpa, const void *data, size_t len)
{
	if (guest->block)
		memcpy(guest->block + (gpa - guest->block_gpa), data, len);
}

gpa_t mb_put_string(struct mb_guest *guest, const char *text)
{
	return mb_put(guest, text, strlen(text) + 1, 1);
}

gpa_t mb_put_cmdline(struct mb_guest *guest)
{
	const char *path = guest->image->path, *words = guest->args->cmdline;
	gpa_t start = mb_put(guest, path, strlen(path), 1);

	if (words) {
		mb_put(guest, " ", 1, 1);
		mb_put_string(guest, words);
	} else {
		mb_put(guest, "", 1, 1);
	}
	return start;
}

struct room_taken mb_module(const struct mb_guest *guest, unsigned int i)
{
	return guest->place.taken[guest->first_module + i];
}

uint32_t mb_mem_upper(const struct mb_guest *guest)
{
	return (guest->place.mem->low_size - MEM_FIRMWARE_END) >> 10;
}

static int load_modules(struct mb_guest *guest)
{
	const struct boot_args *args = guest->args;
	gpa_t from = guest->end, start;
	int err = 0;

	if (from < MEM_FIRMWARE_END)
		from = MEM_FIRMWARE_END;
	guest->first_module = guest->place.nr;
	for (unsigned int i = 0; i < args->nr_modules && !err; i++)
		err = place_module(&guest->place, from, &args->modules[i],
				   &start);
	return err;
}

/* The block as a whole: a stack that grows away from what @build puts, and the
 * GDT. Returns the GDT's gpa. */
static gpa_t put_block(struct mb_guest *guest,
		       void (*build)(struct mb_guest *guest))
{
	guest->used = STACK_SIZE;
	build(guest);
	return mb_put(guest, cpu_gdt32, sizeof(cpu_gdt32),
		      sizeof(cpu_gdt32[0]));
}

static int place_block(struct mb_guest *guest)
{
	size_t size = guest->used;

	guest->block_gpa =
		place_find(&guest->place, BLOCK_FROM, size, X86_PAGE_SIZE);
	guest->block = mem_hva(guest->place.mem, guest->block_gpa, size);
	if (guest->block_gpa && guest->block)
		return 0;
	log_error("%s: no RAM is left for the %zu bytes of what the guest is "
		  "told; give more by --mem",
		  guest->image->path, size);
	return -E2BIG;
}

int mb_finish(struct mb_guest *guest, void (*build)(struct mb_guest *guest),
	      uint32_t magic, struct cpu_state *cpu)
{
	int err;

	/* An image may begin there, with a linker's headers for a page; but of
	 * what the memory map reserves nothing else is used. */
	place_take(&guest->place, MEM_FIRMWARE_START, MEM_FIRMWARE_END, "");
	err = load_modules(guest);
	if (err)
		return err;
	if (guest->elf.image)
		mb_load_sections(guest);
	guest->block = NULL;
	guest->block_gpa = 0;
	put_block(guest, build);
	err = place_block(guest);
	if (err)
		return err;
	*cpu = cpu_state_prot32;
	cpu->gdt_base = put_block(guest, build);
	cpu->gdt_limit = sizeof(cpu_gdt32) - 1;
	cpu->rip = guest->entry;
	cpu->rax = magic;
	cpu->rbx = cpu->rsp = guest->block_gpa + STACK_SIZE;
	return 0;
}

bool mb_screen(const struct mb_guest *guest, struct mb_screen *screen)
{
	const struct framebuffer *fb = guest->args->framebuffer;

	*screen = (struct mb_screen){
		.addr = MB_TEXT_GPA,
		.pitch = MB_TEXT_COLUMNS * MB_TEXT_BITS / 8,
		.width = MB_TEXT_COLUMNS,
		.height = MB_TEXT_LINES,
		.bpp = MB_TEXT_BITS,
		.type = MB_TEXT_TYPE,
	};
	if (fb)
		*screen = (struct mb_screen){
			.addr = fb->gpa,
			.pitch = framebuffer_pitch(fb),
			.width = fb->width,
			.height = fb->height,
			.bpp = fb->bpp,
			.type = MB_PIXELS_TYPE,
			.colours = { FRAMEBUFFER_COLOURS(fb) },
		};
	return fb || guest->args->has_text;
}
