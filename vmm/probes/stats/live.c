/*
 * The ledger while guests run. Only its own thread touches what a vCPU has counted, so
 * each is asked to copy it; what is copied last of one that has ended is the end of it.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "core/pause.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "irqchip.h"
#include "probes/stats/stats.h"

/* What a vCPU had counted when it was asked last. */
struct copy {
	struct stats_lane lane;
	bool is_last;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct lanes copies; /* guarded by lock */

static struct copy *copy_of(const struct vcpu *vcpu)
{
	const unsigned int guest_id = vcpu->vm->config.id;
	struct lane *lane;
	struct copy *copy;

	LANE_FOREACH(&copies, lane)
	{
		copy = (struct copy *)lane;
		if (copy->lane.guest_id == guest_id &&
		    copy->lane.cpu == vcpu->id)
			return copy;
	}
	copy = lane_new(sizeof(*copy));
	if (!copy)
		return NULL;
	copy->lane.guest_id = guest_id;
	copy->lane.cpu = vcpu->id;
	lane_publish(&copies, &copy->lane.lane);
	return copy;
}

static void copy_own(struct vcpu *vcpu, void *arg)
{
	(void)vcpu;
	stats_copy_lane(arg);
}

/* Of a vCPU whose thread does nothing any more. */
static void copy_last(struct copy *copy)
{
	const struct lane *lane, next = copy->lane.lane;

	LANE_FOREACH(&stats_lanes, lane)
	{
		const struct stats_lane *its = (const struct stats_lane *)lane;

		if (its->guest_id != copy->lane.guest_id ||
		    its->cpu != copy->lane.cpu)
			continue;
		copy->lane = *its;
		copy->lane.lane = next;
	}
	copy->is_last = true;
}

static int read_vcpu(struct vcpu *vcpu, uint64_t limit_ns)
{
	struct copy *copy = copy_of(vcpu);

	if (!copy)
		return -ENOMEM;
	if (copy->is_last || !atomic_load(&vcpu->started))
		return 0;
	if (!vcpu_ask_until(vcpu, copy_own, &copy->lane, limit_ns) &&
	    vcpu_is_through(vcpu))
		copy_last(copy);
	return 0;
}

/* What is known of @vm, without its end. */
static int add_end(struct lanes *ends, const struct vm *vm)
{
	const unsigned int nr_cpus = vm->nr_vcpus;
	struct stats_end *end =
		lane_new(sizeof(*end) + nr_cpus * sizeof(end->cpus[0]));

	if (!end)
		return -ENOMEM;
	end->guest = vm->config.name;
	end->guest_id = vm->config.id;
	end->nr_guests = vm->config.nr_guests;
	end->is_over = atomic_load(&vm->stopping);
	end->status = end->is_over ? vm->status : 0;
	end->mem_bytes = vm->mem.size;
	end->has_apic = vm->config.irqchip && vm->config.irqchip->has_apic;
	end->nr_cpus = nr_cpus;
	lane_publish(ends, &end->lane);
	return 0;
}

static int read_vm(struct lanes *ends, struct vm *vm, uint64_t limit_ns)
{
	int err = add_end(ends, vm);

	for (unsigned int id = 0; id < vm->nr_vcpus && !err; id++)
		err = read_vcpu(&vm->vcpus[id], limit_ns);
	return err;
}

int stats_read_live(struct stats *stats, struct vm *vms, unsigned int nr_vms,
		    uint64_t limit_ns)
{
	struct lanes ends = { NULL };
	int err = 0;

	pthread_mutex_lock(&lock);
	for (unsigned int i = 0; i < nr_vms && !err; i++)
		err = read_vm(&ends, &vms[i], limit_ns);
	if (!err)
		err = stats_add_up(stats, stats_started_ns(), true, &ends,
				   &copies);
	pthread_mutex_unlock(&lock);
	if (err)
		stats_free_ends(&ends);
	else
		stats->live_ends = ends.first;
	return err;
}
