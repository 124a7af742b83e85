/*
 * Preloaded into a program that runs a guest: notes every ioctl on the way to
 * the first KVM_RUN and when that came, and prints both on descriptor 3:
 *
 *	NANOSECONDS REQUEST REQUEST ...
 *
 * The time is CLOCK_MONOTONIC, so that the one who started the program can
 * tell how long it took.
 */
#define _GNU_SOURCE
#include <linux/kvm.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define REPORT_FD    3
#define REQUESTS_MAX 64

static unsigned long requests[REQUESTS_MAX];
static int count;
static bool is_reported;

static void report(void)
{
	struct timespec now;
	char text[32 + 8 * REQUESTS_MAX];
	int len;

	clock_gettime(CLOCK_MONOTONIC, &now);
	len = snprintf(text, sizeof(text), "%lld",
		       now.tv_sec * 1000000000ll + now.tv_nsec);
	for (int i = 0; i < count; i++)
		len += snprintf(text + len, sizeof(text) - (size_t)len, " %lx",
				requests[i] & 0xffff);
	text[len++] = '\n';
	if (write(REPORT_FD, text, (size_t)len) != len)
		_exit(1);
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (!is_reported && request == KVM_RUN) {
		is_reported = true;
		report();
	} else if (!is_reported && (request >> 8 & 0xff) == KVMIO &&
		   count < REQUESTS_MAX) {
		requests[count++] = request;
	}
	return (int)syscall(SYS_ioctl, fd, request, arg);
}
