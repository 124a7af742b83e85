/* `stages`, to a run that was started with --stages: how far guests have got. */
#include "core/vm.h"
#include "ctl.h"
#include "probes/stages/stages.h"

static void add_guest(struct json *json, const struct vm *vm)
{
	struct stage_mark marks[STAGE_COUNT];
	bool has_begun = stages_copy(vm->config.id, marks);

	json_row(json, NULL);
	json_number(json, "guest", vm->config.id + 1);
	json_string(json, "name", vm->config.name);
	stages_add_json(json, "stages", has_begun ? marks : NULL);
	json_close(json);
}

static void stages(struct ctl_call *call, struct vm *vms, unsigned int nr_vms)
{
	struct json *json;

	if (!ctl_no_more(call, call->rest))
		return;
	if (!stages_are_on()) {
		ctl_refuse(call, "it has to be started with --stages",
			   "this run takes no note of stages");
		return;
	}
	json = ctl_reply(call);
	json_array(json, "guests");
	for (unsigned int i = 0; i < nr_vms; i++)
		add_guest(json, &vms[i]);
	json_close(json);
}

static const struct ctl_command row = {
	.name = "stages",
	.args = "",
	.what = "how far a boot has come (--stages)",
	.reach = CTL_ALL,
	.run = stages,
};
CTL(row);
