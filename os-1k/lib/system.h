/*
 * The system calls: what a program can ask of the kernel, for both sides.
 *
 * A call is `int 0x80` with its number in EAX and up to three arguments in EBX,
 * ECX, EDX; the result is in EAX, and one below 0 is an error of the list.
 * The kernel checks every pointer and answers a bad one with -E_POINTER.
 */
#ifndef OS1K_SYSTEM_H
#define OS1K_SYSTEM_H

#define SYS_EXIT    0
#define SYS_WRITE   1
#define SYS_READ    2
#define SYS_SPAWN   3
#define SYS_WAIT    4
#define SYS_KILL    5
#define SYS_SLEEP   6
#define SYS_UPTIME  7
#define SYS_PROCESS 8
#define SYS_MEMORY  9
#define SYS_COUNT   10

#define E_CALL	  1 /* no such system call */
#define E_POINTER 2 /* not memory of the program's, or too long */
#define E_NAME	  3 /* no such program */
#define E_FORMAT  4 /* not an executable */
#define E_MEMORY  5 /* no memory, or too many processes */
#define E_PROCESS 6 /* no such process */
#define E_FRONT	  7 /* only the program in front may read */

#define STATUS_KILLED -1 /* by kill() or Ctrl-C */
#define STATUS_FAULT  -2 /* by an exception */

#define SPAWN_FRONT 1 /* it gets the keyboard, until it ends */

#define TICKS_PER_SECOND 100
#define NAME_SIZE	 16 /* with the 0 at the end, as the next */
#define ARGS_SIZE	 128
#define WRITE_MAX	 128 /* bytes taken at once */

#ifndef __ASSEMBLER__

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

/* Ends the program. */
_Noreturn void exit(int status);
/* Prints; returns how many of the bytes were taken, at least 1. */
int write(const char *buf, int len);
/* Waits for a key; returns how many bytes there were, at most @len. */
int read(char *buf, int len);
/* Starts a program of the archive; returns its pid. */
int spawn(const char *name, const char *args, int flags);
/*
 * Waits for the end of child @pid and returns it; status in *@status. With
 * @pid 0, any child that has ended already, or 0 if there is none.
 */
int wait(int pid, int *status);
int kill(int pid);
int sleep(unsigned int ticks);
int uptime(struct uptime *uptime);
/* Describes up to @max processes at @info; returns how many. */
int processes(struct process_info *info, int max);
int memory(struct memory_info *info);

#endif
#endif
