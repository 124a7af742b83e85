/* What is behind a linear address, and physical memory. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/bus.h"
#include "core/symbols.h"
#include "core/vm.h"
#include "memory_seen.h"
#include "service/gdb/monitor.h"
#include "x86/bits.h"
#include "x86/mode.h"
#include "x86/walk.h"
#include "x86/walk_words.h"

#define PHYS_DEFAULT 64	  /* bytes shown */
#define PHYS_MAX     4096 /* at once */
#define PHYS_LINE    16	  /* bytes on one */
#define WRITE_MAX    64	  /* bytes written at once */

static int read_ram(const void *ram, uint64_t gpa, void *buf, size_t len)
{
	return mem_read(ram, gpa, buf, len);
}

/* What is at @gpa: RAM, or whose registers. */
static void add_place(struct text *text, struct vm *vm, uint64_t gpa)
{
	const char *owner = bus_owner(&vm->mmio, gpa);

	if (ram_seen(vm, gpa, 1))
		text_add(text, "RAM");
	else if (mem_seen(&vm->mem, gpa, 1))
		text_add(text, "a device's memory");
	else
		text_add(text, "%s", owner ? owner : "nothing is there");
}

static void add_rights(struct text *text, const struct walk *walk)
{
	text_add(text, "%s, %s, %s\n",
		 walk->writable ? "writable" : "read only",
		 walk->user ? "for ring 3 too" : "not for ring 3",
		 walk->executable ? "executable" : "not executable");
}

void monitor_page(struct gdb_cpu *cpu, const char *rest, struct text *answer)
{
	const struct kvm_sregs *sregs = &gdb_state(cpu)->sregs;
	const struct walk_regs regs = { .cr0 = sregs->cr0,
					.cr3 = sregs->cr3,
					.cr4 = sregs->cr4,
					.efer = sregs->efer };
	struct vm *vm = gdb_vm(gdb_of(cpu));
	struct walk walk;
	uint64_t addr;

	if (!monitor_address(cpu, &rest, &addr) || *rest) {
		monitor_no_address(answer, rest);
		return;
	}
	if (addr > UINT32_MAX &&
	    cpu_mode(sregs->cr0, sregs->efer) != MODE_LONG) {
		text_add(answer, "no linear address: before long mode they "
				 "have 32 bits\n");
		return;
	}
	text_add(answer, "linear 0x%llx", (unsigned long long)addr);
	vm_add_symbol(answer, vm, addr);
	text_add(answer, "  cr3 0x%llx\n", sregs->cr3);
	walk_address(&walk, &regs, addr, read_ram, &vm->mem);
	walk_add(answer, &walk, "  ");
	if (walk.end != WALK_MAPPED) {
		text_add(answer, "no page: ");
		walk_add_end(answer, &walk);
		text_add(answer, "\n");
		return;
	}
	text_add(answer, "physical 0x%llx  ", (unsigned long long)walk.gpa);
	add_place(answer, vm, walk.gpa);
	text_add(answer, "\n");
	if (walk.nr_steps)
		add_rights(answer, &walk);
	else
		text_add(answer, "paging is off\n");
}

static void add_line(struct text *text, uint64_t gpa, const uint8_t *bytes,
		     size_t len)
{
	text_add(text, "%08llx ", (unsigned long long)gpa);
	for (size_t i = 0; i < PHYS_LINE; i++)
		if (i < len)
			text_add(text, " %02x", bytes[i]);
		else
			text_add(text, "   ");
	text_add(text, "  ");
	for (size_t i = 0; i < len; i++)
		text_add(text, "%c", isprint(bytes[i]) ? bytes[i] : '.');
	text_add(text, "\n");
}

static void add_phys(struct text *text, struct gdb *gdb, uint64_t gpa,
		     uint64_t len)
{
	uint8_t bytes[PHYS_LINE];

	while (len) {
		size_t part = len < PHYS_LINE ? len : PHYS_LINE;

		while (part && !ram_read(gdb, gpa, bytes, part))
			part--; /* up to the end of RAM */
		if (!part) {
			text_add(text, "%08llx  ", (unsigned long long)gpa);
			add_place(text, gdb_vm(gdb), gpa);
			text_add(text, ", no RAM\n");
			return;
		}
		add_line(text, gpa, bytes, part);
		gpa += part;
		len -= part;
	}
}

/* Takes pairs of hex digits, with blanks between any two; 0: something else is
 * there, or too many. */
static size_t take_bytes(const char *rest, uint8_t *bytes)
{
	size_t len = 0;
	char pair[3] = "";

	for (; *rest; rest += 2) {
		while (*rest == ' ')
			rest++;
		if (!isxdigit((unsigned char)rest[0]) ||
		    !isxdigit((unsigned char)rest[1]) || len == WRITE_MAX)
			return 0;
		memcpy(pair, rest, 2);
		bytes[len++] = strtoul(pair, NULL, 16);
	}
	return len;
}

static void write_phys(struct gdb *gdb, uint64_t gpa, const char *rest,
		       struct text *answer)
{
	uint8_t bytes[WRITE_MAX];
	size_t len = take_bytes(rest, bytes);

	if (!len)
		text_add(answer,
			 "up to %u bytes are needed, in hex: monitor phys "
			 "0x1000 = 90 90 f4\n",
			 WRITE_MAX);
	else if (!ram_write(gdb, gpa, bytes, len))
		text_add(answer, "not all of it is RAM: nothing was written\n");
	else
		add_phys(answer, gdb, gpa, len);
}

void monitor_phys(struct gdb_cpu *cpu, const char *rest, struct text *answer)
{
	uint64_t gpa, len = PHYS_DEFAULT;

	if (!monitor_address(cpu, &rest, &gpa)) {
		monitor_no_address(answer, rest);
		return;
	}
	if (*rest == '=') {
		write_phys(gdb_of(cpu), gpa, rest + 1, answer);
		return;
	}
	if (*rest &&
	    (!monitor_number(&rest, &len) || *rest || !len || len > PHYS_MAX)) {
		text_add(answer, "the length is a number of bytes, up to %u\n",
			 PHYS_MAX);
		return;
	}
	add_phys(answer, gdb_of(cpu), gpa, len);
}
