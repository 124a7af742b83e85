/*
 * A machine whose world is a fuzz program's input: KVM is the ioctl() below, the
 * clock one that the input sets, timers are eventfds, and stdin is a pipe. VM exits
 * of every kind, with whatever KVM would hand over, go to core/exit.c and from
 * there over the buses.
 */
#ifndef MKVM_MACHINE_WORLD_H
#define MKVM_MACHINE_WORLD_H

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "core/board.h"
#include "core/exit.h"
#include "core/plan.h"
#include "core/probes.h"
#include "core/sandbox.h"
#include "core/services.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "irqchip.h"
#include "plug.h"
#include "probe.h"
#include "terminal/console.h"
#include "util/event.h"

#define RUN_SIZE   (3 * 4096)
#define DATA_AT	   4096 /* where KVM puts what a port access moves */
#define DATA_MAX   4096
#define NR_CPUS	   2
#define TIMERS_MAX 64
#define RAM	   MEM_MIN

TABLE_DECLARE(irqchip, irqchip);
TABLE_DECLARE(plug, plug);
TABLE_DECLARE(probe, probe);

struct bytes {
	const uint8_t *data;
	size_t left;
};

static uint64_t now_ns;
static struct bytes in;
static struct timer {
	int fd;
	uint64_t due_ns; /* 0: not armed */
} timers[TIMERS_MAX];
static unsigned int nr_timers;
static int keys_fd; /* the other end of stdin */

static uint8_t next(void)
{
	if (!in.left)
		return 0;
	in.left--;
	return *in.data++;
}

static uint64_t next_word(unsigned int bytes)
{
	uint64_t val = 0;

	while (bytes--)
		val = val << 8 | next();
	return val;
}

/* --- The world around: KVM, clock and timers ------------------------------- */

int __wrap_ioctl(int fd, unsigned long request, ...);
int __wrap_event_timer_fd(void);
void __wrap_event_arm(int fd, uint64_t ns, uint64_t period_ns);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);

static int new_file(void)
{
	int fd = memfd_create("kvm", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, RUN_SIZE))
		abort();
	return fd;
}

static void list_msrs(struct kvm_msr_list *list)
{
	static const uint32_t some[] = { 0x174, 0x277, 0xc0000081, 0x4b564d01 };

	list->nmsrs = sizeof(some) / sizeof(some[0]);
	memcpy(list->indices, some, sizeof(some));
}

static bool is_strict;

/* What is set for a guest that is restored may be too much for it. */
static bool refuses(unsigned long request)
{
	if (!is_strict)
		return false;
	errno = EINVAL;
	switch (request) {
	case KVM_SET_SREGS2:
	case KVM_SET_XSAVE:
	case KVM_SET_NESTED_STATE:
	case KVM_SET_LAPIC:
	case KVM_SET_VCPU_EVENTS:
	case KVM_SET_MP_STATE:
	case KVM_SET_IRQCHIP:
	case KVM_SET_PIT2:
		return next() == 0xff;
	default:
		return false;
	}
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	(void)fd;
	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	switch (request) {
	case KVM_CREATE_VM:
	case KVM_CREATE_VCPU:
		return new_file();
	case KVM_CHECK_EXTENSION: /* a number of bytes, some of them */
		return (uintptr_t)arg == KVM_CAP_NESTED_STATE ?
			       (int)sizeof(struct kvm_nested_state) :
			       1;
	case KVM_GET_SUPPORTED_CPUID:
		((struct kvm_cpuid2 *)arg)->nent = 0;
		return 0;
	case KVM_GET_SREGS:
		memset(arg, 0, sizeof(struct kvm_sregs));
		return 0;
	case KVM_GET_REGS:
		memset(arg, 0, sizeof(struct kvm_regs));
		return 0;
	case KVM_GET_MSR_INDEX_LIST:
		list_msrs(arg);
		return 0;
	case KVM_GET_MSRS:
	case KVM_SET_MSRS:
		return ((struct kvm_msrs *)arg)->nmsrs;
	case KVM_SET_GSI_ROUTING:
		if (((struct kvm_irq_routing *)arg)->nr > IRQCHIP_LINES)
			abort();
		return 0;
	case KVM_IRQ_LINE:
		if (((struct kvm_irq_level *)arg)->irq >= IRQCHIP_LINES)
			abort();
		return 0;
	case KVM_INTERRUPT:
		if (((struct kvm_interrupt *)arg)->irq > 255)
			abort();
		return 0;
	default:
		return refuses(request) ? -1 : 0;
	}
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
	(void)clock;
	now->tv_sec = now_ns / 1000000000;
	now->tv_nsec = now_ns % 1000000000;
	return 0;
}

/* An eventfd, which is ready when we say so. */
int __wrap_event_timer_fd(void)
{
	int fd = event_fd();

	if (fd < 0 || nr_timers == TIMERS_MAX)
		abort();
	timers[nr_timers++] = (struct timer){ .fd = fd };
	return fd;
}

void __wrap_event_arm(int fd, uint64_t ns, uint64_t period_ns)
{
	(void)period_ns;
	for (unsigned int i = 0; i < nr_timers; i++)
		if (timers[i].fd == fd)
			timers[i].due_ns = ns ? now_ns + ns : 0;
}

static void pass_time(uint64_t ns)
{
	now_ns += ns;
	for (unsigned int i = 0; i < nr_timers; i++) {
		if (!timers[i].due_ns || timers[i].due_ns > now_ns)
			continue;
		timers[i].due_ns = 0;
		event_notify(timers[i].fd);
	}
}

/* No thread is started, and none has walls; core/sandbox_none.c may be there, too. */
__attribute__((weak)) int sandbox_thread(enum sandbox_kind kind,
					 unsigned int nr)
{
	(void)kind;
	(void)nr;
	return 0;
}

/* --- The machine ----------------------------------------------------------- */

struct machine {
	struct kvm kvm;
	struct event_loop loop;
	struct event_source turn; /* so that the loop always has something */
	struct console console;
	struct vm vm;
};

static void on_quit(void *arg, int status)
{
	struct machine *m = arg;

	vm_stop(&m->vm, status, NULL);
}

static void on_turn(void *arg, uint32_t events)
{
	(void)events;
	event_ack(((struct machine *)arg)->turn.fd);
}

static bool after_one(void *arg)
{
	bool *asked = arg;

	if (*asked)
		return true;
	*asked = true;
	return false;
}

/* One turn of the main thread. */
static void turn(struct machine *m)
{
	bool asked = false;

	event_notify(m->turn.fd);
	event_run(&m->loop, after_one, &asked);
}

static const struct irqchip *chip_of(uint8_t byte)
{
	const struct irqchip *const *row;
	unsigned int at = 0;

	TABLE_FOREACH(irqchip, row) {
		if (at++ == byte % 4)
			return *row;
	}
	return NULL;
}

static void watch(uint8_t byte)
{
	const struct probe *const *row;

	TABLE_FOREACH(probe, row) {
		if (byte & 0x80 && (*row)->before && (*row)->talks)
			probes_add(*row);
	}
}

/* Two of each device for the PCI bus; it lives as long as the process. */
static struct plan *make_plan(void)
{
	static struct plan plan;
	const struct plug *const *row;

	if (plan.nr)
		return &plan;
	TABLE_FOREACH(plug, row) {
		for (int i = 0; i < 2 && !(*row)->arg; i++)
			if ((*row)->plug(&plan, NULL))
				abort();
	}
	return &plan;
}

/* As @how says. */
static void build(struct machine *m, uint8_t how)
{
	static const char *const names[] = { "fuzz" };
	const struct irqchip *chip = chip_of(how);
	struct console_config console = {
		.names = names,
		.nr_guests = 1,
		.grab = services_keys,
		.input = board_input,
		.quit = on_quit,
		.arg = m,
	};
	struct vm_config config = {
		.name = names[0],
		.nr_guests = 1,
		.mem_size = RAM,
		.nr_vcpus = chip && chip->has_apic ? NR_CPUS : 1,
		.irqchip = chip,
		.hlt_ends = how & 0x40,
		.max_output = UINT64_MAX,
		.plan = how & 0x20 ? make_plan() : NULL,
	};

	memset(m, 0, sizeof(*m));
	now_ns = 1000000000;
	nr_timers = 0;
	watch(how);
	m->kvm = (struct kvm){ .fd = -1, .run_size = RUN_SIZE, .max_cpus = 4 };
	if (event_init(&m->loop) ||
	    console_init(&m->console, &m->loop, &console))
		abort();
	m->turn = (struct event_source){ event_fd(), on_turn, m };
	config.console = &m->console.guests[0];
	config.stop_fd = m->turn.fd;
	if (event_add(&m->loop, &m->turn, EPOLLIN) ||
	    vm_create(&m->vm, &m->kvm, &config) ||
	    boards_create(&m->vm, &m->loop) || console_start(&m->console))
		abort();
}

static void take_down(struct machine *m)
{
	vm_stop(&m->vm, 0, NULL);
	console_end(&m->console.guests[0]);
	boards_free(&m->vm);
	vm_free(&m->vm);
	console_free(&m->console);
	close(m->turn.fd);
	event_free(&m->loop);
}

/* --- What happens ----------------------------------------------------------- */

/* In a claim, or beside it. */
static uint64_t place_in(const struct bus_claim *claim)
{
	unsigned int bytes = claim->len > 0x100 ? 3 : 1;

	return claim->base + next_word(bytes) % (claim->len + 8) - 4;
}

/* A claimed port or address mostly. */
static uint64_t place_on(const struct bus *bus)
{
	uint8_t how = next();

	if (how % 16 == 0 || !bus->nr_claims)
		return next_word(bus->name[0] == 'p' ? 2 : 8);
	if (how % 16 == 1 && bus->moving)
		return place_in(how & 0x10 && bus->moving->next ?
					&bus->moving->next->claim :
					&bus->moving->claim);
	return place_in(&bus->claims[next() % bus->nr_claims]);
}

static void on_port(struct vm *vm, struct kvm_run *run)
{
	static const unsigned char sizes[] = { 1, 1, 2, 4 };
	uint8_t how = next();

	run->exit_reason = KVM_EXIT_IO;
	run->io.direction = how & 1 ? KVM_EXIT_IO_OUT : KVM_EXIT_IO_IN;
	run->io.size = sizes[how >> 1 & 3];
	run->io.count = how & 0x80 ? 1 + next() % (DATA_MAX / 4) : 1;
	run->io.port = place_on(&vm->pio);
	run->io.data_offset = DATA_AT;
	for (unsigned int i = 0; i < 8; i++)
		((uint8_t *)run)[DATA_AT + i] = next();
}

static void on_memory(struct vm *vm, struct kvm_run *run)
{
	uint8_t how = next();

	run->exit_reason = KVM_EXIT_MMIO;
	run->mmio.is_write = how & 1;
	run->mmio.len = 1 + (how >> 1 & 7); /* KVM splits at pages: any */
	run->mmio.phys_addr = place_on(&vm->mmio);
	for (unsigned int i = 0; i < sizeof(run->mmio.data); i++)
		run->mmio.data[i] = next();
}

static void on_other(struct vm *vm, struct kvm_run *run)
{
	run->exit_reason = next() % 40;
	if (run->exit_reason == KVM_EXIT_IOAPIC_EOI) {
		run->eoi.vector = next();
		if (!vm->ioapic) /* KVM sends it to nobody else */
			run->exit_reason = KVM_EXIT_INTR;
	} else if (run->exit_reason == KVM_EXIT_IO ||
		   run->exit_reason == KVM_EXIT_MMIO) {
		run->exit_reason = KVM_EXIT_INTR;
	} else {
		run->internal.suberror = next();
	}
}

/* A VM exit of one of the vCPUs, as vcpu.c has it answered. */
static void vm_exit(struct machine *m, uint8_t what)
{
	struct vcpu *vcpu = &m->vm.vcpus[what >> 7 & (m->vm.nr_vcpus - 1)];
	const struct irqchip *chip = m->vm.config.irqchip;

	vcpu->run->ready_for_interrupt_injection = what & 0x40;
	vcpu->run->s.regs.regs.rbx = what;
	if (chip && chip->enter)
		chip->enter(vcpu);
	vcpu->exit_number++;
	if (what % 16 < 9)
		on_port(&m->vm, vcpu->run);
	else if (what % 16 < 15)
		on_memory(&m->vm, vcpu->run);
	else
		on_other(&m->vm, vcpu->run);
	vcpu->entered_ns = now_ns;
	exit_handle(vcpu);
}

static void type_keys(void)
{
	uint8_t keys[64];
	size_t len = next() % sizeof(keys);

	for (size_t i = 0; i < len; i++)
		keys[i] = next();
	if (write(keys_fd, keys, len) < 0 && errno != EAGAIN)
		abort();
}

static void step(struct machine *m)
{
	uint8_t what = next();

	switch (what & 0x30) {
	case 0x00:
		type_keys();
		turn(m);
		break;
	case 0x10:
		pass_time(next_word(what % 8));
		turn(m);
		break;
	default:
		vm_exit(m, what);
	}
}

/* stdin is a pipe of ours, once; what guests print goes nowhere. */
static void open_console(void)
{
	int fds[2], nowhere;

	if (keys_fd)
		return;
	nowhere = open("/dev/null", O_WRONLY);
	if (nowhere < 0 || dup2(nowhere, STDOUT_FILENO) < 0 ||
	    pipe2(fds, O_NONBLOCK) || dup2(fds[0], STDIN_FILENO) < 0)
		abort();
	keys_fd = fds[1];
}

#endif
