/*
 * Records: each is looked at whole before anything of it counts, so that one that is
 * cut off leaves no trace.
 */
#include <stdlib.h>
#include <string.h>

#include "backends/insn/insn.h"

#define NUMBER_BYTES 10

static struct lane *lanes;

/* What is left to read, and how it went. */
struct cursor {
	const uint8_t *at, *end;
	enum found found;
	const char *why;
};

static void be_wrong(struct cursor *c, const char *why)
{
	if (c->found != FOUND_ALL)
		return;
	c->found = FOUND_WRONG;
	c->why = why;
}

static uint64_t take_number(struct cursor *c)
{
	uint64_t number = 0;

	for (unsigned int i = 0; i < NUMBER_BYTES; i++) {
		if (c->at == c->end) {
			if (c->found == FOUND_ALL)
				c->found = FOUND_CUT;
			return 0;
		}
		number |= (uint64_t)(*c->at & 0x7f) << 7 * i;
		if (!(*c->at++ & 0x80))
			return number;
	}
	be_wrong(c, "a number of more than ten bytes");
	return 0;
}

static uint64_t take_signed(struct cursor *c)
{
	uint64_t number = take_number(c);

	return number >> 1 ^ -(number & 1);
}

static const uint8_t *take_bytes(struct cursor *c, size_t len)
{
	const uint8_t *bytes = c->at;

	if ((size_t)(c->end - c->at) < len) {
		if (c->found == FOUND_ALL)
			c->found = FOUND_CUT;
		return NULL;
	}
	c->at += len;
	return bytes;
}

/* --- Code ------------------------------------------------------------------ */

static const struct line *find_line(const struct lane *lane, uint64_t addr)
{
	const uint64_t number = addr / INSN_LINE_BYTES;
	const struct line *line = &lane->lines[number % INSN_LINES];

	return line->number == number + 1 ? line : NULL;
}

size_t code_bytes(const struct lane *lane, uint64_t addr, uint64_t mask,
		  uint8_t *buf, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		const uint64_t at = (addr + i) & mask;
		const struct line *line = find_line(lane, at);

		if (!line)
			return i;
		buf[i] = line->bytes[at % INSN_LINE_BYTES];
	}
	return len;
}

const char *code_symbol(const struct lane *lane, uint64_t addr, uint64_t *off)
{
	const struct line *line = find_line(lane, addr);
	const struct symbol *symbol = line ? line->symbols : NULL;

	while (symbol && symbol->place > addr % INSN_LINE_BYTES)
		symbol = symbol->next;
	if (!symbol || !symbol->name[0])
		return NULL;
	*off = symbol->off + addr % INSN_LINE_BYTES - symbol->place;
	return symbol->name;
}

void code_keep(struct lane *lane)
{
	const struct state *state = &lane->before;
	const uint64_t addr = linear(state, state->rip);
	const char *name = code_symbol(lane, addr, &lane->symbol_off);

	lane->nr_code = code_bytes(lane, addr,
				   is_64bit(state) ? UINT64_MAX : UINT32_MAX,
				   lane->code, sizeof(lane->code));
	lane->symbol[0] = '\0';
	if (name)
		memcpy(lane->symbol, name, strlen(name) + 1);
}

static void drop_symbols(struct line *line)
{
	while (line->symbols) {
		struct symbol *symbol = line->symbols;

		line->symbols = symbol->next;
		free(symbol);
	}
}

static void take_line(struct cursor *c, struct lane *lane)
{
	uint64_t number = take_number(c);
	const uint8_t *bytes = take_bytes(c, INSN_LINE_BYTES);
	struct line *line = &lane->lines[number % INSN_LINES];

	if (number > UINT64_MAX / INSN_LINE_BYTES)
		be_wrong(c, "code beyond all addresses");
	if (c->found != FOUND_ALL)
		return;
	drop_symbols(line);
	line->number = number + 1;
	memcpy(line->bytes, bytes, INSN_LINE_BYTES);
	lane->last = line;
}

/* Whatever a file says is a name, a terminal can show it. */
static void copy_name(char *to, const uint8_t *from, size_t len)
{
	for (size_t i = 0; i < len; i++)
		to[i] = from[i] > ' ' && from[i] < 0x7f ? from[i] : '?';
	to[len] = '\0';
}

static void take_symbol(struct cursor *c, struct lane *lane)
{
	uint64_t place = take_number(c), off = take_number(c);
	uint64_t len = take_number(c);
	struct line *line = lane->last;
	const uint8_t *name;
	struct symbol *symbol;

	if (len > INSN_NAME_MAX)
		be_wrong(c, "a name that is too long");
	if (place >= INSN_LINE_BYTES || !line ||
	    (line->symbols && line->symbols->place >= place))
		be_wrong(c, "a symbol out of its place");
	if (c->found != FOUND_ALL)
		return;
	name = take_bytes(c, len);
	symbol = name ? malloc(sizeof(*symbol)) : NULL;
	if (!symbol)
		return;
	*symbol = (struct symbol){ .place = place,
				   .off = off,
				   .next = line->symbols };
	copy_name(symbol->name, name, len);
	line->symbols = symbol;
}

/* --- Registers ------------------------------------------------------------- */

static void take_systems(struct cursor *c, struct lane *lane)
{
	uint64_t changed = take_number(c), now[INSN_SYSTEMS];

	if (changed >> INSN_SYSTEMS)
		be_wrong(c, "a register that there is not");
	memcpy(now, lane->now.systems, sizeof(now));
	for (unsigned int i = 0; i < INSN_SYSTEMS; i++)
		if (changed >> i & 1)
			now[i] = take_number(c);
	if (c->found == FOUND_ALL)
		memcpy(lane->now.systems, now, sizeof(now));
}

static void take_step(struct cursor *c, struct lane *lane, uint64_t changed)
{
	struct state now = lane->now;

	if (changed >> INSN_REGS)
		be_wrong(c, "a register that there is not");
	now.rip += take_signed(c);
	if (changed & 1U << INSN_FLAGS)
		now.regs[INSN_FLAGS] ^= take_number(c);
	for (unsigned int i = INSN_RAX; i < INSN_REGS; i++)
		if (changed >> i & 1)
			now.regs[i] += take_signed(c);
	if (c->found != FOUND_ALL)
		return;
	lane->now = now;
	if (lane->pending && !step_over(lane))
		return;
	lane->before = now;
	code_keep(lane);
	lane->pending = lane->open = lane->fresh = true;
}

static void take_event(struct cursor *c, struct lane *lane)
{
	uint64_t what = take_number(c), more = take_number(c);

	if (what > INSN_SKIPPED && what != INSN_LEFT)
		be_wrong(c, "an event that there is not");
	if (c->found != FOUND_ALL)
		return;
	step_event(lane, what, more);
	lane->open &= what != INSN_LEFT;
}

static void take_record(struct cursor *c, struct lane *lane)
{
	uint64_t tag = take_number(c);

	if (c->found != FOUND_ALL)
		return;
	if (!(tag & 1)) {
		take_step(c, lane, tag >> 1);
		return;
	}
	switch (tag >> 1) {
	case INSN_LINE:
		take_line(c, lane);
		break;
	case INSN_SYMBOL:
		take_symbol(c, lane);
		break;
	case INSN_SYSTEM:
		take_systems(c, lane);
		break;
	case INSN_EVENT:
		take_event(c, lane);
		break;
	default:
		be_wrong(c, "a record that there is not");
	}
}

/* --- Lanes ----------------------------------------------------------------- */

struct lane *records_lane(unsigned int guest, unsigned int cpu)
{
	struct lane *lane = lanes;

	while (lane && (lane->guest != guest || lane->cpu != cpu))
		lane = lane->next;
	if (lane || guest >= nr_guests || cpu >= guests[guest].nr_cpus)
		return lane;
	lane = calloc(1, sizeof(*lane));
	if (!lane)
		return NULL;
	lane->guest = guest;
	lane->cpu = cpu;
	lane->next = lanes;
	lanes = lane;
	return lane;
}

enum found records_read(unsigned int guest, unsigned int cpu, uint64_t ns,
			const uint8_t *buf, size_t len, size_t *done,
			const char **why)
{
	struct cursor c = { .at = buf, .end = buf + len };
	struct lane *lane = records_lane(guest, cpu);

	*done = 0;
	if (lane)
		lane->ns = ns;
	else
		be_wrong(&c, "a vCPU that there is not");
	while (c.at < c.end && c.found == FOUND_ALL) {
		*done = c.at - buf;
		take_record(&c, lane);
	}
	if (c.found == FOUND_ALL)
		*done = len;
	if (lane && steps_wait && lane->pending && lane->fresh)
		step_ahead(lane);
	*why = c.why;
	return c.found;
}

bool records_are_open(void)
{
	const struct lane *lane = lanes;

	if (!lane)
		return true;
	while (lane && !lane->open)
		lane = lane->next;
	return lane;
}

void records_end(bool print)
{
	while (lanes) {
		struct lane *lane = lanes;

		lanes = lane->next;
		if (print && lane->pending)
			step_last(lane);
		for (unsigned int i = 0; i < INSN_LINES; i++)
			drop_symbols(&lane->lines[i]);
		free(lane);
	}
}
