/* objects: boot/firmware/table_loader.o boot/firmware/acpi.o boot/firmware/dsdt.o boot/firmware/vmgenid.o core/memory.o util/fixed.o util/fwfile.o util/log.o util/sink.o */
/*
 * ACPI's tables by way of firmware: a script is followed to the letter, as QEMU's
 * "Guest Firmware Table Loader" has it, and what has come to lie in RAM is right.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "boot/firmware/table_loader.h"
#include "firmware.h"
#include "util/fwfile.h"

#define RAM	    (2ULL << 20)
#define COMMAND	    128
#define NAME	    FW_NAME_MAX
#define FILES	    8
#define FIRST	    0x110040 /* where firmware allocates, and on */
#define ID_IN_PAGE  40
#define ID_SIZE	    16
#define PARTS_TOLD  (PLATFORM_IRQS | PLATFORM_APIC | PLATFORM_PM | PLATFORM_ACPI)
#define PARTS_OF_ID (PARTS_TOLD | PLATFORM_VMGENID | PLATFORM_FWCFG_DMA)

TABLE_DECLARE(firmware, firmware);

static struct memory scratch, ram;
static struct fw_files files;

/* Firmware's. */
static struct {
	const char *name;
	uint64_t gpa;
	size_t len;
} laid[FILES];
static unsigned int nr_laid;
static uint64_t next;

int firmware_tell_mptable(const struct memory *mem, struct fw_files *to)
{
	(void)mem;
	(void)to;
	return 0;
}

static void write_rows(unsigned int parts, const char *only)
{
	const struct platform platform = { .has = parts, .nr_cpus = 2 };
	const struct firmware *const *row;

	TABLE_FOREACH(firmware, row) {
		if ((!only || !strcmp((*row)->name, only)) &&
		    (!(*row)->fits || (*row)->fits(&platform)))
			(*row)->write(&scratch, &platform);
	}
}

static uint64_t get(const uint8_t *at, unsigned int size)
{
	uint64_t val = 0;

	memcpy(&val, at, size);
	return val;
}

static uint8_t *at(uint64_t gpa, size_t len)
{
	uint8_t *there = mem_hva(&ram, gpa, len);

	assert_non_null(there);
	return there;
}

static unsigned int laid_as(const uint8_t *name)
{
	for (unsigned int i = 0; i < nr_laid; i++)
		if (!strcmp(laid[i].name, (const char *)name))
			return i;
	fail_msg("%s is not in RAM", name);
	return 0;
}

static void allocate(const uint8_t *command)
{
	const struct fw_file *file = fw_find(&files, (const char *)command);
	const uint64_t align = get(command + NAME, 4);

	assert_non_null(file);
	assert_in_range(command[NAME + 4], 1, 2);
	next = (next + align - 1) & ~(align - 1);
	memcpy(at(next, file->len), file->data, file->len);
	laid[nr_laid].name = file->name;
	laid[nr_laid].gpa = next;
	laid[nr_laid++].len = file->len;
	next += file->len;
}

static void add_pointer(const uint8_t *command)
{
	const unsigned int file = laid_as(command);
	const uint32_t where = get(command + 2 * NAME, 4);
	const unsigned int size = command[2 * NAME + 4];
	uint8_t *there = at(laid[file].gpa + where, size);
	uint64_t val = get(there, size);

	assert_in_range(where + size, 1, laid[file].len);
	val += laid[laid_as(command + NAME)].gpa;
	memcpy(there, &val, size);
}

static void add_checksum(const uint8_t *command)
{
	const unsigned int file = laid_as(command);
	const uint32_t start = get(command + NAME + 4, 4);
	const uint32_t len = get(command + NAME + 8, 4);
	const uint8_t *bytes = at(laid[file].gpa + start, len);
	uint8_t sum = 0;

	assert_in_range(start + len, 1, laid[file].len);
	for (uint32_t i = 0; i < len; i++)
		sum += bytes[i];
	*at(laid[file].gpa + get(command + NAME, 4), 1) -= sum;
}

static void write_pointer(const uint8_t *command)
{
	struct fw_file *file = fw_find(&files, (const char *)command);
	const uint32_t where = get(command + 2 * NAME, 4);
	const unsigned int size = command[2 * NAME + 8];
	const uint64_t val = laid[laid_as(command + NAME)].gpa +
			     get(command + 2 * NAME + 4, 4);

	assert_non_null(file);
	assert_true(file->writable);
	assert_in_range(where + size, 1, file->len);
	memcpy(file->data + where, &val, size);
}

static void follow(void)
{
	static void (*const commands[])(const uint8_t *) = {
		allocate, add_pointer, add_checksum, write_pointer
	};
	const struct fw_file *script = fw_find(&files, "etc/table-loader");

	nr_laid = 0;
	next = FIRST;
	assert_non_null(script);
	assert_int_equal(script->len % COMMAND, 0);
	for (size_t i = 0; i < script->len; i += COMMAND) {
		const uint32_t what = get(script->data + i, 4);

		assert_in_range(what, 1, 4);
		commands[what - 1](script->data + i + 4);
	}
}

/* As a guest looks: the table at @gpa, whose sum is right. */
static const uint8_t *table(uint64_t gpa, const char *signature)
{
	const uint8_t *bytes = at(gpa, 36);
	const uint32_t len = get(bytes + 4, 4);
	uint8_t sum = 0;

	assert_memory_equal(bytes, signature, 4);
	bytes = at(gpa, len);
	for (uint32_t i = 0; i < len; i++)
		sum += bytes[i];
	assert_int_equal(sum, 0);
	return bytes;
}

static const uint8_t *dsdt(void)
{
	const uint8_t *root =
		at(laid[laid_as((const uint8_t *)"etc/acpi/rsdp")].gpa, 36);
	const uint8_t *list = table(get(root + 16, 4), "RSDT");
	const uint8_t *fadt = table(get(list + 36, 4), "FACP");

	assert_int_equal(get(root + 24, 4) % 64, 0);
	assert_int_equal(get(table(get(root + 24, 8), "XSDT") + 36, 8),
			 get(list + 36, 4));
	assert_memory_equal(at(get(fadt + 36, 4), 4), "FACS", 4);
	assert_int_equal(get(fadt + 40, 4), get(fadt + 140, 8));
	return table(get(fadt + 40, 4), "DSDT");
}

/* What the DSDT says behind ADDR; 0: nothing. */
static uint32_t told_id(void)
{
	const uint8_t *aml = dsdt();
	const uint32_t len = get(aml + 4, 4);

	for (uint32_t i = 36; i + 12 <= len; i++)
		if (!memcmp(aml + i, "ADDR", 4) && aml[i + 7] == 0x0c)
			return get(aml + i + 8, 4);
	return 0;
}

static int make(void **state)
{
	(void)state;
	return mem_init(&scratch, RAM) || mem_init(&ram, RAM);
}

static int drop(void **state)
{
	(void)state;
	mem_free(&scratch);
	mem_free(&ram);
	fw_clear(&files);
	return 0;
}

static void tables_are_put_right(void **state)
{
	(void)state;
	write_rows(PARTS_TOLD, NULL);
	assert_int_equal(firmware_tell(&scratch, &files), 0);
	follow();
	assert_int_equal(told_id(), 0);
	assert_null(fw_find(&files, "etc/vmgenid_addr"));
	write_rows(PARTS_OF_ID, "vmgenid");
	firmware_tell_again(&scratch, &files,
			    &ram); /* of which there is none */
}

/* In a page of its own, where QEMU has it; who is restored finds another there, and so
 * does firmware that begins again. */
static void an_id_is_where_firmware_says(void **state)
{
	uint8_t before[ID_SIZE];
	uint32_t id;

	(void)state;
	write_rows(PARTS_OF_ID, NULL);
	assert_int_equal(firmware_tell(&scratch, &files), 0);
	follow();
	id = told_id();
	assert_int_equal(id % 4096, ID_IN_PAGE);
	memcpy(before, scratch.base + MEM_GENERATION, ID_SIZE);
	assert_memory_equal(at(id, ID_SIZE), before, ID_SIZE);
	write_rows(PARTS_OF_ID, "vmgenid");
	firmware_tell_again(&scratch, &files, &ram);
	assert_memory_not_equal(at(id, ID_SIZE), before, ID_SIZE);
	memcpy(before, at(id, ID_SIZE), ID_SIZE);
	assert_int_equal(at(id, 1)[-1], 0);
	assert_int_equal(*at(id + ID_SIZE, 1), 0);
	follow();
	assert_memory_equal(at(told_id(), ID_SIZE), before, ID_SIZE);
}

/* No firmware has said it yet, or somebody else writes to its file. */
static void a_place_that_is_none_is_harmless(void **state)
{
	static const uint64_t places[] = { 0, RAM - ID_SIZE + 1, RAM,
					   UINT64_MAX, UINT64_MAX - 8 };
	struct fw_file *place;

	(void)state;
	write_rows(PARTS_OF_ID, NULL);
	assert_int_equal(firmware_tell(&scratch, &files), 0);
	place = fw_find(&files, "etc/vmgenid_addr");
	assert_int_equal(place->len, sizeof(places[0]));
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		memcpy(place->data, &places[i], sizeof(places[i]));
		firmware_tell_again(&scratch, &files, &ram);
	}
	for (size_t i = 0; i < RAM; i++)
		assert_int_equal(ram.base[i], 0);
	memset(scratch.base + MEM_GENERATION, 0, ID_SIZE); /* --no-vmgenid */
	place = fw_find(&files, "etc/vmgenid_guid");
	firmware_tell_again(&scratch, &files, &ram);
	assert_int_not_equal(get(place->data + ID_IN_PAGE, 8), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(tables_are_put_right, make,
						drop),
		cmocka_unit_test_setup_teardown(an_id_is_where_firmware_says,
						make, drop),
		cmocka_unit_test_setup_teardown(
			a_place_that_is_none_is_harmless, make, drop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
