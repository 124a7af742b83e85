/*
 * What a hypercall means, for --explain: each function of abi/hypercall.h with
 * its argument, and what an `in` after it fetches.
 */
#include "abi/hypercall.h"
#include "probes/explain/explain.h"

#define DOC	"hypercall.h"
#define SECTION "vmm/abi/hypercall.h"

static void say_exit(struct text *answer, const struct explain_access *access,
		     const struct explain_guest *guest)
{
	(void)guest;
	text_add(answer, "ends, status %u", (unsigned int)access->rbx & 0xff);
}

static void say_character(struct text *answer,
			  const struct explain_access *access,
			  const struct explain_guest *guest)
{
	(void)guest;
	text_add(answer, "prints BL, ");
	explain_add_byte(answer, access->rbx);
}

static void say_number(struct text *answer, const struct explain_access *access,
		       const struct explain_guest *guest)
{
	(void)guest;
	text_add(answer, "prints BX, %u", (unsigned int)access->rbx & 0xffff);
}

static void say_typed(struct text *answer, const struct explain_access *access,
		      const struct explain_guest *guest)
{
	(void)guest;
	if ((access->val & 0xff) == HC_NOCHAR)
		text_add(answer, "nothing was typed");
	else
		explain_add_byte(answer, access->val);
}

static void note_call(struct explain_guest *guest,
		      const struct explain_access *access)
{
	atomic_store(&guest->latches[LATCH_CALL], access->val & 0xff);
}

#define CALL(function)                                        \
	.first = HC_PORT, .way = WAY_OUT, .when = WHEN_VALUE, \
	.key = (function), .note = note_call, .doc = DOC, .section = SECTION
#define RESULT(function)                                     \
	.first = HC_PORT, .way = WAY_IN, .when = WHEN_LATCH, \
	.latch = LATCH_CALL, .key = (function), .doc = DOC, .section = SECTION

static const struct explain_row rows[] = {
	{ CALL(HC_EXIT), .name = "HC_EXIT", .does = "ends, status 0",
	  .meaning = "AL = 0 ends the guest" },
	{ CALL(HC_PUTCHAR), .name = "HC_PUTCHAR", .say = say_character,
	  .meaning = "AL = 1 prints the character in BL" },
	{ CALL(HC_GETCHAR), .name = "HC_GETCHAR", .does = "an IN fetches it",
	  .meaning = "AL = 2 asks for a character" },
	{ CALL(HC_PUTNUM), .name = "HC_PUTNUM", .say = say_number,
	  .meaning = "AL = 3 prints BX in decimal" },
	{ CALL(HC_NEWLINE), .name = "HC_NEWLINE", .does = "prints '\\n'",
	  .meaning = "AL = 4 ends a line" },
	{ CALL(HC_TIME), .name = "HC_TIME", .does = "INs fetch 8 bytes",
	  .meaning = "AL = 5: ns since the guest started" },
	{ CALL(HC_RANDOM), .name = "HC_RANDOM", .does = "INs fetch bytes",
	  .meaning = "AL = 6: random bytes of the host" },
	{ CALL(HC_GUEST_ID), .name = "HC_GUEST_ID", .does = "INs fetch 4 bytes",
	  .meaning = "AL = 7: place on the command line" },
	{ CALL(HC_EXIT_STATUS), .name = "HC_EXIT_STATUS", .say = say_exit,
	  .meaning = "AL = 8 ends the guest, BL is the status" },
	{ .first = HC_PORT,
	  .way = WAY_OUT,
	  .name = "hypercall",
	  .does = "no such function",
	  .note = note_call,
	  .doc = DOC,
	  .section = SECTION,
	  .meaning = "AL is no function; an IN gives ones" },
	{ RESULT(HC_GETCHAR), .name = "HC_GETCHAR", .say = say_typed,
	  .meaning = "a character, or 0xff: none waits" },
	{ RESULT(HC_TIME), .name = "HC_TIME", .does = "next part of it",
	  .meaning = "the result of AL = 5, low bytes first" },
	{ RESULT(HC_RANDOM), .name = "HC_RANDOM", .does = "random bytes",
	  .meaning = "the result of AL = 6, without end" },
	{ RESULT(HC_GUEST_ID), .name = "HC_GUEST_ID", .does = "next part of it",
	  .meaning = "the result of AL = 7, low bytes first" },
	{ .first = HC_PORT,
	  .way = WAY_IN,
	  .name = "hypercall",
	  .does = "no result waits",
	  .doc = DOC,
	  .section = SECTION,
	  .meaning = "what an IN gives after other calls" },
	{ .first = HC_PORT + 1,
	  .last = HC_PORT + 3,
	  .way = WAY_BOTH,
	  .name = "hypercall",
	  .does = "not a call",
	  .doc = DOC,
	  .section = SECTION,
	  .meaning = "upper bytes of port 0x500 only" },
};

const struct explain_table explain_hypercall = EXPLAIN_TABLE(rows);
