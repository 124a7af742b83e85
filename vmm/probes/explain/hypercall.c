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
	.key = (function), .note = note_call, READ(DOC, SECTION)
#define RESULT(function)                                     \
	.first = HC_PORT, .way = WAY_IN, .when = WHEN_LATCH, \
	.latch = LATCH_CALL, .key = (function), READ(DOC, SECTION)

static const struct explain_row rows[] = {
	{ CALL(HC_EXIT),
	  TEXT("HC_EXIT", "ends, status 0", "AL = 0 ends the guest") },
	{ CALL(HC_PUTCHAR), .say = say_character,
	  TEXT("HC_PUTCHAR", "", "AL = 1 prints the character in BL") },
	{ CALL(HC_GETCHAR), TEXT("HC_GETCHAR", "an IN fetches it",
				 "AL = 2 asks for a character") },
	{ CALL(HC_PUTNUM), .say = say_number,
	  TEXT("HC_PUTNUM", "", "AL = 3 prints BX in decimal") },
	{ CALL(HC_NEWLINE),
	  TEXT("HC_NEWLINE", "prints '\\n'", "AL = 4 ends a line") },
	{ CALL(HC_TIME), TEXT("HC_TIME", "INs fetch 8 bytes",
			      "AL = 5: ns since the guest started") },
	{ CALL(HC_RANDOM), TEXT("HC_RANDOM", "INs fetch bytes",
				"AL = 6: random bytes of the host") },
	{ CALL(HC_GUEST_ID), TEXT("HC_GUEST_ID", "INs fetch 4 bytes",
				  "AL = 7: place on the command line") },
	{ CALL(HC_EXIT_STATUS), .say = say_exit,
	  TEXT("HC_EXIT_STATUS", "",
	       "AL = 8 ends the guest, BL is the status") },
	{ CALL(HC_SAVE), TEXT("HC_SAVE", "an IN fetches what came of it",
			      "AL = 9: the guest is to be saved") },
	{ CALL(HC_RESTORES), TEXT("HC_RESTORES", "INs fetch 4 bytes",
				  "AL = 10: how often it was restored") },
	{ CALL(HC_WALL_TIME), TEXT("HC_WALL_TIME", "INs fetch 8 bytes",
				   "AL = 11: ns since 1970, UTC") },
	{ CALL(HC_COPY), TEXT("HC_COPY", "INs fetch 4 bytes",
			      "AL = 12: which copy of a guest it is") },
	{ .first = HC_PORT,
	  .way = WAY_OUT,
	  .note = note_call,
	  READ(DOC, SECTION),
	  TEXT("hypercall", "no such function",
	       "AL is no function; an IN gives ones") },
	{ RESULT(HC_GETCHAR), .say = say_typed,
	  TEXT("HC_GETCHAR", "", "a character, or 0xff: none waits") },
	{ RESULT(HC_TIME), TEXT("HC_TIME", "next part of it",
				"the result of AL = 5, low bytes first") },
	{ RESULT(HC_RANDOM), TEXT("HC_RANDOM", "random bytes",
				  "the result of AL = 6, without end") },
	{ RESULT(HC_GUEST_ID), TEXT("HC_GUEST_ID", "next part of it",
				    "the result of AL = 7, low bytes first") },
	{ RESULT(HC_SAVE), TEXT("HC_SAVE", "what became of it",
				"0 it was not saved, 1 it "
				"was, 2 it was restored") },
	{ RESULT(HC_RESTORES),
	  TEXT("HC_RESTORES", "next part of it", "the result of AL = 10") },
	{ RESULT(HC_WALL_TIME),
	  TEXT("HC_WALL_TIME", "next part of it",
	       "the result of AL = 11, low bytes first") },
	{ RESULT(HC_COPY), TEXT("HC_COPY", "next part of it",
				"the result of AL = 12, low bytes first") },
	{ .first = HC_PORT,
	  .way = WAY_IN,
	  READ(DOC, SECTION),
	  TEXT("hypercall", "no result waits",
	       "what an IN gives after other calls") },
	{ .first = HC_PORT + 1,
	  .last = HC_PORT + 3,
	  .way = WAY_BOTH,
	  READ(DOC, SECTION),
	  TEXT("hypercall", "not a call", "upper bytes of port 0x500 only") },
};

const struct explain_table explain_hypercall = EXPLAIN_TABLE(rows);
