/*
 * What is known of a guest only when it has ended and its VM is still there:
 * its exit status, how much of its RAM was ever used, and what the host kernel
 * has counted of its vCPUs.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/vcpu.h"
#include "core/vm.h"
#include "irqchip.h"
#include "probes/stats/stats.h"

#define PAGEMAP	   "/proc/self/pagemap"
#define PAGE_SIZE  4096UL
#define PAGE_KIB   4
#define PAGES_STEP 2048UL /* looked at in one call */

/*
 * Linux, "Examining Process Page Tables": present, and mapped here alone. The
 * page of zeroes that stands for what was read but never written is everybody's
 * and costs nothing; mincore(2) would count it.
 */
#define PAGE_PRESENT (1ULL << 63)
#define PAGE_OURS    (1ULL << 56)
#define PAGE_COUNTS  (PAGE_PRESENT | PAGE_OURS)

struct lanes stats_ends;

static int pagemap = -1; /* constant once vCPUs run */

static bool count_pages(int fd, const struct memory *mem, uint64_t *kib)
{
	uint64_t entries[PAGES_STEP];
	uint64_t page = (uintptr_t)mem->base / PAGE_SIZE;
	const uint64_t end = page + mem->size / PAGE_SIZE;

	while (page < end) {
		uint64_t nr = end - page < PAGES_STEP ? end - page : PAGES_STEP;
		ssize_t got = pread(fd, entries, nr * sizeof(entries[0]),
				    (off_t)(page * sizeof(entries[0])));

		if (got < (ssize_t)sizeof(entries[0]))
			return false;
		nr = (uint64_t)got / sizeof(entries[0]);
		for (uint64_t i = 0; i < nr; i++)
			if ((entries[i] & PAGE_COUNTS) == PAGE_COUNTS)
				*kib += PAGE_KIB;
		page += nr;
	}
	return true;
}

/* How much of guest RAM the host backs with pages. False: it does not say. */
static bool count_resident(const struct memory *mem, uint64_t *kib)
{
	return pagemap >= 0 && count_pages(pagemap, mem, kib);
}

void stats_open_pagemap(void)
{
	if (pagemap < 0)
		pagemap = open(PAGEMAP, O_RDONLY | O_CLOEXEC);
}

void stats_take_end(const struct vm *vm)
{
	unsigned int nr_cpus = vm->nr_vcpus;
	struct stats_end *end = lane_add(
		&stats_ends, sizeof(*end) + nr_cpus * sizeof(end->cpus[0]));

	if (!end) {
		stats_fail();
		return;
	}
	end->guest = strdup(vm->config.name);
	if (!end->guest)
		stats_fail();
	end->guest_id = vm->config.id;
	end->nr_guests = vm->config.nr_guests;
	end->is_over = true;
	end->status = vm->status;
	end->mem_bytes = vm->mem.size;
	end->resident_known = count_resident(&vm->mem, &end->resident_kib);
	end->has_apic = vm->config.irqchip && vm->config.irqchip->has_apic;
	stats_kvm_read(&end->vm, vm->fd);
	end->nr_cpus = nr_cpus;
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		stats_kvm_read(&end->cpus[cpu], vm->vcpus[cpu].fd);
}
