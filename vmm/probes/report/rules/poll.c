/*
 * Rules of asking a device over and over: it has to be there, and what is asked
 * for has to be able to change. What lies where on a PC is in places.c.
 */
#include "probes/report/rules/quiet.h"

#include <string.h>

#define POLLS_MIN 16 /* reads in the last look that make a loop */

#define COM1_LSR       0x3fd
#define LSR_DR	       0x01
#define KBD_STATUS     0x64
#define KBD_OBF	       0x01
#define HYPERCALL      0x500
#define NO_CHARACTER   0xff
#define PORT_B	       0x61
#define PORT_B_GATE    0x01
#define PORT_B_OUT     0x20
#define PORT_B_REFRESH 0x10

static uint64_t mask(const struct sample_access *row)
{
	return row->size >= 8 ? UINT64_MAX : (1ULL << 8 * row->size) - 1;
}

/* The same in all reads, but for the bits in @free. */
static bool is_same(const struct sample_access *row, uint64_t free)
{
	return !(mask(row) & ~free & ~(row->ones | row->zeros));
}

static bool is_read(const struct sample_access *row)
{
	return row->kind == SAMPLE_IN || row->kind == SAMPLE_READ;
}

/*
 * What the vCPU does nothing but read, for all that was seen of it: nine VM exits
 * of ten. One that sets an index first, as port 0xcf8, has two rows.
 */
static const struct sample_access *polled(const struct rule_case *c)
{
	const struct sample_cpu *cpu = &c->quiet->sample->cpus[c->cpu];
	const struct sample_access *most = NULL;
	uint64_t writes = 0;

	for (unsigned int i = 0; i < cpu->nr_accesses; i++) {
		const struct sample_access *row = &cpu->accesses[i];

		if (!is_read(row))
			writes += row->count;
		else if (!most || row->count > most->count)
			most = row;
	}
	if (!most || most->count < POLLS_MIN ||
	    (most->count + writes) * 10ULL < cpu->nr_exits * 9 ||
	    writes > most->count + 1ULL)
		return NULL;
	return most;
}

static const struct sample_access *polled_nobody(const struct rule_case *c,
						 enum sample_kind kind)
{
	const struct sample_access *row = polled(c);

	if (!row || row->kind != kind || row->device ||
	    (row->ones & mask(row)) != mask(row))
		return NULL;
	return row;
}

static void add_place(struct text *text, const char *what)
{
	if (what)
		text_add(text, "; %s", what);
}

bool poll_nobody_port(struct rule_case *c, struct text *text)
{
	const struct sample_access *row = polled_nobody(c, SAMPLE_IN);

	if (!row)
		return false;
	text_add(text,
		 "the guest reads port 0x%llx over and over, from 0x%llx, and "
		 "no device is there: all bits are 1",
		 (unsigned long long)row->addr, (unsigned long long)row->rip);
	add_place(text, places_port(row->addr));
	return true;
}

bool poll_nobody_address(struct rule_case *c, struct text *text)
{
	const struct sample_access *row = polled_nobody(c, SAMPLE_READ);

	if (!row)
		return false;
	text_add(text,
		 "the guest reads address 0x%llx over and over, from 0x%llx, "
		 "and neither RAM nor a device is there: all bits are 1",
		 (unsigned long long)row->addr, (unsigned long long)row->rip);
	add_place(text, places_address(row->addr));
	return true;
}

/* What a program polls for a key, and how "none" looks. */
static const struct input {
	uint64_t port;
	uint8_t bits, none;
	const char *what;
} inputs[] = {
	{ COM1_LSR, LSR_DR, 0, "COM1" },
	{ KBD_STATUS, KBD_OBF, 0, "the keyboard" },
	{ HYPERCALL, NO_CHARACTER, NO_CHARACTER, "hypercall 2" },
};

static const struct input *input_of(const struct sample_access *row)
{
	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
		const struct input *in = &inputs[i];

		if (row->kind == SAMPLE_IN && row->addr == in->port &&
		    (row->ones & in->bits) == in->none &&
		    (row->zeros & in->bits) == (uint8_t)(in->bits & ~in->none))
			return in;
	}
	return NULL;
}

bool poll_input_over(struct rule_case *c, struct text *text)
{
	const struct sample_access *row = polled(c);
	const struct input *in = row && row->device ? input_of(row) : NULL;

	if (!in || !c->quiet->silent || !c->quiet->input_over)
		return false;
	text_add(text, "the guest waits for a key by %s, and stdin has ended",
		 in->what);
	return true;
}

bool poll_keys_elsewhere(struct rule_case *c, struct text *text)
{
	const struct sample_access *row = polled(c);
	const struct input *in = row && row->device ? input_of(row) : NULL;

	if (!in || in->port != KBD_STATUS || !c->quiet->silent ||
	    !c->quiet->keys_to_serial)
		return false;
	text_add(text, "the guest waits for a key of its keyboard, and what is "
		       "typed goes to COM1");
	return true;
}

/* Counter 2 of the 8254 counts while its gate is 1. */
bool poll_timer_gate(struct rule_case *c, struct text *text)
{
	const struct sample_access *row = polled(c);

	if (!row || row->kind != SAMPLE_IN || row->addr != PORT_B ||
	    !row->device || !is_same(row, PORT_B_REFRESH) ||
	    row->value & PORT_B_GATE)
		return false;
	text_add(text,
		 "the guest waits for the output of the 8254's counter 2 (bit "
		 "5 of port 0x61), whose gate is 0");
	return true;
}

bool poll_same(struct rule_case *c, struct text *text)
{
	const struct sample_access *row = polled(c);
	const struct sample_cpu *cpu = &c->quiet->sample->cpus[c->cpu];

	if (!row || !row->device || cpu->moved || cpu->rax_moved ||
	    !is_same(row, 0) || input_of(row) || !c->quiet->silent ||
	    (cpu->nr_if && lines_any_can_come(c->quiet)))
		return false;
	text_add(text,
		 "the guest reads %s 0x%llx (%s) over and over, from "
		 "0x%llx, which is always 0x%llx",
		 row->kind == SAMPLE_IN ? "port" : "address",
		 (unsigned long long)row->addr, row->device,
		 (unsigned long long)row->rip, (unsigned long long)row->value);
	return true;
}
