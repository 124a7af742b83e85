/*
 * ACPI's tables as files of fw_cfg: firmware puts them where it likes, and what it has
 * to put right then, a script says: etc/table-loader, in QEMU's form, which SeaBIOS
 * follows (its src/fw/romfile_loader.h). So a guest is told the same with firmware
 * and without. The MP table comes another way: boot/mptable_rom.c.
 *
 *   etc/acpi/tables   all from MEM_RSDP on, but for the root pointer
 *   etc/acpi/rsdp     that, to be where systems look for it
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
#define COMMANDS      48
#define POINTER_ALIGN 16

enum { ALLOCATE = 1, ADD_POINTER, ADD_CHECKSUM };
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

/* The FADT is the first that the list at @rsdt has. */
static int tell_acpi(struct script *script, uint8_t *tables,
		     struct fw_files *files)
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
	fix_fadt(script, tables, fadt);
	fix_list(script, tables, rsdt, sizeof(uint32_t));
	fix_list(script, tables, xsdt, sizeof(uint64_t));
	add_pointer(script, root, ROOT, RSDP_RSDT, TABLES, MEM_RSDP);
	add_pointer(script, root, ROOT, RSDP_XSDT, TABLES, MEM_RSDP);
	add_checksum(script, ROOT, RSDP_CHECKSUM, 0, RSDP_OLD);
	add_checksum(script, ROOT, RSDP_WHOLE, 0, RSDP_LEN);
	err = fw_add(files, TABLES, tables, end, end);
	return err ? err : fw_add(files, ROOT, root, RSDP_LEN, RSDP_LEN);
}

int firmware_tell(const struct memory *mem, struct fw_files *files)
{
	uint8_t *tables = mem_hva(mem, MEM_RSDP, MEM_RSDP_END - MEM_RSDP);
	struct script script = { 0 };
	int err = firmware_tell_mptable(mem, files);

	if (!err && !memcmp(tables, "RSD PTR ", 8))
		err = tell_acpi(&script, tables, files);
	if (err || !script.nr)
		return err;
	return fw_add(files, SCRIPT, script.commands,
		      script.nr * sizeof(script.commands[0]),
		      script.nr * sizeof(script.commands[0]));
}
