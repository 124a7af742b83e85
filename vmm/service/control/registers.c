/* `registers`: those of a vCPU, asked between two of its instructions. */
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>

#include "core/pause.h"
#include "core/symbols.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "service/control/control.h"
#include "util/clock.h"
#include "util/text.h"
#include "x86/words.h"

#define PATIENCE_NS (2 * NS_PER_SEC)

struct registers {
	struct kvm_regs regs;
	struct kvm_sregs sregs;
	struct kvm_debugregs debug;
	bool known;
};

static void read_registers(struct vcpu *vcpu, void *arg)
{
	struct registers *r = arg;

	r->known = !ioctl(vcpu->fd, KVM_GET_REGS, &r->regs) &&
		   !ioctl(vcpu->fd, KVM_GET_SREGS, &r->sregs) &&
		   !ioctl(vcpu->fd, KVM_GET_DEBUGREGS, &r->debug);
}

static void add_hex(struct json *json, const char *name, uint64_t value)
{
	json_format(json, name, "0x%llx", (unsigned long long)value);
}

static void add_general(struct json *json, const struct kvm_regs *regs)
{
	const struct {
		const char *name;
		uint64_t value;
	} rows[] = {
		{ "rax", regs->rax }, { "rbx", regs->rbx },
		{ "rcx", regs->rcx }, { "rdx", regs->rdx },
		{ "rsi", regs->rsi }, { "rdi", regs->rdi },
		{ "rbp", regs->rbp }, { "rsp", regs->rsp },
		{ "r8", regs->r8 },   { "r9", regs->r9 },
		{ "r10", regs->r10 }, { "r11", regs->r11 },
		{ "r12", regs->r12 }, { "r13", regs->r13 },
		{ "r14", regs->r14 }, { "r15", regs->r15 },
		{ "rip", regs->rip }, { "rflags", regs->rflags },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		add_hex(json, rows[i].name, rows[i].value);
}

static void add_control(struct json *json, const struct registers *r)
{
	add_hex(json, "cr0", r->sregs.cr0);
	add_hex(json, "cr2", r->sregs.cr2);
	add_hex(json, "cr3", r->sregs.cr3);
	add_hex(json, "cr4", r->sregs.cr4);
	add_hex(json, "cr8", r->sregs.cr8);
	add_hex(json, "efer", r->sregs.efer);
	add_hex(json, "apic_base", r->sregs.apic_base);
	add_hex(json, "dr6", r->debug.dr6);
	add_hex(json, "dr7", r->debug.dr7);
}

static void add_segment(struct json *json, const char *name,
			const struct kvm_segment *s)
{
	json_row(json, NULL);
	json_string(json, "segment", name);
	add_hex(json, "selector", s->selector);
	add_hex(json, "base", s->base);
	add_hex(json, "limit", s->limit);
	json_number(json, "type", s->type);
	json_number(json, "dpl", s->dpl);
	json_bool(json, "present", s->present && !s->unusable);
	json_bool(json, "db", s->db);
	json_bool(json, "l", s->l);
	json_bool(json, "g", s->g);
	json_close(json);
}

static void add_table(struct json *json, const char *name,
		      const struct kvm_dtable *table)
{
	json_row(json, NULL);
	json_string(json, "table", name);
	add_hex(json, "base", table->base);
	add_hex(json, "limit", table->limit);
	json_close(json);
}

static void add_memory(struct json *json, const struct kvm_sregs *sregs)
{
	json_array(json, "segments");
	add_segment(json, "cs", &sregs->cs);
	add_segment(json, "ds", &sregs->ds);
	add_segment(json, "es", &sregs->es);
	add_segment(json, "fs", &sregs->fs);
	add_segment(json, "gs", &sregs->gs);
	add_segment(json, "ss", &sregs->ss);
	add_segment(json, "tr", &sregs->tr);
	add_segment(json, "ldt", &sregs->ldt);
	json_close(json);
	json_array(json, "tables");
	add_table(json, "gdt", &sregs->gdt);
	add_table(json, "idt", &sregs->idt);
	json_close(json);
}

/* Where it is, in words. */
static void add_place(struct json *json, const struct vm *vm,
		      const struct registers *r)
{
	const struct code_mode mode = {
		.cr0 = r->sregs.cr0,
		.efer = r->sregs.efer,
		.l = r->sregs.cs.l,
		.db = r->sregs.cs.db,
		.ring = r->sregs.ss.dpl,
	};
	char words[256];
	struct text text;

	text_init(&text, words, sizeof(words));
	mode_add(&text, &mode);
	json_string(json, "mode", words);
	text_init(&text, words, sizeof(words));
	vm_add_code_symbol(&text, vm, &r->regs, &r->sregs);
	if (text.len)
		json_string(json, "symbol", words + 1);
}

static void answer(struct ctl_call *call, const struct vcpu *vcpu,
		   const struct registers *r)
{
	struct json *json = ctl_reply(call);

	json_number(json, "guest", vcpu->vm->config.id + 1);
	json_number(json, "cpu", vcpu->id);
	add_place(json, vcpu->vm, r);
	add_general(json, &r->regs);
	add_control(json, r);
	add_memory(json, &r->sregs);
}

static void registers(struct ctl_call *call, struct vm *vms,
		      unsigned int nr_vms)
{
	struct registers r = { .known = false };
	const char *rest = call->rest;
	uint64_t id = 0;

	(void)nr_vms;
	if (*rest &&
	    (!ctl_number(&rest, UINT32_MAX, &id) || id >= vms->nr_vcpus)) {
		ctl_refuse(call, NULL, "registers: give a vCPU, 0 to %u",
			   vms->nr_vcpus - 1);
		return;
	}
	if (!ctl_no_more(call, rest))
		return;
	if (atomic_load(&vms->stopping))
		ctl_refuse(call, NULL, "the guest has ended");
	else if (!guest_has_begun(vms))
		ctl_refuse(call, NULL, "the guest has not begun");
	else if (!vcpu_ask_until(&vms->vcpus[id], read_registers, &r,
				 clock_now_ns() + PATIENCE_NS))
		ctl_refuse(call, NULL, "%s",
			   atomic_load(&vms->stopping) ?
				   "the guest has ended" :
				   "the vCPU does not come out of a device");
	else if (!r.known)
		ctl_refuse(call, NULL, "KVM does not tell");
	else
		answer(call, &vms->vcpus[id], &r);
}

static const struct ctl_command row = {
	.name = "registers",
	.args = "[CPU]",
	.what = "all that a vCPU has in its registers; 0 unless told",
	.reach = CTL_ONE,
	.run = registers,
};
CTL(row);
