/* objects: probes/report/rules/lines.o probes/report/rules/poll.o
 * probes/report/rules/places.o probes/report/rules/unseen.o
 * probes/report/rules/storm.o util/text.o */
/* Rules about asking over and over, and about printing where nobody looks: see
 * test_quiet.c. */
#include "quiet_fixture.h"

/* The vCPU does nothing but read this, @count times. */
static struct sample_access *polls(enum sample_kind kind, uint64_t addr,
				   const char *device, uint64_t value,
				   unsigned int count)
{
	cpu->nr_halted = cpu->nr_if = 0;
	cpu->nr_exits = count;
	cpu->nr_accesses = 1;
	cpu->accesses[0] = (struct sample_access){
		.kind = kind,
		.addr = addr,
		.size = 1,
		.device = device,
		.count = count,
		.value = value,
		.ones = value,
		.zeros = ~value,
		.rip = 0x1000,
	};
	return cpu->accesses;
}

static void polling_nobody(void **unused)
{
	(void)unused;
	polls(SAMPLE_IN, 0x1f7, NULL, 0xff, 100);
	broken(poll_nobody_port,
	       "the guest reads port 0x1f7 over and over, from 0x1000, and no "
	       "device is there: all bits are 1; a PC may have IDE disks "
	       "there: --ide FILE");
	polls(SAMPLE_IN, 0x1234, NULL, 0xff, 100);
	broken(poll_nobody_port,
	       "the guest reads port 0x1234 over and over, from 0x1000, and no "
	       "device is there: all bits are 1");
	cpu->nr_exits = 200; /* it does other things as well */
	kept(poll_nobody_port);
	polls(SAMPLE_IN, 0x1f7, "disk", 0xff, 100);
	kept(poll_nobody_port);
	polls(SAMPLE_IN, 0x1f7, NULL, 0xff, 3);
	kept(poll_nobody_port);
	polls(SAMPLE_READ, 0xfed00000, NULL, 0xff, 100);
	broken(poll_nobody_address,
	       "the guest reads address 0xfed00000 over and over, from 0x1000, "
	       "and neither RAM nor a device is there: all bits are 1; an HPET "
	       "would be there; here there is none");
}

static void polling_for_keys(void **unused)
{
	(void)unused;
	polls(SAMPLE_IN, 0x3fd, "serial", 0x60, 100);
	kept(poll_input_over);
	q.input_over = true;
	broken(poll_input_over,
	       "the guest waits for a key by COM1, and stdin has ended");
	q.silent = false; /* as at a prompt */
	kept(poll_input_over);
	q.silent = true;
	polls(SAMPLE_IN, 0x3fd, "serial", 0x60, 100)->zeros &= ~1;
	kept(poll_input_over); /* something came meanwhile */
	polls(SAMPLE_IN, 0x64, "i8042", 0x14, 100);
	kept(poll_keys_elsewhere);
	q.keys_to_serial = true;
	broken(poll_keys_elsewhere,
	       "the guest waits for a key of its keyboard, and what is typed "
	       "goes to COM1");
}

static void polling_what_stays(void **unused)
{
	struct sample_access *row = polls(SAMPLE_IN, 0x61, "pit", 0x10, 100);

	(void)unused;
	row->ones = 0; /* the refresh bit toggles */
	broken(poll_timer_gate,
	       "the guest waits for the output of the 8254's counter 2 (bit 5 "
	       "of port 0x61), whose gate is 0");
	row->value |= 1;
	row->ones |= 1;
	row->zeros &= ~1;
	kept(poll_timer_gate);
	polls(SAMPLE_IN, 0x3ff, "serial", 0, 100);
	broken(poll_same,
	       "the guest reads port 0x3ff (serial) over and over, from "
	       "0x1000, which is always 0x0");
	cpu->moved = true; /* it counts how often it has looked */
	kept(poll_same);
	cpu->moved = false;
	cpu->nr_if = LOOKS; /* a handler may do what it waits for */
	kept(poll_same);
}

static void printing_unseen(void **unused)
{
	(void)unused;
	pio.nr_seen = 1;
	pio.seen[0] = (struct bus_stray){
		.addr = 0x2f8, .writes = 5, .at = 5, .last = "Boot\n"
	};
	broken(unseen_port,
	       "the guest has printed 5 characters to port 0x2f8, "
	       "\"Boot\\n\", and no device is there: that is COM2; what "
	       "goes to COM1 is printed, port 0x3f8");
	pio.seen[0].writes = 3;
	kept(unseen_port);
	pio.seen[0].writes = 5;
	pio.seen[0].last[0] = 1; /* a divisor, perhaps */
	kept(unseen_port);
	pio.seen[0].last[0] = 'B';
	q.silent = false;
	kept(unseen_port);
	q.silent = true;
	q.screen = true;
	broken(unseen_screen,
	       "the guest has printed on its screen only, and the terminal "
	       "shows what comes by COM1 and others");
}

static void interrupts_that_do_not_end(void **unused)
{
	(void)unused;
	pics[0].imr = 0xef;
	pics[0].elcr = 1 << UART_LINE;
	sample->lines = sample->isr_ever = 1 << UART_LINE;
	broken(storm_of_pic, "IRQ4 (COM1) is a level that stays up: its "
			     "handler ends, and is entered again at once");
	sample->isr = 1 << UART_LINE; /* one handler that takes its time */
	kept(storm_of_pic);
	sample->isr = 0;
	pics[0].elcr = 0; /* an edge */
	kept(storm_of_pic);
	sample->irq.has_ioapic = true;
	cpu->has_lapic = true;
	cpu->lapic.base = APIC_BASE_ENABLE;
	cpu->lapic.regs[APIC_SVR] = APIC_SVR_ENABLE;
	sample->irq.view.ioapic.entries[UART_LINE] = APIC_LEVEL | 0x45;
	sample->pins = 1 << UART_LINE;
	kept(storm_of_ioapic);
	cpu->isr_ever[2] = 1 << 5;
	broken(storm_of_ioapic, "IRQ4 (COM1) is a level that stays up: its "
				"handler ends, and is entered again at once");
	cpu->isr[2] = 1 << 5;
	kept(storm_of_ioapic);
	cpu->nr_eoi = 100;
	broken(storm_of_ioapic, "IRQ4 (COM1) is a level that stays up: its "
				"handler ends, and is entered again at once");
	q.silent = false;
	kept(storm_of_ioapic);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		QUIET_TEST(polling_nobody),
		QUIET_TEST(polling_for_keys),
		QUIET_TEST(polling_what_stays),
		QUIET_TEST(printing_unseen),
		QUIET_TEST(interrupts_that_do_not_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
