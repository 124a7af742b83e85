/*
 * --step: a guest stands still at each of its instructions until a key comes. Keys that
 * come early count for later: a script can be piped in. As long as it waits for
 * keys they are none of the guest's.
 */
#include <pthread.h>

#include "abi/exit_status.h"
#include "core/pause.h"
#include "core/vm.h"
#include "service/insn/insn.h"

#define GUESTS_MAX  256
#define NUMBER_MAX  100000000
#define ENTER_TTY   '\r'
#define ENTER_PIPE  '\n'
#define INTERRUPTED 0x03 /* Ctrl-C, of a terminal that is raw */
#define ESCAPE	    0x01 /* Ctrl-A: a word to the console */

static pthread_mutex_t turns_lock = PTHREAD_MUTEX_INITIALIZER;

/* Guarded by it: */
static bool waits;	      /* guests stand still */
static unsigned long allowed; /* instructions that need no key any more */
static enum {
	AFTER_KEYS,		     /* comes the next key */
	AFTER_TRACE,		     /* all others, without keys */
	AFTER_RUN,		     /* the guests run, without a trace */
	AFTER_QUIT,		     /* they end */
} after;			     /* those that are allowed */
static unsigned long number;	     /* typed before a key */
static struct vm *still[GUESTS_MAX]; /* guests that wait for one */
static unsigned int nr_still;

static struct vm *guests; /* of the run */
static unsigned int nr_guests;

void insn_step_begin(struct vm *vms, unsigned int nr_vms)
{
	guests = vms;
	nr_guests = nr_vms;
	waits = true;
}

static bool stands_still(const struct vm *vm)
{
	for (unsigned int i = 0; i < nr_still; i++)
		if (still[i] == vm)
			return true;
	return false;
}

/* The one that waits longest; the lock is taken. */
static void let_one_go(void)
{
	struct vm *vm = still[0];

	nr_still--;
	for (unsigned int i = 0; i < nr_still; i++)
		still[i] = still[i + 1];
	vm_resume(vm);
}

/* Nobody stands still any more; the lock is taken. */
static void go_on(void)
{
	if (after == AFTER_RUN)
		insn_let_run();
	for (unsigned int i = 0; after == AFTER_QUIT && i < nr_guests; i++)
		vm_quit(&guests[i], STATUS_OK, NULL);
	waits = false;
	while (nr_still)
		let_one_go();
}

/* Uses up what is allowed; the lock is taken. */
static void settle(void)
{
	while (allowed && nr_still) {
		allowed--;
		let_one_go();
	}
	if (!allowed && after != AFTER_KEYS)
		go_on();
}

void insn_step_wait(struct vm *vm)
{
	pthread_mutex_lock(&turns_lock);
	if (waits && allowed) {
		allowed--;
	} else if (waits && after != AFTER_KEYS) {
		go_on();
	} else if (waits && !stands_still(vm) && nr_still < GUESTS_MAX) {
		still[nr_still++] = vm;
		vm_pause_soon(vm);
	}
	pthread_mutex_unlock(&turns_lock);
}

static void press(uint8_t key)
{
	switch (key) {
	case '0' ... '9':
		if (number < NUMBER_MAX)
			number = 10 * number + key - '0';
		break;
	case ' ':
	case 's':
	case ENTER_TTY:
	case ENTER_PIPE:
		allowed += number ? number : 1;
		number = 0;
		break;
	case 't':
		after = AFTER_TRACE;
		break;
	case 'c':
		after = AFTER_RUN;
		break;
	case 'q':
	case INTERRUPTED:
		after = AFTER_QUIT;
		break;
	default:
		break;
	}
}

/* Nobody can press any when no more come: the rest goes by. */
size_t insn_keys(const uint8_t *buf, size_t len)
{
	size_t taken = 0;

	pthread_mutex_lock(&turns_lock);
	while (taken < len && waits && after == AFTER_KEYS &&
	       buf[taken] != ESCAPE)
		press(buf[taken++]);
	if (!len && after == AFTER_KEYS)
		after = AFTER_TRACE;
	if (nr_still)
		settle();
	pthread_mutex_unlock(&turns_lock);
	return taken;
}

void insn_step_end(void)
{
	pthread_mutex_lock(&turns_lock);
	after = AFTER_TRACE;
	go_on();
	pthread_mutex_unlock(&turns_lock);
}
