/*
 * The machine: builds every guest, starts them, runs the event loop until all
 * have ended, and takes everything down again. The only file that sees every
 * floor of the house.
 */
#include "machine.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "abi/exit_status.h"
#include "cli.h"
#include "core/board.h"
#include "core/board_queue.h"
#include "core/power.h"
#include "core/probes.h"
#include "core/services.h"
#include "core/smp.h"
#include "core/symbols.h"
#include "core/unstarted.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "guest.h"
#include "machine_inner.h"
#include "names.h"
#include "putoff.h"
#include "service/snapshot/restore.h"
#include "util/log.h"
#include "util/sink.h"
#include "viewers.h"
#include "walls.h"

static void stop_all(struct machine *m, int status, const char *reason)
{
	for (unsigned int i = 0; i < m->nr_vms; i++)
		vm_quit(&m->vms[i], status, reason);
}

/* From here on nobody is waited for longer than a moment. */
static void quit(void *arg, int status, const char *reason)
{
	struct machine *m = arg;

	if (sampler_goes_first(&m->sampler, status, reason) ||
	    putoff_quit(&m->putoff, status, reason))
		return; /* and calls again */
	m->quitting = true;
	sink_hurry();
	if (status == STATUS_FAILED)
		m->failure = status;
	stop_all(m, status, reason);
}

void machine_quit(void *arg, int status)
{
	ending_begin(status);
	quit(arg, status, NULL);
}

/*
 * Starts every guest, or, where vCPUs cannot run at once, the next one when
 * all before it have ended.
 */
static void start_next(struct machine *m)
{
	while (m->nr_started < m->nr_vms) {
		struct vm *vm = &m->vms[m->nr_started];

		if (!smp_at_once() && m->nr_started && !vm_has_ended(&vm[-1]))
			return;
		if (!atomic_load(&vm->stopping))
			vm_start(vm);
		m->nr_started++;
	}
}

static void on_bell(void *arg, uint32_t events)
{
	struct machine *m = arg;

	(void)events;
	event_ack(m->bell.fd);
	ending_answer(&m->ending);
	messages_answer(&m->messages);
	services_answer();
	putoff_answer(&m->putoff);
	walls_answer(m->vms, m->nr_vms);
	start_next(m);
}

static void on_resumed(void *arg)
{
	struct machine *m = arg;

	view_resume(&m->view);
	console_resume(&m->console);
	console_resize(&m->console);
}

static void on_resized(void *arg)
{
	struct machine *m = arg;

	console_resize(&m->console);
}

static void on_power(void *arg)
{
	struct machine *m = arg;

	for (unsigned int i = 0; i < m->nr_started; i++)
		power_press(&m->vms[i]);
}

/* Closes the console's ends of guests that have ended; how many those are. */
static unsigned int retire_guests(struct machine *m)
{
	unsigned int ended = 0;

	for (unsigned int i = 0; i < m->nr_vms; i++) {
		if (!vm_has_ended(&m->vms[i]))
			continue;
		console_end(&m->console.guests[i]);
		ended++;
	}
	if (ended > m->nr_ended)
		console_flush(&m->console);
	m->nr_ended = ended;
	return ended;
}

/* vCPUs that wait for the reader of stdout have to be let go, too. */
static bool finished(void *arg)
{
	struct machine *m = arg;

	if (m->quitting && console_waits(&m->console))
		console_abandon(&m->console);
	if (retire_guests(m) < m->nr_vms)
		return false;
	view_end(&m->view);
	return console_is_drained(&m->console);
}

static int hang_bell(struct machine *m)
{
	int fd = event_fd();

	if (fd < 0)
		return STATUS_FAILED;
	m->bell = (struct event_source){ fd, on_bell, m };
	return event_add(&m->loop, &m->bell, EPOLLIN) ? STATUS_FAILED : 0;
}

/* 0, or the exit status. The files may go once they have been loaded. */
static int build_guest(struct machine *m, struct vm *vm, struct cpu_state *cpu)
{
	const struct image *image = &m->files.image;
	unsigned int id = m->nr_vms;
	const struct loader *loader = guest_loader(m->opt, image, id);
	struct vm_config config = {
		.name = m->names[id],
		.image = image->path,
		.id = id,
		.console = &m->console.guests[id],
		.stop_fd = m->bell.fd,
	};
	int err;

	if (!loader)
		return STATUS_USAGE;
	err = guest_configure(m->opt, &m->kvm, loader, &m->files, &config);
	if (err)
		return err == -EINVAL ? STATUS_USAGE : STATUS_FAILED;
	m->nr_vms++; /* from here on vm_free() has something to undo */
	if (vm_create(vm, &m->kvm, &config))
		return STATUS_FAILED;
	err = boards_create(vm, &m->loop);
	if (err) /* two at one place: the user has put one of them there */
		return err == -EEXIST ? STATUS_USAGE : STATUS_FAILED;
	return guest_load(m->opt, loader, &m->files, vm, cpu) ? STATUS_USAGE :
								0;
}

static void free_guests(struct machine *m)
{
	for (unsigned int i = 0; i < m->nr_vms; i++) {
		boards_free(&m->vms[i]);
		vm_detach_symbols(&m->vms[i]);
		vm_free(&m->vms[i]);
		guest_unconfigure(&m->vms[i].config);
	}
}

static int build_guests(struct machine *m)
{
	int status = 0;

	for (unsigned int i = 0; i < m->opt->nr_images && !status; i++) {
		status = files_status(files_open(&m->files, m->opt, i));
		if (!status)
			status = build_guest(m, &m->vms[i], &m->cpus[i]);
		if (!status && probes_ready(&m->vms[i]))
			status = STATUS_USAGE;
		files_close(&m->files);
	}
	if (status)
		free_guests(m);
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

/* Runs the guests and stays until the last has ended. */
static int run_guests(struct machine *m)
{
	m->ending = (struct ending){ .quit = quit,
				     .power = on_power,
				     .resized = on_resized,
				     .resumed = on_resumed,
				     .arg = m };
	if (ending_watch(&m->ending, &m->loop, m->bell.fd,
			 m->opt->timeout_ns) ||
	    console_start(&m->console) ||
	    watch_start(&m->watch, &m->loop, m->vms, m->nr_vms))
		return STATUS_FAILED;
	eof_init(&m->eof, m->opt->eof, &m->loop, &m->console, m->vms,
		 m->nr_vms);
	sampler_init(&m->sampler, &m->loop, &m->console, m->vms, m->nr_vms);
	sampler_then(&m->sampler, quit, m);
	m->putoff =
		(struct putoff){ .bell = m->bell.fd, .quit = quit, .arg = m };
	m->ran = true;
	if (viewers_start(&m->console, m->vms, m->nr_vms) ||
	    walls_raise(m->vms, m->nr_vms, restore_is_on() ? NULL : m->cpus))
		machine_quit(m, STATUS_FAILED);
	start_next(m);
	view_start(&m->view, &m->loop, &m->console, m->vms, m->nr_vms);
	event_run(&m->loop, finished, m);
	view_end(&m->view);
	ending_let_go();
	console_abandon(&m->console);
	for (unsigned int i = 0; i < m->nr_vms; i++) {
		vm_join(&m->vms[i]);
		unstarted_tell_end(&m->vms[i]);
		if (probes_are_on())
			boards_show_queues(&m->vms[i]);
		probes_gone(&m->vms[i]);
	}
	viewers_end();
	sampler_end(&m->sampler);
	watch_stop(&m->watch);
	eof_end(&m->eof);
	return worst_status(m);
}

/* What probes and services have come to. */
static void count_status(struct machine *m, int status)
{
	if (status == STATUS_FAILED)
		m->failure = status;
	if (status > m->status)
		m->status = status;
	/* What is lost is lost, whichever limit ran out. */
	if (m->status == STATUS_LIMIT && m->failure)
		m->status = m->failure;
}

/* The terminal is the user's again: probes may print what they have. */
static void finish_probes(struct machine *m)
{
	count_status(m, m->ran ? probes_finish() : STATUS_OK);
}

static void free_lists(struct machine *m)
{
	names_free(m->names);
	free(m->cpus);
	free(m->vms);
}

static int make_lists(struct machine *m)
{
	unsigned int nr = m->opt->nr_images;

	m->vms = calloc(nr, sizeof(*m->vms));
	m->cpus = calloc(nr, sizeof(*m->cpus));
	m->names = names_make(m->opt->images, nr);
	if (m->vms && m->cpus && m->names)
		return 0;
	log_error("guests: %s", strerror(ENOMEM));
	free_lists(m);
	return STATUS_FAILED;
}

static int open_kvm(struct machine *m)
{
	return kvm_open(&m->kvm) ? STATUS_FAILED : 0;
}

static void close_kvm(struct machine *m)
{
	kvm_close(&m->kvm);
}

/* Guests that have not been started will not be. */
static void stop_services(struct machine *m)
{
	stop_all(m, m->status, NULL);
	count_status(m, services_stop());
}

/* From before the first thread until after the last, any of which may say something. */
static int start_messages(struct machine *m)
{
	return messages_start(&m->messages, &m->loop, m->bell.fd) ?
		       STATUS_FAILED :
		       0;
}

static void stop_messages(struct machine *m)
{
	messages_stop(&m->messages);
}

static int start_services(struct machine *m)
{
	int status = files_status(services_start(m->vms, m->nr_vms));

	if (status)
		stop_services(m);
	return status;
}

static int open_services(struct machine *m)
{
	return files_status(services_open(m->opt->images, m->opt->nr_images));
}

static void close_services(struct machine *m)
{
	(void)m;
	services_close();
}

static int open_viewers(struct machine *m)
{
	return viewers_open(&m->loop);
}

static void close_viewers(struct machine *m)
{
	(void)m;
	viewers_close();
}

static int open_loop(struct machine *m)
{
	return event_init(&m->loop) ? STATUS_FAILED : 0;
}

static void close_loop(struct machine *m)
{
	event_free(&m->loop);
}

/*
 * What a run is made of, in order: each step is taken up after the one above
 * it, and down before it. up() returns 0, or an exit status after one message
 * and with nothing left to undo; then the steps below are not taken. NULL:
 * nothing to do on that way.
 */
static const struct step {
	int (*up)(struct machine *m);
	void (*down)(struct machine *m);
} steps[] = {
	{ open_services, close_services },
	{ open_kvm, close_kvm },
	{ open_loop, close_loop },
	{ hang_bell, NULL },
	{ make_lists, free_lists },
	{ NULL, finish_probes },
	{ machine_open_view, machine_close_view },
	{ open_viewers, close_viewers },
	{ machine_open_console, machine_close_console },
	{ build_guests, free_guests },
	{ start_messages, stop_messages },
	{ start_services, stop_services },
	{ run_guests, NULL },
};

int machine_run(const struct options *opt)
{
	/* Static: the console's rings are too much for a stack. */
	static struct machine machine;
	struct machine *m = &machine;
	size_t taken = 0;

	m->opt = opt;
	ending_limit(opt->timeout_ns);
	vcpu_init_signals();
	for (; taken < sizeof(steps) / sizeof(steps[0]); taken++) {
		if (steps[taken].up)
			m->status = steps[taken].up(m);
		if (m->status)
			break;
	}
	while (taken-- > 0)
		if (steps[taken].down)
			steps[taken].down(m);
	return m->status;
}
