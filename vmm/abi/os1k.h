/*
 * How 1K OS is entered: what its image says to a loader (vmm/boot/paged.c) and
 * what the loader prepares. Only #define lines, for C and assembly.
 *
 * The image is flat. It lies at OS1K_LOAD_GPA and is entered at its first byte,
 * at OS1K_BASE + OS1K_LOAD_GPA, in 32-bit protected mode: CS 0x08, the others
 * 0x10, all flat; interrupts off; paging on with the page directory at
 * OS1K_DIRECTORY_GPA. Each 4 MiB of RAM for the OS have two entries in it, for
 * their own address and for that OS1K_BASE above, so that the directory also
 * tells how much RAM there is. An entry is a 4 MiB page, or with
 * --no-large-pages a table of 4 KiB pages, in RAM that is not for the OS. ESI
 * says who loaded the image: OS1K_FROM_MKVM, or else 0. What the image says it
 * uses behind its own end is zero.
 *
 * Offsets of the header's fields, which are little-endian:
 *
 *    0   a jump over the header
 *    8   magic, 8 bytes
 *   16   version of this description
 *   20   bytes of the image, header included
 *   24   gpa after the last byte that the OS uses before it looks for RAM
 */
#ifndef MKVM_ABI_OS1K_H
#define MKVM_ABI_OS1K_H

#define OS1K_BASE	   0x80000000
#define OS1K_LOAD_GPA	   0x1000
#define OS1K_DIRECTORY_GPA 0x100000

#define OS1K_MAGIC_AT	 8
#define OS1K_VERSION_AT	 16
#define OS1K_SIZE_AT	 20
#define OS1K_END_AT	 24
#define OS1K_HEADER_SIZE 28

#define OS1K_MAGIC	"1K OS\r\n\032"
#define OS1K_MAGIC_SIZE 8
#define OS1K_VERSION	1
#define OS1K_SIZE_MAX	0x10000

#define OS1K_FROM_MKVM 0x4d564b4d /* "MKVM" */

#endif
