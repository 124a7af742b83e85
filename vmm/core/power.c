/* The power button: see power.h. */
#include "core/power.h"

#include "abi/exit_status.h"
#include "core/board.h"
#include "core/vm.h"
#include "terminal/console.h"
#include "util/clock.h"
#include "util/log.h"

bool power_ask(struct vm *vm)
{
	bool listens;

	if (atomic_load(&vm->stopping))
		return false;
	console_before_message(vm->config.console);
	listens = boards_power(vm);
	if (listens)
		log_error("%s: power button pressed", vm->config.name);
	return listens;
}

void power_press(struct vm *vm)
{
	uint64_t now_ns = clock_now_ns();
	bool again = vm->pressed_ns &&
		     now_ns - vm->pressed_ns < POWER_AGAIN_S * NS_PER_SEC;

	if (atomic_load(&vm->stopping))
		return;
	if (again) {
		vm_stop(vm, STATUS_OK, "power button pressed again: ended");
		return;
	}
	vm->pressed_ns = now_ns;
	if (!power_ask(vm))
		log_error("%s: the guest does not listen to its power button; "
			  "press it again within %u s to end it at once",
			  vm->config.name, POWER_AGAIN_S);
}
