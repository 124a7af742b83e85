/*
 * A guest that is saved, and restored or copied: each one goes on from the same
 * moment, with the same random numbers to come. What is told to the kernel then
 * comes from the host, by hypercalls: bytes for its pool, which is stirred, and
 * the time, where its clock has stood still.
 *
 * The host does not know that somebody waits; it rings, as a telephone does at a
 * serial port (devices/serial.c), for whoever listens. The driver forgets who
 * listens when another program sets the line, so there is a look every few seconds.
 */
#include "abi/hypercall.h"
#include "vmctl.h"

#include <asm/errno.h>
#include <asm/ioctls.h>
#include <asm/termios.h>
#include <linux/fcntl.h>
#include <linux/random.h>
#include <linux/signal.h>
#include <linux/time.h>

#define HOOK	   "/etc/restored"
#define LOOK_S	   10 /* how long a copy can be one unawares, at worst */
#define CLOCK_OFF  1000000000LL /* ns that the clock may be wrong */
#define NS_PER_S   1000000000LL
#define SEED_WORDS 8
#define BITS	   32

/* What RNDADDENTROPY takes. */
struct seed {
	int bits, bytes;
	unsigned int words[SEED_WORDS];
};

static long long result8(void)
{
	unsigned int low = result4();

	return (long long)result4() << BITS | low;
}

/*
 * How often the guest was restored. Another vmctl may make a call of its own
 * between this one's and its result, of which the device has one; so it is asked
 * until it has said the same twice.
 */
static unsigned int restores(void)
{
	unsigned int before, now = ~0u;

	do {
		before = now;
		hypercall(HC_RESTORES, 0);
		now = result4();
	} while (now != before);
	return now;
}

static int stir(void)
{
	long fd = call(__NR_open, (long)"/dev/urandom", O_RDWR, 0);
	struct seed seed = { .bits = SEED_WORDS * BITS,
			     .bytes = sizeof(seed.words) };
	long err = fd;

	if (fd < 0)
		return 0;
	hypercall(HC_RANDOM, 0);
	for (int i = 0; i < SEED_WORDS; i++)
		seed.words[i] = result4();
	err = call(__NR_ioctl, fd, RNDADDENTROPY, (long)&seed);
	if (err >= 0)
		err = call(__NR_ioctl, fd, RNDRESEEDCRNG, 0);
	call(__NR_close, fd, 0, 0);
	return err >= 0;
}

/* A clock that has gone on by itself, as most do, is left alone. */
static void set_clock(void)
{
	struct timespec now = { 0, 0 };
	long long wall, off;

	hypercall(HC_WALL_TIME, 0);
	wall = result8();
	call(__NR_clock_gettime, CLOCK_REALTIME, (long)&now, 0);
	off = wall - (now.tv_sec * NS_PER_S + now.tv_nsec);
	if (off < CLOCK_OFF && off > -CLOCK_OFF)
		return;
	now.tv_sec = wall / NS_PER_S;
	now.tv_nsec = wall % NS_PER_S;
	call(__NR_clock_settime, CLOCK_REALTIME, (long)&now, 0);
}

static int freshen(void)
{
	set_clock();
	return stir();
}

void freshen_now(void)
{
	if (!open_ports())
		end(EXIT_FAILED);
	if (restores() == ~0u)
		fail(EXIT_FAILED, "this machine is no Mini-KVM\n");
	if (!freshen())
		fail(EXIT_FAILED, "Linux takes no random bytes; only root may "
				  "do this\n");
	end(0);
}

void save(void)
{
	unsigned int result, before;

	call(__NR_sync, 0, 0, 0);
	if (!open_ports())
		end(EXIT_FAILED);
	before = restores();
	hypercall(HC_SAVE, 0);
	result = result4();
	/* The one that watches wakes now, and its result may have been read. */
	if (result == HC_RESTORED || restores() != before) {
		freshen();
		say(STDOUT, "restored\n");
		end(0);
	}
	if (result == HC_SAVED) {
		say(STDOUT, "saved\n");
		end(0);
	}
	fail(EXIT_FAILED, result == HC_UNSAVED ?
				  "not saved: kvm-vmm has said why; it needs "
				  "--save FILE\n" :
				  "this machine is no Mini-KVM\n");
}

static void on_alarm(int sig)
{
	(void)sig;
}

/* x86 wants every handler to bring its way back. */
__asm__(".globl vmctl_return\n"
	"vmctl_return:\n"
	"mov $15, %eax\n" /* rt_sigreturn */
	"syscall\n");
void vmctl_return(void);

struct kernel_sigaction {
	void (*handler)(int sig);
	unsigned long flags;
	void (*restorer)(void);
	unsigned long mask;
};

/* Every alarm ends what waits. */
static void catch_alarms(void)
{
	const struct kernel_sigaction action = {
		.handler = on_alarm,
		.flags = SA_RESTORER,
		.restorer = vmctl_return,
	};

	call4(__NR_rt_sigaction, SIGALRM, (long)&action, 0,
	      sizeof(action.mask));
}

/* What else there is to do is a script's, called with `copy` if this is one. */
static void run_hook(void)
{
	static const char *const environment[] = { "PATH=/sbin:/bin", 0 };
	const char *words[] = { HOOK, 0, 0 };
	long pid = call(__NR_fork, 0, 0, 0);

	if (pid > 0)
		call4(__NR_wait4, pid, 0, 0, 0);
	if (pid)
		return;
	hypercall(HC_COPY, 0);
	if (result4())
		words[1] = "copy";
	call(__NR_execve, (long)HOOK, (long)words, (long)environment);
	end(0); /* there is none */
}

/* Until the line rings, or it is time for a look. */
static void wait(long line)
{
	const struct timespec rest = { LOOK_S, 0 };
	long err;

	call(__NR_alarm, LOOK_S, 0, 0);
	err = call(__NR_ioctl, line, TIOCMIWAIT, TIOCM_RNG);
	if (err < 0 && err != -EINTR) /* not every console is such a line */
		call(__NR_nanosleep, (long)&rest, 0, 0);
}

void watch(void)
{
	unsigned int seen, now;
	long line;

	if (!open_ports())
		end(EXIT_FAILED);
	seen = restores();
	if (seen == ~0u)
		end(0); /* nobody to be restored by */
	if (call(__NR_fork, 0, 0, 0))
		end(0);
	call(__NR_setsid, 0, 0, 0);
	catch_alarms();
	line = call(__NR_open, (long)"/dev/console",
		    O_RDWR | O_NOCTTY | O_NONBLOCK, 0);
	for (;;) {
		now = restores();
		if (now != seen) {
			freshen();
			run_hook();
		}
		seen = now;
		wait(line);
	}
}
