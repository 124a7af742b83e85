/* objects: probes/explain/explain.o probes/explain/access.o probes/explain/serial.o
 * probes/explain/hypercall.o probes/explain/i8042.o probes/explain/cmos.o
 * probes/explain/ioapic.o probes/explain/pci.o probes/explain/chips.o probes/explain/vga.o probes/explain/ide.o probes/explain/floppy.o probes/explain/virtio.o
 * probes/explain/exits.o core/symbols_none.o util/text.o util/log.o util/sink.o */
/*
 * What --explain says of each exit, on kvm_run pages made up here: registers in
 * both directions, what depends on earlier accesses, string instructions,
 * unclaimed places, the exits that are no access, and the tables themselves.
 */
#include "explained.h"

#define COLUMNS 80

static void the_uart(void **state)
{
	static const struct access accesses[] = {
		OUT(0x3f8, 'l',
		    "OUT 0x3f8 <- 'l' THR: serial prints it" TIMES "PC16550D"),
		OUT(0x3f8, '\n',
		    "OUT 0x3f8 <- '\\n' THR: serial prints it" TIMES
		    "PC16550D"),
		OUT(0x3f8, 0x80,
		    "OUT 0x3f8 <- 0x80 THR: serial prints it" TIMES "PC16550D"),
		IN(0x3f8, 'q',
		   "IN 0x3f8 -> 'q' RBR: the oldest byte typed" TIMES
		   "PC16550D"),
		IN(0x3fd, 0x60,
		   "IN 0x3fd -> 0x60 LSR: THRE TEMT" TIMES "PC16550D"),
		IN(0x3fd, 0x61,
		   "IN 0x3fd -> 0x61 LSR: DR THRE TEMT" TIMES "PC16550D"),
		OUT(0x3f9, 0x03,
		    "OUT 0x3f9 <- 0x03 IER: ERBFI ETBEI" TIMES "PC16550D"),
		OUT(0x3f9, 0x00,
		    "OUT 0x3f9 <- 0x00 IER: no interrupts" TIMES "PC16550D"),
		IN(0x3fa, 0xc1,
		   "IN 0x3fa -> 0xc1 IIR: nothing pending" TIMES "PC16550D"),
		IN(0x3fa, 0x04,
		   "IN 0x3fa -> 0x04 IIR: data came" TIMES "PC16550D"),
		OUT(0x3fc, 0x0b,
		    "OUT 0x3fc <- 0x0b MCR: DTR RTS OUT2" TIMES "PC16550D"),
		IN(0x3fe, 0xb0,
		   "IN 0x3fe -> 0xb0 MSR: CTS DSR DCD" TIMES "PC16550D"),
		OUT(0x3ff, 0x55,
		    "OUT 0x3ff <- 0x55 SCR: a byte to keep" TIMES "PC16550D"),
	};

	(void)state;
	RUN(accesses);
}

static void the_dlab_makes_other_registers(void **state)
{
	static const struct access accesses[] = {
		OUT(0x3fb, 0x83,
		    "OUT 0x3fb <- 0x83 LCR: 8N1, DLAB on" TIMES "PC16550D"),
		OUT(0x3f8, 0x0c,
		    "OUT 0x3f8 <- 0x0c DLL: low byte of the "
		    "divisor" TIMES "PC16550D"),
		OUT(0x3f9, 0x00,
		    "OUT 0x3f9 <- 0x00 DLM: high byte of the "
		    "divisor" TIMES "PC16550D"),
		IN(0x3fd, 0x60,
		   "IN 0x3fd -> 0x60 LSR: THRE TEMT" TIMES "PC16550D"),
		OUT(0x3fb, 0x1a,
		    "OUT 0x3fb <- 0x1a LCR: 7E1, DLAB off" TIMES "PC16550D"),
		OUT(0x3f8, 'x',
		    "OUT 0x3f8 <- 'x' THR: serial prints it" TIMES "PC16550D"),
	};

	(void)state;
	RUN(accesses);
}

static void hypercalls(void **state)
{
	static const struct access accesses[] = {
		OUT(0x500, 1,
		    "OUT 0x500 <- 0x01 HC_PUTCHAR: prints BL, 'A'" TIMES
		    "hypercall.h"),
		OUT(0x500, 3,
		    "OUT 0x500 <- 0x03 HC_PUTNUM: prints BX, 577" TIMES
		    "hypercall.h"),
		OUT(0x500, 0,
		    "OUT 0x500 <- 0x00 HC_EXIT: ends, status 0" TIMES
		    "hypercall.h"),
		OUT(0x500, 8,
		    "OUT 0x500 <- 0x08 HC_EXIT_STATUS: ends, status 65" TIMES
		    "hypercall.h"),
		OUT(0x500, 2,
		    "OUT 0x500 <- 0x02 HC_GETCHAR: an IN fetches it" TIMES
		    "hypercall.h"),
		IN(0x500, 'k',
		   "IN 0x500 -> 0x6b HC_GETCHAR: 'k'" TIMES "hypercall.h"),
		IN(0x500, 0xff,
		   "IN 0x500 -> 0xff HC_GETCHAR: nothing was "
		   "typed" TIMES "hypercall.h"),
		OUT(0x500, 5,
		    "OUT 0x500 <- 0x05 HC_TIME: INs fetch 8 bytes" TIMES
		    "hypercall.h"),
		IN(0x500, 0x12,
		   "IN 0x500 -> 0x12 HC_TIME: next part of it" TIMES
		   "hypercall.h"),
		OUT(0x500, 0x77,
		    "OUT 0x500 <- 0x77 hypercall: no such "
		    "function" TIMES "hypercall.h"),
		IN(0x500, 0xff,
		   "IN 0x500 -> 0xff hypercall: no result waits" TIMES
		   "hypercall.h"),
	};

	(void)state;
	view.device = "hypercall";
	area.run.s.regs.regs.rbx = 0x10241;
	RUN(accesses);
}

static void nobody_answers(void **state)
{
	static const struct access accesses[] = {
		IN(0x1234, 0xff,
		   "IN 0x1234 -> 0xff nobody there, ones" TIMES "guide.md"),
		OUT(0x1234, 0,
		    "OUT 0x1234 <- 0x00 nobody there, dropped" TIMES
		    "guide.md"),
		IN(0x3f8 - 0x100, 0xff,
		   "IN 0x2f8 -> 0xff COM2: nobody there, "
		   "ones" TIMES "PC16550D"),
	};

	(void)state;
	view.device = NULL;
	RUN(accesses);
	view.device = "newcomer";
	port(1, 0x1234, "\x01", 1, 1);
	assert_string_equal(explained(), "OUT 0x1234 <- 0x01 newcomer takes "
					 "it" TIMES "guide.md");
}

static void wide_and_string_accesses(void **state)
{
	(void)state;
	view.device = NULL;
	port(1, 0xcf8, "\x04\x10\x01\x80", 4, 1);
	assert_string_equal(explained(), "OUT 0xcf8 <- 0x80011004 PCI: nobody "
					 "there, dropped" TIMES "PCI 3.0");
	view.device = "serial";
	port(1, 0x3f8, "forwards\n", 1, 9);
	assert_string_equal(explained(), "OUT 0x3f8 <- 9x\"forwards\".. THR: "
					 "serial prints it" TIMES "PC16550D");
	port(0, 0x3f8, "abc", 1, 3);
	assert_string_equal(explained(), "IN 0x3f8 -> 3x\"abc\" RBR: the "
					 "oldest byte typed" TIMES "PC16550D");
}

static void memory_without_ram(void **state)
{
	(void)state;
	view.device = NULL;
	area.run.exit_reason = KVM_EXIT_MMIO;
	area.run.mmio.phys_addr = 0x20000;
	area.run.mmio.len = 1;
	area.run.mmio.data[0] = 0xff;
	assert_string_equal(explained(), "READ 0x20000 -> 0xff nobody there, "
					 "ones" TIMES "guide.md");
	area.run.mmio.phys_addr = 0xb8000;
	area.run.mmio.is_write = 1;
	area.run.mmio.len = 8;
	assert_string_equal(explained(),
			    "WRITE 0xb8000 <- 0x00000000000000ff "
			    "VGA: nobody there, dropped" TIMES "VGA ref.");
}

static void other_exits(void **state)
{
	(void)state;
	area.run.exit_reason = KVM_EXIT_IOAPIC_EOI;
	area.run.eoi.vector = 0x41;
	assert_string_equal(explained(), "end of interrupt the I/O APIC is "
					 "told, 0x41" TIMES "82093AA");
	area.run.exit_reason = KVM_EXIT_HLT;
	assert_string_equal(explained(),
			    "HLT it stops, interrupts off" TIMES "SDM 2A");
	area.run.s.regs.regs.rflags = 1 << 9;
	assert_string_equal(explained(),
			    "HLT it stops, interrupts on" TIMES "SDM 2A");
	area.run.exit_reason = KVM_EXIT_FAIL_ENTRY;
	area.run.fail_entry.hardware_entry_failure_reason = 0x80000021;
	assert_string_equal(explained(), "entry refused ended, reason "
					 "0x80000021" TIMES "SDM 3C");
	area.run.exit_reason = KVM_EXIT_INTERNAL_ERROR;
	area.run.internal.suberror = 77;
	assert_string_equal(explained(), "KVM gave up ended as crashed: "
					 "unknown" TIMES "KVM API");
	area.run.exit_reason = 12345;
	view.reason = "unknown";
	assert_string_equal(explained(),
			    "? exit reason 12345, unknown" TIMES "KVM API");
}

static void only_what_differs_is_named(void **state)
{
	char buf[512];
	struct text text;

	(void)state;
	port(1, 0x3f8, "x", 1, 1);
	view.nr_guests = 2;
	view.nr_cpus = 4;
	view.cpu = 3;
	text_init(&text, buf, sizeof(buf));
	explain_view(&text, &guest, &view);
	assert_memory_equal(buf, "test.bin vCPU 3      7 OUT 0x3f8 <- 'x'", 38);
}

static void a_register_is_introduced_once(void **state)
{
	char buf[512];
	struct text text;
	const char *second;

	(void)state;
	view.device = NULL;
	port(0, 0xed, "\xff", 1, 1); /* by no other test */
	text_init(&text, buf, sizeof(buf));
	explain_view(&text, &guest, &view);
	second = strchr(buf, '\n') + 1;
	assert_string_equal(second, "       \"io_delay=\": Linux waits by "
				    "writing here\n");
	text_init(&text, buf, sizeof(buf));
	explain_view(&text, &guest, &view);
	assert_string_equal(strchr(buf, '\n'), "\n");
}

static const struct explain_table *const all_tables[] = {
	&explain_serial, &explain_hypercall, &explain_i8042,
	&explain_cmos,	 &explain_ioapic,    &explain_pci,
	&explain_chips,	 &explain_vga,	     &explain_virtio,
};

static void every_row_is_complete(void **state)
{
	size_t total = 0;

	(void)state;
	for (size_t t = 0; t < sizeof(all_tables) / sizeof(all_tables[0]);
	     t++) {
		for (size_t i = 0; i < all_tables[t]->count; i++) {
			const struct explain_row *row = &all_tables[t]->rows[i];
			const char *section =
				explain_part(row->doc, DOC_SECTION);
			const char *meaning =
				explain_part(row->text, TEXT_MEANING);

			assert_true(row->text[0]);
			assert_true(row->say ||
				    explain_part(row->text, TEXT_DOES)[0]);
			assert_true(row->way != 0 && meaning[0]);
			assert_true(strlen(row->doc) <= 11);
			assert_true(!row->last || row->last >= row->first);
			if (strlen(section) + strlen(meaning) + 11 > COLUMNS)
				fail_msg("too long: \"%s\": %s", section,
					 meaning);
		}
		total += all_tables[t]->count;
	}
	assert_in_range(total, 100, EXPLAIN_ROWS_MAX - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_uart, setup),
		cmocka_unit_test_setup(the_dlab_makes_other_registers, setup),
		cmocka_unit_test_setup(hypercalls, setup),
		cmocka_unit_test_setup(nobody_answers, setup),
		cmocka_unit_test_setup(wide_and_string_accesses, setup),
		cmocka_unit_test_setup(memory_without_ram, setup),
		cmocka_unit_test_setup(other_exits, setup),
		cmocka_unit_test_setup(only_what_differs_is_named, setup),
		cmocka_unit_test_setup(a_register_is_introduced_once, setup),
		cmocka_unit_test_setup(every_row_is_complete, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
