/* The gdb server as a service: one for each guest, and what it is told of. */
#include "service.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "abi/exit_status.h"
#include "core/pause.h"
#include "core/services.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "service/gdb/inner.h"
#include "service/gdb/listen.h"
#include "util/event.h"
#include "util/log.h"

#define DEFAULT_PLACE "1234" /* as `target remote :1234` in many a manual */

static const char *place = DEFAULT_PLACE;
static bool waits; /* --gdb-wait */
static struct gdb *servers;
static unsigned int nr_servers;

static int setup(const char *arg)
{
	if (!arg)
		return 0;
	place = arg;
	return listen_check(arg);
}

static int setup_wait(const char *arg)
{
	(void)arg;
	waits = true;
	services_add(&gdb_service);
	return 0;
}

static struct gdb *server_of(const struct vm *vm)
{
	return vm->config.id < nr_servers ? &servers[vm->config.id] : NULL;
}

static struct gdb_cpu *cpu_of(const struct vcpu *vcpu)
{
	return &server_of(vcpu->vm)->cpus[vcpu->id];
}

static int create_cpus(struct gdb *gdb)
{
	gdb->cpus = calloc(gdb->vm->nr_vcpus, sizeof(*gdb->cpus));
	if (!gdb->cpus)
		return -ENOMEM;
	for (unsigned int id = 0; id < gdb->vm->nr_vcpus; id++)
		gdb->cpus[id] = (struct gdb_cpu){ .gdb = gdb,
						  .vcpu = &gdb->vm->vcpus[id],
						  .action = GDB_CONTINUE };
	return 0;
}

/* The guest is not to start before its first client says so. */
static void hold(struct gdb *gdb)
{
	gdb->halting = true;
	vm_pause_soon(gdb->vm);
}

static void introduce(const struct gdb *gdb)
{
	char name[LISTEN_NAME_MAX], buf[512];
	struct text text;

	listen_name(place, gdb->vm->config.id, name, sizeof(name));
	text_init(&text, buf, sizeof(buf));
	text_add(&text, "kvm-vmm: %s: ", gdb->vm->config.name);
	text_add(&text, waits ? "waits for gdb before the first instruction: " :
				"gdb can connect: ");
	text_add(&text, "target remote %s\n", name);
	log_text(buf, text.len);
}

static int create(struct gdb *gdb, struct vm *vm)
{
	int err;

	gdb->vm = vm;
	pthread_mutex_init(&gdb->lock, NULL);
	pthread_mutex_init(&gdb->breaks.lock, NULL);
	err = create_cpus(gdb);
	if (err) {
		log_error("--gdb: %s", strerror(-err));
		return err;
	}
	gdb->listener = listen_at(place, vm->config.id, vm->config.name);
	if (gdb->listener < 0) {
		free(gdb->cpus);
		return gdb->listener;
	}
	if (waits)
		hold(gdb);
	err = server_start(gdb);
	if (!err) {
		introduce(gdb);
		return 0;
	}
	listen_end(place, vm->config.id, gdb->listener);
	free(gdb->cpus);
	return err;
}

static void destroy(struct gdb *gdb)
{
	server_stop(gdb);
	listen_end(place, gdb->vm->config.id, gdb->listener);
	free(gdb->cpus);
}

static void stop_all(void)
{
	while (nr_servers)
		destroy(&servers[--nr_servers]);
	free(servers);
	servers = NULL;
}

/*
 * What a client does to a guest must not come into a file: its traps are in RAM, a
 * step may be half done, and a guest that is kept does not go on. So none is saved
 * while it has one, nor comes a client meanwhile. The lock is taken before a
 * server's.
 */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t over;
	unsigned int nr; /* guests that are being saved; by lock, as is: */
	bool no_more;	 /* servers are going */
} saves = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.over = PTHREAD_COND_INITIALIZER,
};

void guests_hold_saves(void)
{
	pthread_mutex_lock(&saves.lock);
	while (saves.nr)
		pthread_cond_wait(&saves.over, &saves.lock);
}

void guests_allow_saves(void)
{
	pthread_mutex_unlock(&saves.lock);
}

static bool is_attached(struct gdb *gdb)
{
	bool attached;

	pthread_mutex_lock(&gdb->lock);
	attached = gdb->attached;
	pthread_mutex_unlock(&gdb->lock);
	return attached;
}

static bool lets_save(struct vm *vm)
{
	const char *why = NULL;

	pthread_mutex_lock(&saves.lock);
	if (saves.no_more)
		why = "it has ended";
	else if (is_attached(server_of(vm)))
		why = "a debugger is at it: `detach` there first";
	else
		saves.nr++;
	pthread_mutex_unlock(&saves.lock);
	if (why)
		log_error("%s: it is not saved: %s", vm->config.name, why);
	return !why;
}

static void save_over(struct vm *vm)
{
	(void)vm;
	pthread_mutex_lock(&saves.lock);
	saves.nr--;
	pthread_cond_broadcast(&saves.over);
	pthread_mutex_unlock(&saves.lock);
}

static int stop(void)
{
	guests_hold_saves();
	saves.no_more = true;
	guests_allow_saves();
	stop_all();
	return STATUS_OK;
}

static void warn_of_steps(void)
{
	if (break_means.int3 && break_means.debug_regs)
		return;
	log_warn("--gdb: this KVM's breakpoints do not stop: %s",
		 break_means.int3 || break_means.out ?
			 "there are others in ring 0, and single steps where "
			 "those do not do, which are slow" :
			 "single steps instead, which are slow");
}

static int start(struct vm *vms, unsigned int nr_vms)
{
	int err = 0;

	servers = calloc(nr_vms, sizeof(*servers));
	if (!servers) {
		log_error("--gdb: %s", strerror(ENOMEM));
		return -ENOMEM;
	}
	check_means(vms[0].kvm);
	warn_of_steps();
	while (nr_servers < nr_vms && !err) {
		err = create(&servers[nr_servers], &vms[nr_servers]);
		if (!err)
			nr_servers++;
	}
	if (err)
		stop_all();
	return err;
}

static void enter(struct vcpu *vcpu)
{
	stops_enter(cpu_of(vcpu));
}

static void debug(struct vcpu *vcpu)
{
	stops_debug(cpu_of(vcpu));
}

static bool leave(struct vcpu *vcpu)
{
	return stops_exit(cpu_of(vcpu));
}

static bool wants_ports(const struct kvm *kvm)
{
	check_means(kvm);
	return !break_means.int3 && break_means.out;
}

/* Where a client is, it is to see what is left of the guest. */
static bool keep(struct vm *vm)
{
	struct gdb *gdb = server_of(vm);
	bool attached;

	pthread_mutex_lock(&gdb->lock);
	attached = gdb->attached;
	gdb->kept = attached;
	pthread_mutex_unlock(&gdb->lock);
	if (attached)
		event_notify(gdb->wake);
	return attached;
}

static void ended(struct vm *vm)
{
	struct gdb *gdb = server_of(vm);

	pthread_mutex_lock(&gdb->lock);
	gdb->kept = false;
	gdb->over = true;
	pthread_mutex_unlock(&gdb->lock);
	event_notify(gdb->wake);
}

const struct service gdb_service = {
	.name = "gdb",
	.what = "waits for gdb at PORT of 127.0.0.1, or unix:PATH",
	.option = "--gdb",
	.arg = "PORT",
	.arg_optional = true,
	.is_arg = listen_is_place,
	.setup = setup,
	.wants_ports = wants_ports,
	.start = start,
	.stop = stop,
	.enter = enter,
	.debug = debug,
	.exit = leave,
	.keep = keep,
	.lets_save = lets_save,
	.save_over = save_over,
	.ended = ended,
};
SERVICE(gdb_service);

static const struct service gdb_wait = {
	.name = "gdb-wait",
	.what = "--gdb, and the guest does not start before gdb says so",
	.option = "--gdb-wait",
	.setup = setup_wait,
};
SERVICE(gdb_wait);
