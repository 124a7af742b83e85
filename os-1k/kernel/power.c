/* The end of the system, on whatever machine it runs. */
#include "abi/hypercall.h"
#include "kernel/kernel.h"

enum { ACPI_PM1A_CONTROL = 0x604, ACPI_SOFT_OFF = 0x2000 }; /* QEMU's PC */
enum { I8042_COMMAND = 0x64, I8042_RESET = 0xfe };

#define RESET_FLAG	((uint16_t *)(KERNEL_BASE + 0x472))
#define RESET_FLAG_WARM 0x1234

uint32_t power_loader;

static _Noreturn void reset(void)
{
	outb(I8042_COMMAND, I8042_RESET);
	for (;;)
		__asm__ volatile("cli; hlt");
}

/* The last resort starts again, which QEMU's -no-reboot takes for the end. */
void power_off(int status)
{
	bool mkvm = power_loader == OS1K_FROM_MKVM;

	__asm__ volatile("out %0, %w1"
			 :
			 : "a"(mkvm ? HC_EXIT_STATUS : ACPI_SOFT_OFF),
			   "d"(mkvm ? HC_PORT : ACPI_PM1A_CONTROL),
			   "b"(status));
	reset();
}

/* A warm reset is what Mini-KVM takes for a crash. */
void panic(const char *why)
{
	print("kernel panic: %s\n", why);
	*RESET_FLAG = RESET_FLAG_WARM;
	reset();
}
