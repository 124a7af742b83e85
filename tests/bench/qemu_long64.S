/*
 * Starts a 64-bit guest of Mini-KVM under QEMU alone, for the benchmark that
 * compares: QEMU loads this as a multiboot kernel and the guest as a module,
 * whose words after the file name are the command line. It does here, on the
 * guest's side, what vmm/boot/long64.c does on the host's, and checks nothing.
 * (Multiboot Specification 0.6.96; layout and selectors in abi/long64.h)
 */
#include "abi/long64.h"

#define MULTIBOOT_MAGIC 0x1badb002
#define INFO_MODS_ADDR	24	/* in the multiboot information */
#define MOD_START	0	/* in a module's entry */
#define MOD_STRING	8

#define E_ENTRY	    24		/* in the ELF header */
#define E_PHOFF	    32
#define E_PHNUM	    56
#define P_FLAGS	    4		/* in a program header */
#define P_OFFSET    8
#define P_PADDR	    24
#define P_FILESZ    32
#define P_MEMSZ	    40
#define PHDR_SIZE   56
#define PT_LOAD	    1
#define PF_USER_BIT 20

#define PAGE	    0x1000
#define PDPT	    (LONG64_PML4 + PAGE)
#define DIRECTORIES (LONG64_PML4 + 2 * PAGE)
#define LARGE_SHIFT 21
#define PTE_TABLE   7		/* present, writable, user */
#define PTE_LARGE   0x83	/* present, writable, large */
#define PTE_USER    4

#define CR0_PG	 (1 << 31)
#define CR4_PAE	 (1 << 5)
#define MSR_EFER 0xc0000080
#define EFER_LME (1 << 8)
#define TSS_SIZE 104

	.code32
	.globl	_start
	.balign	4
	.long	MULTIBOOT_MAGIC, 0, -MULTIBOOT_MAGIC

_start:
	cld
	mov	$LONG64_STACK, %esp
	mov	INFO_MODS_ADDR(%ebx), %ebx

	/* The command line begins behind the first blank of the module's. */
	mov	MOD_STRING(%ebx), %esi
1:	lodsb
	test	%al, %al
	jz	2f
	cmp	$' ', %al
	jne	1b
	jmp	3f
2:	dec	%esi			/* there is none: its final zero */
3:	mov	$LONG64_CMDLINE, %edi
4:	lodsb
	stosb
	test	%al, %al
	jnz	4b

	mov	MOD_START(%ebx), %ebp	/* the ELF file */
	call	make_tables
	call	load_segments

	mov	$gdt, %esi
	mov	$LONG64_GDT, %edi
	mov	$gdt_end - gdt, %ecx
	rep movsb
	movl	$LONG64_STACK, LONG64_TSS_GPA + 4	/* RSP0 */
	movl	$0, LONG64_TSS_GPA + 8
	movw	$TSS_SIZE, LONG64_TSS_GPA + 102		/* no I/O map */

	mov	$LONG64_PML4, %eax
	mov	%eax, %cr3
	mov	%cr4, %eax
	or	$CR4_PAE, %eax
	mov	%eax, %cr4
	mov	$MSR_EFER, %ecx
	rdmsr
	or	$EFER_LME, %eax
	wrmsr
	mov	%cr0, %eax
	or	$CR0_PG, %eax
	mov	%eax, %cr0
	lgdt	gdtr
	ljmp	$LONG64_CS, $long_mode

make_tables:
	movl	$PDPT + PTE_TABLE, LONG64_PML4
	mov	$DIRECTORIES + PTE_TABLE, %eax
	xor	%ecx, %ecx
1:	mov	%eax, PDPT(, %ecx, 8)
	add	$PAGE, %eax
	inc	%ecx
	cmp	$4, %ecx
	jb	1b
	xor	%ecx, %ecx
2:	mov	%ecx, %eax
	shl	$LARGE_SHIFT, %eax
	or	$PTE_LARGE, %eax
	mov	%eax, DIRECTORIES(, %ecx, 8)
	inc	%ecx
	cmp	$4 * 512, %ecx
	jb	2b
	ret

load_segments:
	mov	E_PHOFF(%ebp), %ebx
	add	%ebp, %ebx
	movzwl	E_PHNUM(%ebp), %edx
1:	cmpl	$PT_LOAD, (%ebx)
	jne	4f
	mov	P_OFFSET(%ebx), %esi
	add	%ebp, %esi
	mov	P_PADDR(%ebx), %edi
	mov	P_FILESZ(%ebx), %ecx
	rep movsb
	mov	P_MEMSZ(%ebx), %ecx
	sub	P_FILESZ(%ebx), %ecx
	xor	%eax, %eax
	rep stosb
	btl	$PF_USER_BIT, P_FLAGS(%ebx)
	jnc	4f
	mov	P_PADDR(%ebx), %ecx
	shr	$LARGE_SHIFT, %ecx
	dec	%edi			/* its last byte */
	shr	$LARGE_SHIFT, %edi
3:	orl	$PTE_USER, DIRECTORIES(, %ecx, 8)
	inc	%ecx
	cmp	%edi, %ecx
	jbe	3b
4:	add	$PHDR_SIZE, %ebx
	dec	%edx
	jnz	1b
	ret

	.code64
long_mode:
	mov	$LONG64_DS, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %fs
	mov	%eax, %gs
	mov	%eax, %ss
	mov	$LONG64_STACK, %esp
	mov	$LONG64_CMDLINE, %edi
	mov	E_ENTRY(%rbp), %eax
	jmp	*%rax

	.data
gdtr:	.word	gdt_end - gdt - 1
	.long	LONG64_GDT
gdt:	.quad	0
	.quad	0x00af9b000000ffff	/* LONG64_CS */
	.quad	0x00cf93000000ffff	/* LONG64_DS */
	.quad	0x00cffb000000ffff	/* LONG64_USER_CS32 */
	.quad	0x00cff3000000ffff	/* LONG64_USER_DS */
	.quad	0x00affb000000ffff	/* LONG64_USER_CS */
	.quad	0x00cff3000000ffff	/* LONG64_USER_DS2 */
	.quad	0x0000890000000000 + (LONG64_TSS_GPA << 16) + TSS_SIZE - 1
	.quad	0
gdt_end:
