/* What goes on and how, and what the client is told when it stops (gdb manual,
 * "Packets", vCont, and "Stop Reply Packets"). */
#include <errno.h>
#include <linux/kvm.h>

#include "abi/exit_status.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "service/gdb/inner.h"
#include "service/gdb/session.h"

/* As gdb numbers signals: include/gdb/signals.def there. */
enum {
	SIGNAL_INT = 2,
	SIGNAL_TRAP = 5,
	SIGNAL_SEGV = 11,
};

void session_ok(struct gdb *gdb)
{
	reply_text(&gdb->reply, "OK");
}

void session_error(struct gdb *gdb, int number)
{
	reply_text(&gdb->reply, "E%02x", number & 0xff);
}

void session_answer(struct gdb *gdb, bool good)
{
	if (good)
		session_ok(gdb);
	else
		session_error(gdb, EINVAL);
}

void session_tell(struct gdb *gdb, const char *words, size_t len)
{
	gdb->reply.len = 0;
	reply_text(&gdb->reply, "O");
	reply_hex(&gdb->reply, words, len);
	server_send(gdb);
	gdb->reply.len = 0;
}

void session_add_stop(struct gdb *gdb, const struct stop *stop)
{
	static const char *const words[] = {
		[STOP_SOFTWARE] = "swbreak:;", [STOP_HARDWARE] = "hwbreak:;",
		[STOP_WRITE] = "watch:",       [STOP_READ] = "rwatch:",
		[STOP_ACCESS] = "awatch:",     [STOP_MAPPED] = NULL,
	};
	int signal = SIGNAL_TRAP;

	if (stop->reason == STOP_ASKED)
		signal = SIGNAL_INT;
	if (stop->reason == STOP_ENDED && gdb->vm->status == STATUS_CRASHED)
		signal = SIGNAL_SEGV;
	reply_text(&gdb->reply, "T%02xthread:%x;", signal, gdb->stopped + 1);
	if (words[stop->reason])
		reply_text(&gdb->reply, "%s", words[stop->reason]);
	if (stop->reason >= STOP_WRITE && stop->reason <= STOP_ACCESS)
		reply_text(&gdb->reply, "%llx;",
			   (unsigned long long)stop->addr);
}

static void add_crash(struct text *text, const struct vcpu *vcpu)
{
	switch (vcpu->run->exit_reason) {
	case KVM_EXIT_SHUTDOWN:
		text_add(text, "has crashed: triple fault on vCPU %u",
			 vcpu->id);
		break;
	case KVM_EXIT_FAIL_ENTRY:
		text_add(text,
			 "has crashed: the CPU refuses to enter vCPU %u as it "
			 "is",
			 vcpu->id);
		break;
	case KVM_EXIT_INTERNAL_ERROR:
		text_add(text,
			 "has crashed: KVM gave up on the instruction of "
			 "vCPU %u",
			 vcpu->id);
		break;
	default:
		text_add(text, "has crashed");
	}
}

/* What has become of a guest that is kept, and what can be done. */
static void tell_end(struct gdb *gdb, unsigned int id)
{
	const struct vm *vm = gdb->vm;
	char buf[400];
	struct text text;

	text_init(&text, buf, sizeof(buf));
	text_add(&text, "kvm-vmm: the guest ");
	if (vm->status == STATUS_CRASHED)
		add_crash(&text, &vm->vcpus[id]);
	else if (vm->status == STATUS_HALTED)
		text_add(&text, "has halted, and can never run again");
	else
		text_add(&text, "has ended by itself");
	text_add(&text, ", exit status %d.\n", vm->status);
	if (gdb_state(&gdb->cpus[id])->lost)
		text_add(&text,
			 "KVM has reset the vCPU: registers are those of its "
			 "last VM exit, or step.\n");
	text_add(&text,
		 "It is kept to be looked at; continue, kill or detach lets it "
		 "go.\n");
	session_tell(gdb, text.buf, text.len);
}

static unsigned int find_ender(const struct vm *vm)
{
	return vm->stopped_by ? vm->stopped_by->id : 0;
}

static bool is_set(struct gdb *gdb, const bool *flag)
{
	bool set;

	pthread_mutex_lock(&gdb->lock);
	set = *flag;
	pthread_mutex_unlock(&gdb->lock);
	return set;
}

/* The guest is no more: W with its status, or X with the signal of 128 + N. */
static void tell_gone(struct gdb *gdb)
{
	int status = gdb->vm->status;

	gdb->running = false;
	gdb->leaving = true;
	gdb->reply.len = 0;
	if (status > 128)
		reply_text(&gdb->reply, "X%02x", (status - 128) & 0xff);
	else
		reply_text(&gdb->reply, "W%02x", status & 0xff);
	server_send(gdb);
}

/* The client holds to the registers that it was told of at the start. */
static void tell_change(struct gdb *gdb)
{
	const struct target *now = target_choose(&gdb->cpus[gdb->stopped]);
	unsigned int bit = 1u << target_kind(now);
	char buf[300];
	struct text text;

	if (now == gdb->target || gdb->told_kinds & bit)
		return;
	gdb->told_kinds |= bit;
	text_init(&text, buf, sizeof(buf));
	target_add_change(&text, gdb->target, now);
	session_tell(gdb, text.buf, text.len);
}

void session_stopped(struct gdb *gdb, bool asked)
{
	struct stop stop = { .reason = STOP_NONE };

	if (is_set(gdb, &gdb->over)) {
		tell_gone(gdb);
		return;
	}
	run_halt(gdb);
	if (run_was_for_us(gdb, asked))
		return;
	if (is_set(gdb, &gdb->kept)) {
		stop.reason = STOP_ENDED;
		gdb->stopped = find_ender(gdb->vm);
		tell_end(gdb, gdb->stopped);
	} else {
		stop = run_take_stop(gdb);
		if (!stop.reason)
			stop.reason = STOP_ASKED;
	}
	gdb->last_stop = stop;
	gdb->selected = gdb->stopped;
	tell_change(gdb);
	gdb->reply.len = 0;
	session_add_stop(gdb, &stop);
	server_send(gdb);
}

/* Where it is slow, that is said once. */
static void tell_steps(struct gdb *gdb)
{
	char buf[200];
	struct text text;

	if (gdb->told_steps || !gdb->breaks.need_steps)
		return;
	gdb->told_steps = true;
	text_init(&text, buf, sizeof(buf));
	text_add(&text, "kvm-vmm: this KVM's breakpoints do not stop: single "
			"steps instead, which are slow.\n");
	session_tell(gdb, text.buf, text.len);
}

/* Each vCPU has its action; the answer comes when one of them stops. */
static void go(struct gdb *gdb)
{
	gdb->silent = true;
	if (run_go(gdb, false))
		tell_steps(gdb);
	else
		session_stopped(gdb, false);
}

static void go_all(struct gdb *gdb, enum gdb_action action)
{
	for (unsigned int id = 0; id < gdb->vm->nr_vcpus; id++)
		gdb->cpus[id].action = action;
	go(gdb);
}

void session_actions(struct gdb *gdb, struct scan *scan)
{
	(void)scan;
	reply_text(&gdb->reply, "vCont;c;C;s;S");
}

/* c, and s for the one that is selected; from another address is for vCont. */
void session_go(struct gdb *gdb, struct scan *scan)
{
	if (scan_done(scan))
		go_all(gdb, GDB_CONTINUE);
	else
		session_error(gdb, EINVAL);
}

void session_step(struct gdb *gdb, struct scan *scan)
{
	if (!scan_done(scan)) {
		session_error(gdb, EINVAL);
		return;
	}
	for (unsigned int id = 0; id < gdb->vm->nr_vcpus; id++)
		gdb->cpus[id].action = GDB_STAND;
	gdb->cpus[gdb->selected].action = GDB_STEP;
	go(gdb);
}

/* c, s, and C or S with a signal, which no guest has. */
static bool scan_action(struct scan *scan, enum gdb_action *action)
{
	uint64_t signal;

	if (scan_char(scan, 'c'))
		*action = GDB_CONTINUE;
	else if (scan_char(scan, 's'))
		*action = GDB_STEP;
	else if (scan_char(scan, 'C') && scan_number(scan, &signal))
		*action = GDB_CONTINUE;
	else if (scan_char(scan, 'S') && scan_number(scan, &signal))
		*action = GDB_STEP;
	else
		return false;
	return true;
}

/* Gives @action to those that @id means and that have none yet. */
static void give_action(struct gdb *gdb, enum gdb_action action, int64_t id)
{
	for (unsigned int i = 0; i < gdb->vm->nr_vcpus; i++) {
		struct gdb_cpu *cpu = &gdb->cpus[i];

		if (id > 0 && i + 1 != id)
			continue;
		if (cpu->action == GDB_STAND)
			cpu->action = action;
		if (id == 0)
			return; /* any one of them */
	}
}

/* ;ACTION[:THREAD] for each; the first that fits a thread counts. */
static bool scan_actions(struct gdb *gdb, struct scan *scan)
{
	while (!scan_done(scan)) {
		enum gdb_action action;
		int64_t id = -1;

		if (!scan_char(scan, ';') || !scan_action(scan, &action) ||
		    (scan_char(scan, ':') && !scan_thread(scan, &id)))
			return false;
		give_action(gdb, action, id);
	}
	return true;
}

static bool has_action(const struct gdb *gdb)
{
	for (unsigned int id = 0; id < gdb->vm->nr_vcpus; id++)
		if (gdb->cpus[id].action != GDB_STAND)
			return true;
	return false;
}

void session_continue(struct gdb *gdb, struct scan *scan)
{
	for (unsigned int id = 0; id < gdb->vm->nr_vcpus; id++)
		gdb->cpus[id].action = GDB_STAND;
	if (scan_actions(gdb, scan) && has_action(gdb))
		go(gdb);
	else
		session_error(gdb, EINVAL);
}
