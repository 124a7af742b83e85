/*
 * The MP table: processors, the buses, the I/O APIC and how their interrupt
 * lines are wired. Follows the Intel MultiProcessor Specification 1.4,
 * "MP Configuration Table". The floating pointer lies in the extended BIOS data
 * area, which boot/firmware/bda.c tells of, behind the byte with its size; the
 * table lies in the range of the BIOS, where no system looks for RAM.
 *
 * One processor wants it as well: without, Linux takes interrupts from the 8259s
 * by way of LINT0 of the local APIC, and one that comes while it sets that pin
 * up has been seen to get lost in KVM, and all others with it.
 */
#include <string.h>

#include "feature.h"
#include "firmware.h"
#include "memory.h"

#define FLOATING_GPA   (MEM_FIRMWARE_START + 16) /* aligned */
#define TABLE_ROOM     0x2000			 /* for 254 processors */
#define LAPIC_VERSION  0x14
#define IOAPIC_VERSION 0x11
#define SPEC_REVISION  4
#define PCI_BUS	       0 /* its own number, as systems compare the two */
#define PCI_SOURCES    (32 * 4)
#define PCI_FLAGS      0x000f /* levels, active low */
#define ISA_LINES      16
#define ALL_LAPICS     0xff
#define CPU_ENABLED    (1 << 0)
#define CPU_BOOTSTRAP  (1 << 1)
#define CPU_FEATURES   0x201 /* FPU and APIC on chip */
#define IOAPIC_ENABLED 1
#define SCI_FLAGS      0x000d /* a level, active high */

enum entry_type { ENTRY_CPU, ENTRY_BUS, ENTRY_IOAPIC, ENTRY_IRQ, ENTRY_LINT };
enum irq_type { IRQ_INT, IRQ_NMI, IRQ_SMI, IRQ_EXTINT };

struct mp_floating {
	char signature[4]; /* "_MP_" */
	uint32_t table;
	uint8_t length; /* in 16 bytes */
	uint8_t revision;
	uint8_t checksum;
	uint8_t features[5];
} __attribute__((packed));

struct mp_header {
	char signature[4]; /* "PCMP" */
	uint16_t length;
	uint8_t revision;
	uint8_t checksum;
	char oem[8], product[12];
	uint32_t oem_table;
	uint16_t oem_size;
	uint16_t nr_entries;
	uint32_t lapic;
	uint16_t ext_length;
	uint8_t ext_checksum, reserved;
} __attribute__((packed));

struct mp_cpu {
	uint8_t type, apic_id, apic_version, flags;
	uint32_t signature, features, reserved[2];
} __attribute__((packed));

struct mp_bus {
	uint8_t type, id;
	char name[6];
} __attribute__((packed));

struct mp_ioapic {
	uint8_t type, id, version, flags;
	uint32_t gpa;
} __attribute__((packed));

struct mp_irq {
	uint8_t type, irq_type;
	uint16_t flags;
	uint8_t src_bus, src_line, dst_apic, dst_pin;
} __attribute__((packed));

/* Where the next entry goes; the table is written front to back. */
struct mp_writer {
	uint8_t *start, *at, *end;
	uint16_t nr_entries;
};

static uint8_t checksum(const void *data, size_t len)
{
	const uint8_t *bytes = data;
	uint8_t sum = 0;

	while (len--)
		sum += *bytes++;
	return -sum;
}

static void add_entry(struct mp_writer *w, const void *entry, size_t len)
{
	if ((size_t)(w->end - w->at) < len)
		return;
	memcpy(w->at, entry, len);
	w->at += len;
	w->nr_entries++;
}

static void add_cpus(struct mp_writer *w, unsigned int nr_cpus)
{
	for (unsigned int id = 0; id < nr_cpus; id++) {
		struct mp_cpu cpu = {
			.type = ENTRY_CPU,
			.apic_id = id,
			.apic_version = LAPIC_VERSION,
			.flags = CPU_ENABLED | (id ? 0 : CPU_BOOTSTRAP),
			.features = CPU_FEATURES,
		};

		add_entry(w, &cpu, sizeof(cpu));
	}
}

static void add_bus(struct mp_writer *w, uint8_t id, const char *name)
{
	struct mp_bus bus = { .type = ENTRY_BUS, .id = id };

	memcpy(bus.name, name, sizeof(bus.name));
	add_entry(w, &bus, sizeof(bus));
}

static void add_isa_lines(struct mp_writer *w, const struct platform *platform,
			  uint8_t isa)
{
	const bool has_sci = platform_has(platform, PLATFORM_PM);

	for (unsigned int line = 0; line < ISA_LINES; line++) {
		struct mp_irq irq = { .type = ENTRY_IRQ,
				      .irq_type = IRQ_INT,
				      .src_bus = isa,
				      .src_line = line,
				      .dst_apic = platform->ioapic_id,
				      .dst_pin = line };

		if (has_sci && line == PC_SCI_IRQ)
			irq.flags = SCI_FLAGS;
		add_entry(w, &irq, sizeof(irq));
	}
}

/* The line of a source is its device, and two bits for INTA# to INTD#. */
static void add_pci_pins(struct mp_writer *w, uint8_t ioapic_id)
{
	for (unsigned int line = 0; line < PCI_SOURCES; line++) {
		struct mp_irq irq = { .type = ENTRY_IRQ,
				      .irq_type = IRQ_INT,
				      .flags = PCI_FLAGS,
				      .src_bus = PCI_BUS,
				      .src_line = line,
				      .dst_apic = ioapic_id,
				      .dst_pin = platform_intx(line / 4,
							       line % 4) };

		add_entry(w, &irq, sizeof(irq));
	}
}

/* What goes to the local APICs: the 8259s, to the first one, and NMI. */
static void add_lints(struct mp_writer *w, uint8_t isa)
{
	struct mp_irq lint0 = { .type = ENTRY_LINT,
				.irq_type = IRQ_EXTINT,
				.src_bus = isa,
				.dst_apic = 0,
				.dst_pin = 0 };
	struct mp_irq lint1 = { .type = ENTRY_LINT,
				.irq_type = IRQ_NMI,
				.src_bus = isa,
				.dst_apic = ALL_LAPICS,
				.dst_pin = 1 };

	add_entry(w, &lint0, sizeof(lint0));
	add_entry(w, &lint1, sizeof(lint1));
}

/* The I/O APIC's id is what its register says, too. Line n is at pin n, as the
 * platform has it. */
static void add_wiring(struct mp_writer *w, const struct platform *platform)
{
	const bool has_pci = platform_has(platform, PLATFORM_PCI);
	const uint8_t isa = has_pci ? PCI_BUS + 1 : 0;
	const uint8_t id = platform->ioapic_id;
	struct mp_ioapic ioapic = { .type = ENTRY_IOAPIC,
				    .id = id,
				    .version = IOAPIC_VERSION,
				    .flags = IOAPIC_ENABLED,
				    .gpa = PC_IOAPIC_GPA };

	if (has_pci)
		add_bus(w, PCI_BUS, "PCI   ");
	add_bus(w, isa, "ISA   ");
	add_entry(w, &ioapic, sizeof(ioapic));
	if (has_pci)
		add_pci_pins(w, id);
	add_isa_lines(w, platform, isa);
	add_lints(w, isa);
}

static void write_floating(const struct memory *mem)
{
	struct mp_floating floating = { .signature = "_MP_",
					.table = MEM_FIRMWARE_TABLES,
					.length = 1,
					.revision = SPEC_REVISION };

	floating.checksum = checksum(&floating, sizeof(floating));
	mem_write(mem, FLOATING_GPA, &floating, sizeof(floating));
}

static bool mptable_fits(const struct platform *platform)
{
	return platform_has(platform, PLATFORM_APIC);
}

static void mptable_write(const struct memory *mem,
			  const struct platform *platform)
{
	uint8_t *table = mem_hva(mem, MEM_FIRMWARE_TABLES, TABLE_ROOM);
	struct mp_header header = { .signature = "PCMP",
				    .revision = SPEC_REVISION,
				    .oem = "MINI-KVM",
				    .product = "Mini-KVM    ",
				    .lapic = PC_LAPIC_GPA };
	struct mp_writer w;

	if (!table)
		return;
	w = (struct mp_writer){ .start = table,
				.at = table + sizeof(header),
				.end = table + TABLE_ROOM };
	add_cpus(&w, platform->nr_cpus);
	add_wiring(&w, platform);
	header.length = w.at - w.start;
	header.nr_entries = w.nr_entries;
	memcpy(table, &header, sizeof(header));
	((struct mp_header *)table)->checksum = checksum(table, header.length);
	write_floating(mem);
}

static const struct firmware mptable = {
	.name = "mptable",
	.fits = mptable_fits,
	.write = mptable_write,
};
FIRMWARE(mptable);

static const struct feature mptable_feature = {
	.name = "mptable",
	.what = "MP table: processors and interrupt lines",
};
FEATURE(mptable_feature);
