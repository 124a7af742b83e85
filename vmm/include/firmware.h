/*
 * What firmware would leave in memory for a system to find the machine by: each
 * row writes one such description, all of them from the same platform. Only for
 * guests that look there: it lies in low RAM, where others have data.
 */
#ifndef MKVM_FIRMWARE_H
#define MKVM_FIRMWARE_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/pc.h"
#include "memory.h"
#include "table.h"

/* Parts of the PC that not every guest has. Where they are, abi/pc.h says. */
enum platform_part {
	PLATFORM_IRQS = 1 << 0, /* interrupt controllers, whoever plays them */
	PLATFORM_APIC = 1 << 1, /* local APICs and an I/O APIC among them */
	PLATFORM_SERIAL = 1 << 2,
	PLATFORM_SERIAL_IRQ = 1 << 3,
	PLATFORM_I8042 = 1 << 4,
	PLATFORM_CMOS = 1 << 5,
	PLATFORM_PIT = 1 << 6,
	PLATFORM_RESET = 1 << 7,
	PLATFORM_PM = 1 << 8, /* power management, with the SCI */
	PLATFORM_VGA = 1 << 9,
	PLATFORM_PCI = 1 << 10,	 /* a host bridge, and something on it */
	PLATFORM_ECAM = 1 << 11, /* its configuration space in memory */
	PLATFORM_ACPI = 1 << 12,
	PLATFORM_VMGENID = 1 << 13, /* an ID for each time it is restored */
	PLATFORM_SPARES = 1 << 14,  /* slots that can be filled: `spares` */
	PLATFORM_MOUSE = 1 << 15,   /* behind the keyboard controller */
	PLATFORM_ROM =
		1 << 16, /* firmware, which has put BARs where it likes */
	PLATFORM_FLOPPY = 1 << 17,
	PLATFORM_FWCFG_DMA = 1 << 18, /* firmware can write to files */
};

/* A device of virtio over MMIO: PC_WINDOW_LEN addresses, and an ISA line. */
struct platform_window {
	uint32_t gpa;
	uint8_t line;
};

#define PLATFORM_WINDOWS_MAX 16 /* more than there are lines */

/*
 * The one description of the machine. ISA line n is GSI n, line 0 included,
 * and pin n of the I/O APIC, whoever plays that: KVM ("KVM_CREATE_IRQCHIP") or
 * devices/ioapic.c. All are edges, active high, but the SCI, a level. INTx#
 * of PCI: platform_intx().
 */
struct platform {
	unsigned int has;     /* PLATFORM_ bits */
	unsigned int nr_cpus; /* their APIC ids are 0 to nr_cpus - 1 */
	uint8_t ioapic_id;
	uint8_t spares; /* slots of PCI in which something can be put, a bit each */
	uint8_t floppies; /* drives as CMOS RAM has them: A: in the high digit */
	unsigned int nr_windows;
	struct platform_window windows[PLATFORM_WINDOWS_MAX];
};

static inline bool platform_has(const struct platform *platform,
				unsigned int parts)
{
	return (platform->has & parts) == parts;
}

/* GSI of INTA# to INTD#, @pin 0 to 3, of @device on bus 0: the usual turn, so
 * that single-function devices do not all share one. */
static inline unsigned int platform_intx(unsigned int device, unsigned int pin)
{
	return PC_PCI_INTX_GSI + (device + pin) % 4;
}

/* The line of the 8259s that such a @gsi is as well: as firmware for PCs of its time
 * says it is (SeaBIOS, for Intel's 82371SB), whoever asks. */
static inline unsigned int platform_intx_line(unsigned int gsi)
{
	return PC_PCI_INTX_LINE + (gsi - PC_PCI_INTX_GSI + 3) % 4 / 2;
}

struct firmware {
	/* One word, and that of a feature if a run can go without. */
	const char *name;

	/* Whether there is anything of this platform that it can tell. NULL:
	 * always. */
	bool (*fits)(const struct platform *platform);

	/* Where ACPI's root pointer will be; else 0. Loaders pass it on. */
	gpa_t rsdp;

	void (*write)(const struct memory *mem,
		      const struct platform *platform);

	/* It is written again when the guest is restored. */
	bool again;
};

#define FIRMWARE(row) TABLE_ROW(firmware, firmware, row)

#endif
