/* The machine: its devices, its virtual CPUs, and how this host steps. */
#include <linux/kvm.h>
#include <sys/ioctl.h>

#include "core/board_inner.h"
#include "core/pause.h"
#include "core/symbols.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "irqchip.h"
#include "plug.h"
#include "service/gdb/monitor.h"
#include "x86/words.h"

#define DEVICE_COLUMN 14

/* --- devices --- */

static void add_range(struct text *text, const char *what,
		      const struct bus_claim *claim)
{
	text_add(text, "  %s 0x%llx", what, (unsigned long long)claim->base);
	if (claim->len > 1)
		text_add(text, "-0x%llx",
			 (unsigned long long)(claim->base + claim->len - 1));
}

static void add_ranges(struct text *text, struct bus *bus, const char *what,
		       const struct device *dev)
{
	struct bus_moving *moving;

	for (unsigned int i = 0; i < bus->nr_claims; i++)
		if (bus->claims[i].dev == dev)
			add_range(text, what, &bus->claims[i]);
	lock_take(&bus->moving_lock);
	for (moving = bus->moving; moving; moving = moving->next)
		if (moving->claim.dev == dev && moving->claim.len)
			add_range(text, what, &moving->claim);
	lock_give(&bus->moving_lock);
}

static void add_device(struct text *text, struct vm *vm,
		       const struct board *board)
{
	const struct device_type *type = board->dev.type;

	text_add(text, "%s", type->name);
	text_pad(text, DEVICE_COLUMN);
	add_ranges(text, &vm->pio, "port", &board->dev);
	add_ranges(text, &vm->mmio, "address", &board->dev);
	for (unsigned int pin = 0; pin < type->nr_irqs; pin++)
		text_add(text, "  line %u",
			 board->planned ? board->planned->irqs[pin] :
					  type->irqs[pin]);
	if (type->pci)
		text_add(text, "  pci 00:%02x.0", board->slot);
	text_add(text, "\n");
}

void monitor_devices(struct gdb_cpu *cpu, const char *rest, struct text *answer)
{
	struct vm *vm = gdb_vm(gdb_of(cpu));

	(void)rest;
	for (unsigned int i = 0; i < vm->nr_boards; i++)
		add_device(answer, vm, &vm->boards[i]);
	if (vm->config.irqchip && !vm->config.irqchip->models)
		text_add(answer, "in the host kernel: %s\n",
			 vm->config.irqchip->what);
}

/* --- virtual CPUs --- */

static void get_mp_state(struct vcpu *vcpu, void *arg)
{
	struct kvm_mp_state state;

	if (!ioctl(vcpu->fd, KVM_GET_MP_STATE, &state))
		*(uint32_t *)arg = state.mp_state;
}

static const char *life_of(uint32_t mp_state)
{
	switch (mp_state) {
	case KVM_MP_STATE_RUNNABLE:
		return "runs";
	case KVM_MP_STATE_HALTED:
		return "has halted";
	case KVM_MP_STATE_UNINITIALIZED:
	case KVM_MP_STATE_INIT_RECEIVED:
		return "waits to be started";
	default:
		return "state unknown";
	}
}

/* A thread that waits in the place of a halted vCPU is runnable for KVM. */
static void add_cpu(struct text *text, struct gdb_cpu *cpu)
{
	const struct gdb_state *state = gdb_state(cpu);
	const struct kvm_sregs *s = &state->sregs;
	const struct code_mode mode = { .cr0 = s->cr0,
					.efer = s->efer,
					.l = s->cs.l,
					.db = s->cs.db,
					.ring = s->ss.dpl };
	struct vcpu *vcpu = gdb_vcpu(cpu);
	uint32_t mp_state = UINT32_MAX;
	uint64_t pc = target_pc(&state->regs, s);

	vcpu_ask(vcpu, get_mp_state, &mp_state);
	text_add(text, "vCPU %u  %s  ", vcpu->id,
		 state->lost ? "has crashed" : life_of(mp_state));
	mode_add(text, &mode);
	text_add(text, "  at 0x%llx", (unsigned long long)pc);
	vm_add_symbol(text, vcpu->vm, pc);
	text_add(text, "\n");
}

void monitor_cpus(struct gdb_cpu *cpu, const char *rest, struct text *answer)
{
	struct gdb *gdb = gdb_of(cpu);

	(void)rest;
	for (unsigned int id = 0; id < gdb_vm(gdb)->nr_vcpus; id++)
		add_cpu(answer, gdb_cpu(gdb, id));
}
