/* `info` and `help`. */
#include <stdlib.h>
#include <string.h>

#include "core/board_inner.h"
#include "core/vm.h"
#include "irqchip.h"
#include "loader.h"
#include "service/control/control.h"
#include "util/clock.h"

TABLE_DECLARE(ctl, ctl_command);

static void add_devices(struct json *json, const struct vm *vm)
{
	json_array(json, "devices");
	for (unsigned int i = 0; i < vm->nr_boards; i++)
		json_string(json, NULL, vm->boards[i].dev.type->name);
	json_close(json);
}

static void add_guest(struct json *json, struct vm *vm)
{
	const struct vm_config *config = &vm->config;
	const struct irqchip *chip = config->irqchip;

	json_row(json, NULL);
	guest_members(json, vm);
	if (atomic_load(&vm->stopping))
		json_number(json, "status", (uint64_t)vm->status);
	json_string(json, "image", config->image);
	json_string(json, "loader", config->loader->name);
	if (guest_has_begun(vm))
		json_number(json, "uptime_ms", vm_now_ns(vm) / NS_PER_MS);
	json_number(json, "vcpus", config->nr_vcpus);
	json_number(json, "memory_bytes", vm->mem.size);
	json_string(json, "irqchip", chip ? chip->name : "none");
	json_number(json, "exits", atomic_load(&vm->nr_exits));
	add_devices(json, vm);
	json_close(json);
}

static void info(struct ctl_call *call, struct vm *vms, unsigned int nr_vms)
{
	const uint64_t up_ns = clock_now_ns() - control_run.started_ns;
	struct json *json;

	if (!ctl_no_more(call, call->rest))
		return;
	json = ctl_reply(call);
	json_string(json, "name", control_run.name);
	json_number(json, "pid", (uint64_t)control_run.pid);
	json_number(json, "uptime_ms", up_ns / NS_PER_MS);
	json_array(json, "guests");
	for (unsigned int i = 0; i < nr_vms; i++)
		add_guest(json, &vms[i]);
	json_close(json);
}

static const struct ctl_command info_row = {
	.name = "info",
	.args = "",
	.what = "the run and its guests: state, vCPUs, memory, devices",
	.reach = CTL_ALL,
	.run = info,
};
CTL(info_row);

static int by_name(const void *a, const void *b)
{
	const struct ctl_command *const *one = a, *const *other = b;

	return strcmp((*one)->name, (*other)->name);
}

size_t info_commands(const struct ctl_command *rows[], size_t max)
{
	const struct ctl_command *const *row;
	size_t nr = 0;

	TABLE_FOREACH(ctl, row) {
		if (nr < max)
			rows[nr++] = *row;
	}
	qsort(rows, nr, sizeof(rows[0]), by_name);
	return nr;
}

static bool help(struct ctl_call *call)
{
	const struct ctl_command *rows[INFO_COMMANDS_MAX];
	size_t nr = info_commands(rows, INFO_COMMANDS_MAX);
	struct json *json;

	if (!ctl_no_more(call, call->rest))
		return false;
	json = ctl_reply(call);
	json_array(json, "commands");
	for (size_t i = 0; i < nr; i++) {
		json_row(json, NULL);
		json_string(json, "command", rows[i]->name);
		json_string(json, "args", rows[i]->args);
		json_string(json, "what", rows[i]->what);
		json_close(json);
	}
	json_close(json);
	return false;
}

static const struct ctl_command help_row = {
	.name = "help",
	.args = "",
	.what = "all commands",
	.reach = CTL_RUN,
	.prepare = help,
};
CTL(help_row);
