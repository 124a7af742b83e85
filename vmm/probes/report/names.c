/*
 * What the guest's ELF file calls the places of a report: RIP's, and those that
 * the stack has of calls. A word counts there if it points behind a call
 * instruction (SDM 2A, "CALL - Call Procedure") in code that has a name. One may be
 * left over from before, so they are no backtrace, and nobody says so.
 */
#include "core/symbols.h"
#include "probes/report/report.h"

#define WORDS_MAX  64 /* of the stack that are looked at */
#define NAMES_MAX  8
#define NAME_SHOWN 40 /* characters */
#define CALL_MAX   7  /* bytes of the longest call */

/* Bytes of the indirect call FF /2 with ModRM @modrm and, perhaps, @sib. */
static unsigned int indirect_len(uint8_t modrm, uint8_t sib)
{
	const unsigned int mod = modrm >> 6, rm = modrm & 7;
	const bool has_sib = mod != 3 && rm == 4;
	const unsigned int base = has_sib ? sib & 7 : rm;
	const unsigned int len = 2 + has_sib;

	if (mod == 1)
		return len + 1;
	return mod == 2 || (mod == 0 && base == 5) ? len + 4 : len;
}

/* Whether @code, the CALL_MAX bytes before a place, ends with a call. */
static bool ends_with_call(const uint8_t *code)
{
	if (code[CALL_MAX - 5] == 0xe8)
		return true;
	for (unsigned int len = 2; len <= CALL_MAX; len++) {
		const uint8_t *at = code + CALL_MAX - len;

		if (at[0] == 0xff && (at[1] >> 3 & 7) == 2 &&
		    indirect_len(at[1], len > 2 ? at[2] : 0) == len)
			return true;
	}
	return false;
}

/* Adds @addr's name if it may be where a call comes back to. That of the call, since
 * what is behind it may be another function. */
static bool add_return(struct text *text, const struct report_state *state,
		       const struct vm *vm, uint64_t addr, const char *intro)
{
	uint8_t code[CALL_MAX];
	const char *name;
	uint64_t off;

	if (!vm_find_symbol(vm, addr - 1, &name, &off) ||
	    !report_read(state, addr - CALL_MAX, code, CALL_MAX) ||
	    !ends_with_call(code))
		return false;
	text_add(text, "%s <%.*s+0x%llx>", intro, NAME_SHOWN, name,
		 (unsigned long long)off + 1);
	return true;
}

static void add_stack(struct text *text, const struct report_state *state,
		      const struct vm *vm)
{
	const unsigned int size = report_is_64bit(&state->sregs) ? 8 : 4;
	const uint64_t top = report_stack_address(state);
	unsigned int found = 0;

	for (unsigned int i = 0; i < WORDS_MAX && found < NAMES_MAX; i++) {
		uint64_t word = 0;

		if (!report_read(state, top + i * size, &word, size))
			break;
		found += add_return(text, state, vm, word,
				    found ? "" : "  calls left on the stack:");
	}
	text_add(text, found ? "\n" : "");
}

void report_add_names(struct text *text, const struct report_state *state,
		      const struct vm *vm)
{
	static const char intro[] = "  rip is at";
	const size_t before = text->len;

	if (!state->code_known || !vm_symbols(vm))
		return;
	text_add(text, intro);
	vm_add_code_symbol(text, vm, &state->regs, &state->sregs);
	if (text->len - before >= sizeof(intro))
		text_add(text, "\n");
	else
		text->buf[text->len = before] = '\0';
	if (report_is_64bit(&state->sregs) ||
	    (state->sregs.cs.db && !state->sregs.cs.base))
		add_stack(text, state, vm);
}
