/* Lines: an instruction, and what became of it when the next step is known. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "backends/insn/insn.h"
#include "vmm/x86/bits.h"

#define COLUMN_CODE    10 /* behind an address of 8 digits, 8 more for 16 */
#define COLUMN_NAME    24 /* wide */
#define COLUMN_TEXT    24 /* behind the code: 7 bytes are frequent */
#define COLUMN_CHANGES 32 /* behind the text */

bool steps_wait;

static const struct lane *shown; /* whose heading came last */

static const char *ring_words(const struct state *state, char *buf, size_t size)
{
	snprintf(buf, size, "ring %u",
		 (unsigned int)state->systems[INSN_CS] & 3);
	return buf;
}

static void put_mode(const struct state *state, char *buf, size_t size)
{
	const uint64_t cr0 = state->systems[INSN_CR0];
	const uint64_t *cs = &state->systems[INSN_CS];
	char ring[16];

	if (!(cr0 & CR0_PE))
		snprintf(buf, size, "real mode, cs %04" PRIx64 " at %08" PRIx64,
			 cs[INSN_SELECTOR], cs[INSN_BASE]);
	else if (state->regs[INSN_FLAGS] & RFLAGS_VM)
		snprintf(buf, size, "virtual-8086 mode, cs %04" PRIx64,
			 cs[INSN_SELECTOR]);
	else
		snprintf(buf, size, "%s, %u-bit code, %s",
			 state->systems[INSN_EFER] & EFER_LMA ? "long mode" :
			 cr0 & CR0_PG ? "protected mode with paging" :
					"protected mode",
			 code_bits(state),
			 ring_words(state, ring, sizeof(ring)));
}

/* What put_mode() is made of. */
static void get_mode(const struct state *state, uint64_t *mode)
{
	const uint64_t *cs = &state->systems[INSN_CS];
	const bool small = !(state->systems[INSN_CR0] & CR0_PE) ||
			   state->regs[INSN_FLAGS] & RFLAGS_VM;

	mode[0] = (state->systems[INSN_CR0] & (CR0_PE | CR0_PG)) |
		  (state->systems[INSN_EFER] & EFER_LMA) |
		  (state->regs[INSN_FLAGS] & RFLAGS_VM) |
		  (cs[INSN_ATTR] & (INSN_ATTR_L | INSN_ATTR_D)) |
		  (small ? cs[INSN_SELECTOR] << 32 :
			   (cs[INSN_SELECTOR] & 3) << 32);
	mode[1] = small ? cs[INSN_BASE] : 0;
}

/* "-- hello.bin, vCPU 0: real mode", when it is another than before. */
static void add_heading(struct lane *lane, const struct state *state)
{
	const struct guest_name *guest = &guests[lane->guest];
	uint64_t mode[2];
	char words[96];

	get_mode(state, mode);
	if (shown == lane && !memcmp(mode, lane->mode, sizeof(mode)))
		return;
	shown = lane;
	memcpy(lane->mode, mode, sizeof(mode));
	put_mode(state, words, sizeof(words));
	out_add("-- %s", guest->name);
	if (guest->nr_cpus > 1)
		out_add(", vCPU %u", lane->cpu);
	if (lane->ns && (guest->nr_cpus > 1 || nr_guests > 1))
		out_add(", %" PRIu64 " us", lane->ns / 1000);
	lane->ns = 0;
	out_add(": %s", words);
	out_end_line();
}

static void add_bytes(const struct insn *insn)
{
	for (size_t i = 0; i < insn->len; i++)
		out_hex(insn->bytes[i], 2);
}

/* "00000010 <main+0x3> cd10 int 0x10", for what is at @rip. */
static void add_instruction(const struct lane *lane, const struct state *state,
			    uint64_t rip, const struct insn *insn)
{
	const unsigned int digits = is_64bit(state) ? 16 : 8;
	const uint64_t addr = linear(state, rip);
	size_t column = digits + 2;
	const char *name;
	uint64_t off;

	out_hex(addr, digits);
	if (rip == state->rip) {
		name = lane->symbol[0] ? lane->symbol : NULL;
		off = lane->symbol_off;
	} else {
		name = code_symbol(lane, addr, &off);
	}
	if (name) {
		out_add(off ? " <%s+0x%" PRIx64 ">" : " <%s>", name, off);
		column += COLUMN_NAME;
	}
	out_pad(column);
	add_bytes(insn);
	out_pad(column + COLUMN_TEXT);
	out_text(insn->text);
	out_pad(column + COLUMN_TEXT + COLUMN_CHANGES);
}

/* How often a REP was executed, if not once. */
static void add_times(const struct insn *insn, const struct state *before,
		      const struct state *now)
{
	const uint64_t mask = insn->insn.address_width == 64 ? UINT64_MAX :
			      insn->insn.address_width == 32 ? UINT32_MAX :
							       UINT16_MAX;
	uint64_t times = (before->regs[INSN_RCX] - now->regs[INSN_RCX]) & mask;

	if (flow_is_string(insn) && times != 1)
		out_add(" %" PRIu64 " times", times);
}

void step_ahead(struct lane *lane)
{
	struct insn insn;

	lane->fresh = false;
	decode(&insn, lane, &lane->before, lane->before.rip);
	add_heading(lane, &lane->before);
	add_instruction(lane, &lane->before, lane->before.rip, &insn);
	if (insn.valid)
		add_operands(&insn, &lane->before, NULL);
	out_end_line();
}

/* With --step it is there already, and what it did comes on a line of its own. */
static void begin_step(struct lane *lane, const struct insn *insn,
		       const struct state *now)
{
	if (steps_wait) {
		out_add("        ");
		return;
	}
	add_heading(lane, &lane->before);
	add_instruction(lane, &lane->before, lane->before.rip, insn);
	if (insn->valid)
		add_operands(insn, &lane->before, now);
}

static void end_step(const struct lane *lane, const struct insn *insn)
{
	bool changed = add_changes(&lane->before, &lane->now);

	if (insn->valid)
		add_times(insn, &lane->before, &lane->now);
	if (changed || !steps_wait)
		out_end_line();
	else
		out_drop_line();
}

/* What the two have changed stands behind the second. */
static void add_two(struct lane *lane, const struct insn *insn,
		    const struct insn *second, uint64_t rip)
{
	begin_step(lane, insn, NULL);
	if (flow_is_interrupt(insn))
		out_add(" (its handler has run, unseen)");
	out_end_line();
	add_instruction(lane, &lane->before, rip, second);
	end_step(lane, second);
}

static void add_away(struct lane *lane, const struct insn *insn)
{
	const uint64_t cr2 = lane->now.systems[INSN_CR2];

	begin_step(lane, insn, NULL);
	end_step(lane, insn);
	if (flow_is_interrupt(insn))
		out_add("-- %s: in its handler", insn->text);
	else if (cr2 != lane->before.systems[INSN_CR2])
		out_add("-- page fault at %08" PRIx64 ": in its handler", cr2);
	else
		out_add("-- an exception or interrupt: in its handler");
	out_end_line();
}

/* It came before the instruction; what its handler has changed stands behind that. */
static void add_interrupt(struct lane *lane)
{
	if (!lane->interrupt)
		return;
	out_add("-- interrupt 0x%02x before this:", lane->interrupt - 1);
	out_end_line();
	lane->interrupt = 0;
}

bool step_over(struct lane *lane)
{
	struct insn insn, second;
	uint64_t rip;

	decode(&insn, lane, &lane->before, lane->before.rip);
	add_interrupt(lane);
	if (!steps_wait && flow_is_string(&insn) &&
	    lane->now.rip == lane->before.rip &&
	    lane->now.regs[INSN_RCX] != lane->before.regs[INSN_RCX])
		return false;
	switch (flow_of(lane, &insn, &second, &rip)) {
	case FLOW_ONE:
		begin_step(lane, &insn, &lane->now);
		end_step(lane, &insn);
		break;
	case FLOW_TWO:
		add_two(lane, &insn, &second, rip);
		break;
	case FLOW_AWAY:
		add_away(lane, &insn);
		break;
	}
	return true;
}

/* A REP that is interrupted has done something. */
static bool has_done(const struct lane *lane)
{
	return memcmp(&lane->before, &lane->now, sizeof(lane->now)) != 0;
}

static void end_string(struct lane *lane)
{
	struct insn insn;

	decode(&insn, lane, &lane->before, lane->before.rip);
	begin_step(lane, &insn, &lane->now);
	end_step(lane, &insn);
}

void step_last(struct lane *lane)
{
	if (has_done(lane))
		end_string(lane);
	else if (!steps_wait)
		step_ahead(lane);
	lane->pending = false;
}

static void add_end(const struct lane *lane, uint64_t status)
{
	const struct guest_name *guest = &guests[lane->guest];

	out_add("-- %s", guest->name);
	if (guest->nr_cpus > 1)
		out_add(", vCPU %u", lane->cpu);
	out_add(": ended with status %" PRIu64, status);
	out_end_line();
}

void step_event(struct lane *lane, uint64_t what, uint64_t more)
{
	if (what == INSN_INTERRUPT && more <= UINT8_MAX)
		lane->interrupt = (unsigned int)more + 1;
	if (what == INSN_SKIPPED && lane->pending) {
		if (has_done(lane))
			end_string(lane);
		lane->pending = false;
	}
	if (what == INSN_LEFT && lane->pending)
		step_last(lane);
	if (what == INSN_LEFT && lane->open)
		add_end(lane, more);
}
