/*
 * What the files of the gdb server share among themselves, beside gdb.h.
 *
 *   server thread                       a vCPU's
 *   session: a packet says "continue"
 *   run_go() ------------------------>  stops_enter(), KVM_RUN, stops_debug()
 *                                       run_stop(): says why, pauses the guest
 *   session_stopped() <-- eventfd -----
 */
#ifndef MKVM_GDB_INNER_H
#define MKVM_GDB_INNER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "service.h"
#include "service/gdb/breaks.h"
#include "service/gdb/gdb.h"
#include "service/gdb/packet.h"

enum stop_reason {
	STOP_NONE,
	STOP_ASKED, /* by the client */
	STOP_STEP,
	STOP_SOFTWARE, /* breakpoints */
	STOP_HARDWARE,
	STOP_WRITE, /* watchpoints: @addr was touched */
	STOP_READ,
	STOP_ACCESS,
	STOP_ENDED,  /* the guest has, by itself */
	STOP_MAPPED, /* page tables are others: for us alone */
};

struct stop {
	enum stop_reason reason;
	uint64_t addr;
	uint64_t pc; /* target_pc() */
};

/* What a thread is to do; the client says so. */
enum gdb_action {
	GDB_STAND,
	GDB_CONTINUE,
	GDB_STEP,
};

struct gdb_cpu {
	struct gdb *gdb;
	struct vcpu *vcpu;
	enum gdb_action action; /* changed only while it stands still */
	enum gdb_action wanted; /* once another one is off its breakpoint */
	struct stop stop;	/* not told yet; guarded by gdb->lock */
	bool let_run;		/* while others stand still; likewise */

	/* Of its own thread, or the server's while it stands still. */
	bool stepping, holds_irqs;
	unsigned int armed;	 /* breaks.version that KVM knows */
	unsigned int gate_width; /* its step is into a handler; 0: none */
	bool at_gate;		 /* and it is there */
	bool strings; /* it runs up to a trap of its own: strings.c */
	uint64_t string_pc, string_gpa;
	uint8_t string_saved;
	bool repeats; /* a turn of a string instruction, and not its last */
	uint64_t last_pc, last_rcx;	       /* before this step */
	uint64_t last_cr0, last_cr3, last_cr4; /* of breaks_plant() */

	/* Of the server's, while it stands still. */
	struct gdb_state state;
	bool known; /* state is its */
	bool fresh; /* run->s.regs is */
};

enum { GDB_OUT_MAX = 3 * PACKET_FRAME };

struct gdb {
	struct vm *vm;
	struct gdb_cpu *cpus; /* as many as vCPUs */
	pthread_t thread;
	int listener, client, wake; /* client: -1 without one; wake: eventfd */

	pthread_mutex_t lock;
	/* Guarded by it: */
	bool attached; /* a client has said something: it decides what happens */
	bool halting;  /* vCPUs have been told to stand still */
	bool partly;   /* some have been let run, the others stand still */
	bool kept;     /* the guest has ended by itself, and waits */
	bool over;     /* the guest is no more */
	bool quit;     /* the server has to go */

	/* The session; of the server's thread. */
	struct packet_reader reader;
	struct reply reply;
	const struct target *target;
	bool acks;    /* each packet is acknowledged */
	bool running; /* the client waits to hear of a stop */
	bool silent;  /* the packet's answer comes later */
	struct stop last_stop;
	bool leaving;		 /* the connection ends when all is sent */
	bool step_irqs;		 /* single steps let interrupts in */
	bool physical;		 /* memory is meant by physical address */
	unsigned int told_kinds; /* bit target_kind(): of that kind it is now */
	bool told_steps;	 /* that breakpoints are slow */
	unsigned int selected;	 /* vCPU of g, m and the like: Hg */
	unsigned int stopped;	 /* the one that stopped last */
	bool crossing;		 /* one steps off a trap, all others wait */
	struct breaks breaks;

	uint8_t in[4096]; /* received; from in_at on not yet looked at */
	size_t in_at, in_len;
	char out[GDB_OUT_MAX]; /* to be sent */
	size_t out_len;
	char last[PACKET_FRAME]; /* the last packet, in case it has to be sent */
	size_t last_len;	 /* once more */
};

/* --- guests.c --- */

/* No guest is being saved, nor is any before the second. */
void guests_hold_saves(void);
void guests_allow_saves(void);

/* --- run.c --- */

/* The client has come: it stands still from now on. False: it is over. */
bool run_attach(struct gdb *gdb);

/* It goes on without a client. */
void run_detach(struct gdb *gdb);

/*
 * Has the vCPUs go on as their actions say, those at a trap first by a step of their
 * own. False: one of them has a stop that was not told yet; then none does. With
 * @again it goes on with what was interrupted, and a step that was done meanwhile is
 * such a stop, too.
 */
bool run_go(struct gdb *gdb, bool again);

/* All stand still. True: that was for us alone, and they have gone on; never if the
 * client has @asked for it. */
bool run_was_for_us(struct gdb *gdb, bool asked);

/* Has all stand still, and waits until they do. */
void run_halt(struct gdb *gdb);

/* Whether they have been told to, by one of them or because it has ended. */
bool run_is_halting(struct gdb *gdb);

/* Takes the stop that is to be told; STOP_NONE: there is none. */
struct stop run_take_stop(struct gdb *gdb);

static inline enum stop_reason stop_of(const struct breakpoint *point)
{
	return point->kind == BREAK_SOFTWARE ? STOP_SOFTWARE : STOP_HARDWARE;
}

/* On the thread of @cpu, which has something to tell: all are to stop. */
void run_stop(struct gdb_cpu *cpu, struct stop stop);

/* --- gates.c --- */

/* @cpu is to make a step, and all stand still, in the second case again. */
void gates_prepare(struct gdb_cpu *cpu);
void gates_end(struct gdb *gdb);

/* --- strings.c: on the thread of a vCPU, or while it stands --- */

/* Whether it is at REP or REPNE, which has been read up to there in *@len bytes. */
bool strings_rep(const struct gdb_cpu *cpu, uint64_t pc, unsigned int *len);

/* It goes on, and has steps to make: if those are turns of a string instruction, it
 * may make them all at once. */
void strings_begin(struct gdb_cpu *cpu, uint64_t pc);

/* Takes the trap away; and whether it was at @pc. */
bool strings_end(struct gdb_cpu *cpu, uint64_t pc);

/* --- stops.c: on the thread of a vCPU --- */

/* It is about to enter, has left the guest for debugging. */
void stops_enter(struct gdb_cpu *cpu);
void stops_debug(struct gdb_cpu *cpu);
bool stops_exit(struct gdb_cpu *cpu); /* true: by a trap of ours */

/* --- session.c --- */

/* A packet has come whole; the answer, if there is one, has been sent. */
void session_packet(struct gdb *gdb);
void session_start(struct gdb *gdb);
void session_interrupt(struct gdb *gdb);

/* One has come that cannot be looked at. */
void session_refuse(struct gdb *gdb);

/* The guest has stopped, or is over, while the client waits to hear of it. */
void session_stopped(struct gdb *gdb, bool asked);

/* --- server.c --- */

/* Sends gdb->reply as a packet. */
void server_send(struct gdb *gdb);

/* Starts the thread. 0, or -errno after one message. */
int server_start(struct gdb *gdb);
void server_stop(struct gdb *gdb);

/* --- guests.c --- */

extern const struct service gdb_service;

#endif
