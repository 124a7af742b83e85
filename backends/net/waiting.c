/*
 * epoll(7) as poll(2). Descriptors are known by their numbers, so one that is closed
 * has to be forgotten before another gets its number.
 */
#include "backends/net/waiting.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

#define AT_ONCE 64

static struct waiting {
	int fd;
	unsigned int nr_known;
	uint32_t round; /* which call this is */
	struct known {
		uint32_t events; /* that are waited for, if */
		bool is_known;
		uint32_t round;	 /* the last call that named it, */
		unsigned int at; /* and where */
	} known[WAITING_MAX];
} waiting;

bool waiting_open(void)
{
	waiting.fd = epoll_create1(EPOLL_CLOEXEC);
	return waiting.fd >= 0;
}

/* The bits of poll and epoll are the same ones. */
static uint32_t translate(short events)
{
	if (events & WAITING_RUNG)
		return EPOLLIN | EPOLLET;
	return (uint16_t)events;
}

static void wait_for(int fd, uint32_t events)
{
	struct known *k = &waiting.known[fd];
	struct epoll_event event = { .events = events, .data.fd = fd };
	const int what = k->is_known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

	if (k->is_known && k->events == events)
		return;
	if (epoll_ctl(waiting.fd, what, fd, &event))
		return;
	waiting.nr_known += !k->is_known;
	k->is_known = true;
	k->events = events;
}

void waiting_forget(int fd)
{
	if (fd < 0 || fd >= WAITING_MAX || !waiting.known[fd].is_known)
		return;
	epoll_ctl(waiting.fd, EPOLL_CTL_DEL, fd, NULL);
	waiting.known[fd].is_known = false;
	waiting.nr_known--;
}

void waiting_forget_all(void)
{
	for (int fd = 0; fd < WAITING_MAX && waiting.nr_known; fd++)
		waiting_forget(fd);
}

static void forget_unnamed(void)
{
	for (int fd = 0; fd < WAITING_MAX; fd++)
		if (waiting.known[fd].round != waiting.round)
			waiting_forget(fd);
}

int waiting_poll(struct pollfd *polled, unsigned int nr, int ms)
{
	struct epoll_event happened[AT_ONCE];
	int found;

	waiting.round++;
	for (unsigned int i = 0; i < nr; i++) {
		polled[i].revents = 0;
		if (polled[i].fd < 0 || polled[i].fd >= WAITING_MAX)
			continue;
		wait_for(polled[i].fd, translate(polled[i].events));
		waiting.known[polled[i].fd].round = waiting.round;
		waiting.known[polled[i].fd].at = i;
	}
	if (waiting.nr_known > nr)
		forget_unnamed();
	found = epoll_wait(waiting.fd, happened, AT_ONCE, ms);
	for (int i = 0; i < found; i++) {
		const struct known *k = &waiting.known[happened[i].data.fd];

		if (k->round == waiting.round)
			polled[k->at].revents = happened[i].events;
	}
	return found;
}
