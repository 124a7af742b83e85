/*
 * Two guests of this machine's /dev/kvm that never run: what one of them has is
 * saved, and restored to the other. What state*.c needs of the rest of kvm-vmm is
 * here. Where there is no /dev/kvm, nothing can be tested.
 */
#ifndef MKVM_STATE_WORLD_H
#define MKVM_STATE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "catch.h"
#include "chip.h"
#include "core/cpuid.h"
#include "core/kvm.h"
#include "core/state.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "irqchip.h"
#include "irqchip/bios.h"
#include "plug.h"
#include "util/clock.h"
#include "util/parts.h"

#define NR_VCPUS 2
#define FILE_IS	 "saved.snap" /* in messages */
#define RAM_SIZE (1 << 20)

TABLE_DECLARE(irqchip, irqchip);

/* --- In place of what has no part in this ----------------------------------- */

uint64_t vm_now_ns(const struct vm *vm)
{
	return clock_now_ns() - vm->start_ns;
}

struct cpuid_topology vcpu_topology(const struct vcpu *vcpu)
{
	return (struct cpuid_topology){ .id = vcpu->id,
					.nr_cpus = vcpu->vm->nr_vcpus,
					.has_apic = vcpu->vm->config.irqchip };
}

int state_save_boards(struct vm *vm, struct parts *parts)
{
	(void)vm;
	(void)parts;
	return 0;
}

int state_load_boards(struct vm *vm, struct parts *parts, const char *subject)
{
	(void)vm;
	(void)parts;
	(void)subject;
	return 0;
}

int state_save_wires(struct vm *vm, struct parts *parts)
{
	(void)vm;
	(void)parts;
	return 0;
}

int state_load_wires(struct vm *vm, struct parts *parts, const char *subject)
{
	(void)vm;
	(void)parts;
	(void)subject;
	return 0;
}

/* --- Guests ------------------------------------------------------------------- */

static struct kvm kvm = { .fd = -1 };

struct guest {
	struct vm vm;
	struct vcpu vcpus[NR_VCPUS];
	void *ram;
};

static const struct irqchip *find_chip(void)
{
	const struct irqchip *const *row;

	TABLE_FOREACH(irqchip, row)
		return *row;
	return NULL;
}

static void add_vcpu(struct guest *g, unsigned int id)
{
	struct vcpu *vcpu = &g->vcpus[id];
	struct cpuid_topology topology;

	*vcpu = (struct vcpu){ .vm = &g->vm, .id = id, .injected = -1 };
	vcpu->fd = ioctl(g->vm.fd, KVM_CREATE_VCPU, id);
	assert_true(vcpu->fd >= 0);
	vcpu->run = mmap(NULL, kvm.run_size, PROT_READ | PROT_WRITE, MAP_SHARED,
			 vcpu->fd, 0);
	assert_true(vcpu->run != MAP_FAILED);
	topology = vcpu_topology(vcpu);
	assert_int_equal(cpuid_set(&kvm, vcpu->fd, &topology), 0);
}

static void add_ram(struct guest *g)
{
	struct kvm_userspace_memory_region region = {
		.memory_size = RAM_SIZE,
	};

	g->ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(g->ram != MAP_FAILED);
	region.userspace_addr = (uintptr_t)g->ram;
	assert_int_equal(ioctl(g->vm.fd, KVM_SET_USER_MEMORY_REGION, &region),
			 0);
}

/* With the interrupt controllers in the kernel and two vCPUs, or without any and
 * with one. */
static struct guest *new_guest(bool chips)
{
	struct guest *g = calloc(1, sizeof(*g));

	assert_non_null(g);
	g->vm.kvm = &kvm;
	g->vm.config.name = "test";
	g->vm.vcpus = g->vcpus;
	g->vm.nr_vcpus = chips ? NR_VCPUS : 1;
	g->vm.config.nr_vcpus = g->vm.nr_vcpus;
	g->vm.start_ns = clock_now_ns();
	g->vm.fd = ioctl(kvm.fd, KVM_CREATE_VM, 0);
	assert_true(g->vm.fd >= 0);
	add_ram(g);
	if (chips) {
		g->vm.config.irqchip = find_chip();
		assert_int_equal(g->vm.config.irqchip->create(&g->vm), 0);
	}
	for (unsigned int id = 0; id < g->vm.nr_vcpus; id++)
		add_vcpu(g, id);
	return g;
}

static void free_guest(struct guest *g)
{
	for (unsigned int id = 0; id < g->vm.nr_vcpus; id++) {
		munmap(g->vcpus[id].run, kvm.run_size);
		close(g->vcpus[id].fd);
	}
	close(g->vm.fd);
	munmap(g->ram, RAM_SIZE);
	free(g);
}

/* --- Parts -------------------------------------------------------------------- */

static inline struct part *part_of(struct parts *parts, const char *name,
				   unsigned int nr)
{
	for (unsigned int i = 0; i < parts->nr; i++)
		if (!strcmp(parts->list[i]->name, name) &&
		    parts->list[i]->nr == nr)
			return parts->list[i];
	fail_msg("no part %s %u", name, nr);
	return NULL;
}

static struct parts save(struct guest *g)
{
	struct parts parts = { 0 };

	assert_int_equal(state_save(&g->vm, &parts), 0);
	return parts;
}

/* What it says; "" where it was taken. */
static inline const char *try_load(struct guest *g, struct parts *parts)
{
	char *said;
	int err;

	for (unsigned int i = 0; i < parts->nr; i++)
		parts->list[i]->taken = false;
	catch_begin();
	err = state_load(&g->vm, parts, FILE_IS);
	said = catch_end();
	if (!err)
		assert_string_equal(said, "");
	else
		assert_true(strstr(said, FILE_IS) &&
			    said[strlen(said) - 1] == '\n' &&
			    strchr(said, '\n') == said + strlen(said) - 1);
	return said;
}

/* Another guest with all that @g has. */
static inline struct guest *carry(struct guest *g)
{
	struct parts parts = save(g);
	struct guest *other = new_guest(g->vm.config.irqchip);

	assert_string_equal(try_load(other, &parts), "");
	parts_free(&parts);
	return other;
}

static inline uint64_t get_msr(struct guest *g, unsigned int id, uint32_t index)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entry;
	} msr = { { .nmsrs = 1 }, { .index = index } };

	assert_int_equal(ioctl(g->vcpus[id].fd, KVM_GET_MSRS, &msr), 1);
	return msr.entry.data;
}

static inline void set_msr(struct guest *g, unsigned int id, uint32_t index,
			   uint64_t data)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entry;
	} msr = { { .nmsrs = 1 }, { .index = index, .data = data } };

	assert_int_equal(ioctl(g->vcpus[id].fd, KVM_SET_MSRS, &msr), 1);
}

static int open_world(void **state)
{
	(void)state;
	return kvm_open(&kvm);
}

static int close_world(void **state)
{
	(void)state;
	kvm_close(&kvm);
	return 0;
}

static inline bool can_run(void)
{
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* No firmware ran, and there is none. */
bool plan_has_rom(const struct plan *plan)
{
	(void)plan;
	return false;
}

bool plan_has(const struct plan *plan, const char *name)
{
	(void)plan;
	(void)name;
	return false;
}

void bios_leaves(struct vm *vm)
{
	(void)vm;
}

/* Of main(). */
#define run_with_kvm(tests)                                                   \
	(cmocka_set_message_output(CM_OUTPUT_TAP),                            \
	 can_run() ? cmocka_run_group_tests(tests, open_world, close_world) : \
		     (puts("1..1\nok 1 - guests # SKIP no /dev/kvm"), 0))

#endif
