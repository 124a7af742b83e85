/* objects: probes/report/walk.o x86/walk.o x86/walk_words.o x86/flags.o x86/words.o
 * probes/report/state.o probes/report/code.o
 * probes/report/rules/judge.o probes/report/rules/entry.o probes/report/rules/fetch.o
 * probes/report/rules/pages.o probes/report/rules/descriptors.o
 * probes/report/rules/idt.o probes/report/rules/stack.o probes/report/rules/insn.o
 * probes/report/rules/access.o probes/report/rules/data.o probes/report/rules/control.o
 * probes/report/rules/single.o probes/report/rules/selectors.o
 * probes/report/rules/mistakes.o probes/report/rules/host.o core/memory.o core/memory_seen.o util/text.o */
/* Rules about the way to a handler; and states of garbage. */
#include "rule_states.h"

/* What INT3 meets on the way to its handler. */
static const struct row gate_rows[] = {
	{ "idt-room",
	  IN_32,
	  C("\xcc"),
	  { S(sregs.idt.limit, 0x1e) },
	  { S(sregs.idt.limit, 0x1f) } },
	{ "idt-room",
	  IN_32,
	  C("\xcc"),
	  { S(sregs.cr0, 0), S(sregs.idt.limit, 0xe) },
	  { S(sregs.idt.limit, 0xf) } },
	{ "idt-mapped",
	  IN_PAGED,
	  C("\xcc"),
	  { S(sregs.idt.base, FAR_AWAY) },
	  { S(sregs.idt.base, IDT) } },
	{ "idt-loaded",
	  IN_32,
	  C("\xcc"),
	  { S(sregs.idt.base, 0), S(sregs.idt.limit, 0xffff) },
	  { S(sregs.idt.base, IDT) } },
	{ "idt-real-mode",
	  IN_32,
	  C("\xcc"),
	  { S(sregs.idt.base, 0), S(sregs.idt.limit, 0x3ff) },
	  { S(sregs.idt.base, IDT) } },
	{ "gate-size",
	  IN_64,
	  C("\xcc"),
	  { S(sregs.idt.base, IDT8) },
	  { S(sregs.idt.base, IDT) } },
	{ "gate-present",
	  IN_32,
	  C("\xcc"),
	  { M(IDT + 3 * 8 + 5, 0x0e, 1) },
	  { M(IDT + 3 * 8 + 5, 0x8e, 1) } },
	{ "gate-type",
	  IN_32,
	  C("\xcc"),
	  { M(IDT + 3 * 8 + 5, 0x8c, 1) },
	  { M(IDT + 3 * 8 + 5, 0x86, 1) } },
	{ "gate-type",
	  IN_64,
	  C("\xcc"),
	  { M(IDT + 3 * 16 + 5, 0x86, 1) },
	  { M(IDT + 3 * 16 + 5, 0x8f, 1) } },
	{ "gate-selector",
	  IN_32,
	  C("\xcc"),
	  { M(IDT + 3 * 8 + 2, 0, 2) },
	  { M(IDT + 3 * 8 + 2, 8, 2) } },
	{ "gate-64-bit",
	  IN_64,
	  C("\xcc"),
	  { M(IDT + 3 * 16 + 2, 8, 2) },
	  { M(IDT + 3 * 16 + 2, 0x48, 2) } },
	{ "gate-ring",
	  IN_32,
	  C("\xcc"),
	  { M(IDT + 3 * 8 + 2, 0x1b, 2) },
	  { M(IDT + 3 * 8 + 2, 8, 2) } },
	{ "handler-canonical",
	  IN_64,
	  C("\xcc"),
	  { M(IDT + 3 * 16 + 8, 0x80000000, 4) },
	  { M(IDT + 3 * 16 + 8, 0, 4) } },
	{ "handler-limit",
	  IN_32,
	  C("\xcc"),
	  { M(IDT + 3 * 8 + 2, 0x50, 2) },
	  { M(IDT + 3 * 8, 0xfff, 2) } },
	{ "handler-mapped",
	  IN_PAGED,
	  C("\xcc"),
	  { M(IDT + 3 * 8 + 6, FAR_AWAY >> 16, 2) },
	  { M(IDT + 3 * 8 + 6, 0, 2) } },
	{ "handler-nx",
	  IN_64,
	  C("\xcc"),
	  { S(sregs.efer, LONG | EFER_NXE), M(PD + 12, NX, 4),
	    M(IDT + 3 * 16 + 6, SECOND >> 16, 2) },
	  { M(PD + 12, 0, 4) } },
	{ "tss-loaded",
	  IN_32,
	  C("\xcc"),
	  { S(sregs.ss.dpl, 3), S(sregs.tr.selector, 0), S(sregs.tr.base, 0) },
	  { S(sregs.tr.base, TSS) } },
	{ "tss-limit",
	  IN_32,
	  C("\xcc"),
	  { S(sregs.ss.dpl, 3), S(sregs.tr.limit, 8) },
	  { S(sregs.tr.limit, 9) } },
	{ "tss-mapped",
	  IN_PAGED,
	  C("\xcc"),
	  { S(sregs.ss.dpl, 3), S(sregs.tr.base, FAR_AWAY), M(PD32, 0x87, 1) },
	  { S(sregs.tr.base, TSS) } },
	{ "tss-stack",
	  IN_32,
	  C("\xcc"),
	  { S(sregs.ss.dpl, 3), M(TSS + 4, 0, 4) },
	  { M(TSS + 4, STACK, 4) } },
	{ "tss-stack",
	  IN_64,
	  C("\xcc"), /* IST 2 */
	  { M(IDT + 3 * 16 + 4, 2, 1) },
	  { M(TSS + 0x2c, STACK, 4) } },
	{ "tss-segment",
	  IN_32,
	  C("\xcc"),
	  { S(sregs.ss.dpl, 3), M(TSS + 8, 8, 2) },
	  { M(TSS + 8, 0x10, 2) } },
	{ "stack-limit",
	  IN_32,
	  C("\xcc"),
	  { S(regs.rsp, 10) },
	  { S(regs.rsp, 12) } },
	{ "stack-limit",
	  IN_32,
	  C("\xcc"), /* of real mode */
	  { S(sregs.cr0, 0), S(sregs.ss.db, 0), S(sregs.ss.limit, 0xffff),
	    S(regs.rsp, 3) },
	  { S(regs.rsp, 0) } },
	{ "stack-mapped",
	  IN_PAGED,
	  C("\xcc"),
	  { S(regs.rsp, FAR_AWAY) },
	  { S(regs.rsp, STACK) } },
	{ "stack-writable",
	  IN_64,
	  C("\xcc"),
	  { S(sregs.cr0, PE_PG | CR0_WP), M(PD + 8, 0x81, 1),
	    S(regs.rsp, SECOND + 0x100) },
	  { M(PD + 8, 0x83, 1) } },
};

static void handlers(void **state)
{
	(void)state;
	check_rows(gate_rows, COUNT(gate_rows));
}

static void every_rule_has_a_row(void **state)
{
	(void)state;
	check_complete(RULE_GATE, gate_rows, COUNT(gate_rows));
	check_complete(RULE_STACK, gate_rows, COUNT(gate_rows));
}

/* Garbage everywhere: nothing may be read out of bounds. */
static void garbage(void **state)
{
	unsigned int seed = 1;

	(void)state;
	for (unsigned int i = 0; i < 4000; i++) {
		struct rule_case c = { .state = &s, .status = STATUS_CRASHED };
		char buf[64]; /* too small, too */
		struct text text;

		setups[i % COUNT(setups)]();
		for (unsigned int j = 0; j < 24; j++) {
			uint8_t *at = j & 1 ? (uint8_t *)&s.regs :
					      (uint8_t *)&s.sregs;
			size_t size = j & 1 ? sizeof(s.regs) : sizeof(s.sregs);

			seed = seed * 1103515245 + 12345;
			at[(seed >> 8) % size] = seed >> 16;
			put(CODE + j % 15, seed >> 16, 1);
		}
		s.regs.rip = i & 64 ? s.regs.rip : CODE;
		text_init(&text, buf, sizeof(buf));
		rules_judge(&c, &text);
		report_may_enter_handler(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(handlers),
		cmocka_unit_test(every_rule_has_a_row),
		cmocka_unit_test(garbage),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
