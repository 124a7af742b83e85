/*
 * --attack THREAD:NAMES: a device of a kvm-vmm that is hostile. When the guest writes
 * to its port, a thread of that kind tries NAMES (attacks.c), and the guest ends.
 * THREAD is vcpu, main, worker, share, service or saver, as in core/sandbox.h.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>

#include "core/sandbox.h"
#include "plug.h"
#include "tests/hostile/hostile.h"
#include "util/event.h"
#include "util/log.h"
#include "worker.h"

#define PORT 0x5a0

/* Its workers, by number: one that may open files, one that may not, and one that
 * ends the guest when the others have tried. */
enum { SHARE, WORKER, ENDING };

struct attacker {
	struct board *board;
	const char *thread, *names;
	struct event_source begin, done;
	pthread_t service; /* or saver: neither is a worker */
};

static void end_guest(void *arg, uint32_t events)
{
	struct attacker *a = arg;

	(void)events;
	board_stop(a->board, BOARD_STOP_EXIT, 0);
}

static void work(void *arg, uint32_t events)
{
	struct attacker *a = arg;

	(void)events;
	attacks_try(a->names);
	event_notify(a->done.fd);
}

static void *serve(void *arg)
{
	struct attacker *a = arg;
	struct pollfd bell = { .fd = a->begin.fd, .events = POLLIN };
	enum sandbox_kind kind = SANDBOX_SERVICE;

	if (!strcmp(a->thread, "saver"))
		kind = SANDBOX_SAVER;
	if (!sandbox_thread(kind, 0) && poll(&bell, 1, -1) == 1)
		work(a, 0);
	return NULL;
}

static void attacker_timer(void *dev)
{
	work(dev, 0);
}

static uint64_t attacker_read(void *dev, unsigned int range, uint64_t off,
			      unsigned int size)
{
	(void)dev;
	(void)range;
	(void)off;
	(void)size;
	return 0;
}

static void attacker_write(void *dev, unsigned int range, uint64_t off,
			   unsigned int size, uint64_t val)
{
	struct attacker *a = dev;

	(void)range;
	(void)off;
	(void)size;
	(void)val;
	if (!strcmp(a->thread, "vcpu"))
		work(a, 0);
	else if (!strcmp(a->thread, "main"))
		board_timer(a->board, board_now_ns(a->board) + 1);
	else
		event_notify(a->begin.fd);
}

/* "vcpu:open,fork" is the thread "vcpu" and the names "open,fork". */
static void take_words(struct attacker *a, const char *words)
{
	static const char *const threads[] = { "vcpu",	"main",	   "worker",
					       "share", "service", "saver" };

	a->thread = "";
	a->names = strchr(words, ':') + 1;
	for (size_t i = 0; i < sizeof(threads) / sizeof(*threads); i++)
		if (!strncmp(words, threads[i], strlen(threads[i])))
			a->thread = threads[i];
}

static void attacker_init(void *dev, struct board *board)
{
	struct attacker *a = dev;

	attacks_prepare();
	a->board = board;
	take_words(a, *(const char *const *)board_config(board));
	a->begin = (struct event_source){ event_fd(), work, a };
	a->done = (struct event_source){ event_fd(), end_guest, a };
	board_watch(board, ENDING, &a->done, EPOLLIN | EPOLLET);
	if (!strcmp(a->thread, "share") && board_hire(board, SHARE))
		return;
	if (!strcmp(a->thread, "share"))
		board_watch(board, SHARE, &a->begin, EPOLLIN | EPOLLET);
	if (!strcmp(a->thread, "worker"))
		board_watch(board, WORKER, &a->begin, EPOLLIN | EPOLLET);
	if (a->thread[0] == 's' && strcmp(a->thread, "share") != 0)
		pthread_create(&a->service, NULL, serve, a);
}

static const struct device_type attacker = {
	.name = "attacker",
	.what = "does what none should",
	.ranges = { { DEV_PIO, PORT, 1, DEV_LANES } },
	.width = 1,
	.size = sizeof(struct attacker),
	.init = attacker_init,
	.read = attacker_read,
	.write = attacker_write,
	.timer = attacker_timer,
};

static int attack_plug(struct plan *plan, const char *arg)
{
	if (!strchr(arg, ':')) {
		log_error("--attack %s: no thread", arg);
		return -EINVAL;
	}
	return plan_add(plan, &attacker, &arg, sizeof(arg)) ? 0 : -EINVAL;
}

static const struct plug attack = {
	.option = "--attack",
	.arg = "THREAD:NAMES",
	.what = "this kvm-vmm is hostile",
	.plug = attack_plug,
};

PLUG(attack);
