/*
 * String instructions, which a guest that is stepped makes turn by turn: copying a
 * kernel is a million of them. A trap behind the instruction, and no steps, come to
 * the same end, where nothing is watched.
 */
#include <string.h>

#include "core/vcpu.h"
#include "core/vm.h"
#include "memory.h"
#include "service/gdb/inner.h"

enum {
	REPNE = 0xf2,
	REP = 0xf3,
	PREFIXES_MAX = 8,
	MOVSB = 0xa4, /* to CMPSD, and from */
	CMPSD = 0xa7,
	STOSB = 0xaa, /* on to SCASD */
	SCASD = 0xaf,
	REX = 0x40, /* to 4Fh, in 64-bit code */
};

static bool read_byte(const struct gdb_cpu *cpu, uint64_t addr, uint8_t *byte)
{
	uint64_t gpa;

	return memory_walk(&cpu->vcpu->run->s.regs.sregs, cpu->gdb->vm, addr,
			   &gpa, NULL) &&
	       ram_read(cpu->gdb, gpa, byte, 1);
}

/* SDM 2A, "Instruction Prefixes". */
bool strings_rep(const struct gdb_cpu *cpu, uint64_t pc, unsigned int *len)
{
	static const uint8_t others[] = { 0x66, 0x67, 0x26, 0x2e,
					  0x36, 0x3e, 0x64, 0x65 };
	uint8_t byte;

	for (*len = 0; *len < PREFIXES_MAX; ++*len) {
		if (!read_byte(cpu, pc + *len, &byte))
			return false;
		if (byte == REP || byte == REPNE)
			return true;
		if (!memchr(others, byte, sizeof(others)))
			return false;
	}
	return false;
}

/* Where the string instruction at @pc ends, which uses no ports; 0: it is none. */
static uint64_t end_of(const struct gdb_cpu *cpu, uint64_t pc)
{
	unsigned int len;
	uint8_t byte;

	if (!strings_rep(cpu, pc, &len) || !read_byte(cpu, pc + ++len, &byte))
		return 0;
	if (cpu->vcpu->run->s.regs.sregs.cs.l && (byte & 0xf0) == REX &&
	    !read_byte(cpu, pc + ++len, &byte))
		return 0;
	if ((byte >= MOVSB && byte <= CMPSD) ||
	    (byte >= STOSB && byte <= SCASD))
		return pc + len + 1;
	return 0;
}

void strings_begin(struct gdb_cpu *cpu, uint64_t pc)
{
	const struct kvm_sregs *sregs = &cpu->vcpu->run->s.regs.sregs;
	const struct gdb *gdb = cpu->gdb;
	const uint64_t end = end_of(cpu, pc);
	uint8_t *byte;
	bool user;

	/* Others would come to the trap as well, and be stopped by it. */
	if (!end || gdb->breaks.nr_watches || gdb->vm->nr_vcpus > 1 ||
	    breaks_at(gdb, end) ||
	    !memory_walk(sregs, gdb->vm, end, &cpu->string_gpa, &user) ||
	    breaks_trap(gdb, sregs, user) != TRAP_OUT)
		return;
	byte = ram_seen(gdb->vm, cpu->string_gpa, 1);
	if (!byte)
		return;
	cpu->string_saved = *byte;
	*byte = TRAP_OUT;
	cpu->string_pc = end;
	cpu->strings = true;
}

bool strings_end(struct gdb_cpu *cpu, uint64_t pc)
{
	uint8_t *byte = mem_hva(&cpu->gdb->vm->mem, cpu->string_gpa, 1);
	bool was = cpu->strings && cpu->string_pc == pc;

	if (cpu->strings && *byte == TRAP_OUT)
		*byte = cpu->string_saved;
	cpu->strings = false;
	return was;
}
