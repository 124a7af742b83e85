/* objects: probes/report/rules/wait.o probes/report/rules/lines.o
 * probes/report/rules/poll.o probes/report/rules/places.o
 * probes/report/rules/unseen.o x86/words.o util/text.o */
/*
 * Rules about guests that do not crash, from last looks made up here: each rule is
 * broken by one change to a guest that is right.
 */
#include "quiet_fixture.h"

/* With a local APIC that is on and hears the 8259s, and an I/O APIC. */
static void with_apic(void)
{
	q.irqchip = "kernel";
	sample->irq.has_ioapic = true;
	cpu->has_lapic = true;
	cpu->lapic.base = APIC_BASE_ENABLE;
	cpu->lapic.regs[APIC_SVR] = APIC_SVR_ENABLE | 0xff;
	cpu->lapic.regs[APIC_LVT_LINT0] = APIC_EXTINT;
	cpu->lapic.regs[APIC_LVT_TIMER] = APIC_MASKED;
}

static rule_function *const all[] = {
	wait_no_controller,  wait_over_exception, wait_interrupts_off,
	wait_no_eoi_pic,     wait_ioapic_vector,  wait_no_eoi_apic,
	wait_priority,	     wait_apic_off,	  wait_lint0,
	wait_cascade,	     wait_no_icw,	  wait_edge_lost,
	wait_no_apic,	     wait_pic_mask,	  wait_ioapic_mask,
	wait_apic_timer,     wait_timer_stands,	  wait_device_off,
	wait_for_nothing,    poll_nobody_port,	  poll_nobody_address,
	poll_keys_elsewhere, poll_input_over,	  poll_timer_gate,
	poll_same,	     unseen_port,	  unseen_frame,
	unseen_screen,
};

static void all_kept(void)
{
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		kept(all[i]);
}

static void right_guests_are_not_accused(void **unused)
{
	(void)unused;
	all_kept();
	with_apic();
	all_kept();
	pics[0].imr = 0xff; /* by the I/O APIC */
	sample->irr = PIT_BIT;
	sample->irq.view.ioapic.entries[PIT_LINE] = 0x30;
	all_kept();
	sample->irq.view.ioapic.entries[PIT_LINE] = APIC_MASKED;
	cpu->lapic.regs[APIC_LVT_TIMER] = 0x40 | APIC_TIMER_REPEAT;
	cpu->lapic.regs[APIC_TIMER_INIT] = 1;
	all_kept();
	cpu->lapic.regs[APIC_LVT_TIMER] = 0x40 | APIC_TIMER_TSC;
	all_kept();
	cpu->nr_halted = LOOKS - 1; /* at work */
	cpu->lapic.regs[APIC_LVT_TIMER] = APIC_MASKED;
	sample->isr = PIT_BIT;
	pics[0].imr = 0xff;
	all_kept();
	cpu->looks = 0; /* nothing is known of it */
	cpu->nr_halted = cpu->nr_if = 0;
	all_kept();
}

static void halted_for_good(void **unused)
{
	(void)unused;
	status = STATUS_HALTED;
	kept(wait_no_controller);
	q.irqchip = NULL;
	broken(wait_no_controller, "the guest waits for an interrupt in HLT, "
				   "and has no interrupt controllers");
	kept(wait_interrupts_off);
	state.regs.rflags = 0;
	broken(wait_interrupts_off,
	       "the guest halted with interrupts off (IF=0)");
	kept(wait_no_controller);
}

static void taken_for_an_exception(void **unused)
{
	(void)unused;
	sample->isr = 1 << 4;
	pics[0].base = 8;
	broken(wait_over_exception, "IRQ4 (COM1) came as vector 12, which in "
				    "protected mode is #SS, stack fault");
	pics[0].base = 0x20;
	kept(wait_over_exception);
	pics[0].base = 8;
	state.sregs.cr0 = 0; /* where a BIOS has them */
	kept(wait_over_exception);
	state.sregs.cr0 = CR0_PE;
	sample->isr = 1 << 2; /* the cascade is none */
	kept(wait_over_exception);
}

static void not_ended(void **unused)
{
	(void)unused;
	sample->isr = PIT_BIT;
	broken(wait_no_eoi_pic, "IRQ0 (timer) cannot come: the 8259 still has "
				"IRQ0 in service");
	pics[0].imr = 0;
	sample->isr = 1 << 1; /* the timer is above it */
	kept(wait_no_eoi_pic);
	sample->irr = 1 << 4;
	broken(wait_no_eoi_pic, "IRQ1 (keyboard) cannot come: the 8259 still "
				"has IRQ1 in service");
	pics[0].lowest = 1; /* the other way round */
	kept(wait_no_eoi_pic);
}

static void not_ended_at_the_second(void **unused)
{
	(void)unused;
	pics[0].imr = 0xfb;
	pics[1].imr = 0xfe;
	kept(wait_no_eoi_pic);
	sample->isr = 1 << 8;
	broken(wait_no_eoi_pic, "IRQ8 (CMOS clock) cannot come: the 8259 still "
				"has IRQ8 in service");
	sample->isr = 1 << 2;
	broken(wait_no_eoi_pic, "IRQ8 (CMOS clock) cannot come: the 8259 still "
				"has IRQ2 in service");
}

static void apic_not_ended(void **unused)
{
	(void)unused;
	with_apic();
	cpu->irr[2] = 1 << 5;
	kept(wait_no_eoi_apic);
	cpu->isr[2] = 1;
	broken(wait_no_eoi_apic, "interrupt 0x45 waits, and the local APIC "
				 "still has 0x40 in service");
	cpu->isr[2] = 0;
	cpu->isr[1] = 1u << 31; /* a class below */
	kept(wait_no_eoi_apic);
	cpu->lapic.regs[APIC_TPR] = 0x3f;
	kept(wait_priority);
	cpu->lapic.regs[APIC_TPR] = 0x40;
	broken(wait_priority, "interrupt 0x45 waits, and the task priority "
			      "0x40 lets only those from 0x50 on through");
}

static void apic_is_deaf(void **unused)
{
	(void)unused;
	with_apic();
	sample->irr = PIT_BIT;
	kept(wait_lint0);
	cpu->lapic.regs[APIC_LVT_LINT0] |= APIC_MASKED;
	kept(wait_apic_off);
	broken(wait_lint0, "IRQ0 (timer) asks by the 8259, but LINT0 of the "
			   "local APIC, 0x10700, is masked");
	cpu->lapic.regs[APIC_LVT_LINT0] = APIC_NMI;
	broken(wait_lint0, "IRQ0 (timer) asks by the 8259, but LINT0 of the "
			   "local APIC, 0x400, is not ExtINT");
	cpu->lapic.regs[APIC_SVR] = 0xff;
	broken(wait_apic_off,
	       "IRQ0 (timer) asks, but the local APIC is switched off by "
	       "software (SVR 0xff, bit 8), and with that LINT0 masked");
	cpu->lapic.base = 0; /* then LINT0 is the INTR pin */
	kept(wait_apic_off);
	kept(wait_lint0);
}

static void masked(void **unused)
{
	(void)unused;
	pics[0].imr = 0xff;
	sample->irr = PIT_BIT;
	broken(wait_pic_mask,
	       "IRQ0 (timer) asks, but bit 0 of the first 8259's mask (port "
	       "0x21, 0xff) bars it");
	pics[0].imr = 0xfd; /* a key may come */
	kept(wait_pic_mask);
	q.off = 1 << KBD_LINE;
	broken(wait_pic_mask,
	       "IRQ0 (timer) asks, but bit 0 of the first 8259's mask (port "
	       "0x21, 0xfd) bars it");
	pics[1].imr = 0xef;
	sample->irr = 1 << 12;
	pics[0].imr = 0xff;
	broken(wait_cascade,
	       "IRQ12 (mouse) asks at the second 8259, whose way to the CPU, "
	       "line 2 of the first, is masked");
	pics[1].imr = 0xff;
	broken(wait_pic_mask,
	       "IRQ12 (mouse) asks, but bit 4 of the second 8259's mask (port "
	       "0xa1, 0xff) bars it");
	q.wired = 0; /* nobody is there to ask */
	kept(wait_pic_mask);
}

static void by_the_io_apic(void **unused)
{
	uint64_t *entries = sample->irq.view.ioapic.entries;

	(void)unused;
	with_apic();
	pics[0].imr = 0xff;
	sample->pins = 1 << UART_LINE;
	broken(wait_ioapic_mask, "IRQ4 (COM1) asks, but bit 16 of the I/O "
				 "APIC's entry 4 (0x10000) masks it");
	entries[UART_LINE] = 0x45;
	kept(wait_ioapic_mask);
	entries[UART_LINE] = 0x0f;
	broken(wait_ioapic_vector,
	       "entry 4 of the I/O APIC's table has vector 15, and no local "
	       "APIC takes one below 16");
	entries[UART_LINE] = APIC_EXTINT; /* has none */
	kept(wait_ioapic_vector);
	entries[UART_LINE] = 0x45;
	cpu->lapic.regs[APIC_SVR] = 0;
	kept(wait_ioapic_vector);
	broken(wait_for_nothing,
	       "the guest waits for an interrupt, and none can come: masks of "
	       "the 8259s 0xff and 0xff");
}

static void apic_timers(void **unused)
{
	uint32_t *regs = cpu->lapic.regs;

	(void)unused;
	with_apic();
	pics[0].imr = 0xff;
	kept(wait_apic_timer);
	regs[APIC_TIMER_INIT] = 1000;
	broken(wait_apic_timer, "the local APIC's timer was set to 1000, but "
				"its entry 0x10000 is masked");
	regs[APIC_LVT_TIMER] = 0x40;
	broken(wait_apic_timer, "the local APIC's timer was set to 1000, but "
				"it counts once, and has");
	regs[APIC_TIMER_COUNT] = 1;
	kept(wait_apic_timer);
	regs[APIC_SVR] = 0xff;
	broken(wait_apic_timer, "the local APIC's timer was set to 1000, but "
				"the APIC is off (SVR 0xff, bit 8)");
}

static void not_set_up(void **unused)
{
	(void)unused;
	q.pit = PIT_UNSET;
	q.off = PIT_BIT;
	broken(wait_timer_stands, "IRQ0 is let through, but counter 0 of the "
				  "8254 was never set");
	q.pit = PIT_RAN_OUT;
	broken(wait_timer_stands, "IRQ0 is let through, but counter 0 of the "
				  "8254 counts once in its mode, and has");
	pics[0].imr = 0xed;
	q.off |= 1 << UART_LINE | 1 << KBD_LINE;
	kept(wait_timer_stands);
	broken(wait_device_off,
	       "IRQ1 (keyboard) is let through, but the i8042's command byte, "
	       "0x0, has keyboard interrupts off (bit 0)");
	q.off &= ~(1 << UART_LINE);
	kept(wait_device_off);
	pics[0].ready = false;
	sample->lines = 1 << UART_LINE;
	broken(wait_no_icw, "IRQ4 (COM1) asks, but the 8259 has not had its "
			    "ICW1 to ICW4");
}

static void an_edge_is_lost(void **unused)
{
	(void)unused;
	pics[0].imr = 0xfd;
	sample->lines = 1 << KBD_LINE;
	broken(wait_edge_lost,
	       "IRQ1 (keyboard) is up and its edge was taken, but its device "
	       "still waits to be served: no other edge will come");
	pics[0].elcr = 1 << KBD_LINE;
	kept(wait_edge_lost);
	pics[0].elcr = 0;
	sample->isr_ever = 1 << KBD_LINE; /* a handler is at it */
	kept(wait_edge_lost);
	sample->isr_ever = 0;
	pics[0].imr = 0xfc; /* the timer goes on */
	kept(wait_edge_lost);
}

static void an_apic_that_is_not_there(void **unused)
{
	(void)unused;
	pics[0].imr = 0xff;
	mmio.nr_seen = 1;
	mmio.seen[0] = (struct bus_stray){ .addr = 0xfee000f0, .reads = 1 };
	kept(wait_no_apic);
	mmio.seen[0].writes = 1;
	broken(wait_no_apic, "the guest waits for an interrupt and has set up "
			     "a local APIC, which is not there");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		QUIET_TEST(right_guests_are_not_accused),
		QUIET_TEST(halted_for_good),
		QUIET_TEST(taken_for_an_exception),
		QUIET_TEST(not_ended),
		QUIET_TEST(not_ended_at_the_second),
		QUIET_TEST(apic_not_ended),
		QUIET_TEST(apic_is_deaf),
		QUIET_TEST(masked),
		QUIET_TEST(by_the_io_apic),
		QUIET_TEST(apic_timers),
		QUIET_TEST(not_set_up),
		QUIET_TEST(an_edge_is_lost),
		QUIET_TEST(an_apic_that_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
