/*
 * A budget of VM exits turned into an exit status (--expect-exits): each guest
 * is to keep each condition, and one that does not is a line on stderr. So a
 * script or a test notices when a guest begins to leave more often.
 *
 * Every condition has a counter for each vCPU, written by its thread alone.
 */
#include "probes/budget/budget.h"

#include <errno.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>

#include "abi/exit_status.h"
#include "probe.h"
#include "util/lane.h"
#include "util/log.h"

struct budget_lane {
	struct lane lane;
	char *guest; /* its name */
	unsigned int guest_id, nr_guests;
	uint64_t counts[BUDGETS_MAX];
};

static struct budget budgets[BUDGETS_MAX]; /* constant once vCPUs run */
static unsigned int nr_budgets;
static struct lanes lanes;
static __thread struct budget_lane *mine;
static atomic_bool failed;

static int budget_setup(const char *arg)
{
	const char *text = arg, *end;

	for (;; text = end + 1) {
		if (nr_budgets == BUDGETS_MAX) {
			log_error("--expect-exits: more than %u conditions; "
				  "check the JSON of --stats instead",
				  BUDGETS_MAX);
			return -EINVAL;
		}
		if (budget_parse(&budgets[nr_budgets], text, &end)) {
			log_error("--expect-exits: `%s`: give conditions such "
				  "as IO:3f8<=2000,HLT==1: a reason, ALL for "
				  "any, a port in hexadecimal or none, <= >= "
				  "or ==, a number",
				  text);
			return -EINVAL;
		}
		nr_budgets++;
		if (!*end)
			return 0;
	}
}

static struct budget_lane *open_lane(const struct exit_view *view)
{
	struct budget_lane *lane = lane_add(&lanes, sizeof(*lane));

	if (!lane) {
		atomic_store(&failed, true);
		return NULL;
	}
	lane->guest = strdup(view->guest);
	lane->guest_id = view->guest_id;
	lane->nr_guests = view->nr_guests;
	return lane;
}

static bool is_within(const struct budget *budget, const struct kvm_run *run)
{
	uint64_t at = run->exit_reason == KVM_EXIT_IO ? run->io.port :
							run->mmio.phys_addr;

	if (budget->reason != BUDGET_ANY && budget->reason != run->exit_reason)
		return false;
	return !budget->has_place ||
	       (at >= budget->first && at <= budget->last);
}

static void budget_count(const struct exit_view *view)
{
	if (!mine && !(mine = open_lane(view)))
		return;
	for (unsigned int i = 0; i < nr_budgets; i++)
		mine->counts[i] += is_within(&budgets[i], view->run);
}

/* What all vCPUs of a guest counted, in @counts; its name or NULL. */
static const char *add_up(unsigned int guest_id, uint64_t *counts)
{
	const struct lane *at;
	const char *name = NULL;

	memset(counts, 0, BUDGETS_MAX * sizeof(*counts));
	LANE_FOREACH(&lanes, at)
	{
		const struct budget_lane *lane = (const struct budget_lane *)at;

		if (lane->guest_id != guest_id)
			continue;
		name = lane->guest;
		for (unsigned int i = 0; i < nr_budgets; i++)
			counts[i] += lane->counts[i];
	}
	return name;
}

static int judge(unsigned int guest_id)
{
	uint64_t counts[BUDGETS_MAX];
	const char *name = add_up(guest_id, counts);
	int status = STATUS_OK;

	for (unsigned int i = 0; i < nr_budgets; i++) {
		if (budget_is_kept(&budgets[i], counts[i]))
			continue;
		log_error("%s: expected %.*s, had %llu",
			  name ? name : "a guest without a VM exit",
			  budgets[i].text_len, budgets[i].text,
			  (unsigned long long)counts[i]);
		status = STATUS_BUDGET;
	}
	return status;
}

static int budget_finish(void)
{
	const struct budget_lane *last = (struct budget_lane *)lanes.first;
	unsigned int nr_guests = last ? last->nr_guests : 1;
	int status = STATUS_OK;

	if (atomic_load(&failed))
		return STATUS_FAILED;
	for (unsigned int id = 0; id < nr_guests; id++)
		if (judge(id) != STATUS_OK)
			status = STATUS_BUDGET;
	return status;
}

static const struct probe budget = {
	.name = "budget",
	.what = "status 65 unless exits fit, as in 'IO:3f8<=2000,HLT==1'",
	.option = "--expect-exits",
	.arg = "LIST",
	.setup = budget_setup,
	.after = budget_count,
	.finish = budget_finish,
};
PROBE(budget);
