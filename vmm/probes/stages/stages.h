/*
 * The stages of a run: stages.c is the probe and prints, mark.c is what all
 * share, seen.c knows what an exit says of the guest, console.c reads what it
 * prints, json.c adds them to the JSON of --stats, ctl.c is `ctl stages`.
 */
#ifndef MKVM_STAGES_H
#define MKVM_STAGES_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/lane.h"

struct exit_view;
struct json;
struct kvm_run;
struct kvm_sregs;

#define STAGES_GUESTS_MAX 256
#define STAGES_LINE_MAX	  96 /* bytes of a console line that are looked at */

/* What comes later in a boot has a higher number, from STAGE_KERNEL on. */
enum stage {
	STAGE_START,
	STAGE_ENTERED,
	STAGE_EXIT,
	STAGE_REAL,
	STAGE_PROTECTED,
	STAGE_PAGING,
	STAGE_LONG,
	STAGE_SECOND_CPU,
	STAGE_BYTE,
	STAGE_QUEUE,
	STAGE_DISK,
	STAGE_SHARE,
	STAGE_NET,
	STAGE_KERNEL,
	STAGE_MEMORY,
	STAGE_CPUS,
	STAGE_UNPACKING,
	STAGE_UNPACKED,
	STAGE_COM1_OPEN,
	STAGE_KERNEL_DONE,
	STAGE_RUN_INIT,
	STAGE_INIT,
	STAGE_PROMPT,
	STAGE_PANIC,
	STAGE_KERNEL_ENDS,
	STAGE_END,
	STAGE_FINISHED,
	STAGE_COUNT
};

struct stage_mark {
	uint64_t ns;	  /* since the command line was read */
	uint64_t exits;	  /* of the guest, this one included */
	const char *more; /* what else is known, or NULL */
	bool seen;
};

/* What the guest has printed and how its UART is set, for those exits that
 * are about its console. */
struct stage_console {
	uint8_t lcr, mcr;
	char line[STAGES_LINE_MAX + 1]; /* without time stamp and escapes */
	size_t len;
	bool is_cut; /* the line is longer */
	enum { TEXT, STAMP, ESCAPE, ESCAPE_LIST } state;
};

struct stage_guest {
	char *name;		/* NULL: it had no exit yet */
	_Atomic(uint64_t) last; /* number of an exit, the latest or so */
	pthread_mutex_t lock;	/* guards what follows */
	struct stage_mark marks[STAGE_COUNT];
	struct stage_console console;
	enum stage furthest; /* of a boot, STAGE_KERNEL or later */
};

/* What one vCPU's thread alone writes. */
struct stage_lane {
	struct lane lane;
	unsigned int guest_id;
	enum stage mode;       /* at its last exit */
	uint64_t last;	       /* number of its last exit */
	struct stage_mark end; /* the last exit that may have ended it */
	bool is_sure;	       /* that one did */
};

extern const struct stage_text {
	const char *slug, *text;
} stage_texts[STAGE_COUNT];

/* Marks @stage as seen now, unless it was seen before. Locked. */
void stage_mark(struct stage_guest *guest, enum stage stage, uint64_t exits,
		const char *more);

/* The processor mode, STAGE_REAL to STAGE_LONG. */
enum stage stage_mode(const struct kvm_sregs *sregs);

/* Whether the exit is about a console, so that stage_see_console() wants it. */
bool stage_is_console(const struct kvm_run *run);

/* Takes what the guest prints with this exit. Locked. */
void stage_see_console(struct stage_guest *guest, const struct exit_view *view);

/* One byte of console output. Locked. */
void stage_take_byte(struct stage_guest *guest, uint8_t byte, uint64_t exits);

/* What the exit may end the guest with, or NULL; *@is_sure: it does. */
const char *stage_end(const struct kvm_run *run, bool *is_sure);

/* The marks, the first one first; how many. */
unsigned int stages_sorted(const struct stage_mark *marks, enum stage *order);

/* Copies those of a guest that may run; false: it has had no exit. Any thread. */
bool stages_copy(unsigned int guest_id, struct stage_mark marks[STAGE_COUNT]);

/* Adds a list of them with @key. */
void stages_add_json(struct json *json, const char *key,
		     const struct stage_mark *marks);

/* The guest, once all have ended, or NULL where it has had no exit. */
const struct stage_guest *stages_of(unsigned int guest_id);

/* --stages was given: the clock of the stages starts. */
void stages_start(void);
bool stages_are_on(void);
uint64_t stages_now_ns(void);

#endif
