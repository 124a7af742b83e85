/* The probes that are on: a short list, told one after the other. */
#include "core/probes.h"

#include <assert.h>

#include "abi/exit_status.h"
#include "feature.h"
#include "probe.h"

#define PROBES_MAX 16 /* more than there are rows */

TABLE_DECLARE(probe, probe);

static const struct probe *probes[PROBES_MAX];
static unsigned int nr_probes;

void probes_add(const struct probe *probe)
{
	for (unsigned int i = 0; i < nr_probes; i++)
		if (probes[i] == probe)
			return; /* its option was given twice */
	assert(nr_probes < PROBES_MAX);
	probes[nr_probes++] = probe;
}

bool probes_are_on(void)
{
	return nr_probes > 0;
}

bool probes_talk(void)
{
	for (unsigned int i = 0; i < nr_probes; i++)
		if (probes[i]->talks)
			return true;
	return false;
}

bool probes_look(void)
{
	for (unsigned int i = 0; i < nr_probes; i++)
		if (probes[i]->looks)
			return true;
	return false;
}

bool probes_hear_queues(void)
{
	for (unsigned int i = 0; i < nr_probes; i++)
		if (probes[i]->queue_event)
			return true;
	return false;
}

void probes_queue_event(const struct queue_view *view,
			const struct queue_event *event)
{
	for (unsigned int i = 0; i < nr_probes; i++)
		if (probes[i]->queue_event)
			probes[i]->queue_event(view, event);
}

void probes_queue(const struct queue_view *view,
		  const struct queue_counts *counts)
{
	for (unsigned int i = 0; i < nr_probes; i++)
		if (probes[i]->queue)
			probes[i]->queue(view, counts);
}

void probes_before(const struct exit_view *view)
{
	for (unsigned int i = 0; i < nr_probes; i++)
		if (probes[i]->before)
			probes[i]->before(view);
}

void probes_after(const struct exit_view *view)
{
	for (unsigned int i = 0; i < nr_probes; i++)
		if (probes[i]->after)
			probes[i]->after(view);
}

void probes_line(unsigned int guest_id, unsigned int irq, bool level,
		 uint64_t now_ns)
{
	for (unsigned int i = 0; i < nr_probes; i++)
		if (probes[i]->line)
			probes[i]->line(guest_id, irq, level, now_ns);
}

void probes_injection(unsigned int guest_id, unsigned int cpu,
		      unsigned int vector)
{
	for (unsigned int i = 0; i < nr_probes; i++)
		if (probes[i]->inject)
			probes[i]->inject(guest_id, cpu, vector);
}

void probes_ended(struct vcpu *vcpu, const char *const *without, int status)
{
	const struct probe *const *row;

	TABLE_FOREACH(probe, row) {
		if ((*row)->ended && !(*row)->option &&
		    !feature_is_out(without, (*row)->name))
			(*row)->ended(vcpu, status);
	}
}

int probes_ready(const struct vm *vm)
{
	int err = 0;

	for (unsigned int i = 0; i < nr_probes && !err; i++)
		if (probes[i]->ready)
			err = probes[i]->ready(vm);
	return err;
}

void probes_gone(const struct vm *vm)
{
	for (unsigned int i = 0; i < nr_probes; i++)
		if (probes[i]->gone)
			probes[i]->gone(vm);
}

int probes_finish(void)
{
	int worst = STATUS_OK;
	bool failed = false;

	for (unsigned int i = 0; i < nr_probes; i++) {
		int status = probes[i]->finish ? probes[i]->finish() :
						 STATUS_OK;

		failed |= status == STATUS_FAILED;
		if (status > worst)
			worst = status;
	}
	return failed && worst == STATUS_LIMIT ? STATUS_FAILED : worst;
}
