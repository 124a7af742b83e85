/* `stats`: the ledger so far, as --stats=json has it at the end. */
#include "ctl.h"
#include "probes/stats/stats.h"
#include "util/clock.h"

#define PATIENCE_NS (2 * NS_PER_SEC)

static void stats(struct ctl_call *call, struct vm *vms, unsigned int nr_vms)
{
	struct stats so_far;
	struct json *json;

	if (!ctl_no_more(call, call->rest))
		return;
	if (!stats_started_ns()) {
		ctl_refuse(call,
			   "it has to be started with --stats or --stats-every",
			   "this run counts no VM exits");
		return;
	}
	if (stats_read_live(&so_far, vms, nr_vms,
			    clock_now_ns() + PATIENCE_NS)) {
		ctl_refuse(call, NULL, "no memory");
		return;
	}
	json = ctl_reply(call);
	stats_add_schema(json);
	stats_add_json(json, &so_far);
	stats_free(&so_far);
}

static const struct ctl_command row = {
	.name = "stats",
	.args = "",
	.what = "the ledger of VM exits so far (--stats)",
	.reach = CTL_ALL,
	.run = stats,
};
CTL(row);
