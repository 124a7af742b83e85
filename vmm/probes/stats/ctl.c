/* `stats`: the ledger so far, as --stats=json has it at the end. */
#include <stdatomic.h>
#include <time.h>

#include "core/vm.h"
#include "ctl.h"
#include "probes/stats/stats.h"
#include "util/clock.h"

#define PATIENCE_NS (2 * NS_PER_SEC)

static void add_guest(struct json *json, const struct vm *vm)
{
	json_row(json, NULL);
	json_string(json, "name", vm->config.name);
	json_number(json, "exits", atomic_load(&vm->nr_exits));
	json_close(json);
}

/* Without a ledger: what is counted in any case. */
static void add_plain(struct ctl_call *call, struct vm *vms,
		      unsigned int nr_vms)
{
	struct json *json = ctl_reply(call);

	json_bool(json, "ledger", false);
	json_number(json, "cpu_ns", clock_read_ns(CLOCK_PROCESS_CPUTIME_ID));
	json_string(json, "hint",
		    "--stats or --stats-every count each kind of VM exit");
	json_array(json, "guests");
	for (unsigned int i = 0; i < nr_vms; i++)
		add_guest(json, &vms[i]);
	json_close(json);
}

static void stats(struct ctl_call *call, struct vm *vms, unsigned int nr_vms)
{
	struct stats so_far;
	struct json *json;

	if (!ctl_no_more(call, call->rest))
		return;
	if (!stats_started_ns()) {
		add_plain(call, vms, nr_vms);
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
	.what = "the ledger of VM exits so far; without --stats their number",
	.reach = CTL_ALL,
	.run = stats,
};
CTL(row);
