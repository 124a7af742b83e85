/* The end of the system, on whatever machine it runs. */
#include "abi/hypercall.h"
#include "abi/os1k.h"
#include "kernel/kernel.h"
#include "kernel/x86.h"

#define ACPI_PM1A_CONTROL 0x604 /* of QEMU's PC, as its firmware leaves it */
#define ACPI_SOFT_OFF	  0x2000
#define I8042_COMMAND	  0x64
#define I8042_RESET	  0xfe
#define RESET_FLAG	  ((uint16_t *)(KERNEL_BASE + 0x472))
#define RESET_FLAG_WARM	  0x1234

uint32_t power_loader;

static _Noreturn void reset(void)
{
	outb(I8042_COMMAND, I8042_RESET);
	for (;;)
		__asm__ volatile("cli; hlt");
}

/* @status is for Mini-KVM; other machines have no place for it. */
void power_off(int status)
{
	if (power_loader == OS1K_FROM_MKVM)
		__asm__ volatile("outb %0, %w1"
				 :
				 : "a"((uint8_t)HC_EXIT), "d"(HC_PORT),
				   "b"(status));
	else
		outw(ACPI_PM1A_CONTROL, ACPI_SOFT_OFF);
	reset();
}

/* Mini-KVM takes a warm reset for a crash, other machines start again. */
void power_reset_after_panic(void)
{
	*RESET_FLAG = RESET_FLAG_WARM;
	reset();
}
