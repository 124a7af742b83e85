/*
 * ACPI's tables as files of fw_cfg: firmware puts them where it likes, and what it has
 * to put right then, a script says: etc/table-loader, in QEMU's form, which SeaBIOS
 * follows (its src/fw/romfile_loader.h). So a guest is told the same with firmware
 * and without. The MP table comes another way: boot/mptable_rom.c.
 *
 *   etc/acpi/tables   all from MEM_RSDP on, but for the root pointer
 *   etc/acpi/rsdp     that, to be where systems look for it
 *   etc/vmgenid_guid  the page of the VM generation ID, which lies in it where QEMU
 *                     has it: no firmware takes that for a table
 *   etc/vmgenid_addr  where firmware has put the ID, by which a guest that is restored
 *                     gets another: the one file that firmware writes
 *
 * A command has 128 bytes. Pointers have, in a file, the offset of what they point to.
 */
#include "boot/firmware/table_loader.h"

#include <string.h>

#include "boot/firmware/acpi.h"
#include "util/fwfile.h"

#define SCRIPT	      "etc/table-loader"
#define TABLES	      "etc/acpi/tables"
#define ROOT	      "etc/acpi/rsdp"
#define ID	      "etc/vmgenid_guid"
#define ID_PLACE      "etc/vmgenid_addr"
#define COMMANDS      48
#define POINTER_ALIGN 16

#define ID_AT	40 /* bytes */
#define ID_SIZE 16
#define ID_PAGE 4096

enum { ALLOCATE = 1, ADD_POINTER, ADD_CHECKSUM, WRITE_POINTER };
enum { ZONE_HIGH = 1, ZONE_BIOS };

struct command {
	uint32_t what;
	char file[FW_NAME_MAX];
	union {
		struct {
			uint32_t align;
			uint8_t zone;
		} __attribute__((packed)) allocate;
		struct {
			char to[FW_NAME_MAX];
			uint32_t at;
			uint8_t size;
		} __attribute__((packed)) pointer;
		struct {
			uint32_t at, start, len;
		} __attribute__((packed)) checksum;
		struct {
			char to[FW_NAME_MAX];
			uint32_t at, to_at;
			uint8_t size;
		} __attribute__((packed)) written;
		uint8_t room[128 - 4 - FW_NAME_MAX];
	};
} __attribute__((packed));

struct script {
	unsigned int nr;
	struct command commands[COMMANDS];
};

/* Where things are in ACPI's structures. */
#define RSDP_LEN      36
#define RSDP_OLD      20
#define RSDP_CHECKSUM 8
#define RSDP_RSDT     16
#define RSDP_XSDT     24
#define RSDP_WHOLE    32 /* the checksum of all */
#define TABLE_LEN     4
#define TABLE_SUM     9
#define FADT_FACS     36
#define FADT_DSDT     40
#define FADT_X_DSDT   140

static uint32_t field(const uint8_t *bytes, size_t at)
{
	uint32_t val;

	memcpy(&val, bytes + at, sizeof(val));
	return val;
}

/* One more; the last has room for all that a machine has. */
static struct command *add(struct script *script, uint32_t what,
			   const char *file)
{
	struct command *command = &script->commands[script->nr];

	if (script->nr < COMMANDS - 1)
		script->nr++;
	command->what = what;
	memcpy(command->file, file, strlen(file) + 1);
	return command;
}

static void allocate(struct script *script, const char *file, uint32_t align,
		     uint8_t zone)
{
	struct command *command = add(script, ALLOCATE, file);

	command->allocate.align = align;
	command->allocate.zone = zone;
}

static void add_checksum(struct script *script, const char *file, uint32_t at,
			 uint32_t start, uint32_t len)
{
	struct command *command = add(script, ADD_CHECKSUM, file);

	command->checksum.at = at;
	command->checksum.start = start;
	command->checksum.len = len;
}

/* The 32 bits of @bytes, which are @file, at @at: a gpa, that becomes an offset from
 * @base. */
static void add_pointer(struct script *script, uint8_t *bytes, const char *file,
			uint32_t at, const char *to, uint32_t base)
{
	const uint32_t off = field(bytes, at) - base;
	struct command *command = add(script, ADD_POINTER, file);

	memcpy(bytes + at, &off, sizeof(off));
	memcpy(command->pointer.to, to, strlen(to) + 1);
	command->pointer.at = at;
	command->pointer.size = sizeof(off);
}

/* Firmware writes to @file where byte @to_at of @to is. */
static void write_pointer(struct script *script, const char *file,
			  const char *to, uint32_t to_at)
{
	struct command *command = add(script, WRITE_POINTER, file);

	memcpy(command->written.to, to, strlen(to) + 1);
	command->written.to_at = to_at;
	command->written.size = sizeof(uint64_t);
}

static void fix_sum(struct script *script, const uint8_t *tables, uint32_t at)
{
	add_checksum(script, TABLES, at + TABLE_SUM, at,
		     field(tables, at + TABLE_LEN));
}

/* RSDT or XSDT: @size bytes for each table. */
static void fix_list(struct script *script, uint8_t *tables, uint32_t at,
		     unsigned int size)
{
	const uint32_t end = at + field(tables, at + TABLE_LEN);

	for (uint32_t to = at + sizeof(struct acpi_header); to < end;
	     to += size)
		add_pointer(script, tables, TABLES, to, TABLES, MEM_RSDP);
	fix_sum(script, tables, at);
}

static void fix_fadt(struct script *script, uint8_t *tables, uint32_t at)
{
	static const uint8_t pointers[] = { FADT_FACS, FADT_DSDT, FADT_X_DSDT };

	for (size_t i = 0; i < sizeof(pointers); i++)
		add_pointer(script, tables, TABLES, at + pointers[i], TABLES,
			    MEM_RSDP);
	fix_sum(script, tables, at);
}

/* Where the DSDT at @at says where the ID is, a number of 32 bits in AML; 0: it does
 * not. */
static uint32_t find_id(const uint8_t *tables, uint32_t at)
{
	static const struct {
		uint8_t prefix;
		uint32_t gpa;
	} __attribute__((packed)) told = { 0x0c, MEM_GENERATION };
	const uint32_t end = at + field(tables, at + TABLE_LEN);

	for (; at + sizeof(told) <= end; at++)
		if (!memcmp(tables + at, &told, sizeof(told)))
			return at + offsetof(__typeof__(told), gpa);
	return 0;
}

/* Of the DSDT at @dsdt, if it tells of an ID, which is in @mem. */
static int tell_id(struct script *script, const struct memory *mem,
		   uint8_t *tables, uint32_t dsdt, struct fw_files *files)
{
	static const uint32_t id_at = MEM_RSDP + ID_AT;
	static const uint64_t nowhere;
	const uint32_t at = find_id(tables, dsdt);
	uint8_t page[ID_AT + ID_SIZE] = { 0 };
	int err;

	if (!at)
		return 0;
	memcpy(tables + at, &id_at, sizeof(id_at));
	allocate(script, ID, ID_PAGE, ZONE_HIGH);
	add_pointer(script, tables, TABLES, at, ID, MEM_RSDP);
	fix_sum(script, tables, dsdt);
	write_pointer(script, ID_PLACE, ID, ID_AT);
	memcpy(page + ID_AT, mem_hva(mem, MEM_GENERATION, ID_SIZE), ID_SIZE);
	err = fw_add(files, ID, page, sizeof(page), ID_PAGE);
	if (!err)
		err = fw_add(files, ID_PLACE, &nowhere, sizeof(nowhere),
			     sizeof(nowhere));
	if (!err)
		files->list[files->nr - 1].writable = true;
	return err;
}

/* The FADT is the first that the list at @rsdt has. */
static int tell_acpi(struct script *script, const struct memory *mem,
		     uint8_t *tables, struct fw_files *files)
{
	const uint32_t rsdt = field(tables, RSDP_RSDT) - MEM_RSDP;
	const uint32_t xsdt = field(tables, RSDP_XSDT) - MEM_RSDP;
	const uint32_t end = xsdt + field(tables, xsdt + TABLE_LEN);
	const uint32_t fadt =
		field(tables, rsdt + sizeof(struct acpi_header)) - MEM_RSDP;
	uint8_t root[RSDP_LEN];
	int err;

	memcpy(root, tables, sizeof(root));
	memset(tables, 0, sizeof(root));
	allocate(script, TABLES, ACPI_ALIGN, ZONE_HIGH);
	allocate(script, ROOT, POINTER_ALIGN, ZONE_BIOS);
	err = tell_id(script, mem, tables,
		      field(tables, fadt + FADT_DSDT) - MEM_RSDP, files);
	fix_fadt(script, tables, fadt);
	fix_list(script, tables, rsdt, sizeof(uint32_t));
	fix_list(script, tables, xsdt, sizeof(uint64_t));
	add_pointer(script, root, ROOT, RSDP_RSDT, TABLES, MEM_RSDP);
	add_pointer(script, root, ROOT, RSDP_XSDT, TABLES, MEM_RSDP);
	add_checksum(script, ROOT, RSDP_CHECKSUM, 0, RSDP_OLD);
	add_checksum(script, ROOT, RSDP_WHOLE, 0, RSDP_LEN);
	if (!err)
		err = fw_add(files, TABLES, tables, end, end);
	return err ? err : fw_add(files, ROOT, root, RSDP_LEN, RSDP_LEN);
}

int firmware_tell(const struct memory *mem, struct fw_files *files)
{
	uint8_t *tables = mem_hva(mem, MEM_RSDP, MEM_RSDP_END - MEM_RSDP);
	struct script script = { 0 };
	int err = firmware_tell_mptable(mem, files);

	if (!err && !memcmp(tables, "RSD PTR ", 8))
		err = tell_acpi(&script, mem, tables, files);
	if (err || !script.nr)
		return err;
	return fw_add(files, SCRIPT, script.commands,
		      script.nr * sizeof(script.commands[0]),
		      script.nr * sizeof(script.commands[0]));
}

void firmware_tell_again(const struct memory *mem, struct fw_files *files,
			 const struct memory *ram)
{
	static const uint8_t none[ID_SIZE];
	const uint8_t *id = mem_hva(mem, MEM_GENERATION, ID_SIZE);
	struct fw_file *page = fw_find(files, ID);
	const struct fw_file *place = fw_find(files, ID_PLACE);
	uint64_t gpa;

	if (!memcmp(id, none, ID_SIZE) || !page || page->len < ID_AT + ID_SIZE)
		return;
	memcpy(page->data + ID_AT, id, ID_SIZE);
	if (!place || place->len != sizeof(gpa))
		return;
	memcpy(&gpa, place->data, sizeof(gpa));
	if (gpa)
		mem_write(ram, gpa, id, ID_SIZE);
}
