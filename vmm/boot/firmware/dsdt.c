/*
 * The DSDT: ACPI's description of devices, in AML. Each file of dsdt/ is one
 * definition block, compiled from ASL when kvm-vmm is built; the bodies of those
 * that fit the machine, one behind the other, are the table. So a device that
 * is not there is not in it either, and no method has to say so.
 */
#include "boot/firmware/acpi.h"

#include <string.h>

#include <dsdt.aml.h> /* by tools/aml: NAME_aml[] of each part */

#define NAME_LEN      4
#define DSDT_REVISION 2 /* integers have 64 bits */
#define CPU_NAME      "C000"
#define WINDOW_NAME   "V000"
#define SPARE_NAME    "S000"
#define SPARE_EVENT   "_E00"

#define BLOCK(name, with, without)                            \
	{                                                     \
		name##_aml, sizeof(name##_aml), with, without \
	}

static const struct block {
	const uint8_t *aml;
	uint16_t len;
	uint32_t with, without; /* PLATFORM_ bits */
} blocks[] = {
	BLOCK(base, 0, 0),
	BLOCK(pic, PLATFORM_IRQS, 0),
	BLOCK(pit, PLATFORM_PIT, 0),
	BLOCK(cmos, PLATFORM_CMOS, 0),
	BLOCK(i8042, PLATFORM_I8042, 0),
	BLOCK(mouse, PLATFORM_I8042 | PLATFORM_MOUSE, 0),
	BLOCK(serial, PLATFORM_SERIAL | PLATFORM_SERIAL_IRQ, 0),
	BLOCK(serial_mute, PLATFORM_SERIAL, PLATFORM_SERIAL_IRQ),
	BLOCK(ecam, PLATFORM_ECAM, 0),
	BLOCK(vmgenid, PLATFORM_VMGENID, 0),
	BLOCK(hotplug, PLATFORM_SPARES, 0),
};

static const char digits[] = "0123456789ABCDEF";

/* Puts the @len bytes at @by where those at @what are in @aml, which has them. */
static void replace(uint8_t *aml, const void *what, const void *by, size_t len)
{
	while (memcmp(aml, what, len) != 0)
		aml++;
	memcpy(aml, by, len);
}

/* The host bridge. Where firmware puts BARs, up to the I/O APIC, a system finds no
 * fault with them. */
static void add_pci(struct acpi_area *area, const struct platform *platform)
{
	static const uint32_t last = PC_PCI_MEM2_LAST, len = PC_PCI_MEM2_LEN;
	static const uint32_t rom_last = PC_PCI_ROM_LAST,
			      rom_len = PC_PCI_ROM_LAST - PC_PCI_MEM2 + 1;
	uint8_t aml[sizeof(pci_aml)];

	memcpy(aml, pci_aml, sizeof(aml));
	if (platform_has(platform, PLATFORM_ROM)) {
		replace(aml, &last, &rom_last, sizeof(last));
		replace(aml, &len, &rom_len, sizeof(len));
	}
	acpi_add(area, aml, sizeof(aml));
}

/* With the drives that there are: what is not there need not be looked for. */
static void add_floppy(struct acpi_area *area, const struct platform *platform)
{
	static const uint32_t any[] = { 0xea, 0xeb };
	const uint32_t drives[] = { platform->floppies >> 4 != 0,
				    (platform->floppies & 0x0f) != 0 };
	uint8_t aml[sizeof(floppy_aml)];

	memcpy(aml, floppy_aml, sizeof(aml));
	replace(aml, any, drives, sizeof(any));
	acpi_add(area, aml, sizeof(aml));
}

/* Three digits for its name, and its number in the MADT. */
static void add_cpu(struct acpi_area *area, unsigned int id)
{
	const char name[] = { 'C', '0', digits[id >> 4], digits[id & 0xf] };
	uint8_t aml[sizeof(cpu_aml)];

	memcpy(aml, cpu_aml, sizeof(aml));
	replace(aml, CPU_NAME, name, sizeof(name));
	aml[sizeof(aml) - 1] = id;
	acpi_add(area, aml, sizeof(aml));
}

static void add_window(struct acpi_area *area, unsigned int id,
		       const struct platform_window *window)
{
	static const uint32_t any_gpa = 0xeeeee000, any_line = 0xeeeeeeee;
	static const uint8_t any_uid[] = { 0x0a, 0xee };
	const char name[] = { 'V', '0', digits[id >> 4], digits[id & 0xf] };
	const uint8_t uid[] = { any_uid[0], id };
	const uint32_t line = window->line;
	uint8_t aml[sizeof(window_aml)];

	memcpy(aml, window_aml, sizeof(aml));
	replace(aml, WINDOW_NAME, name, sizeof(name));
	replace(aml, any_uid, uid, sizeof(uid));
	replace(aml, &any_gpa, &window->gpa, sizeof(any_gpa));
	replace(aml, &any_line, &line, sizeof(any_line));
	acpi_add(area, aml, sizeof(aml));
}

/* The same wherever it is. */
static void replace_name(uint8_t *aml, size_t len, const char *what,
			 const char *by)
{
	for (size_t at = 0; at + NAME_LEN <= len; at++)
		if (!memcmp(aml + at, what, NAME_LEN))
			memcpy(aml + at, by, NAME_LEN);
}

/* Slot number @nr of those, from 0. */
static void add_spare(struct acpi_area *area, unsigned int nr)
{
	static const uint32_t any_adr = 0xeeee0000;
	static const uint8_t any_sun[] = { 0x0a, 0xee };
	static const uint8_t any_bit[] = { 0x0a, 0xed };
	const unsigned int slot = PC_PCI_SPARE + nr;
	const char name[] = { 'S', '0', digits[slot >> 4], digits[slot & 0xf] };
	const char event[] = { '_', 'E', '0', digits[nr] };
	const uint32_t adr = slot << 16;
	const uint8_t sun[] = { any_sun[0], nr + 1 };
	const uint8_t bit[] = { any_bit[0], 1 << nr };
	uint8_t aml[sizeof(spare_aml)];

	memcpy(aml, spare_aml, sizeof(aml));
	replace_name(aml, sizeof(aml), SPARE_NAME, name);
	replace_name(aml, sizeof(aml), SPARE_EVENT, event);
	replace(aml, &any_adr, &adr, sizeof(any_adr));
	replace(aml, any_sun, sun, sizeof(any_sun));
	replace(aml, any_bit, bit, sizeof(any_bit));
	/* The bus itself, which comes first, is there already: its opcode of two
	 * bytes, and of how many the rest is. */
	acpi_add(area, aml + 2 + aml[2], sizeof(aml) - 2 - aml[2]);
}

uint32_t acpi_write_dsdt(struct acpi_area *area,
			 const struct platform *platform)
{
	acpi_begin(area, "DSDT", DSDT_REVISION);
	if (platform_has(platform, PLATFORM_PCI))
		add_pci(area, platform);
	if (platform_has(platform, PLATFORM_FLOPPY))
		add_floppy(area, platform);
	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++)
		if (platform_has(platform, blocks[i].with) &&
		    !(platform->has & blocks[i].without))
			acpi_add(area, blocks[i].aml, blocks[i].len);
	for (unsigned int id = 0; id < platform->nr_cpus; id++)
		add_cpu(area, id);
	for (unsigned int id = 0; id < platform->nr_windows; id++)
		add_window(area, id, &platform->windows[id]);
	for (unsigned int nr = 0; nr < PC_PCI_SPARES; nr++)
		if (platform->spares >> nr & 1)
			add_spare(area, nr);
	return acpi_end(area);
}
