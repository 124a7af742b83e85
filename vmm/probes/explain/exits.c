/*
 * What the exits mean that are no access to a device, for --explain.
 */
#include <linux/kvm.h>

#include "core/symbols.h"
#include "probe.h"
#include "probes/explain/explain.h"
#include "x86/bits.h"

static void say_halt(struct text *answer, const struct exit_view *view)
{
	const struct kvm_sync_regs *regs = &view->run->s.regs;

	text_add(answer, "it stops");
	vm_add_code_symbol(answer, view->vm, &regs->regs, &regs->sregs);
	text_add(answer, ", interrupts %s",
		 regs->regs.rflags & RFLAGS_IF ? "on" : "off");
}

static void say_crash(struct text *answer, const struct exit_view *view)
{
	(void)view;
	text_add(answer, "ended as crashed");
}

static void say_entry(struct text *answer, const struct exit_view *view)
{
	text_add(answer, "ended, reason 0x%llx",
		 view->run->fail_entry.hardware_entry_failure_reason);
}

static void say_suberror(struct text *answer, const struct exit_view *view)
{
	static const char *const names[] = {
		[KVM_INTERNAL_ERROR_EMULATION] = "emulation",
		[KVM_INTERNAL_ERROR_SIMUL_EX] = "two exceptions",
		[KVM_INTERNAL_ERROR_DELIVERY_EV] = "event delivery",
		[KVM_INTERNAL_ERROR_UNEXPECTED_EXIT_REASON] = "exit reason",
	};
	unsigned int sub = view->run->internal.suberror;

	text_add(answer, "ended as crashed: %s",
		 sub < sizeof(names) / sizeof(names[0]) && names[sub] ?
			 names[sub] :
			 "unknown");
}

static void say_event(struct text *answer, const struct exit_view *view)
{
	text_add(answer, "%s",
		 view->run->system_event.type == KVM_SYSTEM_EVENT_CRASH ?
			 "ended as crashed" :
			 "ended");
}

static void say_eoi(struct text *answer, const struct exit_view *view)
{
	text_add(answer, "the I/O APIC is told, 0x%02x", view->run->eoi.vector);
}

static void say_resume(struct text *answer, const struct exit_view *view)
{
	(void)view;
	text_add(answer, "it may go on");
}

static void say_unknown(struct text *answer, const struct exit_view *view)
{
	text_add(answer, "exit reason %u, %s", view->run->exit_reason,
		 view->reason);
}

static const struct explain_exit exits[] = {
	[KVM_EXIT_HLT] = { "HLT", "SDM 2A", "HLT",
			   "the CPU stops until an interrupt comes", say_halt },
	[KVM_EXIT_SHUTDOWN] = { "triple fault", "SDM 3A",
				"Interrupt 8-Double Fault Exception",
				"a fault while serving #DF", say_crash },
	[KVM_EXIT_FAIL_ENTRY] = { "entry refused", "SDM 3C",
				  "VM-Entry Failures",
				  "the state is one no CPU can be in",
				  say_entry },
	[KVM_EXIT_INTERNAL_ERROR] = { "KVM gave up", "KVM API",
				      "The kvm_run structure",
				      "KVM had to emulate, and could not",
				      say_suberror },
	[KVM_EXIT_SYSTEM_EVENT] = { "system event", "KVM API",
				    "The kvm_run structure",
				    "the guest asked for its own end",
				    say_event },
	[KVM_EXIT_INTR] = { "a signal came", "KVM API", "The kvm_run structure",
			    "the host wants to look at its flags", say_resume },
	[KVM_EXIT_IOAPIC_EOI] = { "end of interrupt", "82093AA",
				  "I/O Redirection Table Registers",
				  "a level: the I/O APIC may ask again",
				  say_eoi },
	[KVM_EXIT_IRQ_WINDOW_OPEN] = { "interrupts on", "KVM API",
				       "The kvm_run structure",
				       "one that waited can be delivered now",
				       say_resume },
};

static const struct explain_exit unknown = { "?", "KVM API",
					     "The kvm_run structure",
					     "see exit_reason there",
					     say_unknown };

const struct explain_exit *explain_find_exit(unsigned int reason)
{
	if (reason >= sizeof(exits) / sizeof(exits[0]) || !exits[reason].what)
		return &unknown;
	return &exits[reason];
}
