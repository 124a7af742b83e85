/*
 * How Linux learns of windows of virtio over MMIO. One that reads ACPI's tables
 * finds them there; any other takes them from its command line (the kernel's
 * virtio_mmio.c). Never both: it would try to have each of them twice.
 *
 * A kernel that was built by tools/kernel says by a mark whether it has the
 * driver, and ACPI: a bzImage in the name of the host that built it, which is
 * part of its version, a vmlinux in the note of its build salt.
 */
#define _GNU_SOURCE /* memmem() */
#include <stdio.h>
#include <string.h>

#include "boot/linux.h"
#include "boot_args.h"
#include "firmware.h"

#define NOTE_SALT    0x100 /* the kernel's include/linux/build-salt.h */
#define SALT_MMIO    "mmio-v2"
#define SALT_ACPI    "mmio-ac" /* and ACPI */
#define HOST_MMIO    "@mini-kvm.mmio"
#define DRIVER_NAME  "virtio-mmio"
#define ACPI_ID	     "LNRO0005" /* in the driver, of a kernel with ACPI */
#define VERSION_BASE 0x200 /* boot.rst: "kernel_version" counts from here */
#define VERSION_MAX  256

bool linux_bzimage_drives_windows(const struct image *image, uint16_t version)
{
	const size_t at = VERSION_BASE + version;
	size_t len;

	if (!version || at >= image->size)
		return false;
	len = image->size - at;
	if (len > VERSION_MAX)
		len = VERSION_MAX;
	len = strnlen((const char *)image->data + at, len);
	return memmem(image->data + at, len, HOST_MMIO, strlen(HOST_MMIO));
}

static bool is_salted(const struct elf_file *elf, const char *salt)
{
	uint64_t note;

	return elf_find_note(elf, "Linux", NOTE_SALT, &note) &&
	       !memcmp(&note, salt, sizeof(note));
}

static bool holds(const struct elf_file *elf, const char *text)
{
	return memmem(elf->image->data, elf->image->size, text, strlen(text));
}

bool linux_vmlinux_drives_windows(const struct elf_file *elf)
{
	return is_salted(elf, SALT_MMIO) || is_salted(elf, SALT_ACPI) ||
	       holds(elf, DRIVER_NAME);
}

bool linux_vmlinux_reads_acpi(const struct elf_file *elf)
{
	return !is_salted(elf, SALT_MMIO) &&
	       (is_salted(elf, SALT_ACPI) || holds(elf, ACPI_ID));
}

void linux_windows(const struct linux_kernel *kernel,
		   const struct boot_args *args, const char *words, char *out,
		   size_t room)
{
	size_t len = 0;

	*out = '\0';
	if (args->rsdp && kernel->reads_acpi && !strstr(words, "acpi=off"))
		return;
	for (unsigned int i = 0; i < args->nr_windows && len < room; i++)
		len += snprintf(out + len, room - len,
				"virtio_mmio.device=%uK@0x%x:%u ",
				PC_WINDOW_LEN / 1024, args->windows[i].gpa,
				args->windows[i].line);
}
