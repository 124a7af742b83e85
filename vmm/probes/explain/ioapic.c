/*
 * What the two registers of the I/O APIC mean, for --explain: IOREGSEL chooses
 * one of those behind it, IOWIN is that one. An I/O APIC that the kernel
 * emulates causes no exits.
 */
#include "probes/explain/explain.h"

#define IOREGSEL 0xfec00000
#define IOWIN	 0xfec00010
#define DOC	 "82093AA"

#define IOAPICID  0x00
#define IOAPICVER 0x01
#define IOAPICARB 0x02
#define IOREDTBL  0x10
#define NR_PINS	  24
#define REGS_END  (IOREDTBL + 2 * NR_PINS)

#define ID_SHIFT   24
#define PINS_SHIFT 16
#define LEVEL	   0x8000
#define MASKED	   0x10000

/* "IOREDTBL4, low" */
static void add_register(struct text *answer, uint8_t reg)
{
	unsigned int half = reg - IOREDTBL;

	if (reg == IOAPICID)
		text_add(answer, "IOAPICID");
	else if (reg == IOAPICVER)
		text_add(answer, "IOAPICVER");
	else if (reg == IOAPICARB)
		text_add(answer, "IOAPICARB");
	else if (reg >= IOREDTBL && reg < REGS_END)
		text_add(answer, "IOREDTBL%u, %s", half / 2,
			 half % 2 ? "high" : "low");
	else
		text_add(answer, "no register");
}

static void say_select(struct text *answer, const struct explain_access *access,
		       const struct explain_guest *guest)
{
	(void)guest;
	add_register(answer, access->val);
}

static void note_select(struct explain_guest *guest,
			const struct explain_access *access)
{
	atomic_store(&guest->latches[LATCH_IOAPIC], access->val & 0xff);
}

/* The low half of an entry: which interrupt, and how. */
static void add_entry(struct text *answer, unsigned int pin, uint32_t val)
{
	static const char *const modes[] = { "vector", "lowest", "SMI",
					     "mode 3", "NMI",	 "INIT",
					     "mode 6", "ExtINT" };

	text_add(answer, "pin %u: %s 0x%02x %s%s", pin, modes[val >> 8 & 7],
		 val & 0xff, val & LEVEL ? "level" : "edge",
		 val & MASKED ? " off" : "");
}

static void say_window(struct text *answer, const struct explain_access *access,
		       const struct explain_guest *guest)
{
	uint8_t reg = atomic_load(&guest->latches[LATCH_IOAPIC]);
	unsigned int half = reg - IOREDTBL;
	uint32_t val = access->val;

	if (reg == IOAPICID || reg == IOAPICARB)
		text_add(answer, "id %u", val >> ID_SHIFT);
	else if (reg == IOAPICVER)
		text_add(answer, "version 0x%x, %u pins", val & 0xff,
			 (val >> PINS_SHIFT & 0xff) + 1);
	else if (reg < IOREDTBL || reg >= REGS_END)
		text_add(answer, "no register");
	else if (half % 2)
		text_add(answer, "pin %u: destination 0x%02x", half / 2,
			 val >> ID_SHIFT);
	else
		add_entry(answer, half / 2, val);
}

static const struct explain_row rows[] = {
	{ .first = IOREGSEL,
	  .space = SPACE_MEMORY,
	  .way = WAY_BOTH,
	  .say = say_select,
	  .note = note_select,
	  READ(DOC, "I/O Register Select Register"),
	  TEXT("IOREGSEL", "", "which register IOWIN is") },
	{ .first = IOWIN,
	  .space = SPACE_MEMORY,
	  .way = WAY_BOTH,
	  .say = say_window,
	  READ(DOC, "I/O Window Register"),
	  TEXT("IOWIN", "", "for each pin the interrupt it is, and whose") },
};

const struct explain_table explain_ioapic = EXPLAIN_TABLE(rows);
