/*
 * Steps into the handler of a software interrupt. AMD-V's single step does not see
 * one: the CPU clears the trap flag on the way there, so that the step ends behind
 * the handler. A trap at the handler's first instruction ends it there, and the flag
 * is taken out of what the handler will return to.
 */
#include <string.h>

#include "core/vm.h"
#include "service/gdb/inner.h"
#include "x86/bits.h"
#include "x86/descriptor.h"
#include "x86/mode.h"

enum {
	INT3 = 0xcc,
	INT = 0xcd, /* and the vector */
	INTO = 0xce,
	INT1 = 0xf1,
};

static const uint64_t low_32 = 0xffffffff;

/* The vector that the instruction at which @cpu is takes, or -1. */
static int vector_of(struct gdb_cpu *cpu, const struct gdb_state *state)
{
	uint8_t code[2] = { 0 };

	if (!memory_read_linear(cpu, target_pc(&state->regs, &state->sregs),
				code, sizeof(code)))
		return -1;
	switch (code[0]) {
	case INT3:
		return 3;
	case INT:
		return code[1];
	case INTO:
		return 4;
	case INT1:
		return 1;
	default:
		return -1;
	}
}

static bool read_entry(struct gdb_cpu *cpu, const struct kvm_dtable *table,
		       uint32_t at, uint8_t raw[DESCRIPTOR_LONG_SIZE],
		       unsigned int size)
{
	memset(raw, 0, DESCRIPTOR_LONG_SIZE);
	return at + size - 1 <= table->limit &&
	       memory_read_linear(cpu, table->base + at, raw, size) == size;
}

static bool read_gate(struct gdb_cpu *cpu, const struct kvm_sregs *sregs,
		      unsigned int vector, struct descriptor *gate)
{
	const enum cpu_mode mode = cpu_mode(sregs->cr0, sregs->efer);
	const unsigned int size = descriptor_gate_size(mode);
	uint8_t raw[DESCRIPTOR_LONG_SIZE];

	if (!read_entry(cpu, &sregs->idt, vector * size, raw, size))
		return false;
	descriptor_decode_gate(gate, raw, mode);
	return gate->present &&
	       (mode == MODE_REAL ||
		(descriptor_is_gate(gate) && gate->type != SYSTEM_TASK_GATE));
}

/* Where the handler behind @gate begins; false: nowhere. */
static bool handler_of(struct gdb_cpu *cpu, const struct kvm_sregs *sregs,
		       const struct descriptor *gate, uint64_t *addr)
{
	uint8_t raw[DESCRIPTOR_LONG_SIZE];
	struct descriptor code;

	switch (cpu_mode(sregs->cr0, sregs->efer)) {
	case MODE_REAL:
		*addr = gate->selector * 16ULL + (uint16_t)gate->offset;
		return true;
	case MODE_LONG:
		*addr = gate->offset;
		return true;
	default:
		if (!read_entry(cpu, &sregs->gdt, gate->selector & ~7u, raw,
				DESCRIPTOR_SIZE))
			return false;
		descriptor_decode(&code, raw, false);
		*addr = (code.base + gate->offset) & low_32;
		return true;
	}
}

/* The width of what a handler finds on its stack. */
static unsigned int width_of(const struct kvm_sregs *sregs,
			     const struct descriptor *gate)
{
	switch (cpu_mode(sregs->cr0, sregs->efer)) {
	case MODE_REAL:
		return 2;
	case MODE_LONG:
		return 8;
	default:
		return gate->type == SYSTEM_INTERRUPT_16 ||
				       gate->type == SYSTEM_TRAP_16 ?
			       2 :
			       4;
	}
}

void gates_prepare(struct gdb_cpu *cpu)
{
	const struct gdb_state *state = gdb_state(cpu);
	const int vector = vector_of(cpu, state);
	struct descriptor gate;
	uint64_t addr;

	cpu->gate_width = 0;
	if (vector < 0 ||
	    !read_gate(cpu, &state->sregs, (unsigned int)vector, &gate) ||
	    !handler_of(cpu, &state->sregs, &gate, &addr) ||
	    breaks_at(cpu->gdb, addr) || !breaks_add_gate(cpu, addr))
		return;
	/* A step that the guest asks for itself is its own. */
	if (!(state->regs.rflags & RFLAGS_TF))
		cpu->gate_width = width_of(&state->sregs, &gate);
}

/* At the handler's first instruction IP, CS and flags are on top of the stack. */
static void clear_flag(struct gdb_cpu *cpu)
{
	const struct gdb_state *state = gdb_state(cpu);
	const struct kvm_segment *ss = &state->sregs.ss;
	uint64_t mask = ss->db ? low_32 : 0xffff, addr, gpa;
	uint8_t byte;

	if (cpu->gate_width == 8)
		addr = state->regs.rsp + 2 * 8;
	else
		addr = (ss->base +
			((state->regs.rsp + 2 * cpu->gate_width) & mask)) &
		       low_32;
	addr++; /* TF is the first bit of the second byte */
	if (!memory_walk(&state->sregs, cpu->gdb->vm, addr, &gpa, NULL) ||
	    !ram_read(cpu->gdb, gpa, &byte, 1))
		return;
	byte &= (uint8_t) ~(RFLAGS_TF >> 8);
	ram_write(cpu->gdb, gpa, &byte, 1);
}

void gates_end(struct gdb *gdb)
{
	for (unsigned int id = 0; id < gdb->vm->nr_vcpus; id++) {
		struct gdb_cpu *cpu = &gdb->cpus[id];

		if (cpu->gate_width && cpu->at_gate)
			clear_flag(cpu);
		cpu->gate_width = 0;
		cpu->at_gate = false;
		strings_end(cpu, 0);
	}
	breaks_del_gates(gdb);
}
