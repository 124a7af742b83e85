/*
 * The bytes at an address, by way of the guest's own page tables, which are looked at
 * and not touched: a line of code is written when it comes up, and again when it
 * is not what it was. Data beside code may change for ever without being told.
 */
#include <string.h>

#include "core/linear.h"
#include "core/symbols.h"
#include "core/vm.h"
#include "service/insn/insn.h"
#include "x86/bits.h"

#define CODE_MAX 15 /* bytes of one instruction */

static bool is_64bit(const struct kvm_sregs *sregs)
{
	return sregs->efer & EFER_LMA && sregs->cs.l;
}

/* A program in ring 3 has low addresses of its own: those are none of where a kernel
 * was loaded to. */
static bool find_symbol(const struct insn_lane *lane, uint64_t addr,
			const struct kvm_sregs *sregs, const char **name,
			uint64_t *off)
{
	if (vm_find_symbol(lane->vm, addr, name, off))
		return true;
	return !(sregs->cr0 & CR0_PE && sregs->cs.selector & 3) &&
	       vm_find_loaded_symbol(lane->vm, addr, name, off);
}

static void add_symbol(struct insn_lane *lane, unsigned int place, uint64_t off,
		       const char *name)
{
	size_t len = strnlen(name, INSN_NAME_MAX);

	insn_add_tag(lane, INSN_SYMBOL);
	insn_add_number(lane, place);
	insn_add_number(lane, off);
	insn_add_number(lane, len);
	insn_add_bytes(lane, name, len);
}

/* Where in the line at @addr another symbol begins. */
static void add_symbols(struct insn_lane *lane, uint64_t addr,
			const struct kvm_sregs *sregs)
{
	const char *name, *last = "";
	uint64_t off;

	if (!vm_symbols(lane->vm))
		return;
	for (unsigned int i = 0; i < INSN_LINE_BYTES; i++) {
		if (!find_symbol(lane, addr + i, sregs, &name, &off)) {
			name = "";
			off = 0;
		}
		if (name != last && (*name || *last))
			add_symbol(lane, i, off, name);
		last = name;
	}
}

/* Writes the line of @number, whose bytes are @bytes, and keeps it. */
static void add_line(struct insn_lane *lane, struct insn_line *line,
		     uint64_t number, const void *bytes,
		     const struct kvm_sregs *sregs)
{
	memcpy(line->words, bytes, sizeof(line->words));
	line->number = number + 1;
	insn_add_tag(lane, INSN_LINE);
	insn_add_number(lane, number);
	insn_add_bytes(lane, line->words, sizeof(line->words));
	add_symbols(lane, number * INSN_LINE_BYTES, sregs);
}

/* Whether the bytes from @from to before @to are those of @line. */
static bool is_same(const struct insn_line *line, const uint8_t *bytes,
		    unsigned int from, unsigned int to)
{
	uint64_t word;

	for (unsigned int i = from / 8; i < (to + 7) / 8; i++) {
		memcpy(&word, bytes + 8 * i, sizeof(word));
		if (word != line->words[i])
			return false;
	}
	return true;
}

/* Sees to the line of @addr, of which up to @len bytes matter; how many of those
 * are in it. */
static unsigned int see_to_line(struct insn_lane *lane, uint64_t addr,
				unsigned int len, const struct kvm_sregs *sregs)
{
	const uint64_t number = addr / INSN_LINE_BYTES;
	const unsigned int from = addr % INSN_LINE_BYTES;
	struct insn_line *line = &lane->lines[number % INSN_LINES];
	const void *bytes =
		linear_hva(&lane->vm->mem, sregs, addr - from, INSN_LINE_BYTES);

	if (len > INSN_LINE_BYTES - from)
		len = INSN_LINE_BYTES - from;
	if (bytes && (line->number != number + 1 ||
		      !is_same(line, bytes, from, from + len)))
		add_line(lane, line, number, bytes, sregs);
	return len;
}

static bool is_there(const struct insn_lane *lane, uint64_t addr)
{
	const uint64_t number = addr / INSN_LINE_BYTES;

	return lane->lines[number % INSN_LINES].number == number + 1;
}

int insn_code_byte(const struct insn_lane *lane, uint64_t addr)
{
	const struct insn_line *line =
		&lane->lines[addr / INSN_LINE_BYTES % INSN_LINES];

	if (!is_there(lane, addr))
		return -1;
	return ((const uint8_t *)line->words)[addr % INSN_LINE_BYTES];
}

void insn_add_code(struct insn_lane *lane, uint64_t addr,
		   const struct kvm_sregs *sregs)
{
	const uint64_t mask = is_64bit(sregs) ? ~0ULL : 0xffffffff;
	const uint64_t last = (addr + 2 * CODE_MAX - 1) & mask;
	unsigned int done = see_to_line(lane, addr, CODE_MAX, sregs);

	if (done < CODE_MAX)
		see_to_line(lane, (addr + done) & mask, CODE_MAX - done, sregs);
	if (!is_there(lane, last))
		see_to_line(lane, last & ~(INSN_LINE_BYTES - 1ULL), 0, sregs);
}
