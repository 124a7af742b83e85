/* What the files of the multiboot kernel share: see multiboot.c. */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef _Bool bool;

#define MODULES_MAX 64
#define CHECK(number, good)                   \
	do {                                  \
		if (!(good))                  \
			finish(fail(number)); \
	} while (0)

enum {
	OK,
	/* The state of the machine */
	MAGIC,
	INFO_ALIGNED,
	PROTECTED,
	NO_PAGING,
	INTERRUPTS_OFF,
	NO_VM86,
	A20,
	SEGMENTS,
	STACK,
	/* The image */
	DATA,
	BSS,
	HIGH,
	LOW,
	/* What there is */
	FLAGS,
	LOADER,
	COMMAND_LINE,
	NAME_FIRST,
	WORDS,
	MEM_LOWER,
	MEM_UPPER,
	MEM_EXPECTED,
	BOOT_DEVICE,
	/* Modules */
	MODULE_COUNT,
	MODULE_ALIGNED,
	MODULE_SIZE,
	MODULE_CONTENT,
	MODULE_STRING,
	MODULE_CLEAR,
	MODULE_RESERVED,
	/* The memory map */
	MAP,
	MAP_ENTRY,
	MAP_LOW,
	MAP_HIGH,
	MAP_HOLE,
	MAP_ORDER,
	/* Symbols */
	SECTIONS,
	SECTION_SIZE,
	SECTION_NAMES,
	SECTION_BESIDE,
	SECTION_SYMBOL,
	/* The screen */
	TEXT,
	TEXT_SHAPE,
	PIXELS,
	/* Version 2 alone */
	TAG_RESERVED,
	TAG_SIZE,
	TAG_TWICE,
	TAG_END,
	TAG_UNKNOWN,
	TAG_FIELDS,
	LOAD_BASE,
	ACPI,
	ACPI_OLD,
	ACPI_NEW,
};

struct module {
	u32 start, end;
	const char *string;
};

/* What either version tells. */
struct told {
	u32 start, end; /* of the information itself */
	const char *loader, *cmdline;
	u32 mem_lower, mem_upper;
	u32 nr_modules;
	struct module modules[MODULES_MAX];
	const u8 *map;
	u32 map_len, map_step; /* 0: each entry has its size before it */
	const u8 *sections;
	u32 nr_sections, section_size, names;
	bool has_text;
	u64 text_gpa;
	u32 pitch, width, height, bits, type;
	const u8 *old_rsdp, *new_rsdp;
};

extern u8 image_start[], image_end[];
extern struct told told;

void finish(u32 status);
u32 fail(u32 number);
u32 length(const char *text);

/* Fills in `told` from what EBX points to. */
void read_info1(const u8 *info);
void read_info2(const u8 *info);

static inline u32 word32(const u8 *at)
{
	return *(const u32 *)at;
}

static inline u64 word64(const u8 *at)
{
	return *(const u64 *)at;
}
