/*
 * Control's own contract; what commands are, include/ctl.h says.
 *
 *   control.c    the rows --control and --name: the broker is forked, the thread
 *                started
 *   place.c      where sockets are: folder, name, who is alive; both for the
 *                broker and for `kvm-vmm ctl`
 *   broker.c     the broker's process: its loop, and its talk with the VMM
 *   clients.c    the broker's clients: half lines, slow readers, wrong uids
 *   desk.c       the console of a run without a terminal, its broker's end
 *   serve.c      the VMM's end of it, a thread
 *   line.c       a command's line; answer.c an answer
 *   client.c     `kvm-vmm ctl`; list.c its list, show.c what people are shown,
 *                attach.c its terminal as the guest's
 *   the rest     commands, see their rows
 *
 * A client is whoever has the user's rights, and may still be broken: it sends
 * bytes, and stops reading in the middle. The VMM is hostile for the broker.
 */
#ifndef MKVM_CONTROL_H
#define MKVM_CONTROL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "ctl.h"
#include "service/control/place.h"
#include "util/event.h"

/* --- answer.c --- */

struct ctl_answer {
	FILE *to;
	struct json json;
	char *text; /* valid after answer_text() */
	size_t len;
	bool begun, ok;
};

/* One for each process. 0 or -ENOMEM. */
int answer_init(struct ctl_answer *answer);
void answer_free(struct ctl_answer *answer);

/* Nothing was answered yet. */
void answer_clear(struct ctl_answer *answer);

/* The whole line, @answer->len bytes with the newline; one that says so where there
 * is none, or it is too long. Valid until the next is begun. */
const char *answer_text(struct ctl_call *call);

/* --- serve.c --- */

/* Of a guest, for its commands; serve.c's thread alone. */
struct control_guest {
	uint64_t end_at_ns; /* of `stop`; 0: none */
	bool pauses;	    /* `pause` was given, and no `resume` */
};

struct control {
	struct vm *vms;
	unsigned int nr_vms;
	struct control_guest *guests;
	int broker; /* the VMM's end of the pair */
	int wake;   /* eventfd: there is something for the thread */
	int gone;   /* likewise: it says no more */
	pthread_t thread;
	atomic_bool quit;
	struct ctl_answer answer;
};

/* What commands of the VMM know of the run. */
extern struct control control;

/* What the run is, as the broker knows as well. */
struct control_run {
	const char *name;
	pid_t pid;
	uint64_t started_ns;
	bool detached; /* its console is the broker's */
	struct place place;
};

extern struct control_run control_run;

/* 0, or -errno after one message. */
int serve_start(void);
void serve_stop(void);

/* Bytes of a message between the two processes; an answer is several. */
#define PIECE_MAX 16384
enum { PIECE_MORE = '+', PIECE_LAST = '.' }; /* its first byte */

/* That of a command's tell(): its name, with the NUL, and what it says. */
#define PIECE_TOLD '!'

/* --- broker.c and clients.c: the broker's process alone --- */

/* Serves clients at @listener until the VMM, at @vmm, is no more; @console is the other
 * end of what that has for a terminal, or -1. */
void __attribute__((noreturn)) broker_run(int listener, int vmm, int console);

/* For commands that have more to wait for. */
extern struct event_loop broker_loop;

struct client;

/* A call of @client, or of one that is gone, on its way or about to be. */
struct request {
	struct request *next;
	struct client *client; /* NULL: gone */
	bool later;	       /* its command answers when it can */
	struct ctl_call call;
	size_t len;
	char line[CTL_LINE_MAX + 1]; /* call points into it */
};

int clients_start(int listener);

/* The VMM is no more: nobody new, and those there are told what is left. */
void clients_end(void);

/* Whether all have taken what they were told. */
bool clients_are_told(void);

/* Does what can be done without waiting, a line of each in turn. */
void clients_attend(void);

/* What @client has asked is through, with this answer. */
void clients_answer(struct client *client, const char *text, size_t len);

/* The console has printed something, for all who have attached to it, as the client
 * of @call does now. */
void clients_show(void);
void clients_attach(struct ctl_call *call);

/* Has @request asked when its turn comes; the broker frees it. */
void broker_ask(struct request *request);

/* Whose @call is. */
struct request *broker_request(struct ctl_call *call);

/* The answer that the broker's own commands give. */
extern struct ctl_answer broker_answer;

/* --- desk.c: the broker --- */

int desk_start(int fd);

/* The VMM is no more: what it has printed is read. */
void desk_end(void);

/* How many bytes are at *@text, of what was printed after the first *@seen; which
 * grows if some of them are kept no more. 0: that was all. */
size_t desk_look(uint64_t *seen, const char **text);
uint64_t desk_oldest(void);

/* Types @keys: how many were taken. */
size_t desk_type(const char *keys, size_t len);

/* --- guest.c, info.c: what commands have in common --- */

bool guest_has_begun(const struct vm *vm);

/* "running", "paused", ...: see there. */
const char *guest_state(struct vm *vm);

/* Adds what every row about a guest begins with: its number, name and state. */
void guest_members(struct json *json, struct vm *vm);

/* The answer: a list of those alone. */
void guest_rows(struct ctl_call *call, struct vm *vms, unsigned int nr_vms);

/* All commands by name, at most @max; how many. */
#define INFO_COMMANDS_MAX 64
size_t info_commands(const struct ctl_command *rows[], size_t max);

/* --- stop.c: the thread of serve.c --- */

/* Until a guest is to be ended, for poll(2); -1: none. Ends those that are. */
int stop_due_ms(void);
void stop_those_due(void);

#endif
