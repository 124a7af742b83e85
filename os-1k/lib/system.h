/*
 * The system calls: what a program can ask of the kernel, for both sides. What
 * each does is said in user/calls.h.
 *
 * A call is `int 0x80` with its number in EAX. One that has a pointer has it in
 * EBX and a number in ECX; any other has its number in EBX. The result is in
 * EAX, and one below 0 is an error. The kernel checks every pointer and answers
 * -E_POINTER when the program could not use it itself.
 */
#pragma once

enum { SYS_EXIT, SYS_WRITE, SYS_READ, SYS_SPAWN, SYS_WAIT, SYS_KILL };
enum { SYS_SLEEP = 6, SYS_UPTIME, SYS_PROCESS, SYS_MEMORY, SYS_COUNT };

/*
 * No such call; not memory of the program's; no such program; not an
 * executable; no memory, or too many processes; no such process; only the
 * program in front may read.
 */
enum { E_CALL = 1, E_POINTER, E_NAME, E_FORMAT, E_MEMORY, E_PROCESS };
enum { E_FRONT = 7 };

/* How a process ended that did not exit: by kill() or Ctrl-C; by a fault. */
enum { STATUS_KILLED = -1, STATUS_FAULT = -2 };

#define SPAWN_FRONT	 1 /* it gets the keyboard, until it ends */
#define TICKS_PER_SECOND 100
#define WRITE_MAX	 128 /* bytes taken at once */
#define NAME_SIZE	 16  /* with the 0 at the end, as the next */
#define ARGS_SIZE	 112

struct program {
	char name[NAME_SIZE], args[ARGS_SIZE];
};

enum process_state { FREE, READY, RUNNING, BLOCKED, ENDED };

struct process_info {
	int pid, parent;
	enum process_state state;
	unsigned int ticks; /* of CPU time */
	char name[NAME_SIZE];
};

struct memory_info {
	unsigned int pages, used; /* of 4 KiB */
};

struct uptime {
	unsigned int ticks, idle;
};
