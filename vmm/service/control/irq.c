/*
 * `irq`: what is in the interrupt controllers, whoever models them
 * (core/irqstate.h). Members are called as in the data sheets: Intel 8259A,
 * 82093AA, and SDM 3A, "APIC".
 */
#include "core/irqstate.h"
#include "core/pause.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "irqchip.h"
#include "service/control/control.h"
#include "util/clock.h"

#define PATIENCE_NS (2 * NS_PER_SEC)

static void add_hex(struct json *json, const char *name, uint64_t value)
{
	json_format(json, name, "0x%llx", (unsigned long long)value);
}

static void add_pic(struct json *json, const char *name,
		    const struct pic_view *pic)
{
	json_row(json, NULL);
	json_string(json, "pic", name);
	json_bool(json, "ready", pic->ready);
	add_hex(json, "vectors_from", pic->base);
	add_hex(json, "irr", pic->irr);
	add_hex(json, "isr", pic->isr);
	add_hex(json, "imr", pic->imr);
	add_hex(json, "elcr", pic->elcr);
	json_bool(json, "auto_eoi", pic->auto_eoi);
	json_close(json);
}

static const char *delivery_name(uint32_t entry)
{
	static const char *const names[] = {
		"fixed", "lowest", "smi", "3", "nmi", "init", "6", "extint"
	};

	return names[(entry & APIC_DELIVERY) >> 8];
}

static void add_pin(struct json *json, unsigned int pin, uint64_t entry,
		    bool asks)
{
	json_row(json, NULL);
	json_number(json, "pin", pin);
	add_hex(json, "vector", entry & APIC_VECTOR);
	json_string(json, "delivery", delivery_name((uint32_t)entry));
	json_string(json, "trigger", entry & APIC_LEVEL ? "level" : "edge");
	json_bool(json, "low", entry & APIC_LOW);
	json_bool(json, "logical", entry & IOAPIC_LOGICAL);
	json_number(json, "destination", entry >> IOAPIC_DEST_SHIFT);
	json_bool(json, "masked", entry & APIC_MASKED);
	json_bool(json, "pending", entry & APIC_PENDING);
	json_bool(json, "remote_irr", entry & APIC_REMOTE_IRR);
	json_bool(json, "asks", asks);
	json_close(json);
}

/* Pins that are as after reset, and quiet, are left out. */
static void add_ioapic(struct json *json, const struct ioapic_view *io)
{
	json_number(json, "ioapic_id", io->id);
	json_array(json, "ioapic_pins");
	for (unsigned int pin = 0; pin < CHIP_PINS; pin++) {
		bool asks = io->lines >> pin & 1;

		if (asks ||
		    (io->entries[pin] & ~(uint64_t)APIC_VECTOR) != APIC_MASKED)
			add_pin(json, pin, io->entries[pin], asks);
	}
	json_close(json);
}

/* The vectors that have a bit in the eight registers at @regs. */
static void add_vectors(struct json *json, const char *name,
			const uint32_t *regs)
{
	json_array(json, name);
	for (unsigned int vector = 0; vector < 256; vector++)
		if (regs[vector / 32] >> vector % 32 & 1)
			json_format(json, NULL, "0x%02x", vector);
	json_close(json);
}

static void add_lvt(struct json *json, const char *name, uint32_t entry)
{
	json_format(json, name, "0x%02x %s%s", entry & APIC_VECTOR,
		    delivery_name(entry), entry & APIC_MASKED ? " masked" : "");
}

static const char *timer_mode(uint32_t entry)
{
	switch (entry & APIC_TIMER_MODE) {
	case APIC_TIMER_TSC:
		return "tsc-deadline";
	case APIC_TIMER_REPEAT:
		return "periodic";
	default:
		return "one-shot";
	}
}

static void add_lapic(struct json *json, unsigned int cpu,
		      const struct lapic_state *lapic)
{
	const uint32_t *regs = lapic->regs;
	bool x2apic = lapic->base & APIC_BASE_X2APIC;

	json_row(json, NULL);
	json_number(json, "cpu", cpu);
	json_number(json, "id",
		    x2apic ? regs[APIC_ID] : regs[APIC_ID] >> APIC_ID_SHIFT);
	json_string(json, "mode",
		    !(lapic->base & APIC_BASE_ENABLE) ? "off" :
		    x2apic			      ? "x2apic" :
							"xapic");
	add_hex(json, "svr", regs[APIC_SVR]);
	add_hex(json, "tpr", regs[APIC_TPR]);
	add_hex(json, "ppr", regs[APIC_PPR]);
	add_vectors(json, "irr", &regs[APIC_IRR]);
	add_vectors(json, "isr", &regs[APIC_ISR]);
	add_lvt(json, "timer", regs[APIC_LVT_TIMER]);
	json_string(json, "timer_mode", timer_mode(regs[APIC_LVT_TIMER]));
	json_number(json, "timer_initial", regs[APIC_TIMER_INIT]);
	json_number(json, "timer_current", regs[APIC_TIMER_COUNT]);
	add_lvt(json, "lint0", regs[APIC_LVT_LINT0]);
	add_lvt(json, "lint1", regs[APIC_LVT_LINT1]);
	add_lvt(json, "error", regs[APIC_LVT_ERROR]);
	json_close(json);
}

struct lapic_answer {
	struct lapic_state state;
	bool there;
};

static void read_lapic(struct vcpu *vcpu, void *arg)
{
	struct lapic_answer *answer = arg;

	answer->there = irqstate_read_lapic(vcpu, &answer->state);
}

/* Those of vCPUs that do not answer are left out. */
static void add_lapics(struct json *json, struct vm *vm)
{
	const uint64_t limit_ns = clock_now_ns() + PATIENCE_NS;

	json_array(json, "lapics");
	for (unsigned int id = 0; id < vm->nr_vcpus; id++) {
		struct lapic_answer lapic = { .there = false };

		if (vcpu_ask_until(&vm->vcpus[id], read_lapic, &lapic,
				   limit_ns) &&
		    lapic.there)
			add_lapic(json, id, &lapic.state);
	}
	json_close(json);
}

static void irq(struct ctl_call *call, struct vm *vms, unsigned int nr_vms)
{
	const struct irqchip *chip = vms->config.irqchip;
	struct irqstate state;
	struct json *json;

	(void)nr_vms;
	if (!ctl_no_more(call, call->rest))
		return;
	json = ctl_reply(call);
	json_number(json, "guest", vms->config.id + 1);
	json_string(json, "irqchip", chip ? chip->name : "none");
	if (!chip)
		return;
	irqstate_read(vms, &state);
	if (state.has_pics) {
		json_array(json, "pics");
		add_pic(json, "master", &state.view.pics[0]);
		add_pic(json, "slave", &state.view.pics[1]);
		json_close(json);
	}
	if (state.has_ioapic)
		add_ioapic(json, &state.view.ioapic);
	if (chip->has_apic)
		add_lapics(json, vms);
}

static const struct ctl_command row = {
	.name = "irq",
	.args = "",
	.what = "what is in the PICs, the I/O APIC and the local APICs",
	.reach = CTL_ONE,
	.run = irq,
};
CTL(row);
