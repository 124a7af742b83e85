/* How this host's KVM steps and stops (check.c), and what a step lets in. */
#include <string.h>

#include "service/gdb/inner.h"
#include "service/gdb/monitor.h"

static const char *by_kvm(bool can)
{
	return can ? "KVM stops there" :
		     "this host's KVM passes by: steps, with addresses compared";
}

static void add_means(struct text *text, const struct gdb *gdb)
{
	text_add(text,
		 "steps        KVM_GUESTDBG_SINGLESTEP, a VM exit each\n");
	text_add(text, "breakpoints  int3 in RAM: %s\n",
		 by_kvm(break_means.int3));
	if (!break_means.int3 && break_means.out)
		text_add(text,
			 "             in ring 0, with no chip in the host "
			 "kernel at ports: an OUT in RAM\n");
	text_add(text, "watchpoints  debug registers, %u: %s\n", DEBUG_REGS,
		 by_kvm(break_means.debug_regs));
	text_add(text, "now          %u breakpoints, %u watchpoints: %s\n",
		 gdb->breaks.nr, gdb->breaks.nr_watches,
		 gdb->breaks.need_steps ?
			 "the guest is stepped while it goes on" :
			 "the guest goes on at its own speed");
}

void monitor_step(struct gdb_cpu *cpu, const char *rest, struct text *answer)
{
	struct gdb *gdb = gdb_of(cpu);

	if (!strcmp(rest, "irqs on"))
		gdb_set_step_irqs(gdb, true);
	else if (!strcmp(rest, "irqs off"))
		gdb_set_step_irqs(gdb, false);
	else if (*rest)
		text_add(answer, "it is `step irqs on` or `step irqs off`\n");
	else
		add_means(answer, gdb);
	text_add(answer, "interrupts   %s during a single step\n",
		 gdb_step_irqs(gdb) ? "come in" : "are held back");
}
