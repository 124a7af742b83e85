/*
 * What the registers of an IDE channel mean, for --explain: ATA/ATAPI-6 has the same
 * eight ports for each, and one more beside them.
 */
#include "probes/explain/explain.h"

#define DOC "ATA/ATAPI-6"

static const struct explain_bits status[] = {
	{ 0x80, 0x80, "BSY" }, { 0x40, 0x40, "DRDY" }, { 0x20, 0x20, "DF" },
	{ 0x08, 0x08, "DRQ" }, { 0x01, 0x01, "ERR" },  { 0 },
};
static const struct explain_bits error[] = {
	{ 0x80, 0x80, "ICRC" },
	{ 0x40, 0x40, "UNC" },
	{ 0x10, 0x10, "IDNF" },
	{ 0x04, 0x04, "ABRT" },
	{ 0 },
};
static const struct explain_bits control[] = {
	{ 0x80, 0x80, "HOB" },
	{ 0x04, 0x04, "SRST: reset" },
	{ 0x02, 0x02, "nIEN: no interrupts" },
	{ 0x02, 0x00, "interrupts" },
	{ 0 },
};
static const struct explain_bits device[] = {
	{ 0x10, 0x00, "the first drive" },
	{ 0x10, 0x10, "the second drive" },
	{ 0x40, 0x40, "LBA" },
	{ 0x40, 0x00, "CHS" },
	{ 0 },
};

static const struct {
	uint8_t code;
	char name[23];
} commands[] = {
	{ 0x08, "DEVICE RESET" },
	{ 0x10, "RECALIBRATE" },
	{ 0x20, "READ SECTORS" },
	{ 0x24, "READ SECTORS EXT" },
	{ 0x25, "READ DMA EXT" },
	{ 0x29, "READ MULTIPLE EXT" },
	{ 0x30, "WRITE SECTORS" },
	{ 0x34, "WRITE SECTORS EXT" },
	{ 0x35, "WRITE DMA EXT" },
	{ 0x39, "WRITE MULTIPLE EXT" },
	{ 0x40, "READ VERIFY SECTORS" },
	{ 0x90, "EXECUTE DIAGNOSTIC" },
	{ 0x91, "INITIALIZE PARAMETERS" },
	{ 0xa0, "PACKET" },
	{ 0xa1, "IDENTIFY PACKET DEVICE" },
	{ 0xc4, "READ MULTIPLE" },
	{ 0xc5, "WRITE MULTIPLE" },
	{ 0xc6, "SET MULTIPLE MODE" },
	{ 0xc8, "READ DMA" },
	{ 0xca, "WRITE DMA" },
	{ 0xe7, "FLUSH CACHE" },
	{ 0xea, "FLUSH CACHE EXT" },
	{ 0xec, "IDENTIFY DEVICE" },
	{ 0xef, "SET FEATURES" },
};

static void say_command(struct text *answer,
			const struct explain_access *access,
			const struct explain_guest *guest)
{
	const char *name = "another command";

	(void)guest;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (commands[i].code == (access->val & 0xff))
			name = commands[i].name;
	text_add(answer, "%s", name);
}

/* The registers from port @base on, and the one at @beside. */
#define CHANNEL(base, beside)                                             \
	{ .first = (base),                                                \
	  .way = WAY_BOTH,                                                \
	  READ(DOC, "Data register"),                                     \
	  TEXT("IDE data", "of a sector or packet",                       \
	       "data, two or four bytes at a time, while DRQ is set") },  \
		{ .first = (base) + 1,                                    \
		  .way = WAY_IN,                                          \
		  BITS(error),                                            \
		  READ(DOC, "Error register"),                            \
		  TEXT("IDE error", "", "why the last command failed") }, \
		{ .first = (base) + 1,                                    \
		  .way = WAY_OUT,                                         \
		  READ(DOC, "Features register"),                         \
		  TEXT("IDE features", "for a command",                   \
		       "a parameter of some commands") },                 \
		{ .first = (base) + 2,                                    \
		  .way = WAY_BOTH,                                        \
		  READ(DOC, "Sector Count register"),                     \
		  TEXT("IDE sector count", "how many",                    \
		       "sectors of the command; 0 is 256") },             \
		{ .first = (base) + 3,                                    \
		  .way = WAY_BOTH,                                        \
		  READ(DOC, "LBA Low register"),                          \
		  TEXT("IDE LBA low", "which sector",                     \
		       "bits 0 to 7 of its number, or sector") },         \
		{ .first = (base) + 4,                                    \
		  .way = WAY_BOTH,                                        \
		  READ(DOC, "LBA Mid register"),                          \
		  TEXT("IDE LBA mid", "which sector",                     \
		       "bits 8 to 15, or cylinder") },                    \
		{ .first = (base) + 5,                                    \
		  .way = WAY_BOTH,                                        \
		  READ(DOC, "LBA High register"),                         \
		  TEXT("IDE LBA high", "which sector",                    \
		       "bits 16 to 23, or cylinder") },                   \
		{ .first = (base) + 6,                                    \
		  .way = WAY_BOTH,                                        \
		  BITS(device),                                           \
		  READ(DOC, "Device register"),                           \
		  TEXT("IDE device", "",                                  \
		       "which of two drives; bits 24 to 27, or head") },  \
		{ .first = (base) + 7,                                    \
		  .way = WAY_OUT,                                         \
		  .say = say_command,                                     \
		  READ(DOC, "Command register"),                          \
		  TEXT("IDE command", "",                                 \
		       "the drive begins, with what the others say") },   \
		{ .first = (base) + 7,                                    \
		  .way = WAY_IN,                                          \
		  BITS(status),                                           \
		  READ(DOC, "Status register"),                           \
		  TEXT("IDE status", "",                                  \
		       "how far it is; takes back its interrupt") },      \
		{ .first = (beside),                                      \
		  .way = WAY_IN,                                          \
		  BITS(status),                                           \
		  READ(DOC, "Alternate Status register"),                 \
		  TEXT("IDE status", "",                                  \
		       "how far it is; its interrupt stays") },           \
	{                                                                 \
		.first = (beside), .way = WAY_OUT, BITS(control),         \
		READ(DOC, "Device Control register"),                     \
		TEXT("IDE control", "", "interrupts, and reset")          \
	}

static const struct explain_row rows[] = {
	CHANNEL(0x1f0, 0x3f6),
	CHANNEL(0x170, 0x376),
};

const struct explain_table explain_ide = EXPLAIN_TABLE(rows);
