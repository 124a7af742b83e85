/* The log's place in the event loop: see messages.h. */
#include "terminal/messages.h"

#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/log.h"
#include "util/log_loop.h"

/* A terminal can be ready and take nothing: so not by EPOLLOUT. */
#define AGAIN_NS (20 * NS_PER_MS)

static int bell = -1; /* constant while there are threads */

static void ring_bell(void)
{
	event_notify(bell);
}

static void on_again(void *arg, uint32_t events)
{
	struct messages *messages = arg;

	(void)events;
	event_ack(messages->again.fd);
	messages_answer(messages);
}

/* Made when it is first needed: most who read stderr do. */
static bool make_timer(struct messages *messages)
{
	int fd;

	if (messages->again.fd >= 0)
		return true;
	if (messages->no_timer)
		return false;
	fd = event_timer_fd();
	messages->again = (struct event_source){ fd, on_again, messages };
	if (fd >= 0 && event_add(messages->loop, &messages->again, EPOLLIN)) {
		close(fd);
		messages->again.fd = -1;
	}
	messages->no_timer = messages->again.fd < 0;
	return !messages->no_timer;
}

int messages_start(struct messages *messages, struct event_loop *loop,
		   int bell_fd)
{
	int err;

	*messages = (struct messages){ .loop = loop, .again = { .fd = -1 } };
	bell = bell_fd;
	err = log_attach(ring_bell);
	if (err)
		log_error("stderr: %s%s", strerror(-err), log_advice(-err));
	return err;
}

void messages_answer(struct messages *messages)
{
	if (!log_go_on() && make_timer(messages))
		event_arm(messages->again.fd, AGAIN_NS, 0);
}

void messages_stop(struct messages *messages)
{
	log_detach();
	if (messages->again.fd >= 0)
		close(messages->again.fd);
}
