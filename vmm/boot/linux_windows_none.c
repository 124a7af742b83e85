/* No virtio over MMIO: what stands in when VIRTIO_MMIO is configured out. */
#include "boot/linux.h"

bool linux_bzimage_drives_windows(const struct image *image, uint16_t version)
{
	(void)image;
	(void)version;
	return false;
}

bool linux_vmlinux_drives_windows(const struct elf_file *elf)
{
	(void)elf;
	return false;
}

bool linux_vmlinux_reads_acpi(const struct elf_file *elf)
{
	(void)elf;
	return false;
}

void linux_windows(const struct linux_kernel *kernel,
		   const struct boot_args *args, const char *words, char *out,
		   size_t room)
{
	(void)kernel;
	(void)args;
	(void)words;
	(void)room;
	*out = '\0';
}
