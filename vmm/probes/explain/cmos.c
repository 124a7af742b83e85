/*
 * What the clock's two ports mean, for --explain: 0x70 chooses one of 128
 * bytes, 0x71 is that byte.
 */
#include "probes/explain/explain.h"

#define INDEX 0x70
#define DATA  0x71
#define DOC   "MC146818"

#define INDEX_MASK 0x7f
#define RAM_FIRST  0x0e

static const char *register_name(uint8_t index)
{
	static const char *const names[RAM_FIRST] = {
		"seconds",    "alarm seconds", "minutes",    "alarm minutes",
		"hours",      "alarm hours",   "weekday",    "day of the month",
		"month",      "year",	       "register A", "register B",
		"register C", "register D",
	};

	index &= INDEX_MASK;
	if (index < RAM_FIRST)
		return names[index];
	switch (index) {
	case 0x0f:
		return "shutdown reason";
	case 0x10 ... 0x14:
		return "drives, equipment";
	case 0x15 ... 0x18:
	case 0x30 ... 0x31:
	case 0x34 ... 0x35:
	case 0x5b ... 0x5d:
		return "memory size";
	case 0x32:
		return "century";
	case 0x5f:
		return "CPUs, less one";
	default:
		return "a byte of RAM";
	}
}

static void say_index(struct text *answer, const struct explain_access *access,
		      const struct explain_guest *guest)
{
	(void)guest;
	text_add(answer, "%s", register_name(access->val));
}

static void say_data(struct text *answer, const struct explain_access *access,
		     const struct explain_guest *guest)
{
	(void)access;
	text_add(answer, "%s",
		 register_name(atomic_load(&guest->latches[LATCH_CMOS])));
}

static void note_index(struct explain_guest *guest,
		       const struct explain_access *access)
{
	atomic_store(&guest->latches[LATCH_CMOS], access->val & INDEX_MASK);
}

#define REGISTER(index, text)                                         \
	{                                                             \
		.first = DATA, .way = WAY_BOTH, .when = WHEN_LATCH,   \
		.latch = LATCH_CMOS, .key = (index), .say = say_data, \
		READ(DOC, "Registers"), TEXT("clock", "", text)       \
	}

static const struct explain_row rows[] = {
	{ .first = INDEX,
	  .way = WAY_OUT,
	  .say = say_index,
	  .note = note_index,
	  READ(DOC, "Address Map"),
	  TEXT("index", "", "which byte port 0x71 is") },
	{ .first = INDEX,
	  .way = WAY_IN,
	  READ(DOC, "Address Map"),
	  TEXT("index", "write only", "it cannot be read back") },
	REGISTER(0x0a, "bit 7, UIP: the time is about to change"),
	REGISTER(0x0b, "24 hours, binary or BCD, interrupts"),
	REGISTER(0x0c, "why IRQ8 was raised; reading clears it"),
	REGISTER(0x0d, "bit 7: the battery is good"),
	{ .first = DATA,
	  .way = WAY_BOTH,
	  .say = say_data,
	  READ(DOC, "Address Map"),
	  TEXT("clock", "", "date and time, or a byte that is kept") },
};

const struct explain_table explain_cmos = EXPLAIN_TABLE(rows);
