/* objects: boot/firmware/acpi.o boot/firmware/dsdt.o boot/firmware/vmgenid.o core/memory.o util/fixed.o */
/*
 * ACPI's tables where kvm-vmm cannot be asked to write them: for as many
 * processors as there can be, in too little RAM, and for each set of parts that
 * a PC may have. What the tables say, tests/guest/test_acpi.py has judges for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "firmware.h"

#define RAM	  (2ULL << 20)
#define CPUS_MAX  254
#define AREA_SIZE (MEM_RSDP_END - MEM_RSDP)
#define HEADER	  36
#define ALL_PARTS ((PLATFORM_ROM << 1) - 1)
#define ID_SIZE	  16

TABLE_DECLARE(firmware, firmware);

static struct memory mem;

static int make_ram(void **state)
{
	(void)state;
	return mem_init(&mem, RAM);
}

static int drop_ram(void **state)
{
	(void)state;
	mem_free(&mem);
	return 0;
}

static const struct firmware *named(const char *name)
{
	const struct firmware *const *row;

	TABLE_FOREACH(firmware, row) {
		if (!strcmp((*row)->name, name))
			return *row;
	}
	fail_msg("no row %s", name);
	return NULL;
}

static const struct firmware *acpi(void)
{
	return named("acpi");
}

static uint32_t get32(const uint8_t *at)
{
	uint32_t val;

	memcpy(&val, at, sizeof(val));
	return val;
}

/* A table with its length and checksum right, inside the area. */
static const uint8_t *table_at(uint32_t gpa, const char *signature)
{
	const uint8_t *table = mem.base + gpa;
	uint8_t sum = 0;

	assert_in_range(gpa, MEM_RSDP, MEM_RSDP_END - HEADER);
	assert_in_range(get32(table + 4), HEADER, MEM_RSDP_END - gpa);
	for (uint32_t i = 0; i < get32(table + 4); i++)
		sum += table[i];
	assert_memory_equal(table, signature, 4);
	assert_int_equal(sum, 0);
	return table;
}

static bool has_table(const uint8_t *rsdt, const char *signature)
{
	for (uint32_t at = HEADER; at < get32(rsdt + 4); at += 4)
		if (!memcmp(mem.base + get32(rsdt + at), signature, 4))
			return table_at(get32(rsdt + at), signature);
	return false;
}

static void write_tables(unsigned int parts, unsigned int nr_cpus)
{
	const struct platform platform = { .has = parts, .nr_cpus = nr_cpus };

	memset(mem.base, 0xa5, RAM);
	acpi()->write(&mem, &platform);
	for (uint32_t gpa = 0; gpa < RAM; gpa++)
		if ((gpa < MEM_RSDP || gpa >= MEM_RSDP_END) &&
		    mem.base[gpa] != 0xa5)
			fail_msg("0x%x was written to", gpa);
}

static void test_processors(void **state)
{
	const uint8_t *rsdt;
	uint32_t madt;

	(void)state;
	write_tables(ALL_PARTS, CPUS_MAX);
	assert_memory_equal(mem.base + MEM_RSDP, "RSD PTR ", 8);
	rsdt = table_at(get32(mem.base + MEM_RSDP + 16), "RSDT");
	assert_true(has_table(rsdt, "APIC"));
	madt = get32(rsdt + HEADER + 4);
	/* header, two words; processors, I/O APIC, SCI, NMI */
	assert_int_equal(get32(mem.base + madt + 4),
			 HEADER + 8 + 8 * CPUS_MAX + 12 + 10 + 6);
	/* what is behind the tables shows that there was room */
	assert_int_equal(mem.base[MEM_RSDP_END - 1], 0xa5);
}

static bool has_events(unsigned int parts)
{
	return parts & (PLATFORM_VMGENID | PLATFORM_SPARES);
}

/* Each set of parts is one that can be described, and no table more. */
static void test_parts(void **state)
{
	static const unsigned int always = PLATFORM_IRQS | PLATFORM_PM;

	(void)state;
	for (unsigned int parts = 0; parts <= ALL_PARTS; parts++) {
		const struct platform platform = { .has = parts, .nr_cpus = 1 };
		const uint8_t *rsdt, *fadt;

		assert_int_equal(acpi()->fits(&platform),
				 (parts & always) == always);
		if ((parts & always) != always)
			continue;
		acpi()->write(&mem, &platform);
		rsdt = table_at(get32(mem.base + acpi()->rsdp + 16), "RSDT");
		fadt = table_at(get32(rsdt + HEADER), "FACP");
		table_at(get32(fadt + 40), "DSDT");
		assert_int_equal(has_table(rsdt, "APIC"),
				 !!(parts & PLATFORM_APIC));
		assert_int_equal(has_table(rsdt, "MCFG"),
				 !!(parts & PLATFORM_ECAM));
		/* GPE0_BLK, GPE0_BLK_LEN, X_GPE0_BLK: 16 bits of ports */
		assert_int_equal(get32(fadt + 80),
				 has_events(parts) ? 0x60c : 0);
		assert_int_equal(fadt[92], has_events(parts) ? 2 : 0);
		assert_int_equal(get32(fadt + 220),
				 has_events(parts) ? 0x01001001 : 0);
		assert_int_equal(get32(fadt + 224),
				 has_events(parts) ? 0x60c : 0);
	}
}

static bool has_bytes(const void *bytes, size_t len)
{
	for (uint32_t gpa = MEM_RSDP; gpa < MEM_RSDP_END - len; gpa++)
		if (!memcmp(mem.base + gpa, bytes, len))
			return true;
	return false;
}

/* A part's device is told where that part is, and nowhere else. */
static void test_named(void **state)
{
	static const struct {
		const char *name;
		unsigned int part, beside;
	} rows[] = {
		{ "SPRE", PLATFORM_SPARES, PLATFORM_PCI },
		{ "MOU0", PLATFORM_MOUSE, PLATFORM_I8042 },
		{ "PCI0", PLATFORM_PCI, PLATFORM_ACPI },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		write_tables(rows[i].part | rows[i].beside, 1);
		assert_true(has_bytes(rows[i].name, 4));
		write_tables(ALL_PARTS & ~rows[i].part, 1);
		assert_false(has_bytes(rows[i].name, 4));
	}
}

static bool has_word(uint32_t word)
{
	return has_bytes(&word, sizeof(word));
}

/* A system takes BARs for wrong that lie where the bridge passes nothing on. */
static void test_bars_of_firmware(void **state)
{
	(void)state;
	write_tables(ALL_PARTS & ~PLATFORM_ROM, 1);
	assert_true(has_word(PC_PCI_MEM2_LAST));
	assert_false(has_word(PC_IOAPIC_GPA - 1));
	write_tables(ALL_PARTS, 1);
	assert_false(has_word(PC_PCI_MEM2_LAST));
	assert_true(has_word(PC_IOAPIC_GPA - 1));
	assert_true(has_word(PC_IOAPIC_GPA - PC_PCI_MEM2));
}

/* Where there is no RAM for all of them, there is none. */
static void test_little_ram(void **state)
{
	const struct platform platform = { .has = ALL_PARTS, .nr_cpus = 2 };
	struct memory little;

	(void)state;
	assert_int_equal(mem_init(&little, MEM_RSDP_END - 4096), 0);
	acpi()->write(&little, &platform);
	for (size_t i = 0; i < little.size; i++)
		assert_int_equal(little.base[i], 0);
	mem_free(&little);
}

/* Its own bytes each time, in the page that is left for it, and nothing else. */
static void test_generation(void **state)
{
	const struct platform platform = { .has = ALL_PARTS, .nr_cpus = 2 };
	const struct firmware *vmgenid = named("vmgenid");
	uint8_t before[ID_SIZE], *id = mem.base + MEM_GENERATION;

	(void)state;
	assert_true(vmgenid->again);
	assert_false(acpi()->again);
	for (unsigned int parts = 0; parts <= ALL_PARTS; parts++) {
		static const unsigned int always = PLATFORM_ACPI |
						   PLATFORM_IRQS | PLATFORM_PM;
		const struct platform some = { .has = parts };

		assert_int_equal(vmgenid->fits(&some),
				 (parts & always) == always);
	}
	write_tables(ALL_PARTS, CPUS_MAX);
	assert_int_equal(*id, 0xa5); /* there is room for the tables, without */
	vmgenid->write(&mem, &platform);
	memcpy(before, id, sizeof(before));
	vmgenid->write(&mem, &platform);
	assert_memory_not_equal(id, before, sizeof(before));
	assert_int_equal(id[-1], 0xa5);
	assert_int_equal(id[ID_SIZE], 0xa5);
	assert_int_equal(MEM_GENERATION % 4096, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_processors, make_ram,
						drop_ram),
		cmocka_unit_test_setup_teardown(test_parts, make_ram, drop_ram),
		cmocka_unit_test_setup_teardown(test_named, make_ram, drop_ram),
		cmocka_unit_test_setup_teardown(test_bars_of_firmware, make_ram,
						drop_ram),
		cmocka_unit_test(test_little_ram),
		cmocka_unit_test_setup_teardown(test_generation, make_ram,
						drop_ram),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
