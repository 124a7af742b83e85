/*
 * Segments: flat ones for both rings, and the task state segment, of which only
 * the stack for ring 0 is used (SDM 3A, "Segment Descriptors", "32-Bit TSS").
 */
#include "kernel/kernel.h"

/* From 0 to 4 GiB, 32 bits; the byte says ring and kind. */
#define FLAT(access) (0x00cf00000000ffffULL | (uint64_t)(access) << 40)
#define TSS_ACCESS   0x89ULL

static struct {
	uint32_t previous, esp0, ss0, unused[22];
	uint16_t trap, io_map;
} tss = {
	.ss0 = KERNEL_DATA,
	.io_map = sizeof(tss), /* behind the end: no port is for programs */
};

/* In the order of the selectors in layout.h; the last is made below. */
static uint64_t gdt[] = { 0, FLAT(0x9b), FLAT(0x93), FLAT(0xfb), FLAT(0xf3), 0 };

/*
 * The loader's code and data selectors mean the same in this table, so the
 * segment registers take it over one by one, as they are next loaded.
 */
void segments_init(void)
{
	struct table_pointer pointer = { sizeof(gdt) - 1, (uint32_t)gdt };
	uint64_t base = (uint32_t)&tss;

	gdt[TASK_STATE / 8] = (sizeof(tss) - 1) | (base & 0xffffff) << 16 |
			      TSS_ACCESS << 40 | base >> 24 << 56;
	__asm__ volatile("lgdt %0; ltr %w1" : : "m"(pointer), "r"(TASK_STATE));
}

void segments_set_stack(uint32_t top)
{
	tss.esp0 = top;
}
