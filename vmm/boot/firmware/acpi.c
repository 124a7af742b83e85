/*
 * ACPI: the tables that tell a system of processors, interrupts, power and, in
 * a language of its own, devices. Follows the ACPI Specification, "ACPI
 * Software Programming Model"; the revisions are those of ACPI 2.0 to 4.0,
 * which any system knows that knows ACPI.
 *
 *   RSDP -> RSDT (32-bit pointers), XSDT (64-bit ones) -> FADT -> FACS, DSDT
 *                                                      -> MADT if there are APICs
 *                                                      -> MCFG if there is ECAM
 *
 * There is no system management mode: ACPI is on from the start, SMI_CMD is 0.
 * Left out are sleeping states, processor power, and all general purpose events
 * but those of vmgenid.c and of spare slots (dsdt/spare.asl).
 */
#include "boot/firmware/acpi.h"

#include <string.h>

#include "feature.h"

#define OEM "MKVM  "

struct acpi_rsdp {
	char signature[8];
	uint8_t checksum; /* of the first RSDP_OLD bytes */
	char oem[6];
	uint8_t revision;
	uint32_t rsdt, length;
	uint64_t xsdt;
	uint8_t checksum_all, reserved[3];
} __attribute__((packed));

#define RSDP_OLD 20

struct acpi_facs {
	char signature[4];
	uint32_t length, hardware, waking, lock, flags;
	uint64_t waking64;
	uint8_t version, reserved[31];
} __attribute__((packed));

/* A register, ACPI "Generic Address Structure". */
struct acpi_gas {
	uint8_t space, width, offset, access;
	uint64_t address;
} __attribute__((packed));

#define GAS_IO(bits, how, port)                               \
	{                                                     \
		.space = 1, .width = (bits), .access = (how), \
		.address = (port)                             \
	}

/* ACPI "Fixed ACPI Description Table", of revision 3 */
struct acpi_fadt {
	uint32_t facs, dsdt;
	uint8_t int_model, profile;
	uint16_t sci_int;
	uint32_t smi_cmd;
	uint8_t acpi_enable, acpi_disable, s4bios_req, pstate_cnt;
	uint32_t pm1a_evt, pm1b_evt, pm1a_cnt, pm1b_cnt, pm2_cnt, pm_tmr;
	uint32_t gpe0, gpe1;
	uint8_t pm1_evt_len, pm1_cnt_len, pm2_cnt_len, pm_tmr_len;
	uint8_t gpe0_len, gpe1_len, gpe1_base, cst_cnt;
	uint16_t p_lvl2_lat, p_lvl3_lat, flush_size, flush_stride;
	uint8_t duty_offset, duty_width, day_alrm, mon_alrm, century;
	uint16_t iapc_boot_arch;
	uint8_t reserved;
	uint32_t flags;
	struct acpi_gas reset;
	uint8_t reset_value, reserved2[3];
	uint64_t x_facs, x_dsdt;
	struct acpi_gas x_pm1a_evt, x_pm1b_evt, x_pm1a_cnt, x_pm1b_cnt;
	struct acpi_gas x_pm2_cnt, x_pm_tmr, x_gpe0, x_gpe1;
} __attribute__((packed));

#define FADT_REVISION 3

#define PROFILE_DESKTOP	    1
#define NO_C_STATE	    0xffff
#define FLAG_WBINVD	    (1 << 0)
#define FLAG_PROC_C1	    (1 << 2)
#define FLAG_NO_SLP_BUTTON  (1 << 5)
#define FLAG_NO_RTC_WAKE    (1 << 6)
#define FLAG_TMR_VAL_EXT    (1 << 8) /* 32 bits, not 24 */
#define FLAG_RESET_REG_SUP  (1 << 10)
#define ARCH_LEGACY_DEVICES (1 << 0)
#define ARCH_8042	    (1 << 1)
#define ARCH_NO_VGA	    (1 << 2)
#define ARCH_NO_MSI	    (1 << 3)
#define ARCH_NO_ASPM	    (1 << 4)
#define ARCH_NO_CMOS_RTC    (1 << 5)
#define RTC_CENTURY	    0x32 /* devices/cmos.c */
#define I8042_COMMAND	    0x64
#define I8042_COMMAND_RESET 0xfe

/* ACPI "Multiple APIC Description Table" */
#define MADT_REVISION	 3
#define MADT_PCAT_COMPAT 1 /* there are 8259s, too */
#define MADT_ALL_CPUS	 0xff
#define MADT_LEVEL_HIGH	 0x0d

struct madt_cpu {
	uint8_t type, length, uid, apic_id;
	uint32_t flags;
} __attribute__((packed));

struct madt_ioapic {
	uint8_t type, length, id, reserved;
	uint32_t gpa, first_gsi;
} __attribute__((packed));

struct madt_override {
	uint8_t type, length, bus, line;
	uint32_t gsi;
	uint16_t flags;
} __attribute__((packed));

struct madt_nmi {
	uint8_t type, length, uid;
	uint16_t flags;
	uint8_t lint;
} __attribute__((packed));

/* PCI Firmware Specification, "MCFG Table Description" */
struct mcfg {
	uint64_t reserved, gpa;
	uint16_t segment;
	uint8_t first_bus, last_bus;
	uint32_t reserved2;
} __attribute__((packed));

static uint8_t checksum(const uint8_t *bytes, size_t len)
{
	uint8_t sum = 0;

	while (len--)
		sum -= *bytes++;
	return sum;
}

void acpi_add(struct acpi_area *area, const void *data, size_t len)
{
	if (len > area->size - area->at)
		return;
	memcpy(area->base + area->at, data, len);
	area->at += len;
}

void acpi_begin(struct acpi_area *area, const char *signature, uint8_t revision)
{
	struct acpi_header header = { .revision = revision,
				      .oem = OEM,
				      .oem_table = "MINI-KVM",
				      .oem_revision = 1,
				      .creator = "MKVM",
				      .creator_revision = 1 };

	memcpy(header.signature, signature, sizeof(header.signature));
	area->table = area->at;
	acpi_add(area, &header, sizeof(header));
}

/* The next one is aligned. */
static uint32_t close_table(struct acpi_area *area)
{
	area->at = (area->at + ACPI_ALIGN - 1) & ~(size_t)(ACPI_ALIGN - 1);
	return MEM_RSDP + area->table;
}

uint32_t acpi_end(struct acpi_area *area)
{
	struct acpi_header *header =
		(struct acpi_header *)(area->base + area->table);

	header->length = area->at - area->table;
	header->checksum = checksum((uint8_t *)header, header->length);
	return close_table(area);
}

static uint32_t write_facs(struct acpi_area *area)
{
	const struct acpi_facs facs = { .signature = "FACS",
					.length = sizeof(facs),
					.version = 1 };

	area->table = area->at;
	acpi_add(area, &facs, sizeof(facs));
	return close_table(area);
}

static uint16_t boot_arch(const struct platform *platform)
{
	static const struct {
		unsigned short part, with, without;
	} bits[] = {
		{ PLATFORM_SERIAL, ARCH_LEGACY_DEVICES, 0 },
		{ PLATFORM_I8042, ARCH_LEGACY_DEVICES | ARCH_8042, 0 },
		{ PLATFORM_VGA, 0, ARCH_NO_VGA },
		{ PLATFORM_APIC, 0, ARCH_NO_MSI },
		{ PLATFORM_CMOS, 0, ARCH_NO_CMOS_RTC },
	};
	uint16_t arch = ARCH_NO_ASPM;

	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		arch |= platform_has(platform, bits[i].part) ? bits[i].with :
							       bits[i].without;
	return arch;
}

/* By the register that is there for it, else by the keyboard controller. */
static void add_reset(struct acpi_fadt *fadt, const struct platform *platform)
{
	static const struct acpi_gas rst_cnt = GAS_IO(8, 1, PC_RST_CNT),
				     i8042 = GAS_IO(8, 1, I8042_COMMAND);
	bool has_reset = platform_has(platform, PLATFORM_RESET);

	if (!has_reset && !platform_has(platform, PLATFORM_I8042))
		return;
	fadt->reset = has_reset ? rst_cnt : i8042;
	fadt->reset_value = has_reset ? PC_RST_CNT_VAL : I8042_COMMAND_RESET;
	fadt->flags |= FLAG_RESET_REG_SUP;
}

/* General purpose events: a byte that says which came, and one for which count. */
static void add_events(struct acpi_fadt *fadt)
{
	static const struct acpi_gas gpe0 = GAS_IO(16, 1, PC_GPE0);

	fadt->gpe0 = PC_GPE0;
	fadt->gpe0_len = 2;
	fadt->x_gpe0 = gpe0;
}

static uint32_t write_fadt(struct acpi_area *area,
			   const struct platform *platform, uint32_t facs,
			   uint32_t dsdt)
{
	static const struct acpi_fadt fixed = {
		.int_model = 1, /* of ACPI 1.0: there are APICs; else ignored */
		.profile = PROFILE_DESKTOP,
		.sci_int = PC_SCI_IRQ,
		.pm1a_evt = PC_PM1_EVT,
		.pm1_evt_len = PC_PM1_CNT - PC_PM1_EVT,
		.pm1a_cnt = PC_PM1_CNT,
		.pm1_cnt_len = 2,
		.pm_tmr = PC_PM_TMR,
		.pm_tmr_len = 4,
		.p_lvl2_lat = NO_C_STATE,
		.p_lvl3_lat = NO_C_STATE,
		.flags = FLAG_WBINVD | FLAG_PROC_C1 | FLAG_NO_SLP_BUTTON |
			 FLAG_NO_RTC_WAKE | FLAG_TMR_VAL_EXT,
		.x_pm1a_evt = GAS_IO(32, 2, PC_PM1_EVT),
		.x_pm1a_cnt = GAS_IO(16, 2, PC_PM1_CNT),
		.x_pm_tmr = GAS_IO(32, 3, PC_PM_TMR),
	};
	struct acpi_fadt fadt = fixed;

	fadt.facs = facs;
	fadt.dsdt = dsdt;
	fadt.x_dsdt = dsdt;
	fadt.iapc_boot_arch = boot_arch(platform);
	if (platform_has(platform, PLATFORM_CMOS))
		fadt.century = RTC_CENTURY;
	if (platform->has & (PLATFORM_VMGENID | PLATFORM_SPARES))
		add_events(&fadt);
	add_reset(&fadt, platform);
	acpi_begin(area, "FACP", FADT_REVISION);
	acpi_add(area, &fadt, sizeof(fadt));
	return acpi_end(area);
}

/* Line n is GSI n, so that only what is no edge has to be told. */
static uint32_t write_madt(struct acpi_area *area,
			   const struct platform *platform)
{
	static const uint32_t start[] = { PC_LAPIC_GPA, MADT_PCAT_COMPAT };
	static const struct madt_override sci = { 2,	      sizeof(sci),
						  0,	      PC_SCI_IRQ,
						  PC_SCI_IRQ, MADT_LEVEL_HIGH };
	static const struct madt_nmi nmi = { 4, sizeof(nmi), MADT_ALL_CPUS, 0,
					     1 };
	const struct madt_ioapic ioapic = {
		1, sizeof(ioapic), platform->ioapic_id, 0, PC_IOAPIC_GPA, 0
	};

	acpi_begin(area, "APIC", MADT_REVISION);
	acpi_add(area, start, sizeof(start));
	for (unsigned int id = 0; id < platform->nr_cpus; id++) {
		const struct madt_cpu cpu = { 0, sizeof(cpu), id, id, 1 };

		acpi_add(area, &cpu, sizeof(cpu));
	}
	acpi_add(area, &ioapic, sizeof(ioapic));
	acpi_add(area, &sci, sizeof(sci));
	acpi_add(area, &nmi, sizeof(nmi));
	return acpi_end(area);
}

static uint32_t write_mcfg(struct acpi_area *area)
{
	static const struct mcfg mcfg = { .gpa = PC_ECAM_GPA };

	acpi_begin(area, "MCFG", 1);
	acpi_add(area, &mcfg, sizeof(mcfg));
	return acpi_end(area);
}

#define ROOTS_MAX 3

/* The root pointer lies at the start of the area. */
static void write_roots(struct acpi_area *area, const uint32_t *tables,
			unsigned int count)
{
	struct acpi_rsdp rsdp = { .signature = "RSD PTR ",
				  .oem = OEM,
				  .revision = 2,
				  .length = sizeof(rsdp) };

	acpi_begin(area, "RSDT", 1);
	acpi_add(area, tables, count * sizeof(tables[0]));
	rsdp.rsdt = acpi_end(area);
	acpi_begin(area, "XSDT", 1);
	for (unsigned int i = 0; i < count; i++) {
		const uint64_t gpa = tables[i];

		acpi_add(area, &gpa, sizeof(gpa));
	}
	rsdp.xsdt = acpi_end(area);
	rsdp.checksum = checksum((uint8_t *)&rsdp, RSDP_OLD);
	rsdp.checksum_all = checksum((uint8_t *)&rsdp, sizeof(rsdp));
	memcpy(area->base, &rsdp, sizeof(rsdp));
}

/* Without power management there is no ACPI, nor without an interrupt for it. */
static bool acpi_fits(const struct platform *platform)
{
	return platform_has(platform, PLATFORM_PM | PLATFORM_IRQS);
}

static void acpi_write(const struct memory *mem,
		       const struct platform *platform)
{
	struct acpi_area area = { .size = MEM_GENERATION - MEM_RSDP,
				  .at = ACPI_ALIGN };
	uint32_t tables[ROOTS_MAX], facs;
	unsigned int count = 0;

	area.base = mem_hva(mem, MEM_RSDP, MEM_RSDP_END - MEM_RSDP);
	if (!area.base)
		return;
	facs = write_facs(&area);
	tables[count++] = write_fadt(&area, platform, facs,
				     acpi_write_dsdt(&area, platform));
	if (platform_has(platform, PLATFORM_APIC))
		tables[count++] = write_madt(&area, platform);
	if (platform_has(platform, PLATFORM_ECAM))
		tables[count++] = write_mcfg(&area);
	write_roots(&area, tables, count);
}

static const struct firmware acpi = {
	.name = "acpi",
	.fits = acpi_fits,
	.rsdp = MEM_RSDP,
	.write = acpi_write,
};
FIRMWARE(acpi);

static const struct feature acpi_feature = {
	.name = "acpi",
	.what = "ACPI tables: processors, interrupts, power, devices",
};
FEATURE(acpi_feature);
