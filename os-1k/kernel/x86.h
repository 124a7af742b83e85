/* The instructions that C has no words for. */
#ifndef OS1K_X86_H
#define OS1K_X86_H

#include <stdint.h>

/* What LGDT and LIDT take: SDM 3A, "Memory-Management Registers". */
struct table_pointer {
	uint16_t limit; /* bytes - 1 */
	uint32_t base;
} __attribute__((packed));

static inline void outb(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline void outw(uint16_t port, uint16_t value)
{
	__asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t inb(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

/* The address that the last page fault was about. */
static inline uint32_t fault_address(void)
{
	uint32_t value;

	__asm__ volatile("mov %%cr2, %0" : "=r"(value));
	return value;
}

/* Lets interrupts in until one has been handled. Costs no CPU meanwhile. */
static inline void wait_for_interrupt(void)
{
	__asm__ volatile("sti; hlt; cli" : : : "memory");
}

#endif
