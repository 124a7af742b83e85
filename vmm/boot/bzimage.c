/*
 * bzImage: the setup header is checked field by field, the protected-mode part
 * goes to the kernel's preferred address, and it is entered there directly, in
 * 64-bit mode where it can (XLF_KERNEL_64), else in 32-bit protected mode. The
 * 16-bit setup code is not run; that of kernels older than protocol 2.10 (Linux
 * 2.6.31) is, by firmware: boot/bzimage16.c. Follows boot.rst, "The Real-Mode Kernel
 * Header".
 */
#include <errno.h>
#include <string.h>

#include "boot/bzimage.h"
#include "boot/kind.h"
#include "boot/linux.h"
#include "util/log.h"

#define HEADER_JUMP   0x202	 /* what the jump's distance counts from */
#define HEADER_MAGIC  0x53726448 /* "HdrS" */
#define BOOT_FLAG     0xaa55
#define VERSION_XLOAD 0x020c /* brings xloadflags */
#define ENTRY_64      0x200  /* boot.rst: startup_64 is at offset 0x200 */
#define LACKS                                            \
	"that takes FIRMWARE and BOOT_LINUX16, and not " \
	"--no-bzimage16"
#define PARAGRAPH 16
#define ALIGN_MAX (1u << 30)

static int malformed(const struct image *image, const char *why)
{
	log_error("%s: bzImage: %s", image->path, why);
	return -ENOEXEC;
}

/* A field that boot.rst describes. */
static int bad_field(const struct image *image, const char *field,
		     const char *why)
{
	log_error("%s: bzImage: boot protocol: %s %s", image->path, field, why);
	return -ENOEXEC;
}

int bzimage_none(const struct image *image)
{
	if (kind_refuse(image))
		return -ENOEXEC;
	return malformed(image, "no setup header: neither a bzImage nor an ELF "
				"vmlinux");
}

bool bzimage_read_header(const struct image *image, struct setup_header *header)
{
	size_t end;

	if (image->size < HEADER_OFFSET + sizeof(*header))
		return false;
	memcpy(header, image->data + HEADER_OFFSET, sizeof(*header));
	/* boot.rst: it ends 0x202 + the byte at 0x201; code begins there. */
	end = HEADER_JUMP + image->data[HEADER_JUMP - 1];
	if (end - HEADER_OFFSET < sizeof(*header))
		memset((uint8_t *)header + end - HEADER_OFFSET, 0,
		       sizeof(*header) - (end - HEADER_OFFSET));
	return header->boot_flag == BOOT_FLAG && header->header == HEADER_MAGIC;
}

static int bzimage_match(const struct image *image)
{
	struct setup_header header;

	return bzimage_read_header(image, &header) ? 90 : 0;
}

/* The fields that say whether this kernel can be booted at all. */
static int check_header(const struct image *image,
			const struct setup_header *header)
{
	if (header->version < VERSION_DIRECT)
		return bad_field(image, "version",
				 "is older than 2.10 (Linux 2.6.31), so that "
				 "firmware starts it: " LACKS);
	if (!(header->loadflags & LOADED_HIGH))
		return bad_field(
			image, "loadflags",
			"make it a zImage, which firmware starts: " LACKS);
	if (!header->kernel_alignment ||
	    header->kernel_alignment & (header->kernel_alignment - 1) ||
	    header->kernel_alignment > ALIGN_MAX)
		return bad_field(image, "kernel_alignment",
				 "is no power of two up to 1 GiB");
	if (!header->cmdline_size)
		return bad_field(image, "cmdline_size", "is 0");
	if (!header->initrd_addr_max)
		return bad_field(image, "initrd_addr_max", "is 0");
	return 0;
}

/*
 * Where the protected-mode part lies in the file: bytes [*at, *at + *len). Its
 * size is told in paragraphs, rounded up, and the file need not fill the last.
 */
static int find_payload(const struct image *image,
			const struct setup_header *header, size_t *at,
			size_t *len)
{
	*at = bzimage_setup_size(header);
	*len = (size_t)header->syssize * PARAGRAPH;
	if (*at < image->size && *len) {
		size_t there = image->size - *at;

		if (*len > there && *len - there < PARAGRAPH)
			*len = there;
		if (*len <= there)
			return 0;
	}
	log_error("%s: bzImage: truncated: setup_sects and syssize of its "
		  "header promise %zu bytes, and the file has %zu",
		  image->path, *at + *len, image->size);
	return -ENOEXEC;
}

/* Its preferred address; that is aligned, or the kernel would not run there. */
static int choose_address(const struct image *image,
			  struct linux_kernel *kernel, size_t len)
{
	const struct setup_header *header = &kernel->header;
	uint64_t size = header->init_size > len ? header->init_size : len;

	if (header->pref_address % header->kernel_alignment)
		return bad_field(image, "pref_address",
				 "is not aligned as kernel_alignment demands");
	kernel->end = header->pref_address + size;
	kernel->is_64bit = header->version >= VERSION_XLOAD &&
			   header->xloadflags & XLF_KERNEL_64;
	/* An EFI stub, which no kernel without ACPI has: EFI depends on it. */
	kernel->is_for_pcs = !memcmp(image->data, "MZ", 2);
	kernel->reads_acpi = kernel->is_for_pcs;
	kernel->entry =
		header->pref_address + (kernel->is_64bit ? ENTRY_64 : 0);
	return 0;
}

static uint64_t bzimage_mem_wanted(const struct image *image, uint64_t initrd)
{
	struct setup_header header;

	if (!bzimage_read_header(image, &header) ||
	    header.pref_address > MEM_HOLE_START)
		return 0;
	return linux_mem_wanted(header.pref_address + header.init_size, initrd);
}

static bool bzimage_drives_windows(const struct image *image)
{
	struct setup_header header;

	return bzimage_read_header(image, &header) &&
	       linux_bzimage_drives_windows(image, header.kernel_version);
}

static int bzimage_load(const struct image *image, const struct boot_args *args,
			const struct memory *mem, struct cpu_state *cpu)
{
	struct linux_kernel kernel = { .path = image->path };
	size_t at, len;
	int err;

	if (!bzimage_read_header(image, &kernel.header))
		return bzimage_none(image);
	err = check_header(image, &kernel.header);
	if (!err)
		err = find_payload(image, &kernel.header, &at, &len);
	if (!err)
		err = choose_address(image, &kernel, len);
	if (!err)
		err = linux_check_room(image->path, kernel.header.pref_address,
				       kernel.end, mem);
	if (err)
		return err;
	kernel.header.code32_start = kernel.header.pref_address;
	if (mem_write(mem, kernel.header.pref_address, image->data + at, len))
		return -EFAULT; /* linux_check_room() saw to it */
	return linux_boot(&kernel, args, mem, cpu);
}

static const struct loader bzimage = {
	.name = "bzimage",
	.what = "compressed Linux kernel, entered in 64- or 32-bit mode",
	.option = "--linux",
	.with_firmware = "bzimage16",
	.mem_min = LINUX_RAM_MIN,
	.mem_wanted = bzimage_mem_wanted,
	.drives_windows = bzimage_drives_windows,
	.needs = LINUX_NEEDS,
	.keys = LINUX_KEYS,
	.match = bzimage_match,
	.load = bzimage_load,
};
LOADER(bzimage);
