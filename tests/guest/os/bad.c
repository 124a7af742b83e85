/* Does one thing that a program must not do; its argument says which. */
#include "user/calls.h"
#include "user/print.h"
#include "user/text.h"

#define KERNEL ((int *)0x80001000)

static void write_kernel(void)
{
	*(volatile int *)KERNEL = 1;
}

static void read_kernel(void)
{
	print("%d\n", *(volatile int *)KERNEL);
}

static void write_null(void)
{
	*(volatile int *)0 = 1;
}

/* The first word of the program's own read-only part. */
static void write_text(void)
{
	*(volatile int *)0x400000 = 1;
}

static void jump_away(void)
{
	((void (*)(void))0x10000000)();
}

static void jump_into_kernel(void)
{
	((void (*)(void))KERNEL)();
}

static void cli(void)
{
	__asm__ volatile("cli");
}

static void halt(void)
{
	__asm__ volatile("hlt");
}

static void port(void)
{
	__asm__ volatile("outb %al, $0x64");
}

static void load_cr3(void)
{
	__asm__ volatile("mov %0, %%cr3" : : "r"(0));
}

static void divide(void)
{
	__asm__ volatile("idivl %0" : : "r"(0), "a"(1), "d"(0));
}

static void invalid(void)
{
	__asm__ volatile("ud2");
}

static void use_fpu(void)
{
	__asm__ volatile("fldz");
}

/* The timer's vector: only the CPU may come through that gate. */
static void fake_timer(void)
{
	__asm__ volatile("int $32");
}

/* Traps into the kernel with nothing in DS and ES, and goes on. */
static void no_segments(void)
{
	__asm__ volatile("mov %0, %%ds; mov %0, %%es; int $0x80"
			 :
			 : "r"(0), "a"(SYS_COUNT)
			 : "memory");
	print("still here\n");
}

/* The trap flag: an exception after the next instruction. */
static void single_step(void)
{
	__asm__ volatile("pushf; orl $0x100, (%esp); popf; nop");
}

static int overflow(int depth)
{
	volatile int frame[64];

	frame[depth % 64] = depth;
	return depth < 0 ? 0 : overflow(depth + 1) + frame[depth % 64];
}

static void overflow_stack(void)
{
	print("%d\n", overflow(0));
}

static const struct {
	const char *name;
	void (*act)(void);
} deeds[] = {
	{ "write-kernel", write_kernel },
	{ "read-kernel", read_kernel },
	{ "write-null", write_null },
	{ "write-text", write_text },
	{ "jump-away", jump_away },
	{ "jump-kernel", jump_into_kernel },
	{ "cli", cli },
	{ "hlt", halt },
	{ "port", port },
	{ "cr3", load_cr3 },
	{ "divide", divide },
	{ "invalid", invalid },
	{ "fpu", use_fpu },
	{ "timer", fake_timer },
	{ "segments", no_segments },
	{ "step", single_step },
	{ "stack", overflow_stack },
};

int main(const char *args)
{
	for (unsigned int i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++)
		if (!strcmp(args, deeds[i].name))
			deeds[i].act();
	return 0;
}
