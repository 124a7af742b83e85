/* --eof: see eof.h. */
#include "eof.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "abi/exit_status.h"
#include "core/board.h"
#include "core/vm.h"
#include "terminal/console.h"
#include "util/clock.h"
#include "util/log.h"

#define TICK_NS	   (100 * NS_PER_MS)
#define QUIET	   10		 /* ticks, one after another */
#define AT_REST_NS (TICK_NS / 2) /* CPU time of a guest in a tick, at most */

struct eof_guest {
	uint64_t cpu_ns;   /* of its vCPUs, at the last tick */
	uint64_t exits;	   /* VM exits, at the last tick */
	unsigned int rest; /* ticks in which it waited */
};

/* A guest without interrupts has to look for input all the time, and each look
 * is a VM exit: one that has none computes. */
static void look_at(struct eof_guest *guest, const struct vm *vm)
{
	uint64_t now_ns = vm_cpu_ns(vm), exits = atomic_load(&vm->nr_exits);
	bool waits = vm->config.irqchip ? now_ns - guest->cpu_ns < AT_REST_NS :
					  exits != guest->exits;

	guest->rest = waits ? guest->rest + 1 : 0;
	guest->cpu_ns = now_ns;
	guest->exits = exits;
}

static void on_tick(void *arg, uint32_t events)
{
	struct eof *eof = arg;
	size_t count = console_count(eof->console);

	(void)events;
	event_ack(eof->tick.fd);
	eof->quiet = count == eof->count ? eof->quiet + 1 : 0;
	eof->count = count;
	for (unsigned int i = 0; i < eof->nr_vms; i++) {
		struct vm *vm = &eof->vms[i];

		if (atomic_load(&vm->stopping) || vm_is_paused(vm) ||
		    !console_awaits(&eof->console->guests[i])) {
			eof->guests[i].rest = 0;
			continue;
		}
		look_at(&eof->guests[i], vm);
		if (eof->quiet < QUIET || eof->guests[i].rest < QUIET)
			continue;
		if (eof->action == EOF_POWEROFF)
			vm_stop(vm, STATUS_OK, NULL);
		else
			boards_hang_up(vm);
	}
}

void eof_init(struct eof *eof, enum eof_action action, struct event_loop *loop,
	      struct console *console, struct vm *vms, unsigned int nr_vms)
{
	*eof = (struct eof){ .action = action,
			     .loop = loop,
			     .console = console,
			     .vms = vms,
			     .nr_vms = nr_vms };
}

int eof_begin(struct eof *eof)
{
	int fd, err;

	if (eof->action == EOF_WAIT || eof->guests)
		return 0;
	fd = event_timer_fd();
	if (fd < 0)
		return fd;
	eof->tick = (struct event_source){ fd, on_tick, eof };
	eof->guests = calloc(eof->nr_vms, sizeof(*eof->guests));
	err = eof->guests ? event_add(eof->loop, &eof->tick, EPOLLIN) : -ENOMEM;
	if (err)
		log_error("--eof: %s", strerror(-err));
	else
		event_arm(fd, TICK_NS, TICK_NS);
	return err;
}

void eof_end(struct eof *eof)
{
	if (eof->tick.fd > 0)
		close(eof->tick.fd);
	free(eof->guests);
}
