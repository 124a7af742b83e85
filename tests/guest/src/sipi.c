/*
 * Starts all other CPUs by INIT and SIPI, in each way there is, and ends with
 * the number of the first step that went wrong, or 0: by hypercall, and at port 0xf4, where QEMU has its isa-debug-exit. For PVH; the word
 * cpus=N of its command line says how many CPUs there are, with APIC ids from 0.
 * SDM 3A: "Interrupt Command Register (ICR)", "MP Initialization Protocol"
 */
#include <stdint.h>

#include "abi/hypercall.h"

enum step {
	HIMSELF = 1,  /* this CPU's APIC id is 0 */
	WAITING,      /* nobody runs before he is called */
	INIT_ALONE,   /* nor by INIT without SIPI */
	EACH,	      /* one after the other, at page 8 */
	TWICE,	      /* a second SIPI to who runs already is nothing */
	STATE,	      /* real mode, CS:IP of that page, its own APIC id */
	ALL_BUT_SELF, /* once more, all at once, at page 0x91 */
	PAGE_0,	      /* and at page 0 */
	STILL_HERE,   /* this CPU was never among them */
};

#define APIC	    0xfee00000
#define APIC_ID	    (APIC + 0x20)
#define ICR_LOW	    (APIC + 0x300)
#define ICR_HIGH    (APIC + 0x310)
#define INIT	    0x4500
#define SIPI	    0x4600
#define EXCEPT_SELF 0xc0000
#define PATIENCE    200000000u
#define SOME_TIME   20000u

/* What started CPUs leave; at an address that real mode reaches with DS 0x1000. */
struct report {
	volatile uint32_t count;      /* how often one has come */
	volatile uint32_t seen;	      /* a bit for each APIC id */
	volatile uint32_t wrong_page; /* CS that was another one */
	volatile uint32_t page;	      /* that they shall come to */
	volatile uint32_t protection; /* CR0.PE, of any */
};

static struct report *const report = (struct report *)0x10000;
static uint32_t others; /* how many CPUs there are besides this one */

extern const uint8_t first_code[], first_code_end[];
uint32_t start_info;

void run(void);

__asm__(".pushsection .note.Xen, \"a\", @note\n"
	"	.long	4, 4, 18\n"
	"	.asciz	\"Xen\"\n"
	"	.long	start\n"
	"	.popsection\n"
	"start:\n"
	"	mov	%ebx, start_info\n"
	"	mov	$stack_end, %esp\n"
	"	call	run\n"
	"	.lcomm	stack, 4096\n"
	"	.lcomm	stack_end, 4\n"
	"	.code16\n"
	"first_code:\n"
	"	cli\n"
	"	mov	$0x1000, %ax\n"
	"	mov	%ax, %ds\n"
	"	mov	%cs, %ax\n"
	"	shr	$8, %ax\n"
	"	cmp	%ax, 12\n"
	"	je	1f\n"
	"	movw	$1, 8\n"
	"1:	mov	%cr0, %eax\n"
	"	and	$1, %eax\n"
	"	lock orl %eax, 16\n"
	"	mov	$1, %eax\n"
	"	cpuid\n"
	"	shr	$24, %ebx\n"
	"	lock btsl %ebx, 4\n"
	"	lock incl 0\n"
	"2:	hlt\n"
	"	jmp	2b\n"
	"first_code_end:\n"
	"	.code32\n");

static volatile uint32_t *word(uint32_t gpa)
{
	return (volatile uint32_t *)(uintptr_t)gpa;
}

static void end(uint32_t status)
{
	__asm__ volatile("outb %0, %1" : : "a"((uint8_t)status), "Nd"(0xf4));
	__asm__ volatile("outb %0, %1"
			 :
			 : "a"((uint8_t)HC_EXIT_STATUS), "Nd"(HC_PORT),
			   "b"(status));
	for (;;)
		__asm__ volatile("cli; hlt");
}

static void check(int right, enum step step)
{
	if (!right)
		end(step);
}

static void send(uint32_t id, uint32_t command)
{
	*word(ICR_HIGH) = id << 24;
	*word(ICR_LOW) = command;
}

static void wait_some_time(void)
{
	for (uint32_t i = 0; i < SOME_TIME; i++)
		__asm__ volatile("pause");
}

/* A SIPI that comes while its INIT is still at work may be lost. */
static void wake(uint32_t whom, uint32_t page)
{
	uint32_t id = whom == EXCEPT_SELF ? 0 : whom;
	uint32_t shorthand = whom == EXCEPT_SELF ? EXCEPT_SELF : 0;

	send(id, shorthand | INIT);
	wait_some_time();
	send(id, shorthand | SIPI | page);
}

static void wait_for(uint32_t count, enum step step)
{
	for (uint32_t i = 0; i < PATIENCE && report->count < count; i++)
		__asm__ volatile("pause");
	check(report->count == count, step);
}

/* The code that a started CPU finds at that page. */
static void prepare(uint32_t page)
{
	volatile uint8_t *to = (volatile uint8_t *)(uintptr_t)(page << 12);

	for (uint32_t i = 0; first_code + i < first_code_end; i++)
		to[i] = first_code[i];
	report->page = page;
	report->seen = 0;
	report->count = 0;
}

static void check_state(void)
{
	check(!report->wrong_page && !report->protection &&
		      report->seen == (2u << others) - 2,
	      STATE);
}

static void all_but_self(uint32_t page, enum step step)
{
	prepare(page);
	wake(EXCEPT_SELF, page);
	send(0, EXCEPT_SELF | SIPI | page);
	wait_for(others, step);
	check_state();
}

/* The command line is at offset 24 of the start info. */
static uint32_t read_cpus(void)
{
	const char *text = (const char *)(uintptr_t)*word(start_info + 24);

	while (*text && *text != '=')
		text++;
	return *text ? text[1] - '0' : 1;
}

void run(void)
{
	others = read_cpus() - 1;
	check(!(*word(APIC_ID) >> 24), HIMSELF);
	prepare(8);
	wait_some_time();
	check(!report->count, WAITING);
	for (uint32_t id = 1; id <= others; id++)
		send(id, INIT);
	wait_some_time();
	check(!report->count, INIT_ALONE);
	for (uint32_t id = 1; id <= others; id++) {
		wake(id, 8);
		wait_for(id, EACH);
		send(id, SIPI | 9);
	}
	wait_some_time();
	check(report->count == others, TWICE);
	check_state();
	all_but_self(0x91, ALL_BUT_SELF);
	all_but_self(0, PAGE_0);
	wait_some_time();
	check(report->count == others, STILL_HERE);
	end(0);
}
