/*
 * What the client's packets ask for (gdb manual, "Packets", "General Query
 * Packets"). One that is not known gets an empty answer: then the client does
 * without.
 */
#include "service/gdb/session.h"

#include <errno.h>
#include <string.h>

#include "abi/exit_status.h"
#include "core/vm.h"
#include "service/gdb/inner.h"

#define ERROR_NUMBER 1 /* what stands in the packet is none of what can */

static void on_supported(struct gdb *gdb, struct scan *scan)
{
	(void)scan;
	reply_text(&gdb->reply,
		   "PacketSize=%x;QStartNoAckMode+;qXfer:features:read+;"
		   "vContSupported+;swbreak+;hwbreak+",
		   PACKET_MAX);
}

static void on_no_acks(struct gdb *gdb, struct scan *scan)
{
	(void)scan;
	gdb->acks = false;
	session_ok(gdb);
}

/* There was a guest before the client came: that one is not to end it. */
static void on_attached(struct gdb *gdb, struct scan *scan)
{
	(void)scan;
	reply_text(&gdb->reply, "1");
}

static void on_why(struct gdb *gdb, struct scan *scan)
{
	(void)scan;
	session_add_stop(gdb, &gdb->last_stop);
}

static void on_current(struct gdb *gdb, struct scan *scan)
{
	if (scan_done(scan))
		reply_text(&gdb->reply, "QC%x", gdb->selected + 1);
}

static void on_threads(struct gdb *gdb, struct scan *scan)
{
	(void)scan;
	for (unsigned int id = 0; id < gdb->vm->nr_vcpus; id++)
		reply_text(&gdb->reply, "%c%x", id ? ',' : 'm', id + 1);
}

static void on_more_threads(struct gdb *gdb, struct scan *scan)
{
	(void)scan;
	reply_text(&gdb->reply, "l");
}

/* The vCPU that goes by the thread's id @id; 0 is any: the one that is selected.
 * False: there is none. */
static bool find_cpu(const struct gdb *gdb, int64_t id, unsigned int *cpu)
{
	*cpu = id > 0 ? (unsigned int)id - 1 : gdb->selected;
	return *cpu < gdb->vm->nr_vcpus;
}

static void on_thread_info(struct gdb *gdb, struct scan *scan)
{
	char text[32];
	unsigned int cpu;
	struct text words;
	int64_t id;

	if (!scan_thread(scan, &id) || !find_cpu(gdb, id, &cpu)) {
		session_error(gdb, ERROR_NUMBER);
		return;
	}
	text_init(&words, text, sizeof(text));
	text_add(&words, "vCPU %u", cpu);
	reply_hex(&gdb->reply, text, words.len);
}

static void on_is_alive(struct gdb *gdb, struct scan *scan)
{
	unsigned int cpu;
	int64_t id;

	session_answer(gdb, scan_thread(scan, &id) && find_cpu(gdb, id, &cpu));
}

/* Hg: for registers and memory. Hc is of the time before vCont. */
static void on_select(struct gdb *gdb, struct scan *scan)
{
	bool general = scan_char(scan, 'g');
	unsigned int cpu;
	int64_t id;

	if ((!general && !scan_char(scan, 'c')) || !scan_thread(scan, &id) ||
	    !find_cpu(gdb, id, &cpu)) {
		session_error(gdb, ERROR_NUMBER);
		return;
	}
	if (general)
		gdb->selected = cpu;
	session_ok(gdb);
}

static void on_detach(struct gdb *gdb, struct scan *scan)
{
	(void)scan;
	run_detach(gdb);
	session_ok(gdb);
	gdb->leaving = true;
}

/* As the user's Ctrl-A x. What has ended by itself keeps its status. */
static void on_kill(struct gdb *gdb, struct scan *scan)
{
	if (!scan_done(scan))
		session_ok(gdb); /* vKill;PID */
	scan->at = scan->end;
	gdb->leaving = true;
	vm_quit(gdb->vm, STATUS_OK, "ended by the debugger");
}

/* QEMU's name for it, which other clients know: `maint packet
 * Qqemu.PhyMemMode:1`. Breakpoints stay at linear addresses. */
static void on_physical(struct gdb *gdb, struct scan *scan)
{
	bool on = scan_char(scan, '1');

	if ((!on && !scan_char(scan, '0')) || !scan_done(scan)) {
		session_error(gdb, ERROR_NUMBER);
		return;
	}
	gdb->physical = on;
	session_ok(gdb);
}

static void on_is_physical(struct gdb *gdb, struct scan *scan)
{
	if (scan_done(scan))
		reply_text(&gdb->reply, "%d", gdb->physical);
}

/* There is room for packets with that much. */
#define MONITOR_MAX   30000
#define MONITOR_PIECE (PACKET_MAX / 4)

static void on_command(struct gdb *gdb, struct scan *scan)
{
	char words[256], answer[MONITOR_MAX];
	size_t at = 0,
	       len = scan_bytes(scan, (uint8_t *)words, sizeof(words) - 1);
	struct text text;

	words[len] = '\0';
	text_init(&text, answer, sizeof(answer));
	monitor_run(&gdb->cpus[gdb->selected], words, &text);
	for (; text.len - at > MONITOR_PIECE; at += MONITOR_PIECE)
		session_tell(gdb, answer + at, MONITOR_PIECE);
	if (text.len)
		reply_hex(&gdb->reply, answer + at, text.len - at);
	else
		session_ok(gdb);
}

static const struct command {
	const char *word; /* the packet begins with it */
	void (*run)(struct gdb *gdb, struct scan *scan);
	bool always; /* also while the guest runs */
} commands[] = {
	{ "qSupported", on_supported, true },
	{ "QStartNoAckMode", on_no_acks, true },
	{ "qXfer:features:read:", session_describe, false },
	{ "qAttached", on_attached, true },
	{ "qfThreadInfo", on_threads, true },
	{ "qsThreadInfo", on_more_threads, true },
	{ "qThreadExtraInfo,", on_thread_info, true },
	{ "qRcmd,", on_command, false },
	{ "Qqemu.PhyMemMode:", on_physical, true },
	{ "qqemu.PhyMemMode", on_is_physical, true },
	{ "qC", on_current, true },
	{ "vCont?", session_actions, true },
	{ "vCont", session_continue, false },
	{ "vKill;", on_kill, true },
	{ "k", on_kill, true },
	{ "D", on_detach, true },
	{ "?", on_why, false },
	{ "H", on_select, true },
	{ "T", on_is_alive, true },
	{ "c", session_go, false },
	{ "s", session_step, false },
	{ "g", session_get_all, false },
	{ "G", session_set_all, false },
	{ "p", session_get, false },
	{ "P", session_set, false },
	{ "m", session_read, false },
	{ "M", session_write, false },
	{ "X", session_write_bytes, false },
	{ "Z", session_set_break, false },
	{ "z", session_del_break, false },
};

static const struct command *find_command(struct scan *scan)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (scan_word(scan, commands[i].word))
			return &commands[i];
	return NULL;
}

void session_start(struct gdb *gdb)
{
	gdb->acks = true;
	gdb->target = NULL;
	gdb->running = gdb->leaving = gdb->step_irqs = gdb->physical =
		gdb->told_steps = false;
	gdb->selected = gdb->stopped = gdb->told_kinds = 0;
	gdb->last_stop = (struct stop){ .reason = STOP_STEP };
}

/* The first packet is what makes a client of somebody who has connected. */
static bool attach(struct gdb *gdb)
{
	if (gdb->attached)
		return true;
	if (!run_attach(gdb)) {
		gdb->leaving = true;
		return false;
	}
	gdb->target = target_choose(&gdb->cpus[0]);
	return true;
}

void session_refuse(struct gdb *gdb)
{
	gdb->reply.len = 0;
	session_error(gdb, ERROR_NUMBER);
	server_send(gdb);
}

void session_packet(struct gdb *gdb)
{
	struct scan scan = scan_packet(&gdb->reader);
	const struct command *command = find_command(&scan);

	if (!attach(gdb))
		return;
	if (command && gdb->running && !command->always) {
		session_refuse(gdb);
		return;
	}
	gdb->reply.len = 0;
	gdb->silent = false;
	if (command)
		command->run(gdb, &scan);
	if (!gdb->silent)
		server_send(gdb);
}

void session_interrupt(struct gdb *gdb)
{
	if (!gdb->attached || !gdb->running)
		return;
	run_halt(gdb);
	session_stopped(gdb, true);
}
