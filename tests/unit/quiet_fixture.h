/* A guest that waits for its timer in the right way, for tests of rules on those
 * that do not: each changes something in it. */
#ifndef MKVM_QUIET_FIXTURE_H
#define MKVM_QUIET_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "abi/exit_status.h"
#include "core/bus.h"
#include "probes/report/rules/quiet.h"
#include "x86/bits.h"

#define LOOKS	20
#define CPUS	2
#define PIT_BIT (1u << PIT_LINE)

typedef bool rule_function(struct rule_case *c, struct text *text);

static struct sample *sample;
static struct sample_cpu *cpu;
static struct pic_view *pics;
static struct quiet q;
static struct report_state state;
static struct bus pio, mmio;
static int status;

/* Halted, taking interrupts; the timer runs and its line is let through. */
static int setup(void **unused)
{
	(void)unused;
	sample = calloc(1, sizeof(*sample) + CPUS * sizeof(*sample->cpus));
	assert_non_null(sample);
	sample->nr_cpus = 1;
	cpu = sample->cpus;
	cpu->looks = cpu->nr_halted = cpu->nr_if = LOOKS;
	pics = sample->irq.view.pics;
	sample->irq.has_pics = true;
	for (unsigned int i = 0; i < CHIP_PICS; i++)
		pics[i] = (struct pic_view){ .ready = true,
					     .base = 0x20 + 8 * i,
					     .lowest = 7,
					     .imr = i ? 0xff : 0xfe };
	for (unsigned int pin = 0; pin < LINES; pin++)
		sample->irq.view.ioapic.entries[pin] = APIC_MASKED;
	memset(&q, 0, sizeof(q));
	q.sample = sample;
	q.irqchip = "vmm";
	q.silent = true;
	q.wired = 0x1313;
	q.pit = PIT_RUNS;
	memset(&pio, 0, sizeof(pio));
	memset(&mmio, 0, sizeof(mmio));
	q.pio = &pio;
	q.mmio = &mmio;
	memset(&state, 0, sizeof(state));
	state.sregs.cr0 = CR0_PE;
	state.regs.rflags = RFLAGS_IF;
	status = STATUS_LIMIT;
	return 0;
}

static int teardown(void **unused)
{
	(void)unused;
	free(sample);
	return 0;
}

static bool ask(rule_function *rule, char *buf, size_t size)
{
	struct rule_case c = { .state = &state, .status = status, .quiet = &q };
	struct text text;

	text_init(&text, buf, size);
	return rule(&c, &text);
}

static void broken(rule_function *rule, const char *want)
{
	char buf[512];

	assert_true(ask(rule, buf, sizeof(buf)));
	assert_string_equal(buf, want);
}

static void kept(rule_function *rule)
{
	char buf[512];

	assert_false(ask(rule, buf, sizeof(buf)));
}

#define QUIET_TEST(function) \
	cmocka_unit_test_setup_teardown(function, setup, teardown)

#endif
