/* Words for modes and exceptions (SDM 3A, "Modes of Operation", "Exception and
 * Interrupt Vectors"). */
#include "x86/words.h"

#include "util/text.h"
#include "x86/bits.h"

void mode_add(struct text *text, const struct code_mode *mode)
{
	bool is_long = mode->efer & EFER_LMA;

	if (!(mode->cr0 & CR0_PE)) {
		text_add(text, "real mode");
		return;
	}
	if (is_long && mode->l)
		text_add(text, "64-bit mode");
	else
		text_add(text, "%u-bit %s", mode->db ? 32 : 16,
			 is_long ? "compatibility mode" : "protected mode");
	text_add(text, ", paging %s, ring %u",
		 mode->cr0 & CR0_PG ? "on" : "off", mode->ring);
}

void vector_add(struct text *text, unsigned int vector)
{
	static const char *const names[] = {
		"#DE, division",
		"#DB, debug",
		"NMI",
		"#BP, breakpoint",
		"#OF, overflow",
		"#BR, bound",
		"#UD, invalid opcode",
		"#NM, no FPU",
		"#DF, double fault",
		"coprocessor overrun",
		"#TS, invalid TSS",
		"#NP, segment not present",
		"#SS, stack fault",
		"#GP, general protection",
		"#PF, page fault",
		"15",
		"#MF, FPU error",
		"#AC, alignment",
		"#MC, machine check",
		"#XM, SIMD error",
	};

	if (vector < sizeof(names) / sizeof(names[0]))
		text_add(text, "%s", names[vector]);
	else
		text_add(text, "interrupt 0x%x", vector);
}
