/*
 * The zero page of Linux: Documentation/arch/x86/boot.rst and zero-page.rst.
 */
#include "boot.h"

#define E820_COUNT     0x1e8
#define HEADER	       0x1f1
#define BOOT_FLAG      0x1fe
#define JUMP_LENGTH    0x201 /* the header ends so many bytes behind 0x202 */
#define MAGIC	       0x202
#define VERSION	       0x206
#define TYPE_OF_LOADER 0x210
#define LOADFLAGS      0x211
#define RAMDISK_IMAGE  0x218
#define RAMDISK_SIZE   0x21c
#define HEAP_END       0x224
#define CMD_LINE_PTR   0x228
#define E820_TABLE     0x2d0

#define BOOT_FLAG_VALUE	 0xaa55
#define MAGIC_VALUE	 0x53726448 /* "HdrS" */
#define VERSION_MIN	 0x206
#define LOADER_UNDEFINED 0xff
#define CAN_USE_HEAP	 0x80
#define HEAP_END_VALUE	 0xfe00

struct e820_entry {
	uint64_t base, len;
	uint32_t type;
};

static uint32_t get(const uint8_t *from, unsigned int size)
{
	uint32_t val = 0;

	while (size--)
		val = val << 8 | from[size];
	return val;
}

static void put(uint8_t *to, uint32_t val, unsigned int size)
{
	for (; size--; val >>= 8)
		*to++ = val;
}

static void copy(uint8_t *to, const void *from, unsigned int len)
{
	const uint8_t *byte = from;

	while (len--)
		*to++ = *byte++;
}

static void put_map(uint8_t *page, const struct plan *plan)
{
	unsigned int i;

	for (i = 0; i < plan->nr_ranges; i++) {
		struct e820_entry entry = { plan->ranges[i].base,
					    plan->ranges[i].len,
					    plan->ranges[i].type };

		copy(page + E820_TABLE + i * sizeof(entry), &entry,
		     sizeof(entry));
	}
	page[E820_COUNT] = plan->nr_ranges;
}

int zero_page(uint8_t page[ZERO_PAGE_SIZE], const struct plan *plan)
{
	const uint8_t *image = plan->image;
	unsigned int i, end = MAGIC + image[JUMP_LENGTH];

	if (get(image + BOOT_FLAG, 2) != BOOT_FLAG_VALUE ||
	    get(image + MAGIC, 4) != MAGIC_VALUE ||
	    get(image + VERSION, 2) < VERSION_MIN)
		return -1;
	for (i = 0; i < ZERO_PAGE_SIZE; i++)
		page[i] = 0;
	copy(page + HEADER, image + HEADER, end - HEADER);

	page[TYPE_OF_LOADER] = LOADER_UNDEFINED;
	page[LOADFLAGS] |= CAN_USE_HEAP;
	put(page + HEAP_END, HEAP_END_VALUE, 2);
	put(page + CMD_LINE_PTR, plan->cmdline, 4);
	if (plan->initrd_size) {
		put(page + RAMDISK_IMAGE, plan->initrd, 4);
		put(page + RAMDISK_SIZE, plan->initrd_size, 4);
	}
	put_map(page, plan);
	return 0;
}
