/* What lies at an I/O port or an address of a PC, for a guest that finds nobody
 * there, and what to do about it. */
#include "probes/report/rules/quiet.h"

#include "abi/pc.h"

struct place {
	uint64_t start, end; /* the last of it */
	const char *what;
};

static const struct place ports[] = {
	{ 0x020, 0x021, "a PC has its 8259 there: --irqchip vmm or kernel" },
	{ 0x040, 0x043, "a PC has its timer there, if not left out" },
	{ 0x060, 0x064, "a PC has its keyboard there, if not left out" },
	{ 0x070, 0x071, "a PC has its clock there, if not left out" },
	{ 0x0a0, 0x0a1, "a PC has its 8259 there: --irqchip vmm or kernel" },
	{ 0x0e9, 0x0e9, "a debug console was there, if not left out" },
	{ 0x170, 0x177, "a PC may have IDE disks there: --ide FILE" },
	{ 0x1ce, 0x1d0, "QEMU and Bochs have graphics there" },
	{ 0x1f0, 0x1f7, "a PC may have IDE disks there: --ide FILE" },
	{ 0x220, 0x22f, "a sound card may be there" },
	{ 0x278, 0x27a, "a printer port may be there" },
	{ 0x2e8, 0x2ef, "COM4 would be there; there is COM1 only, 0x3f8" },
	{ 0x2f8, 0x2ff, "COM2 would be there; there is COM1 only, 0x3f8" },
	{ 0x300, 0x31f, "a network card may be there; here --net is virtio" },
	{ 0x376, 0x376, "a PC may have IDE disks there: --ide FILE" },
	{ 0x378, 0x37a, "a printer port may be there" },
	{ 0x3b4, 0x3df, "a VGA was there, if not left out" },
	{ 0x3e8, 0x3ef, "COM3 would be there; there is COM1 only, 0x3f8" },
	{ 0x3f0, 0x3f5, "a PC may have floppies there: --floppy FILE" },
	{ 0x3f6, 0x3f6, "a PC may have IDE disks there: --ide FILE" },
	{ 0x3f7, 0x3f7, "a PC may have floppies there: --floppy FILE" },
	{ 0x3f8, 0x3ff, "COM1 was there, if not left out" },
	{ 0x402, 0x402, "QEMU and Bochs have a debug port there; here 0xe9" },
	{ 0x510, 0x51b, "QEMU's fw_cfg was there, if not left out" },
	{ PC_PM1_EVT, PC_PM1_EVT + PC_PM_LEN - 1,
	  "ACPI's registers were there, if not left out" },
	{ 0xcf8, 0xcff,
	  "PCI is there with a device on it: --edu, --virtio pci" },
	{ 0x5658, 0x5659, "VMware answers there" },
};

static const struct place addresses[] = {
	{ PC_ECAM_GPA, PC_ECAM_GPA + PC_ECAM_LEN - 1,
	  "PCI is there with a device on it: --edu, --virtio pci" },
	{ PC_WINDOWS_GPA, PC_WINDOWS_GPA + PC_WINDOWS_LEN - 1,
	  "virtio over MMIO would be there, with --disk and others" },
	{ PC_WINDOWS_ROM_GPA, PC_WINDOWS_ROM_GPA + PC_WINDOWS_ROM_LEN - 1,
	  "virtio over MMIO would be there, with --firmware" },
	{ PC_IOAPIC_GPA, PC_IOAPIC_GPA + 0xfff,
	  "an I/O APIC is there with --irqchip kernel or split" },
	{ 0xfed00000, 0xfed003ff,
	  "an HPET would be there; here there is none" },
	{ 0xfed40000, 0xfed44fff, "a TPM would be there; here there is none" },
	{ PC_LAPIC_GPA, PC_LAPIC_GPA + 0xfff,
	  "a local APIC is there with --irqchip kernel or split" },
};

static const char *find(const struct place *place, size_t count, uint64_t at)
{
	for (; count--; place++)
		if (at >= place->start && at <= place->end)
			return place->what;
	return NULL;
}

const char *places_port(uint64_t port)
{
	return find(ports, sizeof(ports) / sizeof(ports[0]), port);
}

const char *places_address(uint64_t gpa)
{
	return find(addresses, sizeof(addresses) / sizeof(addresses[0]), gpa);
}
