/* objects: probes/explain/explain.o probes/explain/access.o probes/explain/serial.o
 * probes/explain/hypercall.o probes/explain/i8042.o probes/explain/cmos.o
 * probes/explain/ioapic.o probes/explain/chips.o probes/explain/exits.o util/text.o util/log.o util/sink.o */
/*
 * What --explain says of each exit, on kvm_run pages made up here: registers in
 * both directions, what depends on earlier accesses, string instructions,
 * unclaimed places, the exits that are no access, and the tables themselves.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>

#include "probe.h"
#include "probes/explain/explain.h"

#define DATA_OFFSET 4096
#define COLUMNS	    80

static union {
	struct kvm_run run;
	uint8_t page[2 * 4096];
} area;

static struct explain_guest guest;
static struct exit_view view;

/* What the second and third column say, their runs of spaces as one. */
static const char *explained(void)
{
	static char said[512];
	char buf[512];
	struct text text;
	char *line_end;
	size_t to = 0;

	text_init(&text, buf, sizeof(buf));
	explain_view(&text, &guest, &view);
	line_end = strchr(buf, '\n');
	assert_non_null(line_end);
	*line_end = '\0';
	for (const char *from = buf + 5; *from; from++)
		if (!(from[0] == ' ' && from[1] == ' '))
			said[to++] = *from;
	said[to] = '\0';
	return said;
}

static int setup(void **state)
{
	(void)state;
	memset(&area, 0, sizeof(area));
	memset(&guest, 0, sizeof(guest));
	view = (struct exit_view){
		.guest = "test.bin",
		.nr_guests = 1,
		.nr_cpus = 1,
		.number = 7,
		.reason = "IO",
		.device = "serial",
		.run = &area.run,
		.guest_ns = 12300,
		.answer_ns = 456,
	};
	return 0;
}

static void port(int out, unsigned int at, const void *data, unsigned int size,
		 unsigned int count)
{
	area.run.exit_reason = KVM_EXIT_IO;
	area.run.io.direction = out ? KVM_EXIT_IO_OUT : KVM_EXIT_IO_IN;
	area.run.io.port = at;
	area.run.io.size = size;
	area.run.io.count = count;
	area.run.io.data_offset = DATA_OFFSET;
	memcpy(area.page + DATA_OFFSET, data, (size_t)size * count);
}

struct access {
	int out;
	unsigned int at;
	uint8_t val;
	const char *said;
};

#define TIMES " 12.3us 456ns "

#define OUT(at, val, said)       \
	{                        \
		1, at, val, said \
	}
#define IN(at, val, said)        \
	{                        \
		0, at, val, said \
	}

static void run_accesses(const struct access *accesses, size_t count)
{
	char want[256];

	for (size_t i = 0; i < count; i++) {
		port(accesses[i].out, accesses[i].at, &accesses[i].val, 1, 1);
		snprintf(want, sizeof(want), "%s", accesses[i].said);
		assert_string_equal(explained(), want);
	}
}

#define RUN(accesses) \
	run_accesses(accesses, sizeof(accesses) / sizeof((accesses)[0]))

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

static void the_keyboard_controller(void **state)
{
	static const struct access accesses[] = {
		IN(0x64, 0x1d,
		   "IN 0x64 -> 0x1d status: OBF SYS CMD UNLOCK" TIMES
		   "PC/AT ref."),
		OUT(0x64, 0x60,
		    "OUT 0x64 <- 0x60 i8042: write mode" TIMES "PC/AT ref."),
		OUT(0x60, 0x45,
		    "OUT 0x60 <- 0x45 i8042: IRQ1 SYS translate" TIMES
		    "PC/AT ref."),
		OUT(0x60, 0xed,
		    "OUT 0x60 <- 0xed keyboard: set LEDs" TIMES "PC/AT ref."),
		OUT(0x60, 0xf4,
		    "OUT 0x60 <- 0xf4 keyboard: the LEDs" TIMES "PC/AT ref."),
		OUT(0x60, 0xf4,
		    "OUT 0x60 <- 0xf4 keyboard: scanning on" TIMES
		    "PC/AT ref."),
		OUT(0x64, 0xfe,
		    "OUT 0x64 <- 0xfe i8042: reset the CPU" TIMES "PC/AT ref."),
	};

	(void)state;
	view.device = "i8042";
	RUN(accesses);
}

static void other_chips(void **state)
{
	static const struct access accesses[] = {
		OUT(0x70, 0x84,
		    "OUT 0x70 <- 0x84 index: hours" TIMES "MC146818"),
		IN(0x71, 0x23, "IN 0x71 -> 0x23 clock: hours" TIMES "MC146818"),
		OUT(0x20, 0x11,
		    "OUT 0x20 <- 0x11 PIC1 ICW1: begin" TIMES "8259A"),
		OUT(0x21, 0x20,
		    "OUT 0x21 <- 0x20 PIC1 ICW2: vectors from "
		    "0x20" TIMES "8259A"),
		OUT(0x21, 0x04,
		    "OUT 0x21 <- 0x04 PIC1 ICW3: taken" TIMES "8259A"),
		OUT(0x21, 0x01,
		    "OUT 0x21 <- 0x01 PIC1 ICW4: taken" TIMES "8259A"),
		OUT(0x21, 0xfc,
		    "OUT 0x21 <- 0xfc PIC1: on: IRQ0,1" TIMES "8259A"),
		OUT(0xa1, 0xef,
		    "OUT 0xa1 <- 0xef PIC2: on: IRQ12" TIMES "8259A"),
		OUT(0x20, 0x20,
		    "OUT 0x20 <- 0x20 PIC1: end of interrupt" TIMES "8259A"),
		OUT(0x43, 0x34,
		    "OUT 0x43 <- 0x34 PIT: counter 0, low, high, "
		    "mode 2" TIMES "8254"),
		OUT(0x40, 0x9c,
		    "OUT 0x40 <- 0x9c PIT: a byte of counter "
		    "0" TIMES "8254"),
		OUT(0x80, 0x12,
		    "OUT 0x80 <- 0x12 POST: code 0x12" TIMES "PC/AT ref."),
		OUT(0xe9, 'd',
		    "OUT 0xe9 <- 'd' debug console: prints it" TIMES "Bochs"),
		OUT(0xcf9, 0x06,
		    "OUT 0xcf9 <- 0x06 RST_CNT: hard reset" TIMES "Intel ICH"),
	};

	(void)state;
	view.device = "some";
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

static const char *at_ioapic(int write, uint64_t gpa, uint32_t val)
{
	area.run.exit_reason = KVM_EXIT_MMIO;
	area.run.mmio.phys_addr = gpa;
	area.run.mmio.is_write = write;
	area.run.mmio.len = sizeof(val);
	memcpy(area.run.mmio.data, &val, sizeof(val));
	return explained();
}

static void the_io_apic(void **state)
{
	static const struct {
		int write;
		uint32_t off, val;
		const char *said;
	} accesses[] = {
		{ 1, 0, 0x01, "IOREGSEL: IOAPICVER" },
		{ 0, 16, 0x170011, "IOWIN: version 0x11, 24 pins" },
		{ 1, 0, 0x18, "IOREGSEL: IOREDTBL4, low" },
		{ 0, 0, 0x18, "IOREGSEL: IOREDTBL4, low" },
		{ 0, 16, 0x10000, "IOWIN: pin 4: vector 0x00 edge off" },
		{ 1, 16, 0x8141, "IOWIN: pin 4: lowest 0x41 level" },
		{ 1, 0, 0x3f, "IOREGSEL: IOREDTBL23, high" },
		{ 1, 16, 0x3000000, "IOWIN: pin 23: destination 0x03" },
		{ 1, 0, 0x40, "IOREGSEL: no register" },
		{ 0, 16, 0xffffffff, "IOWIN: no register" },
		{ 1, 0, 0x00, "IOREGSEL: IOAPICID" },
		{ 1, 16, 0x1000000, "IOWIN: id 1" },
	};
	char want[128];

	(void)state;
	view.device = "ioapic";
	for (size_t i = 0; i < sizeof(accesses) / sizeof(accesses[0]); i++) {
		snprintf(want, sizeof(want),
			 "%s 0xfec000%02x %s 0x%08x %s" TIMES "82093AA",
			 accesses[i].write ? "WRITE" : "READ", accesses[i].off,
			 accesses[i].write ? "<-" : "->", accesses[i].val,
			 accesses[i].said);
		assert_string_equal(at_ioapic(accesses[i].write,
					      0xfec00000 + accesses[i].off,
					      accesses[i].val),
				    want);
	}
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
	port(0, 0x92, "\xff", 1, 1); /* by no other test */
	text_init(&text, buf, sizeof(buf));
	explain_view(&text, &guest, &view);
	second = strchr(buf, '\n') + 1;
	assert_string_equal(second, "       \"System Control Port A\": fast "
				    "A20 gate and reset\n");
	text_init(&text, buf, sizeof(buf));
	explain_view(&text, &guest, &view);
	assert_string_equal(strchr(buf, '\n'), "\n");
}

static const struct explain_table *const all_tables[] = {
	&explain_serial, &explain_hypercall, &explain_i8042,
	&explain_cmos,	 &explain_ioapic,    &explain_chips,
};

static void every_row_is_complete(void **state)
{
	size_t total = 0;

	(void)state;
	for (size_t t = 0; t < sizeof(all_tables) / sizeof(all_tables[0]);
	     t++) {
		for (size_t i = 0; i < all_tables[t]->count; i++) {
			const struct explain_row *row = &all_tables[t]->rows[i];

			assert_non_null(row->name);
			assert_true(row->does || row->bits || row->say);
			assert_true(row->way != 0 && row->meaning[0]);
			assert_true(strlen(row->doc) <= 11);
			assert_true(!row->last || row->last >= row->first);
			if (strlen(row->section) + strlen(row->meaning) + 11 >
			    COLUMNS)
				fail_msg("too long: \"%s\": %s", row->section,
					 row->meaning);
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
		cmocka_unit_test_setup(the_keyboard_controller, setup),
		cmocka_unit_test_setup(other_chips, setup),
		cmocka_unit_test_setup(nobody_answers, setup),
		cmocka_unit_test_setup(wide_and_string_accesses, setup),
		cmocka_unit_test_setup(memory_without_ram, setup),
		cmocka_unit_test_setup(the_io_apic, setup),
		cmocka_unit_test_setup(other_exits, setup),
		cmocka_unit_test_setup(only_what_differs_is_named, setup),
		cmocka_unit_test_setup(a_register_is_introduced_once, setup),
		cmocka_unit_test_setup(every_row_is_complete, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
