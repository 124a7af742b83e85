/*
 * What is watched, compared after each step; and RAM as the client sees it, with
 * what breakpoints have put there left out.
 */
#include <string.h>

#include "core/vcpu.h"
#include "core/vm.h"
#include "memory_seen.h"
#include "service/gdb/inner.h"
#include "x86/bits.h"

/* Reads what is at linear address @addr as @sregs has it, as much as there is. */
static void read_linear(const struct vm *vm, const struct kvm_sregs *sregs,
			uint64_t addr, uint8_t *buf, size_t len)
{
	while (len > 0) {
		size_t left = X86_PAGE_SIZE - addr % X86_PAGE_SIZE;
		size_t count = len < left ? len : left;
		uint64_t gpa;

		if (memory_walk(sregs, vm, addr, &gpa, NULL))
			mem_read(&vm->mem, gpa, buf, count);
		addr += count;
		buf += count;
		len -= count;
	}
}

/* Looks at @watch: true if it has changed, first at *@addr. What is not mapped
 * just now is as it was. */
static bool look(const struct gdb *gdb, const struct kvm_sregs *sregs,
		 struct watchpoint *watch, uint64_t *addr)
{
	uint8_t now[WATCH_LEN_MAX];
	size_t i = 0;

	memcpy(now, watch->copy, watch->len);
	read_linear(gdb->vm, sregs, watch->addr, now, watch->len);
	while (i < watch->len && now[i] == watch->copy[i])
		i++;
	if (i == watch->len)
		return false;
	*addr = watch->addr + i;
	memcpy(watch->copy, now, watch->len);
	return true;
}

/* Each change is told once, by the vCPU that finds it. */
static bool look_at_all(struct gdb *gdb, const struct kvm_sregs *sregs,
			uint64_t *addr)
{
	struct breaks *breaks = &gdb->breaks;
	bool changed = false;

	pthread_mutex_lock(&breaks->lock);
	for (unsigned int i = 0; i < breaks->nr_watches; i++)
		changed |= look(gdb, sregs, &breaks->watches[i], addr);
	pthread_mutex_unlock(&breaks->lock);
	return changed;
}

bool breaks_changed(struct gdb_cpu *cpu, uint64_t *addr)
{
	return look_at_all(cpu->gdb, &cpu->vcpu->run->s.regs.sregs, addr);
}

void breaks_look(struct gdb_cpu *cpu)
{
	uint64_t addr;

	look_at_all(cpu->gdb, &gdb_state(cpu)->sregs, &addr);
}

uint8_t *ram_seen(const struct vm *vm, uint64_t gpa, size_t len)
{
	uint8_t *ram = mem_hva(&vm->mem, gpa, len);

	return mem_seen(&vm->mem, gpa, len) == ram ? ram : NULL;
}

bool ram_read(struct gdb *gdb, uint64_t gpa, void *buf, size_t len)
{
	uint8_t *bytes = buf;

	if (mem_read(&gdb->vm->mem, gpa, buf, len))
		return false;
	for (unsigned int i = 0; i < gdb->breaks.nr; i++) {
		const struct breakpoint *point = &gdb->breaks.list[i];

		if (point->planted && point->gpa - gpa < len)
			bytes[point->gpa - gpa] = point->saved;
	}
	return true;
}

/* What is to be at @gpa; true: once the breakpoints that are there have gone. */
static bool save(struct gdb *gdb, uint64_t gpa, uint8_t byte)
{
	bool planted = false;

	for (unsigned int i = 0; i < gdb->breaks.nr; i++) {
		struct breakpoint *point = &gdb->breaks.list[i];

		if (!point->planted || point->gpa != gpa)
			continue;
		point->saved = byte;
		planted = true;
	}
	return planted;
}

bool ram_write(struct gdb *gdb, uint64_t gpa, const void *buf, size_t len)
{
	uint8_t *ram = ram_seen(gdb->vm, gpa, len);
	const uint8_t *bytes = buf;

	if (!ram)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!save(gdb, gpa + i, bytes[i]))
			ram[i] = bytes[i];
	return true;
}
