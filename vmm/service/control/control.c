/*
 * --control as a service. The broker is forked before anything is opened that it
 * could do harm with; the VMM's end of it is a thread, once there are guests.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi/exit_status.h"
#include "core/services.h"
#include "service.h"
#include "service/control/control.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/log_loop.h"
#include "util/size.h"

#define BROKER_MS 2000 /* that the broker may take to go */

struct control control = { .broker = -1, .wake = -1 };
struct control_run control_run;

static const char *path; /* NULL: in the user's folder */
static int tell_fd = -1; /* of --detached=FD: whoever waits for the guest */
static const char *name; /* of --name; NULL: the image's */
static char chosen[CTL_NAME_MAX];
static pid_t broker;
static int broker_handle =
	-1; /* pidfd_open(2): the sandbox lets no other be killed */

static int setup(const char *arg)
{
	control_run.started_ns = clock_now_ns();
	path = arg;
	if (!arg || *arg)
		return 0;
	log_error("--control: give a path, or leave it away");
	return -EINVAL;
}

/* No image is called so, nor is one a socket. */
static bool is_path(const char *word)
{
	static const char end[] = ".sock";
	size_t len = strlen(word);
	struct stat st;

	return (len >= sizeof(end) &&
		!strcmp(word + len - (sizeof(end) - 1), end)) ||
	       (!stat(word, &st) && S_ISSOCK(st.st_mode));
}

static int setup_name(const char *arg)
{
	char clean[CTL_NAME_MAX];

	place_name(arg, clean);
	if (strcmp(clean, arg) != 0) {
		log_error("--name: %s: give letters, digits, '.', '_' and '-', "
			  "56 at most, and no command's name",
			  arg);
		return -EINVAL;
	}
	name = arg;
	return 0;
}

enum { OURS, BROKERS };

/* What stands for a terminal: what this prints goes there, and keys come from there. */
static int make_console(int console[2])
{
	if (!control_run.detached)
		return 0;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, console))
		return -errno;
	fflush(NULL);
	if (dup2(console[OURS], STDIN_FILENO) < 0 ||
	    dup2(console[OURS], STDOUT_FILENO) < 0)
		return -errno;
	close(console[OURS]);
	return 0;
}

static int fork_broker(int listener)
{
	int pair[2], console[2] = { -1, -1 };
	int err = make_console(console);

	if (err)
		return err;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -errno;
	fflush(NULL);
	broker = fork();
	if (!broker) {
		close(pair[OURS]);
		broker_run(listener, pair[BROKERS], console[BROKERS]);
	}
	close(pair[BROKERS]);
	if (console[BROKERS] >= 0)
		close(console[BROKERS]);
	if (broker < 0) {
		err = -errno;
		close(pair[OURS]);
		return err;
	}
	broker_handle = (int)syscall(SYS_pidfd_open, broker, 0);
	control.broker = pair[OURS];
	return 0;
}

static int open_control(const char *const *images, unsigned int nr_images)
{
	int listener, err;

	(void)nr_images;
	place_name(name ? name : images[0], chosen);
	listener = place_listen(&control_run.place, path, chosen, name);
	if (listener < 0)
		return listener;
	control_run.name = chosen;
	control_run.pid = getpid();
	err = fork_broker(listener);
	close(listener);
	if (err) {
		log_error("--control: %s%s", strerror(-err), log_advice(-err));
		place_leave(&control_run.place);
	} else {
		place_close(&control_run.place); /* it is the broker's now */
		log_info("--control: %s", control_run.place.path);
	}
	return err;
}

static int start(struct vm *vms, unsigned int nr_vms)
{
	control.vms = vms;
	control.nr_vms = nr_vms;
	return serve_start();
}

/* Messages go with the rest from now on, and who waits hears that all went well. */
static int start_detached(struct vm *vms, unsigned int nr_vms)
{
	static const char well = '\0';

	(void)vms;
	(void)nr_vms;
	if (tell_fd < 0)
		return 0;
	dup2(STDOUT_FILENO, STDERR_FILENO);
	log_reopen();
	if (write(tell_fd, &well, 1) != 1)
		log_warn("--detached: nobody waits for this run");
	close(tell_fd);
	return 0;
}

static int stop(void)
{
	serve_stop();
	return STATUS_OK;
}

/* It goes by itself, unless somebody has stopped it. */
static void wait_for_broker(void)
{
	struct pollfd end = { .fd = control.broker, .events = POLLIN };

	if (poll(&end, 1, BROKER_MS) <= 0)
		syscall(SYS_pidfd_send_signal, broker_handle, SIGKILL, NULL, 0);
	close(control.broker);
	close(broker_handle);
	waitpid(broker, NULL, 0);
}

static void close_control(void)
{
	if (control.broker < 0)
		return;
	shutdown(control.broker, SHUT_WR);
	wait_for_broker();
}

static const struct service control_service = {
	.name = "control",
	.what = "takes commands at a socket; see `kvm-vmm ctl help`",
	.option = "--control",
	.arg = "PATH",
	.arg_optional = true,
	.is_arg = is_path,
	.setup = setup,
	.open = open_control,
	.close = close_control,
	.start = start,
	.stop = stop,
};
SERVICE(control_service);

/* It brings --control along. The argument is a descriptor that was handed over, as
 * --initrd's may be: main.c keeps those open. */
static int setup_detached(const char *arg)
{
	static const char fds[] = "/proc/self/fd/";
	uint64_t fd;

	control_run.detached = true;
	services_add(&control_service);
	if (!control_run.started_ns)
		control_run.started_ns = clock_now_ns();
	if (!arg)
		return 0;
	if (strncmp(arg, fds, sizeof(fds) - 1) ||
	    size_number(arg + sizeof(fds) - 1, INT_MAX, &fd)) {
		log_error("--detached: leave the argument to `fork`");
		return -EINVAL;
	}
	tell_fd = (int)fd;
	fcntl(tell_fd, F_SETFD, FD_CLOEXEC);
	return 0;
}

static const struct service detached_service = {
	.name = "detached",
	.what = "its console is at the control socket: `kvm-vmm ctl console`",
	.option = "--detached",
	.arg = "FD",
	.arg_optional = true,
	.setup = setup_detached,
	.start = start_detached,
};
SERVICE(detached_service);

static const struct service name_service = {
	.name = "name",
	.what = "what `kvm-vmm ctl` calls this run",
	.option = "--name",
	.arg = "NAME",
	.setup = setup_name,
};
SERVICE(name_service);
