/*
 * Guests that have not crashed: gathers what rules about them stand on, and has
 * the order in which they are asked. What devices have in their registers is read
 * as the guest would, by their ports: it is over and does not notice.
 */
#include "probes/report/rules/quiet.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "abi/exit_status.h"
#include "core/board.h"
#include "core/board_inner.h"
#include "core/plan.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "irqchip.h"
#include "util/clock.h"
#include "util/surface.h"

#define UART		 0x3f8
#define UART_IER	 (UART + 1)
#define UART_LCR	 (UART + 3)
#define LCR_DLAB	 0x80
#define KBD_DATA	 0x60
#define KBD_PORT	 0x64
#define KBD_OBF		 0x01
#define KBD_READ	 0x20 /* the command byte */
#define KBD_INT		 0x01
#define AUX_INT		 0x02
#define AUX_LINE	 12
#define CMOS_PORT	 0x70
#define CMOS_B		 0x0b
#define CMOS_INTS	 0x70
#define CMOS_LINE	 8
#define PIT_PORT	 0x40
#define PIT_CONTROL	 0x43
#define PIT_STATUS	 0xe2 /* read-back: the status of counter 0 */
#define PIT_OUT		 0x80
#define PIT_NULL	 0x40 /* no count was written */
#define PIT_MODE(status) ((status) >> 1 & 7)
#define PIT_HZ		 1193182
#define PIT_LONGEST	 0x10000 /* what 0 stands for */

static bool is_there(struct vm *vm, uint64_t port, const char *name)
{
	const char *owner = bus_owner(&vm->pio, port);

	return owner && !strcmp(owner, name);
}

static void ask_uart(struct quiet *q, struct vm *vm)
{
	if (!is_there(vm, UART, "serial"))
		return;
	bus_write_byte(&vm->pio, UART_LCR,
		       bus_read_byte(&vm->pio, UART_LCR) & ~LCR_DLAB);
	q->ier = bus_read_byte(&vm->pio, UART_IER);
	if (!q->ier)
		q->off |= 1u << UART_LINE;
}

/* A byte that waits is in front of the answer. */
static void ask_keyboard(struct quiet *q, struct vm *vm)
{
	if (!is_there(vm, KBD_PORT, "i8042"))
		return;
	q->kbd_status = bus_read_byte(&vm->pio, KBD_PORT);
	bus_write_byte(&vm->pio, KBD_PORT, KBD_READ);
	if (q->kbd_status & KBD_OBF)
		bus_read_byte(&vm->pio, KBD_DATA);
	q->kbd_command = bus_read_byte(&vm->pio, KBD_DATA);
	if (!(q->kbd_command & KBD_INT))
		q->off |= 1u << KBD_LINE;
	if (!(q->kbd_command & AUX_INT))
		q->off |= 1u << AUX_LINE;
}

static void ask_clock(struct quiet *q, struct vm *vm)
{
	if (!is_there(vm, CMOS_PORT, "cmos"))
		return;
	bus_write_byte(&vm->pio, CMOS_PORT, CMOS_B);
	if (!(bus_read_byte(&vm->pio, CMOS_PORT + 1) & CMOS_INTS))
		q->off |= 1u << CMOS_LINE;
}

static bool counts_once(unsigned int mode)
{
	return mode == 0 || mode == 1 || mode == 4 || mode == 5;
}

static enum quiet_pit ask_own_timer(struct vm *vm)
{
	uint8_t status;

	bus_write_byte(&vm->pio, PIT_CONTROL, PIT_STATUS);
	status = bus_read_byte(&vm->pio, PIT_PORT);
	if (status & PIT_NULL)
		return PIT_UNSET;
	return counts_once(PIT_MODE(status)) && status & PIT_OUT ? PIT_RAN_OUT :
								   PIT_RUNS;
}

/* KVM's times are of the host's monotonic clock, and mode 0xff is none. */
static enum quiet_pit ask_kernel_timer(struct vm *vm)
{
	struct kvm_pit_state2 state;
	const struct kvm_pit_channel_state *c = &state.channels[0];
	uint64_t count;

	if (ioctl(vm->fd, KVM_GET_PIT2, &state))
		return PIT_UNKNOWN;
	count = c->count ? c->count : PIT_LONGEST;
	if (c->mode > 5)
		return PIT_UNSET;
	return counts_once(c->mode) && clock_now_ns() - c->count_load_time >
					       count * NS_PER_SEC / PIT_HZ ?
		       PIT_RAN_OUT :
		       PIT_RUNS;
}

static void ask_timer(struct quiet *q, struct vm *vm)
{
	const struct irqchip *chip = vm->config.irqchip;

	if (is_there(vm, PIT_PORT, "pit"))
		q->pit = ask_own_timer(vm);
	else if (chip && !chip->models)
		q->pit = ask_kernel_timer(vm);
	if (q->pit != PIT_UNKNOWN)
		q->wired |= 1u << PIT_LINE;
	if (q->pit != PIT_RUNS)
		q->off |= 1u << PIT_LINE;
}

static uint32_t wired(const struct vm *vm)
{
	uint32_t lines = 0;

	for (unsigned int i = 0; i < vm->nr_boards; i++) {
		const struct board *board = &vm->boards[i];
		const struct device_type *type = board->dev.type;

		for (unsigned int pin = 0; pin < type->nr_irqs; pin++)
			lines |= 1u << (board->planned ?
						board->planned->irqs[pin] :
						type->irqs[pin]);
	}
	return lines;
}

/* Whether its text screen has something that nobody has seen. */
static bool has_screen(const struct vm *vm)
{
	struct surface *surface;
	bool written;

	if (atomic_load(&vm->on_terminal))
		return false;
	surface = calloc(1, sizeof(*surface));
	written = surface && boards_look(vm, surface) &&
		  surface_is_written(surface);
	free(surface);
	return written;
}

static void find_loops(struct quiet *q, struct vm *vm, struct sample *sample)
{
	for (unsigned int i = 0; i < sample->nr_cpus; i++) {
		struct loop loop;

		loop.found = loop_find(&vm->mem, &sample->cpus[i], &loop);
		sample->cpus[i].in_loop = loop.found && !loop.inputs;
		if (!i)
			q->loop = loop;
	}
}

static void gather(struct quiet *q, struct vm *vm, struct sample *sample)
{
	const struct irqchip *chip = vm->config.irqchip;

	*q = (struct quiet){
		.sample = sample,
		.irqchip = chip ? chip->name : NULL,
		.silent = sample->silent,
		.input_over = sample->input_over,
		.keys_to_serial = vm->config.keys &&
				  !strcmp(vm->config.keys, "serial"),
		.has_dma = vm->config.plan && vm->config.plan->nr,
		.wired = wired(vm),
		.screen = has_screen(vm),
		.pio = &vm->pio,
		.mmio = &vm->mmio,
	};
	q->has_uart = is_there(vm, UART, "serial");
	q->has_hvc = plan_has(vm->config.plan, "virtio-console");
	linux_look(&q->kernel, &vm->mem);
	find_loops(q, vm, sample);
	ask_uart(q, vm);
	ask_keyboard(q, vm);
	ask_clock(q, vm);
	ask_timer(q, vm);
}

static const struct rule quiet_rules[] = {
	{ .name = "linux-panic",
	  .says = "a kernel's last words are seen if it has a console",
	  .source = "Linux, admin-guide/serial-console.rst",
	  .advice = "--cmdline 'console=ttyS0 ...' shows them, and the log "
		    "before",
	  .broken = linux_panic },
	{ .name = "linux-console",
	  .says = "Linux prints on the consoles that its command line names",
	  .source = "Linux, admin-guide/serial-console.rst",
	  .advice = "--cmdline 'console=ttyS0 ...'; earlycon=uart,io,0x3f8 "
		    "shows what comes first",
	  .broken = linux_no_console },
	{ .name = "linux-console-device",
	  .says = "a console is a device that there is",
	  .source = "Linux, admin-guide/serial-console.rst",
	  .advice = "console=ttyS0 is COM1; hvc0 comes with --console",
	  .broken = linux_no_device },
	{ .name = "linux-console-driver",
	  .says = "a kernel prints on a console for which it has the driver, "
		  "built in",
	  .source = "Linux, admin-guide/serial-console.rst; "
		    "drivers/tty/serial/8250/Kconfig",
	  .advice = "set the options in its configuration, =y and not =m, and "
		    "build it again",
	  .broken = linux_no_driver },
	{ .name = "running-zeroes",
	  .says = "a jump leads to code: zeroes are memory that nobody filled",
	  .source = "SDM 2, \"One-byte Opcode Map\"",
	  .advice = "look at the last jump, call, return or gate before, by "
		    "--trace-insn",
	  .broken = spin_in_zeroes },
	{ .name = "hlt-no-controller",
	  .says = "HLT waits for an interrupt, and those come from interrupt "
		  "controllers",
	  .source = "SDM 2, \"HLT\"",
	  .advice = "--irqchip kernel, vmm or split; real-mode programs have "
		    "none, and end by HLT",
	  .broken = wait_no_controller },
	{ .name = "irq-as-exception",
	  .says = "in protected mode vectors 0 to 31 are exceptions, so the "
		  "8259s are moved to others before an interrupt comes",
	  .source = "SDM 3A, \"Exception and Interrupt Vectors\"; Intel 8259A, "
		    "\"ICW2\"",
	  .advice = "write ICW1 to ICW4 with vectors from 0x20 on, or mask all "
		    "lines",
	  .broken = wait_over_exception },
	{ .name = "hlt-if-off",
	  .says = "HLT waits for an interrupt, and with IF=0 none is taken: it "
		  "is for good",
	  .source = "SDM 2, \"HLT\"; SDM 3A, \"Maskable Hardware Interrupts\"",
	  .advice =
		  "STI before HLT; to end a run, hypercall 0 at port 0x500, or "
		  "ACPI's power off",
	  .broken = wait_interrupts_off },
	{ .name = "eoi-8259",
	  .says = "each interrupt of an 8259 is ended by an EOI, or those of "
		  "the same and lower priority stay out",
	  .source = "Intel 8259A, \"End of Interrupt (EOI)\"",
	  .advice = "out 0x20 to port 0x20; for IRQ8 to 15 to port 0xa0 first",
	  .broken = wait_no_eoi_pic },
	{ .name = "vector-apic",
	  .says = "vectors of APIC interrupts are 16 to 255",
	  .source = "SDM 3A, \"Valid Interrupt Vectors\"",
	  .broken = wait_ioapic_vector },
	{ .name = "eoi-apic",
	  .says = "each interrupt of a local APIC is ended by a write to its "
		  "EOI register",
	  .source = "SDM 3A, \"Signaling Interrupt Servicing Completion\"",
	  .advice = "write 0 to 0xfee000b0 at the end of the handler",
	  .broken = wait_no_eoi_apic },
	{ .name = "apic-priority",
	  .says = "an interrupt is taken only if its class is above the task "
		  "priority",
	  .source = "SDM 3A, \"Task and Processor Priorities\"",
	  .broken = wait_priority },
	{ .name = "apic-enabled",
	  .says = "a local APIC takes interrupts while it is enabled by SVR",
	  .source = "SDM 3A, \"Local APIC State After It Has Been Software "
		    "Disabled\"",
	  .advice = "set bit 8 of 0xfee000f0, with a vector for spurious ones",
	  .broken = wait_apic_off },
	{ .name = "apic-lint0",
	  .says = "the 8259's interrupts reach a CPU by LINT0 of its local APIC, "
		  "as ExtINT",
	  .source = "SDM 3A, \"Local Vector Table\"",
	  .advice = "write 0x700 to 0xfee00350, or use the I/O APIC",
	  .broken = wait_lint0 },
	{ .name = "cascade",
	  .says = "IRQ8 to 15 come by line 2 of the first 8259",
	  .source = "Intel 8259A, \"Cascade Mode\"",
	  .advice = "clear bit 2 of port 0x21 as well",
	  .broken = wait_cascade },
	{ .name = "icw",
	  .says = "an 8259 works once ICW1 to ICW4 have been written",
	  .source = "Intel 8259A, \"Initialization Command Words\"",
	  .broken = wait_no_icw },
	{ .name = "edge-lost",
	  .says = "an edge comes when a line rises, so a handler serves its "
		  "device until the line has fallen",
	  .source = "Intel 8259A, \"Edge and Level Triggered Modes\"",
	  .advice = "read the device, port 0x60 or 0x3f8, until it has no more",
	  .broken = wait_edge_lost },
	{ .name = "apic-there",
	  .says = "an APIC can be used where there is one",
	  .source = "SDM 3A, \"Presence of the Local APIC\"",
	  .advice = "--irqchip kernel or split; CPUID.1:EDX bit 9 says whether",
	  .broken = wait_no_apic },
	{ .name = "mask-8259",
	  .says = "a line whose bit in the 8259's mask is set does not "
		  "interrupt",
	  .source = "Intel 8259A, \"Operation Control Word 1\"",
	  .advice = "clear its bit in port 0x21, or 0xa1, before the wait",
	  .broken = wait_pic_mask },
	{ .name = "mask-ioapic",
	  .says = "a pin whose entry is masked does not interrupt",
	  .source = "Intel 82093AA, \"I/O Redirection Table Registers\"",
	  .broken = wait_ioapic_mask },
	{ .name = "apic-timer",
	  .says = "the local APIC's timer interrupts if it is enabled, not "
		  "masked and set",
	  .source = "SDM 3A, \"APIC Timer\"",
	  .broken = wait_apic_timer },
	{ .name = "timer-set",
	  .says = "IRQ0 comes from counter 0 of the 8254, once it has a mode and "
		  "a count; modes 2 and 3 go on",
	  .source = "Intel 8254, \"Mode Definitions\"",
	  .advice =
		  "out 0x34 to port 0x43, then both bytes of the count to 0x40",
	  .broken = wait_timer_stands },
	{ .name = "device-interrupts",
	  .says = "a device interrupts only if its own register allows it, too",
	  .source = "PC16550D, \"Interrupt Enable Register\"; IBM PS/2, "
		    "\"Keyboard Controller\"",
	  .broken = wait_device_off },
	{ .name = "nothing-comes",
	  .says = "who waits for an interrupt has let one through before",
	  .source =
		  "Intel 8259A, \"Operation Control Word 1\"; SDM 3A, \"Local "
		  "Vector Table\"",
	  .broken = wait_for_nothing },
	{ .name = "storm-8259",
	  .says = "a handler of a level makes its device let go of the line "
		  "before EOI, or it comes again at once",
	  .source = "Intel 8259A, \"Edge and Level Triggered Modes\"",
	  .advice = "read what the device says of its interrupt, as IIR of a "
		    "UART; ports 0x4d0 and 0x4d1 say which lines are levels",
	  .broken = storm_of_pic },
	{ .name = "storm-ioapic",
	  .says = "a handler of a level makes its device let go of the line "
		  "before EOI, or it comes again at once",
	  .source = "Intel 82093AA, \"I/O Redirection Table Registers\"",
	  .advice = "read what the device says of its interrupt, as IIR of a "
		    "UART; bit 15 of an entry makes it a level",
	  .broken = storm_of_ioapic },
	{ .name = "loop-for-good",
	  .says = "a loop that does nothing is ended by an interrupt, and with "
		  "IF=0 none is taken",
	  .source = "SDM 3A, \"Maskable Hardware Interrupts\"",
	  .advice =
		  "STI before it; to end a run, hypercall 0 at port 0x500, or "
		  "ACPI's power off",
	  .broken = spin_for_good },
	{ .name = "cpu-started",
	  .says = "a vCPU runs once another one has sent it INIT and SIPI",
	  .source = "SDM 3A, \"Multiple-Processor (MP) Initialization\"",
	  .advice = "ACPI's MADT and the MP table say which there are, unless "
		    "left out; --smp says how many",
	  .broken = spin_for_cpu },
	{ .name = "memory-changes",
	  .says = "memory that is waited for is changed by somebody: a handler, a "
		  "device or another CPU",
	  .source = "SDM 3A, \"Locked Atomic Operations\"",
	  .advice = "a lock that was taken is given back; a handler runs only "
		    "with IF=1",
	  .broken = spin_for_memory },
	{ .name = "device-port",
	  .says = "a port is polled only if a device is there; else reads give "
		  "ones for ever",
	  .source = "docs/devices.md",
	  .advice = "--list shows what there is; look for 0xff, and give up "
		    "after some time",
	  .broken = poll_nobody_port },
	{ .name = "device-address",
	  .says = "an address is polled only if RAM or a device is there",
	  .source = "docs/devices.md",
	  .advice = "--list shows what there is",
	  .broken = poll_nobody_address },
	{ .name = "keys-elsewhere",
	  .says = "keys go to one device: a kernel's to its serial console",
	  .source = "docs/guide.md",
	  .advice = "--keys keyboard",
	  .broken = poll_keys_elsewhere },
	{ .name = "input-over",
	  .says = "who waits for keys can be given some",
	  .source = "docs/guide.md",
	  .advice = "run it on a terminal, or write more to its stdin; --eof "
		    "says what the end means",
	  .broken = poll_input_over },
	{ .name = "timer-gate",
	  .says = "a counter of the 8254 counts while its gate is 1",
	  .source = "Intel 8254, \"Gate Pin Operations Summary\"",
	  .advice = "set bit 0 of port 0x61 first",
	  .broken = poll_timer_gate },
	{ .name = "status-same",
	  .says = "a status that is waited for is one that will change",
	  .source = "docs/devices.md",
	  .broken = poll_same },
	{ .name = "output-port",
	  .says = "what is printed goes to a device that prints",
	  .source = "docs/devices.md",
	  .broken = unseen_port },
	{ .name = "output-frame",
	  .says = "a frame buffer is where somebody has put one",
	  .source = "docs/devices.md",
	  .advice = "there is a text screen only: 80 x 25 cells at 0xb8000",
	  .broken = unseen_frame },
	{ .name = "output-screen",
	  .says = "what a guest prints on its screen is seen by who looks there",
	  .source = "docs/devices.md",
	  .advice = "--display text, or Ctrl-A s, shows it on a terminal",
	  .broken = unseen_screen },
};
RULES(RULE_QUIET, quiet_rules);

void rules_judge_quiet(struct rule_case *c, struct text *text)
{
	struct vcpu *vcpu = (struct vcpu *)c->vcpu;
	struct sample *sample, *own = NULL;
	struct quiet quiet;

	/* All of them are in the sample: one speaks for all. */
	if (!vcpu || (vcpu->id && c->status != STATUS_HALTED))
		return;
	sample = atomic_load(&vcpu->vm->sample);
	if (!sample)
		sample = own = sample_once(vcpu);
	if (!sample)
		return;
	pthread_mutex_lock(&sample->lock);
	gather(&quiet, vcpu->vm, sample);
	c->cpu = vcpu->id;
	c->quiet = &quiet;
	rules_look(c, RULE_QUIET, text);
	c->quiet = NULL;
	pthread_mutex_unlock(&sample->lock);
	sample_free(own);
}
