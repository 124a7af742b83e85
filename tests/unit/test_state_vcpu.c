/* objects: core/state.o core/state_cpuid.o core/state_time.o core/state_vcpu.o */
/* objects: core/state_xsave.o core/state_msrs.o core/cpuid.o core/cpuid_kvm.o */
/* objects: core/kvm.o core/feature.o irqchip/kernel.o irqchip/kernel_state.o */
/* objects: irqchip/msi.o irqchip/routes.o irqchip/pit_kernel.o util/parts.o */
/* objects: util/stash.o util/log.o util/sink.o util/lock.o */
/*
 * A vCPU and its clocks, saved from one guest of this machine's KVM and restored to
 * another. Guests that run meanwhile are guest/snapshot_cpu's.
 */
#include "state_world.h"

#define SECOND 1000000000ULL
#define WEEK   (7 * 86400 * SECOND)

#define MSR_STAR	 0xc0000081
#define MSR_LSTAR	 0xc0000082
#define MSR_KERNEL_GS	 0xc0000102
#define MSR_SYSENTER_EIP 0x176
#define MSR_PAT		 0x277
#define MSR_MTRR_BASE0	 0x200
#define MSR_MTRR_DEFAULT 0x2ff
#define MSR_MC0_CTL	 0x400
#define MSR_TSC		 0x10
#define MSR_TSC_DEADLINE 0x6e0
#define MSR_KVM_TIME	 0x4b564d01

#define APIC_SPIV  0xf0
#define APIC_LVTT  0x320
#define APIC_TMICT 0x380
#define APIC_TMCCT 0x390
#define APIC_TDCR  0x3e0
#define ONE_SHOT   (0 << 17)
#define PERIODIC   (1 << 17)
#define DEADLINE   (2 << 17)
#define MASKED	   (1 << 16)
#define BY_1	   0xb
#define BY_4	   0x1

/* --- Registers ----------------------------------------------------------------- */

static void check_registers(bool chips)
{
	struct guest *g = new_guest(chips), *other;
	struct kvm_regs regs = { .rax = 1,
				 .rbx = 2,
				 .rcx = 3,
				 .rdx = 4,
				 .rsi = 5,
				 .rdi = 6,
				 .rsp = 7,
				 .rbp = 8,
				 .r8 = 9,
				 .r15 = ~0ULL,
				 .rip = 0x1234,
				 .rflags = 0x246 };
	struct kvm_regs back;
	struct kvm_sregs sregs, sregs_back;

	assert_int_equal(ioctl(g->vcpus[0].fd, KVM_SET_REGS, &regs), 0);
	assert_int_equal(ioctl(g->vcpus[0].fd, KVM_GET_SREGS, &sregs), 0);
	sregs.cs.base = 0xabc0;
	sregs.cs.selector = 0xabc;
	sregs.gdt.base = 0x5000;
	sregs.cr2 = 0xdeadbeef;
	sregs.cr3 = 0x6000;
	sregs.cr8 = 5;
	assert_int_equal(ioctl(g->vcpus[0].fd, KVM_SET_SREGS, &sregs), 0);
	assert_int_equal(ioctl(g->vcpus[0].fd, KVM_GET_SREGS, &sregs), 0);
	other = carry(g);
	assert_int_equal(ioctl(other->vcpus[0].fd, KVM_GET_REGS, &back), 0);
	assert_memory_equal(&back, &regs, sizeof(regs));
	assert_int_equal(ioctl(other->vcpus[0].fd, KVM_GET_SREGS, &sregs_back),
			 0);
	assert_memory_equal(&sregs_back, &sregs, sizeof(sregs));
	assert_int_equal(other->vcpus[0].run->cr8, 5);
	assert_int_equal(other->vcpus[0].seen.rip, 0x1234);
	free_guest(other);
	free_guest(g);
}

static void carries_registers(void **state)
{
	(void)state;
	check_registers(true);
	check_registers(false);
}

static void carries_what_came_after_the_fpu(void **state)
{
	struct guest *g = new_guest(true), *other;
	struct kvm_xsave area, back;

	(void)state;
	assert_int_equal(ioctl(g->vcpus[1].fd, KVM_GET_XSAVE, &area), 0);
	for (unsigned int i = 40; i < 104; i++) /* XMM0 to XMM15 */
		area.region[i] = 0x1000 + i;
	area.region[6] = 0x1fa0; /* MXCSR */
	area.region[128] |= 3;	 /* XSTATE_BV: x87 and SSE are in use */
	assert_int_equal(ioctl(g->vcpus[1].fd, KVM_SET_XSAVE, &area), 0);
	assert_int_equal(ioctl(g->vcpus[1].fd, KVM_GET_XSAVE, &area), 0);
	assert_int_equal(area.region[103], 0x1000 + 103);
	other = carry(g);
	assert_int_equal(ioctl(other->vcpus[1].fd, KVM_GET_XSAVE, &back), 0);
	assert_memory_equal(&back, &area, sizeof(area));
	free_guest(other);
	free_guest(g);
}

static void carries_events_and_debug_registers(void **state)
{
	struct guest *g = new_guest(true), *other;
	struct kvm_vcpu_events events, events_back;
	struct kvm_debugregs debug, debug_back;

	(void)state;
	assert_int_equal(ioctl(g->vcpus[0].fd, KVM_GET_VCPU_EVENTS, &events),
			 0);
	events.exception.injected = 1;
	events.exception.nr = 13;
	events.exception.has_error_code = 1;
	events.exception.error_code = 0x58;
	events.nmi.pending = 1;
	events.nmi.masked = 1;
	events.interrupt.shadow = KVM_X86_SHADOW_INT_STI;
	events.flags = KVM_VCPUEVENT_VALID_NMI_PENDING |
		       KVM_VCPUEVENT_VALID_SHADOW;
	assert_int_equal(ioctl(g->vcpus[0].fd, KVM_SET_VCPU_EVENTS, &events),
			 0);
	assert_int_equal(ioctl(g->vcpus[0].fd, KVM_GET_VCPU_EVENTS, &events),
			 0);
	assert_int_equal(ioctl(g->vcpus[0].fd, KVM_GET_DEBUGREGS, &debug), 0);
	debug.db[0] = 0x1111;
	debug.db[3] = 0x4444;
	debug.dr7 = 0x455;
	assert_int_equal(ioctl(g->vcpus[0].fd, KVM_SET_DEBUGREGS, &debug), 0);
	other = carry(g);
	assert_int_equal(ioctl(other->vcpus[0].fd, KVM_GET_VCPU_EVENTS,
			       &events_back),
			 0);
	assert_memory_equal(&events_back, &events, sizeof(events));
	assert_int_equal(events_back.exception.nr, 13);
	assert_int_equal(events_back.nmi.pending, 1);
	assert_int_equal(
		ioctl(other->vcpus[0].fd, KVM_GET_DEBUGREGS, &debug_back), 0);
	assert_memory_equal(&debug_back, &debug, sizeof(debug));
	free_guest(other);
	free_guest(g);
}

static void carries_msrs(void **state)
{
	static const struct {
		uint32_t index;
		uint64_t data;
	} rows[] = {
		{ MSR_STAR, 0x23001000000000 },
		{ MSR_LSTAR, 0xffffffff81000000 },
		{ MSR_KERNEL_GS, 0xffff888000000000 },
		{ MSR_SYSENTER_EIP, 0x82000000 },
		{ MSR_PAT, 0x0407050600070106 },
		{ MSR_MTRR_BASE0, 0xc0000006 }, /* of those that KVM does */
		{ MSR_MTRR_DEFAULT, 0xc06 },	/* not list */
		{ MSR_MC0_CTL, ~0ULL },
	};
	struct guest *g = new_guest(true), *other;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		set_msr(g, 1, rows[i].index, rows[i].data);
	other = carry(g);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(get_msr(other, 1, rows[i].index) == rows[i].data);
		assert_true(get_msr(other, 0, rows[i].index) ==
			    get_msr(g, 0, rows[i].index));
	}
	free_guest(other);
	free_guest(g);
}

/* One that a start-up interrupt has come for counts as started: KVM has it taken
 * by asking, and its segments have to be those from then on. */
static void carries_whether_it_runs(void **state)
{
	static const uint32_t states[] = {
		KVM_MP_STATE_RUNNABLE,
		KVM_MP_STATE_HALTED,
		KVM_MP_STATE_UNINITIALIZED,
		KVM_MP_STATE_INIT_RECEIVED,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		struct kvm_mp_state mp = { states[i] }, back;
		struct guest *g = new_guest(true), *other;

		assert_int_equal(ioctl(g->vcpus[1].fd, KVM_SET_MP_STATE, &mp),
				 0);
		other = carry(g);
		assert_int_equal(
			ioctl(other->vcpus[1].fd, KVM_GET_MP_STATE, &back), 0);
		assert_int_equal(back.mp_state, states[i]);
		free_guest(other);
		free_guest(g);
	}
}

static void carries_what_is_ours(void **state)
{
	struct guest *g = new_guest(false), *other;

	(void)state;
	g->vcpus[0].halted = true;
	g->vcpus[0].run->if_flag = 1;
	g->vcpus[0].run->ready_for_interrupt_injection = 1;
	other = carry(g);
	assert_true(other->vcpus[0].halted);
	assert_int_equal(other->vcpus[0].run->if_flag, 1);
	assert_int_equal(other->vcpus[0].run->ready_for_interrupt_injection, 1);
	free_guest(other);
	free_guest(g);
}

/* --- Interrupt controllers in the kernel ------------------------------------------- */

static void carries_chips(void **state)
{
	struct guest *g = new_guest(true), *other;
	struct kvm_irqchip chip = { .chip_id = KVM_IRQCHIP_IOAPIC }, back;
	struct kvm_pit_state2 pit, pit_back;

	(void)state;
	assert_int_equal(ioctl(g->vm.fd, KVM_GET_IRQCHIP, &chip), 0);
	chip.chip.ioapic.id = 3;
	chip.chip.ioapic.ioregsel = 0x12;
	/* A level that a CPU is at, and that still asks. */
	chip.chip.ioapic.redirtbl[9].bits = 0xc031;
	chip.chip.ioapic.irr = 1 << 9;
	assert_int_equal(ioctl(g->vm.fd, KVM_SET_IRQCHIP, &chip), 0);
	assert_int_equal(ioctl(g->vm.fd, KVM_GET_PIT2, &pit), 0);
	pit.channels[0].mode = 2;
	pit.channels[0].count = 11932;
	pit.channels[2].mode = 3;
	pit.channels[2].count = 1000;
	assert_int_equal(ioctl(g->vm.fd, KVM_SET_PIT2, &pit), 0);
	other = carry(g);
	assert_int_equal(ioctl(g->vm.fd, KVM_GET_IRQCHIP, &chip), 0);
	back = (struct kvm_irqchip){ .chip_id = KVM_IRQCHIP_IOAPIC };
	assert_int_equal(ioctl(other->vm.fd, KVM_GET_IRQCHIP, &back), 0);
	assert_memory_equal(&back.chip.ioapic, &chip.chip.ioapic,
			    sizeof(chip.chip.ioapic));
	assert_int_equal(back.chip.ioapic.redirtbl[9].bits, 0xc031);
	assert_int_equal(ioctl(other->vm.fd, KVM_GET_PIT2, &pit_back), 0);
	assert_int_equal(pit_back.channels[0].count, 11932);
	assert_int_equal(pit_back.channels[2].mode, 3);
	free_guest(other);
	free_guest(g);
}

/* A 8259 that has asked the CPU, which has not taken it yet. */
static void carries_a_waiting_8259(void **state)
{
	struct guest *g = new_guest(true), *other;
	struct kvm_irqchip chip = { .chip_id = KVM_IRQCHIP_PIC_MASTER };
	struct kvm_irq_level line = { .irq = 4, .level = 1 };

	(void)state;
	assert_int_equal(ioctl(g->vm.fd, KVM_GET_IRQCHIP, &chip), 0);
	chip.chip.pic.irq_base = 0x20;
	chip.chip.pic.imr = 0;
	assert_int_equal(ioctl(g->vm.fd, KVM_SET_IRQCHIP, &chip), 0);
	assert_int_equal(ioctl(g->vm.fd, KVM_IRQ_LINE, &line), 0);
	other = carry(g);
	memset(&chip, 0, sizeof(chip));
	assert_int_equal(ioctl(other->vm.fd, KVM_GET_IRQCHIP, &chip), 0);
	assert_int_equal(chip.chip.pic.irr & 0x10, 0x10);
	assert_int_equal(chip.chip.pic.last_irr & 0x10, 0x10);
	assert_int_equal(chip.chip.pic.irq_base, 0x20);
	free_guest(other);
	free_guest(g);
}

/* --- Time -------------------------------------------------------------------------- */

/* As if it had been saved @ns earlier: what state_time.c puts is the guest's clock,
 * the wall clock, KVM's clock and the host's TSC. */
struct times {
	uint64_t guest_ns, wall_ns, kvm_ns, tsc;
};

static struct times *times_of(struct parts *parts)
{
	struct part *part = part_of(parts, "time", 0);

	assert_int_equal(part->stash.len, sizeof(struct times));
	return (struct times *)part->stash.data;
}

static uint64_t kvm_ns(struct guest *g)
{
	struct kvm_clock_data clock = { 0 };

	assert_int_equal(ioctl(g->vm.fd, KVM_GET_CLOCK, &clock), 0);
	return clock.clock;
}

/* At least @least more, and not much: the test itself takes time. */
static void check_gone(uint64_t from, uint64_t to, uint64_t least)
{
	assert_true(to - from >= least);
	assert_true(to - from < least + 200 * SECOND);
}

/* One whose guests read the host's own takes an offset, and it is none. */
static bool has_tsc_of_its_own(struct guest *g)
{
	uint64_t offset = 1ULL << 60;
	struct kvm_device_attr attr = { .group = KVM_VCPU_TSC_CTRL,
					.attr = KVM_VCPU_TSC_OFFSET,
					.addr = (uintptr_t)&offset };
	uint64_t before = get_msr(g, 0, MSR_TSC);

	assert_int_equal(ioctl(g->vcpus[0].fd, KVM_SET_DEVICE_ATTR, &attr), 0);
	return get_msr(g, 0, MSR_TSC) - before > 1ULL << 59;
}

static void clocks_go_on(uint64_t ns)
{
	struct guest *g = new_guest(true), *other = new_guest(true);
	uint64_t khz = ioctl(g->vcpus[0].fd, KVM_GET_TSC_KHZ, 0);
	uint64_t guest_ns = vm_now_ns(&g->vm), clock_ns = kvm_ns(g);
	uint64_t tsc = get_msr(g, 0, MSR_TSC), now;
	struct parts parts = save(g);

	times_of(&parts)->wall_ns -= ns;
	assert_string_equal(try_load(other, &parts), "");
	check_gone(guest_ns, vm_now_ns(&other->vm), ns);
	check_gone(clock_ns, kvm_ns(other), ns);
	now = get_msr(other, 0, MSR_TSC);
	if (has_tsc_of_its_own(g))
		check_gone(0, (unsigned __int128)(now - tsc) * 1000000 / khz,
			   ns - ns / 100000);
	/* All in step, as before. */
	assert_true(get_msr(other, 1, MSR_TSC) - now < khz * 1000 * 200);
	parts_free(&parts);
	free_guest(other);
	free_guest(g);
}

static void clocks_go_on_as_outside(void **state)
{
	(void)state;
	clocks_go_on(0);
	clocks_go_on(SECOND / 2); /* near: taken for a synchronisation */
	clocks_go_on(WEEK);
}

/* The wall clock was set back, or the file comes from one that is ahead. */
static void no_time_passes_backwards(void **state)
{
	struct guest *g = new_guest(true), *other = new_guest(true);
	uint64_t guest_ns = vm_now_ns(&g->vm), clock_ns = kvm_ns(g);
	struct parts parts = save(g);

	(void)state;
	times_of(&parts)->wall_ns += WEEK;
	assert_string_equal(try_load(other, &parts), "");
	check_gone(guest_ns, vm_now_ns(&other->vm), 0);
	check_gone(clock_ns, kvm_ns(other), 0);
	parts_free(&parts);
	free_guest(other);
	free_guest(g);
}

static void refuses_other_centuries(void **state)
{
	static const size_t at[] = { 0, 1, 2 };

	(void)state;
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		struct guest *g = new_guest(true);
		struct parts parts = save(g);
		uint64_t *words = (uint64_t *)times_of(&parts);

		words[at[i]] = at[i] == 1 ? 0x1000 : ~0ULL;
		if (at[i] == 1) /* 1970 is not that long ago */
			words[0] = 1ULL << 63;
		assert_non_null(strstr(try_load(g, &parts), "century"));
		parts_free(&parts);
		free_guest(g);
	}
}

static void set_apic(struct kvm_lapic_state *apic, unsigned int at,
		     uint32_t val)
{
	memcpy(&apic->regs[at], &val, sizeof(val));
}

static uint32_t apic_of(struct guest *g, unsigned int at)
{
	struct kvm_lapic_state apic;
	uint32_t val;

	assert_int_equal(ioctl(g->vcpus[0].fd, KVM_GET_LAPIC, &apic), 0);
	memcpy(&val, &apic.regs[at], sizeof(val));
	return val;
}

static void start_timer(struct guest *g, uint32_t mode, uint32_t divide,
			uint32_t count)
{
	struct kvm_lapic_state apic;

	assert_int_equal(ioctl(g->vcpus[0].fd, KVM_GET_LAPIC, &apic), 0);
	set_apic(&apic, APIC_SPIV, 0x1ff);
	set_apic(&apic, APIC_LVTT, mode | 0x30);
	set_apic(&apic, APIC_TDCR, divide);
	set_apic(&apic, APIC_TMICT, count);
	set_apic(&apic, APIC_TMCCT, count);
	assert_int_equal(ioctl(g->vcpus[0].fd, KVM_SET_LAPIC, &apic), 0);
}

/* Counts of 4 ns, of which a second is a quarter as many. */
static void apic_timers_go_on(void **state)
{
	static const uint32_t modes[] = { ONE_SHOT, PERIODIC };
	const uint32_t count = 0xf0000000; /* some 16 s */

	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		struct guest *g = new_guest(true), *other = new_guest(true);
		struct parts parts;
		uint32_t left;

		start_timer(g, modes[i], BY_4, count);
		parts = save(g);
		times_of(&parts)->wall_ns -= 4 * SECOND;
		assert_string_equal(try_load(other, &parts), "");
		left = apic_of(other, APIC_TMCCT);
		assert_true(left <= count - SECOND);
		assert_true(left > count - 3 * SECOND);
		assert_int_equal(apic_of(other, APIC_TMICT), count);
		parts_free(&parts);
		free_guest(other);
		free_guest(g);
	}
}

static void a_deadline_stays(void **state)
{
	struct guest *g = new_guest(true), *other;
	uint64_t deadline = get_msr(g, 0, MSR_TSC) + 1000 * SECOND;

	(void)state;
	start_timer(g, DEADLINE, BY_1, 0);
	set_msr(g, 0, MSR_TSC_DEADLINE, deadline);
	assert_true(get_msr(g, 0, MSR_TSC_DEADLINE) == deadline);
	other = carry(g);
	assert_true(get_msr(other, 0, MSR_TSC_DEADLINE) == deadline);
	free_guest(other);
	free_guest(g);
}

/* KVM writes there what time it is: the guest is told that it stood still. */
static void a_guests_kvm_clock_knows(void **state)
{
	struct guest *g = new_guest(true), *other;

	(void)state;
	set_msr(g, 0, MSR_KVM_TIME, 0x2000 | 1);
	other = carry(g);
	assert_int_equal(get_msr(other, 0, MSR_KVM_TIME), 0x2001);
	free_guest(other);
	free_guest(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(carries_registers),
		cmocka_unit_test(carries_what_came_after_the_fpu),
		cmocka_unit_test(carries_events_and_debug_registers),
		cmocka_unit_test(carries_msrs),
		cmocka_unit_test(carries_whether_it_runs),
		cmocka_unit_test(carries_what_is_ours),
		cmocka_unit_test(carries_chips),
		cmocka_unit_test(carries_a_waiting_8259),
		cmocka_unit_test(clocks_go_on_as_outside),
		cmocka_unit_test(no_time_passes_backwards),
		cmocka_unit_test(refuses_other_centuries),
		cmocka_unit_test(apic_timers_go_on),
		cmocka_unit_test(a_deadline_stays),
		cmocka_unit_test(a_guests_kvm_clock_knows),
	};

	return run_with_kvm(tests);
}
