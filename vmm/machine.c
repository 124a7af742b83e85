/*
 * The machine: builds every guest, starts them, runs the event loop until all
 * have ended, and takes everything down again. The only file that sees every
 * floor of the house.
 */
#include "machine.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "abi/exit_status.h"
#include "boot/select.h"
#include "cli.h"
#include "core/board.h"
#include "core/console.h"
#include "core/event.h"
#include "core/irqchip.h"
#include "core/kvm.h"
#include "core/smp.h"
#include "core/term.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "core/watch.h"
#include "util/log.h"

#define SIGNAL_BASE 128 /* exit status of a process that signal N ended */

struct machine {
	const struct options *opt;
	struct kvm kvm;
	struct event_loop loop;
	struct event_source stopped; /* eventfd: a guest has ended */
	struct event_source signals; /* signalfd */
	struct event_source timeout; /* timerfd, with --timeout */
	struct console console;
	struct watch watch;
	struct image initrd;
	struct vm *vms; /* one per guest */
	unsigned int nr_vms;
	bool quitting; /* out of patience: what stdout refuses may be lost */
	int failure; /* STATUS_FAILED when guest output could not be written */
};

static void stop_all(struct machine *m, int status, const char *reason)
{
	for (unsigned int i = 0; i < m->nr_vms; i++) {
		if (reason)
			vm_stop(&m->vms[i], status, "%s", reason);
		else
			vm_stop(&m->vms[i], status, NULL);
	}
}

static void on_quit(void *arg, int status)
{
	struct machine *m = arg;

	m->quitting = true;
	if (status == STATUS_FAILED)
		m->failure = status;
	stop_all(m, status, NULL);
}

static void on_stopped(void *arg, uint32_t events)
{
	struct machine *m = arg;

	(void)events; /* being woken is enough: event_run() asks finished() */
	event_ack(m->stopped.fd);
}

static void on_timeout(void *arg, uint32_t events)
{
	struct machine *m = arg;

	(void)events;
	event_ack(m->timeout.fd);
	m->quitting = true;
	stop_all(m, STATUS_LIMIT, "stopped: --timeout ran out");
}

/* Ctrl-Z from outside: hand the terminal back, stop, and take it again. */
static void suspend(struct machine *m)
{
	term_restore();
	raise(SIGSTOP);
	console_resume(&m->console);
}

static void on_signal(void *arg, uint32_t events)
{
	struct machine *m = arg;
	struct signalfd_siginfo info;

	(void)events;
	if (read(m->signals.fd, &info, sizeof(info)) != sizeof(info))
		return;
	switch (info.ssi_signo) {
	case SIGTSTP:
		suspend(m);
		break;
	case SIGCONT:
		console_resume(&m->console);
		break;
	default:
		on_quit(m, SIGNAL_BASE + info.ssi_signo);
	}
}

static bool finished(void *arg)
{
	struct machine *m = arg;

	for (unsigned int i = 0; i < m->nr_vms; i++)
		if (!atomic_load(&m->vms[i].stopping))
			return false;
	return console_is_drained(&m->console) ||
	       (m->quitting && m->console.out_waits);
}

/* Signals become events; blocked before any thread could take them. */
static int watch_signals(struct machine *m)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGQUIT);
	sigaddset(&set, SIGTSTP);
	sigaddset(&set, SIGCONT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	m->signals = (struct event_source){
		.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK),
		.ready = on_signal,
		.arg = m,
	};
	if (m->signals.fd < 0) {
		log_error("signalfd: %s", strerror(errno));
		return -errno;
	}
	return event_add(&m->loop, &m->signals, EPOLLIN);
}

static int watch_timeout(struct machine *m)
{
	int fd;

	if (!m->opt->timeout_ns)
		return 0;
	fd = event_timer_fd();
	if (fd < 0)
		return fd;
	m->timeout = (struct event_source){ fd, on_timeout, m };
	event_arm(fd, m->opt->timeout_ns, 0);
	return event_add(&m->loop, &m->timeout, EPOLLIN);
}

static int watch_stopped(struct machine *m)
{
	int fd = event_fd();

	if (fd < 0)
		return fd;
	m->stopped = (struct event_source){ fd, on_stopped, m };
	return event_add(&m->loop, &m->stopped, EPOLLIN);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int bad_fit(const struct image *image, const char *why)
{
	log_error("%s: %s", image->path, why);
	return -EINVAL;
}

/* Whether what the user asked for suits this kind of guest. */
static int check_options(const struct options *opt, const struct loader *loader,
			 const struct image *image)
{
	if (opt->mem_size && opt->mem_size < loader->mem_min) {
		log_error("--mem: %s needs at least %lluK", image->path,
			  (unsigned long long)loader->mem_min >> 10);
		return -EINVAL;
	}
	if (opt->nr_cpus > 1 && !(loader->needs & NEEDS_SMP))
		return bad_fit(image, "this kind of guest has one vCPU; leave "
				      "--smp away");
	if (opt->nr_images > 1)
		return 0; /* meant for another one, perhaps */
	if (opt->initrd && !(loader->needs & NEEDS_INITRD))
		return bad_fit(image, "this kind of guest takes no --initrd");
	if (opt->cmdline && !(loader->needs & NEEDS_CMDLINE))
		return bad_fit(image, "this kind of guest takes no --cmdline");
	return 0;
}

static int fill_config(struct machine *m, const struct loader *loader,
		       const struct image *image, struct vm_config *config)
{
	const struct options *opt = m->opt;
	unsigned int cpus = opt->nr_cpus ? opt->nr_cpus : CONFIG_DEFAULT_CPUS;

	*config = (struct vm_config){
		.name = base_name(image->path),
		.id = m->nr_vms,
		.nr_guests = opt->nr_images,
		.mem_size = opt->mem_size ? opt->mem_size : loader->mem_default,
		.nr_vcpus = loader->needs & NEEDS_SMP ? cpus : 1,
		.irqchip = loader->needs & NEEDS_IRQCHIP,
		.hlt_ends = loader->needs & NEEDS_HLT_ENDS,
		.max_exits = opt->max_exits,
		.console = &m->console,
		.stop_fd = m->stopped.fd,
	};
	if (!config->mem_size &&
	    cli_parse_size(CONFIG_DEFAULT_MEM, &config->mem_size))
		return bad_fit(image, "DEFAULT_MEM of the configuration is no "
				      "size; give --mem");
	if (config->nr_vcpus > m->kvm.max_cpus) {
		log_error("--smp: this host's KVM gives a guest at most %u "
			  "vCPUs",
			  m->kvm.max_cpus);
		return -EINVAL;
	}
	if (config->irqchip && !irqchip_available(&m->kvm))
		return -ENOTSUP;
	return 0;
}

static int load_guest(struct machine *m, const struct loader *loader,
		      const struct image *image, struct vm *vm,
		      struct cpu_state *cpu)
{
	const struct boot_args args = {
		.cmdline = m->opt->cmdline ? m->opt->cmdline :
					     CONFIG_DEFAULT_CMDLINE,
		.initrd = m->initrd.data ? &m->initrd : NULL,
	};

	log_info("%s: %s: %s", vm->config.name, loader->name, loader->what);
	if (loader->load(image, &args, &vm->mem, cpu))
		return STATUS_USAGE;
	if (loader->needs & NEEDS_SMP)
		smp_write_table(&vm->mem, vm->config.nr_vcpus);
	return 0;
}

/* 0, or the exit status. The image may go once it has been loaded. */
static int build_guest(struct machine *m, const struct image *image,
		       struct vm *vm, struct cpu_state *cpu)
{
	const struct loader *loader =
		loader_select(image, m->opt->loader_option);
	struct vm_config config;
	int err;

	if (!loader || check_options(m->opt, loader, image))
		return STATUS_USAGE;
	err = fill_config(m, loader, image, &config);
	if (err)
		return err == -EINVAL ? STATUS_USAGE : STATUS_FAILED;
	m->nr_vms++; /* from here on vm_free() has something to undo */
	if (vm_create(vm, &m->kvm, &config) || boards_create(vm, &m->loop))
		return STATUS_FAILED;
	return load_guest(m, loader, image, vm, cpu);
}

static int build_guests(struct machine *m, struct cpu_state *cpus)
{
	int status = 0;

	for (unsigned int i = 0; i < m->opt->nr_images && !status; i++) {
		struct image image;

		if (image_open(&image, m->opt->images[i]))
			return STATUS_USAGE;
		status = build_guest(m, &image, &m->vms[i], &cpus[i]);
		image_close(&image);
	}
	return status;
}

/* The worst exit status of all guests, which is the largest. */
static int worst_status(const struct machine *m)
{
	int worst = m->failure;

	for (unsigned int i = 0; i < m->nr_vms; i++)
		if (m->vms[i].status > worst)
			worst = m->vms[i].status;
	return worst;
}

/* Starts all guests and stays until the last has ended. */
static int run_guests(struct machine *m, const struct cpu_state *cpus)
{
	int status = STATUS_FAILED;
	bool started = true;

	if (watch_signals(m) || watch_timeout(m) ||
	    console_init(&m->console, &m->loop, on_quit, m))
		return status;
	if (watch_start(&m->watch, &m->loop, m->vms, m->nr_vms))
		goto free_console;
	for (unsigned int i = 0; i < m->nr_vms && started; i++)
		started = !vm_start(&m->vms[i], &cpus[i]);
	if (started)
		event_run(&m->loop, finished, m);
	stop_all(m, STATUS_FAILED, NULL);
	console_abandon(&m->console);
	for (unsigned int i = 0; i < m->nr_vms; i++)
		vm_join(&m->vms[i]);
	if (started)
		status = worst_status(m);
	watch_stop(&m->watch);
free_console:
	console_free(&m->console);
	return status;
}

static int build_and_run(struct machine *m)
{
	struct cpu_state *cpus = calloc(m->opt->nr_images, sizeof(*cpus));
	int status = STATUS_FAILED;

	m->vms = calloc(m->opt->nr_images, sizeof(*m->vms));
	if (!cpus || !m->vms)
		log_error("guests: %s", strerror(ENOMEM));
	else if (m->opt->initrd && image_open(&m->initrd, m->opt->initrd))
		status = STATUS_USAGE;
	else
		status = build_guests(m, cpus);
	image_close(&m->initrd);
	if (!status)
		status = run_guests(m, cpus);
	for (unsigned int i = 0; i < m->nr_vms; i++)
		vm_free(&m->vms[i]);
	free(m->vms);
	free(cpus);
	return status;
}

int machine_run(const struct options *opt)
{
	/* Static: the console's rings are too much for a stack. */
	static struct machine machine;
	struct machine *m = &machine;
	int status = STATUS_FAILED;

	m->opt = opt;
	vcpu_init_signals();
	if (kvm_open(&m->kvm))
		return status;
	if (event_init(&m->loop))
		goto close_kvm;
	if (!watch_stopped(m))
		status = build_and_run(m);
	event_free(&m->loop);
close_kvm:
	kvm_close(&m->kvm);
	return status;
}
