/*
 * Traps: exceptions, interrupts and system calls, all of which arrive in
 * trap(). Also the 8259, which turns interrupt lines into vectors.
 */
#include "kernel/kernel.h"

#define GATE	    0x8e00 /* present, 32-bit interrupt gate: interrupts off */
#define GATE_RING_3 0xee00 /* the same, and programs may call it */

enum { PIC1_COMMAND = 0x20, PIC1_DATA, PIC2_DATA = 0xa1 };
/*
 * Initialise, with a second 8259 and an ICW4; the second one is at line 2; 8086
 * mode, and interrupts end by themselves, which spares an access each.
 */
enum { ICW1 = 0x11, ICW3 = 0x04, ICW4 = 0x03 };
#define IRQS (1 << IRQ_TIMER | 1 << IRQ_KEYBOARD | 1 << IRQ_SERIAL)

/* Error code of a page fault. */
enum { FAULT_PRESENT = 0x1, FAULT_WRITE = 0x2 };

extern const char trap_stubs[]; /* entry.S */

static uint64_t idt[NR_VECTORS];

/* clang-format off */
static const char *const exceptions[VECTOR_IRQ] = {
	"division error", "debug trap", "NMI", "breakpoint", "overflow",
	"bound range exceeded", "invalid opcode", "no coprocessor",
	"double fault", "coprocessor overrun", "invalid TSS",
	"segment not present", "stack segment fault",
	"general protection fault", "page fault", "exception 15", "x87 error",
	"alignment check", "machine check", "SIMD error",
};
/* clang-format on */

static void gate_set(uint32_t vector, uint32_t kind)
{
	uint32_t handler = (uint32_t)trap_stubs + vector * STUB_SIZE;

	idt[vector] = (handler & 0xffff) | KERNEL_CODE << 16 |
		      (uint64_t)((handler & 0xffff0000) | kind) << 32;
}

/* Of the second 8259 nothing is used (8259A data sheet, ICW1 to OCW1). */
void traps_init(void)
{
	struct table_pointer pointer = { sizeof(idt) - 1, (uint32_t)idt };

	for (uint32_t i = 0; i < NR_VECTORS; i++)
		gate_set(i, i == VECTOR_SYSCALL ? GATE_RING_3 : GATE);
	__asm__ volatile("lidt %0" : : "m"(pointer));
	outb(PIC1_COMMAND, ICW1);
	outb(PIC1_DATA, VECTOR_IRQ);
	outb(PIC1_DATA, ICW3);
	outb(PIC1_DATA, ICW4);
	outb(PIC1_DATA, 0xff & ~IRQS);
	outb(PIC2_DATA, 0xff);
}

/* What is wrong with the address of a page fault. */
static const char *fault_reason(uint32_t address, uint32_t error)
{
	if (address >= KERNEL_BASE)
		return "the kernel's";
	if (address >= STACK_GUARD && address < STACK_GUARD + PAGE_SIZE)
		return "the guard page: stack overflow";
	if (address < PAGE_SIZE)
		return "a null pointer";
	return error & FAULT_PRESENT ? "read-only" : "not mapped";
}

static void dump(const struct trap_frame *f)
{
	const char *name = exceptions[f->vector];
	uint32_t address;

	print("%s", name ? name : "unknown exception");
	__asm__ volatile("mov %%cr2, %0" : "=r"(address));
	if (f->vector == VECTOR_PAGE_FAULT)
		print(": %s 0x%x, %s",
		      f->error & FAULT_WRITE ? "write to" : "read from",
		      address, fault_reason(address, f->error));
	print("\n  eip %x  cs  %x  eflags %x  error %x\n"
	      "  eax %x  ebx %x  ecx %x  edx %x\n"
	      "  esi %x  edi %x  ebp %x  esp %x\n",
	      f->eip, f->cs, f->eflags, f->error, f->eax, f->ebx, f->ecx,
	      f->edx, f->esi, f->edi, f->ebp,
	      f->cs == USER_CODE ? f->esp : (uint32_t)&f->esp);
}

/* Ends the program that made it; one of the kernel's own ends everything. */
static void exception(const struct trap_frame *f)
{
	print("%s (pid %d): ", f->cs == USER_CODE ? current->name : "kernel",
	      current ? current->pid : 0);
	dump(f);
	if (f->cs != USER_CODE)
		panic("an exception in the kernel");
	process_end(current, STATUS_FAULT);
}

/* Every trap; called by entry.S with interrupts off. */
void trap(struct trap_frame *f)
{
	uint32_t irq = f->vector - VECTOR_IRQ;

	if (f->vector == VECTOR_SYSCALL)
		f->eax = syscall(f);
	else if (f->vector < VECTOR_IRQ)
		exception(f);
	else if (irq == IRQ_TIMER)
		timer_interrupt();
	else if (irq == IRQ_KEYBOARD)
		keyboard_interrupt();
	else if (irq == IRQ_SERIAL)
		serial_interrupt();
	/* A program's time is over, or the program is. The kernel's never. */
	if (f->cs == USER_CODE &&
	    (irq == IRQ_TIMER || current->state != RUNNING))
		schedule();
}
