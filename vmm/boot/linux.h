/*
 * What bzImage and vmlinux have in common: everything of the Linux boot
 * protocol that does not depend on the file format.
 *
 *   0x00500  GDT                 0x09000  page tables (64-bit entry)
 *   0x06000  random seed         0x20000  command line
 *   0x07000  zero page
 *   0x00400  BIOS data area     0x9fc00  the same, extended
 *   0xe0000  ACPI, the MP table; from 0x9fc00 to 1 MiB is reserved
 *   kernel at its own address; initrd as high as it may be
 */
#ifndef MKVM_LINUX_H
#define MKVM_LINUX_H

#include <asm/bootparam.h>
#include <stdbool.h>

#include "boot/elf.h"
#include "loader.h"

#define LINUX_RAM_MIN (16ULL << 20)
/* Its keyboard driver asks for keys long before its serial console does. */
#define LINUX_KEYS "serial"
#define LINUX_NEEDS                                                 \
	(NEEDS_IRQCHIP | NEEDS_CMDLINE | NEEDS_INITRD | NEEDS_SMP | \
	 NEEDS_SERIAL | NEEDS_ROOT)

/*
 * Put before the user's words, so that a panic and a reboot end the guest and
 * can be told apart even if nothing is printed: a panic asks for a warm reset
 * (core/lastword.h).
 */
#define LINUX_MACHINE_WORDS "panic=-1 reboot=k,panic_warm "

/* A kernel that has been put into guest RAM. */
struct linux_kernel {
	const char *path;
	struct setup_header header; /* its own, or one made up for vmlinux */
	gpa_t end;   /* one past the last byte it needs before it has read
		       * the memory map: init_size or the end of its .bss */
	gpa_t entry; /* first instruction */
	bool is_64bit;
	bool is_for_pcs; /* made for whatever PC there is, ACPI and all */
	bool reads_acpi; /* as far as is known; asked for windows only */
};

/*
 * Places command line and initrd, writes the zero page with its memory map,
 * and describes the first instruction in @cpu. 0, or -errno after one
 * message. (boot.rst, "32-bit Boot Protocol", "64-bit Boot Protocol")
 */
int linux_boot(const struct linux_kernel *kernel, const struct boot_args *args,
	       const struct memory *mem, struct cpu_state *cpu);

/* Finds a place for @initrd, *@at, page aligned: as high as @max, the last address
 * that the kernel reaches, and @ram, where RAM ends, allow, and clear of the kernel. 0,
 * or -E2BIG after one message. */
int linux_find_initrd(const struct linux_kernel *kernel,
		      const struct image *initrd, uint32_t max, gpa_t ram,
		      uint32_t *at);

/* Checks that [@start, @end) is RAM below the hole, where the page tables and a
 * 32-bit pointer reach, and clear of what lies below 1 MiB as drawn above. 0,
 * or -E2BIG after one message. */
int linux_check_room(const char *path, gpa_t start, gpa_t end,
		     const struct memory *mem);

/* Bytes of RAM for a kernel that ends at @end beside an initrd of so many bytes
 * as the file has: compressed, it takes a few times that once it is unpacked. */
uint64_t linux_mem_wanted(gpa_t end, uint64_t initrd);

/* The command line, its words and those of this run, to @out, of @limit bytes and
 * one more for the NUL. 0, or -E2BIG after one message; so if @out is NULL. */
int linux_words(const struct linux_kernel *kernel, const struct boot_args *args,
		size_t limit, char *out);

/* Words to be put before those of the user, with a blank behind them; or "". */
const char *linux_shortcuts(const struct linux_kernel *kernel,
			    const struct boot_args *args);

#define LINUX_WINDOWS_MAX 1024 /* bytes of linux_windows() */

/* The words that tell of virtio over MMIO, each with a blank behind it, beside
 * the user's @words: to @out, of @room bytes. */
void linux_windows(const struct linux_kernel *kernel,
		   const struct boot_args *args, const char *words, char *out,
		   size_t room);

/* Whether a kernel has that driver, and ACPI: a bzImage, with the offset of
 * its version as in its header; a vmlinux. */
bool linux_bzimage_drives_windows(const struct image *image, uint16_t version);
bool linux_vmlinux_drives_windows(const struct elf_file *elf);
bool linux_vmlinux_reads_acpi(const struct elf_file *elf);

#endif
