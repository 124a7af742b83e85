/* Breakpoints and watchpoints: the list, and int3 in RAM. See breaks.h. */
#include "service/gdb/breaks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/vcpu.h"
#include "core/vm.h"
#include "irqchip.h"
#include "memory.h"
#include "service/gdb/inner.h"
#include "x86/mode.h"

/* The first one at @addr or behind. */
static unsigned int place_of(const struct breaks *breaks, uint64_t addr)
{
	unsigned int low = 0, high = breaks->nr;

	while (low < high) {
		unsigned int mid = (low + high) / 2;

		if (breaks->list[mid].addr < addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const struct breakpoint *breaks_at(const struct gdb *gdb, uint64_t pc)
{
	const struct breaks *breaks = &gdb->breaks;
	unsigned int i = place_of(breaks, pc);

	return i < breaks->nr && breaks->list[i].addr == pc ? &breaks->list[i] :
							      NULL;
}

/* The one of @kind at @addr, or NULL. */
static struct breakpoint *find(struct breaks *breaks, enum break_kind kind,
			       uint64_t addr)
{
	for (unsigned int i = place_of(breaks, addr);
	     i < breaks->nr && breaks->list[i].addr == addr; i++)
		if (breaks->list[i].kind == kind)
			return &breaks->list[i];
	return NULL;
}

/* Hardware ones that have a debug register each; watchpoints may take several,
 * since each covers 1, 2, 4 or 8 bytes that lie on a multiple of their number. */
struct debug_reg {
	enum break_kind kind;
	uint64_t addr;
	unsigned int len;
};

static unsigned int piece_len(uint64_t addr, uint64_t left)
{
	unsigned int len = 8;

	while (len > left || addr % len)
		len /= 2;
	return len;
}

/* The debug registers for all of it; more than DEBUG_REGS are too many. */
static unsigned int lay_debug_regs(const struct breaks *breaks,
				   struct debug_reg *regs)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < breaks->nr; i++)
		if (breaks->list[i].kind == BREAK_HARDWARE && nr++ < DEBUG_REGS)
			regs[nr - 1] = (struct debug_reg){ BREAK_HARDWARE,
							   breaks->list[i].addr,
							   1 };
	for (unsigned int i = 0; i < breaks->nr_watches; i++) {
		const struct watchpoint *watch = &breaks->watches[i];
		uint64_t off = 0;

		while (off < watch->len && nr <= DEBUG_REGS) {
			uint64_t addr = watch->addr + off;
			unsigned int len = piece_len(addr, watch->len - off);

			if (nr++ < DEBUG_REGS)
				regs[nr - 1] = (struct debug_reg){ watch->kind,
								   addr, len };
			off += len;
		}
	}
	return nr;
}

static bool fit_debug_regs(const struct breaks *breaks)
{
	struct debug_reg regs[DEBUG_REGS];

	return lay_debug_regs(breaks, regs) <= DEBUG_REGS;
}

/* DR7 (SDM 3B, "Debug Control Register"): two bits that turn register N on, and
 * four that say for what, and how long it is. */
void breaks_arm(const struct gdb *gdb, struct kvm_guest_debug *debug)
{
	static const unsigned int conditions[] = { [BREAK_HARDWARE] = 0,
						   [WATCH_WRITE] = 1,
						   [WATCH_READ] = 3,
						   [WATCH_ACCESS] = 3 };
	static const unsigned int lengths[] = { 0, 0, 1, 0, 3, 0, 0, 0, 2 };
	struct debug_reg regs[DEBUG_REGS];
	unsigned int nr;

	if (break_means.int3 && gdb->breaks.nr)
		debug->control |= KVM_GUESTDBG_USE_SW_BP;
	if (!break_means.debug_regs)
		return;
	nr = lay_debug_regs(&gdb->breaks, regs);
	for (unsigned int i = 0; i < nr && i < DEBUG_REGS; i++) {
		unsigned int what = conditions[regs[i].kind] |
				    lengths[regs[i].len] << 2;

		debug->control |= KVM_GUESTDBG_USE_HW_BP;
		debug->arch.debugreg[i] = regs[i].addr;
		debug->arch.debugreg[7] |= 2ULL << (2 * i) |
					   (uint64_t)what << (16 + 4 * i);
	}
}

bool breaks_hit(const struct gdb *gdb, uint64_t dr6, struct stop *stop)
{
	static const enum stop_reason reasons[] = {
		[BREAK_HARDWARE] = STOP_HARDWARE,
		[WATCH_WRITE] = STOP_WRITE,
		[WATCH_READ] = STOP_READ,
		[WATCH_ACCESS] = STOP_ACCESS,
	};
	struct debug_reg regs[DEBUG_REGS];
	unsigned int nr = lay_debug_regs(&gdb->breaks, regs);

	for (unsigned int i = 0; i < nr && i < DEBUG_REGS; i++)
		if (dr6 >> i & 1) {
			stop->reason = reasons[regs[i].kind];
			stop->addr = regs[i].addr;
			return true;
		}
	return false;
}

uint8_t breaks_trap(const struct gdb *gdb, const struct kvm_sregs *sregs,
		    bool user)
{
	const struct irqchip *chip = gdb->vm->config.irqchip;

	if (break_means.int3)
		return TRAP_INT3;
	if (!break_means.out || (chip && chip->has_apic && !chip->models))
		return 0;
	switch (cpu_mode(sregs->cr0, sregs->efer)) {
	case MODE_REAL:
		return TRAP_OUT;
	case MODE_PROTECTED:
		return sregs->cs.dpl ? 0 : TRAP_OUT;
	default:
		return user ? 0 : TRAP_OUT;
	}
}

static bool wants_trap(const struct breakpoint *point)
{
	return !point->planted &&
	       (point->kind == BREAK_SOFTWARE || !break_means.debug_regs);
}

static void count_again(struct breaks *breaks)
{
	breaks->need_steps = breaks->nr_watches && !break_means.debug_regs;
	breaks->unmapped = false;
	for (unsigned int i = 0; i < breaks->nr; i++) {
		breaks->need_steps |= wants_trap(&breaks->list[i]);
		breaks->unmapped |= breaks->list[i].unmapped;
	}
	breaks->version++;
}

/* Puts a trap there, if it can be: not in ROM, and not in RAM behind it. */
static void plant(struct gdb_cpu *cpu, struct breakpoint *point)
{
	const struct kvm_sregs *sregs = &gdb_state(cpu)->sregs;
	const struct vm *vm = cpu->gdb->vm;
	uint8_t *byte = NULL, trap;
	bool user;

	if (memory_walk(sregs, vm, point->addr, &point->gpa, &user))
		byte = ram_seen(vm, point->gpa, 1);
	point->unmapped = !byte;
	trap = byte ? breaks_trap(cpu->gdb, sregs, user) : 0;
	if (!trap || !ram_read(cpu->gdb, point->gpa, &point->saved, 1))
		return;
	*byte = trap;
	point->trap = trap;
	point->planted = true;
}

/* Takes it out again, unless another one is there, or the guest has written over
 * it. */
static void pull(struct gdb *gdb, struct breakpoint *point)
{
	uint8_t *byte = mem_hva(&gdb->vm->mem, point->gpa, 1);

	if (!point->planted)
		return;
	point->planted = false;
	for (unsigned int i = 0; i < gdb->breaks.nr; i++)
		if (gdb->breaks.list[i].planted &&
		    gdb->breaks.list[i].gpa == point->gpa)
			return;
	if (*byte == point->trap)
		*byte = point->saved;
}

void breaks_plant(struct gdb_cpu *cpu)
{
	struct breaks *breaks = &cpu->gdb->breaks;

	for (unsigned int i = 0; i < breaks->nr; i++)
		if (wants_trap(&breaks->list[i]))
			plant(cpu, &breaks->list[i]);
	count_again(breaks);
}

bool breaks_lift(struct gdb_cpu *cpu)
{
	const struct gdb_state *state = gdb_state(cpu);
	struct breaks *breaks = &cpu->gdb->breaks;
	bool lifted = false;
	uint64_t gpa;

	if (!memory_walk(&state->sregs, cpu->gdb->vm,
			 target_pc(&state->regs, &state->sregs), &gpa, NULL))
		return false;
	for (unsigned int i = 0; i < breaks->nr; i++)
		if (breaks->list[i].planted && breaks->list[i].gpa == gpa) {
			pull(cpu->gdb, &breaks->list[i]);
			lifted = true;
		}
	return lifted;
}

static void insert(struct breaks *breaks, const struct breakpoint *point)
{
	unsigned int i = place_of(breaks, point->addr);

	memmove(&breaks->list[i + 1], &breaks->list[i],
		(breaks->nr++ - i) * sizeof(*breaks->list));
	breaks->list[i] = *point;
}

bool breaks_add_gate(struct gdb_cpu *cpu, uint64_t addr)
{
	struct breakpoint point = { .kind = BREAK_GATE, .addr = addr };
	struct breaks *breaks = &cpu->gdb->breaks;

	if (breaks->nr == BREAKS_MAX)
		return false;
	plant(cpu, &point);
	if (point.planted)
		insert(breaks, &point);
	return point.planted;
}

static int add_break(struct gdb_cpu *cpu, enum break_kind kind, uint64_t addr)
{
	struct breaks *breaks = &cpu->gdb->breaks;
	struct breakpoint point = { .kind = kind, .addr = addr };

	if (find(breaks, kind, addr))
		return 0;
	if (breaks->nr == BREAKS_MAX)
		return -ENOSPC;
	if (wants_trap(&point))
		plant(cpu, &point);
	if (break_means.int3 && wants_trap(&point))
		return -EFAULT;
	insert(breaks, &point);
	return 0;
}

static struct watchpoint *find_watch(struct breaks *breaks,
				     enum break_kind kind, uint64_t addr,
				     uint64_t len)
{
	for (unsigned int i = 0; i < breaks->nr_watches; i++) {
		struct watchpoint *watch = &breaks->watches[i];

		if (watch->kind == kind && watch->addr == addr &&
		    watch->len == len)
			return watch;
	}
	return NULL;
}

static int add_watch(struct breaks *breaks, enum break_kind kind, uint64_t addr,
		     uint64_t len)
{
	struct watchpoint watch = { .kind = kind, .addr = addr, .len = len };

	if (kind != WATCH_WRITE && !break_means.debug_regs)
		return -ENOTSUP;
	if (!len || len > WATCH_LEN_MAX || addr + len - 1 < addr)
		return -EINVAL;
	if (find_watch(breaks, kind, addr, len))
		return 0;
	if (breaks->nr_watches == WATCHES_MAX)
		return -ENOSPC;
	watch.copy = calloc(1, len);
	if (!watch.copy)
		return -ENOSPC;
	breaks->watches[breaks->nr_watches++] = watch;
	return 0;
}

int breaks_add(struct gdb_cpu *cpu, enum break_kind kind, uint64_t addr,
	       uint64_t len)
{
	struct gdb *gdb = cpu->gdb;
	int err;

	if (kind > WATCH_ACCESS)
		return -EINVAL;
	err = kind <= BREAK_HARDWARE ? add_break(cpu, kind, addr) :
				       add_watch(&gdb->breaks, kind, addr, len);
	if (err)
		return err;
	if (break_means.debug_regs && !fit_debug_regs(&gdb->breaks)) {
		breaks_del(gdb, kind, addr, len);
		return -ENOSPC;
	}
	count_again(&gdb->breaks);
	return 0;
}

static void del_break(struct gdb *gdb, struct breakpoint *point)
{
	struct breaks *breaks = &gdb->breaks;
	size_t behind = breaks->list + breaks->nr - (point + 1);

	pull(gdb, point);
	memmove(point, point + 1, behind * sizeof(*point));
	breaks->nr--;
}

void breaks_del_gates(struct gdb *gdb)
{
	for (unsigned int i = gdb->breaks.nr; i-- > 0;)
		if (gdb->breaks.list[i].kind == BREAK_GATE)
			del_break(gdb, &gdb->breaks.list[i]);
}

static void del_watch(struct breaks *breaks, struct watchpoint *watch)
{
	free(watch->copy);
	*watch = breaks->watches[--breaks->nr_watches];
}

int breaks_del(struct gdb *gdb, enum break_kind kind, uint64_t addr,
	       uint64_t len)
{
	struct breakpoint *point;
	struct watchpoint *watch;

	if (kind > WATCH_ACCESS)
		return -EINVAL;
	point = find(&gdb->breaks, kind, addr);
	watch = find_watch(&gdb->breaks, kind, addr, len);
	if (kind <= BREAK_HARDWARE && point)
		del_break(gdb, point);
	else if (watch)
		del_watch(&gdb->breaks, watch);
	count_again(&gdb->breaks);
	return 0;
}

void breaks_clear(struct gdb *gdb)
{
	struct breaks *breaks = &gdb->breaks;

	while (breaks->nr)
		del_break(gdb, &breaks->list[breaks->nr - 1]);
	while (breaks->nr_watches)
		del_watch(breaks, &breaks->watches[0]);
	count_again(breaks);
}
