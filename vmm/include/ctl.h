/*
 * The contract of commands that a running kvm-vmm takes over its control socket
 * (--control): one line is one command, and its answer is one line of JSON.
 *
 * Two processes see to it. The *broker* has the socket and its clients; it was
 * forked before there was a guest and is not in the sandbox. It alone opens files
 * and starts programs, on a client's word. The *VMM* has the guests; it gets the
 * line and at most one descriptor, and gives bytes back that the broker does not
 * trust. So a guest that broke out of the VMM still opens nothing.
 *
 *   client          broker                          VMM, control's thread
 *   "save /x\n" --> find the row
 *                   prepare(): opens /x.new
 *                   "save /x", descriptor  -------> run(): writes to it
 *                   is it an object of JSON?  <---- {"ok": true, "bytes": ...}
 *                   settle(): renames it to /x
 *               <-- {"ok": true, "bytes": ...}
 *
 * A row is a command. It may lie in any folder, and names what it needs: a command
 * that only asks the guest has run() alone, one that is all the broker's has
 * prepare() alone, which answers.
 */
#ifndef MKVM_CTL_H
#define MKVM_CTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "table.h"
#include "util/json.h"

#define CTL_LINE_MAX   4096	 /* bytes of a command, its newline included */
#define CTL_ANSWER_MAX (1 << 20) /* bytes of an answer, likewise */
#define CTL_NAME_MAX   64	 /* bytes of a run's name */

struct ctl_answer;
struct vm;

/* Whom a command is for. `guest N COMMAND` says so; without that: */
enum ctl_reach {
	CTL_RUN, /* the run as a whole: `guest N` is refused */
	CTL_ALL, /* all guests */
	CTL_ONE, /* the only guest; where there are several, one must be named */
};

/* One command on its way, in either process. */
struct ctl_call {
	const struct ctl_command *command;
	const char *rest;   /* what stands behind its name; never NULL */
	unsigned int guest; /* of `guest N`, from 1; 0: none was named */

	/* Goes along to the VMM: prepare() sets it, and the broker closes it when
	 * all is settled; the VMM closes what it got once run() has returned, but
	 * for what that has replaced by -1. -1: none. */
	int fd;
	void *own; /* of prepare() and settle(); NULL before */
	struct ctl_answer *answer;
};

struct ctl_command {
	const char *name;     /* one word */
	const char *args;     /* as `help` shows them, "FILE", or "" */
	const char *what;     /* one line */
	enum ctl_reach reach; /* what has no run() reaches CTL_RUN */
	bool takes_file; /* behind --words is the name of a file: `kvm-vmm ctl`
			  * makes it absolute, for the broker's folder is
			  * the one that kvm-vmm was started in */
	const char *file_behind; /* only behind this word, "add"; NULL: none */

	/* VMM, once, on the main thread, before any guest runs: what can be opened
	 * or looked at only until then. @vms are the @nr_vms guests of the run, which
	 * are loaded. NULL: nothing. */
	void (*get_ready)(struct vm *vms, unsigned int nr_vms);

	/* Broker. False: it has answered, and the VMM is not asked. NULL: nothing
	 * to prepare. Waits for nothing: all clients wait with it. */
	bool (*prepare)(struct ctl_call *call);

	/*
	 * VMM, on the thread of --control: @vms are the @nr_vms guests that it
	 * is for, which are built, and may run, be paused or have ended. It
	 * answers. May ask vCPUs (core/pause.h, best with a limit of time) and
	 * the main thread (services_on_main()), for as long as it wants to keep
	 * all clients waiting.
	 */
	void (*run)(struct ctl_call *call, struct vm *vms, unsigned int nr_vms);

	/*
	 * Broker, once for each prepare() that was true: the VMM has answered,
	 * which is @call->answer unless this makes another, or is no more. Also
	 * when the client has gone. NULL: nothing to settle. Waits for nothing.
	 */
	void (*settle)(struct ctl_call *call, bool ok);

	/*
	 * VMM, main thread, while the guests are built and none has run: what it
	 * knows by now may still be believed. It is put at @text, @size bytes at
	 * most, and told() gets it, in the broker, before any client is heard; that
	 * happens once. How many bytes; NULL: none.
	 */
	size_t (*tell)(struct vm *vms, unsigned int nr_vms, char *text,
		       size_t size);
	void (*told)(const char *text, size_t len);
};

#define CTL(row) TABLE_ROW(ctl, ctl_command, row)

/* --- Answers, in either process --- */

/*
 * Starts the answer {"ok": true, ... and returns where its other members go; a
 * second time, all over again. The caller closes what it opens.
 */
struct json *ctl_reply(struct ctl_call *call);

/* {"ok": false, "error": ..., "hint": ...} instead of whatever it was; @hint says
 * what to do next, or is NULL. */
void ctl_refuse(struct ctl_call *call, const char *hint, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Whether an answer was begun, and is not one of ctl_refuse(). */
bool ctl_is_ok(const struct ctl_call *call);

/* Broker, in settle(): the answer comes later, and others are served meanwhile. It
 * begins with ctl_begin_now(); ctl_answer_now() sends it, and @call is no more. */
void ctl_later(struct ctl_call *call);
void ctl_begin_now(struct ctl_call *call);
void ctl_answer_now(struct ctl_call *call);

/* --- What stands behind the name --- */

/* Takes a decimal number, at most @max, off the front of *@rest, and the blanks behind
 * it. False: there is none, and *@rest is as it was. */
bool ctl_number(const char **rest, uint64_t max, uint64_t *number);

/* True if @rest is empty; else it has refused: the command takes no more. */
bool ctl_no_more(struct ctl_call *call, const char *rest);

#endif
