/*
 * What the loader of a dynamic program does and a static one has to do itself,
 * so that kvm-vmm lies where nobody can guess and its tables cannot be written.
 * Linked into the static program alone; nothing calls it.
 *
 *   pie_start       entry: relocations in the short form DT_RELR, which musl
 *                   1.2.3 does not read; in the long one, 24 bytes a pointer,
 *                   the program would be 32 KB larger. Then musl's own start.
 *   protect_relro   before main(): PT_GNU_RELRO becomes read only, which musl
 *                   does for dynamic programs only
 *
 * Follows the System V ABI, "Dynamic Section" and "Relative Relocations".
 */
#include <elf.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#define PAGE_BYTES    4096UL
#define TAG_RELR_SIZE 35 /* DT_RELRSZ and DT_RELR; this elf.h is older */
#define TAG_RELR      36
#define RELR_BITS     63 /* words that a bitmap entry speaks of */

void pie_relocate(const Elf64_Dyn *dyn, char *base);

/* The stack is as the kernel left it, and so it must be for _start. */
__asm__(".pushsection .text, \"ax\"\n"
	".globl pie_start\n"
	"pie_start:\n"
	"	xor	%ebp, %ebp\n"
	"	lea	_DYNAMIC(%rip), %rdi\n"
	"	lea	__ehdr_start(%rip), %rsi\n"
	"	call	pie_relocate\n"
	"	jmp	_start\n"
	".popsection\n");

/* One entry: the address of a word, or a bitmap of those behind the last. */
static uint64_t *apply(uint64_t entry, uint64_t *where, char *base)
{
	if (!(entry & 1)) {
		where = (uint64_t *)(base + entry);
		*where++ += (uintptr_t)base;
		return where;
	}
	for (entry >>= 1; entry; entry &= entry - 1)
		where[__builtin_ctzll(entry)] += (uintptr_t)base;
	return where + RELR_BITS;
}

/* Nothing has been relocated yet, and there is no thread: no pointer in data
 * may be used here, and no stack protector. */
void pie_relocate(const Elf64_Dyn *dyn, char *base)
{
	const uint64_t *relr = NULL;
	uint64_t *where = NULL;
	size_t count = 0;

	for (; dyn->d_tag != DT_NULL; dyn++) {
		if (dyn->d_tag == TAG_RELR)
			relr = (const uint64_t *)(base + dyn->d_un.d_ptr);
		else if (dyn->d_tag == TAG_RELR_SIZE)
			count = dyn->d_un.d_val / sizeof(*relr);
	}
	for (size_t i = 0; i < count; i++)
		where = apply(relr[i], where, base);
}

__attribute__((constructor)) static void protect_relro(void)
{
	const Elf64_Phdr *phdr = (const Elf64_Phdr *)getauxval(AT_PHDR);
	size_t count = getauxval(AT_PHNUM);
	extern char __ehdr_start[] __attribute__((visibility("hidden")));

	for (size_t i = 0; i < count; i++) {
		uintptr_t start = (uintptr_t)__ehdr_start + phdr[i].p_vaddr;
		uintptr_t end = start + phdr[i].p_memsz;

		if (phdr[i].p_type != PT_GNU_RELRO)
			continue;
		start &= -PAGE_BYTES;
		end &= -PAGE_BYTES;
		mprotect((void *)start, end - start, PROT_READ);
	}
}
