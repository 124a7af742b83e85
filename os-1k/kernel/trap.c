/*
 * Traps: exceptions, interrupts and system calls, all of which arrive in
 * trap(). Also the 8259s, which turn interrupt lines into vectors.
 */
#include "kernel/kernel.h"
#include "kernel/x86.h"

#define GATE	    0x8e /* present, 32-bit interrupt gate: interrupts off */
#define GATE_RING_3 0x60 /* programs may call it */

#define PIC1	    0x20 /* data port: the next one */
#define PIC2	    0xa0
#define ICW1	    0x11 /* initialise, four words */
#define ICW4	    0x03 /* 8086 mode, end of interrupt by itself */
#define CASCADE_IRQ 2

#define FAULT_PRESENT 0x1 /* error code of a page fault */
#define FAULT_WRITE   0x2

extern const char trap_stubs[]; /* entry.S */

static uint64_t idt[VECTOR_SYSCALL + 1];
static uint8_t irq_mask = 0xff & ~(1 << CASCADE_IRQ);

static const char *const exceptions[VECTOR_IRQ] = {
	"division error",
	"debug trap",
	"NMI",
	"breakpoint",
	"overflow",
	"bound range exceeded",
	"invalid opcode",
	"no coprocessor",
	"double fault",
	"coprocessor overrun",
	"invalid TSS",
	"segment not present",
	"stack segment fault",
	"general protection fault",
	"page fault",
};

static void gate_set(unsigned int vector, unsigned int stub, uint32_t access)
{
	uint32_t handler = (uint32_t)trap_stubs + stub * STUB_SIZE;

	idt[vector] = (handler & 0xffff) | KERNEL_CODE << 16 |
		      (uint64_t)((handler & 0xffff0000) | access << 8) << 32;
}

/* 8259A data sheet, "Initialization Command Words": vector base, cascade. */
static void pics_init(void)
{
	outb(PIC1, ICW1);
	outb(PIC1 + 1, VECTOR_IRQ);
	outb(PIC1 + 1, 1 << CASCADE_IRQ);
	outb(PIC1 + 1, ICW4);
	outb(PIC2, ICW1);
	outb(PIC2 + 1, VECTOR_IRQ + 8);
	outb(PIC2 + 1, CASCADE_IRQ);
	outb(PIC2 + 1, ICW4);
	outb(PIC1 + 1, irq_mask);
	outb(PIC2 + 1, 0xff);
}

void traps_init(void)
{
	struct table_pointer pointer = { sizeof(idt) - 1, (uint32_t)idt };

	for (unsigned int i = 0; i < NR_VECTORS; i++)
		gate_set(i, i, GATE);
	gate_set(VECTOR_SYSCALL, NR_VECTORS, GATE | GATE_RING_3);
	__asm__ volatile("lidt %0" : : "m"(pointer));
	pics_init();
}

void irq_enable(unsigned int irq)
{
	irq_mask &= ~(1 << irq);
	outb(PIC1 + 1, irq_mask);
}

/* What is wrong with the address of a page fault. */
static const char *page_fault_reason(uint32_t address, uint32_t error)
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
	const char *name = f->vector < VECTOR_IRQ ? exceptions[f->vector] : 0;

	print("%s", name ? name : "exception");
	if (f->vector == VECTOR_PAGE_FAULT)
		print(": %s 0x%08x, %s",
		      f->error & FAULT_WRITE ? "write to" : "read from",
		      fault_address(),
		      page_fault_reason(fault_address(), f->error));
	print("\n  vector %u  error %x  eip %08x  cs %02x  eflags %08x\n"
	      "  eax %08x  ebx %08x  ecx %08x  edx %08x\n"
	      "  esi %08x  edi %08x  ebp %08x  esp %08x\n",
	      f->vector, f->error, f->eip, f->cs & 0xffff, f->eflags, f->eax,
	      f->ebx, f->ecx, f->edx, f->esi, f->edi, f->ebp,
	      f->cs == USER_CODE ? f->esp : (uint32_t)&f->esp);
}

/* Ends the program that made it; the kernel's own end everything. */
static void exception(const struct trap_frame *f)
{
	if (f->cs != USER_CODE) {
		print("kernel panic: ");
		dump(f);
		power_reset_after_panic();
	}
	print("%s (pid %d) ended: ", current->name, current->pid);
	dump(f);
	process_end(current, STATUS_FAULT);
}

/* Every trap; called by entry.S with interrupts off. */
void trap(struct trap_frame *f)
{
	switch (f->vector) {
	case VECTOR_SYSCALL:
		f->eax = syscall(f);
		break;
	case VECTOR_IRQ + IRQ_TIMER:
		timer_interrupt();
		break;
	case VECTOR_IRQ + IRQ_KEYBOARD:
		keyboard_interrupt();
		break;
	case VECTOR_IRQ + IRQ_SERIAL:
		serial_interrupt();
		break;
	default:
		if (f->vector < VECTOR_IRQ)
			exception(f);
	}
	/* A program's time is over, or the program is. The kernel's never. */
	if (f->cs == USER_CODE &&
	    (f->vector == VECTOR_IRQ + IRQ_TIMER || current->state != RUNNING))
		schedule();
}
