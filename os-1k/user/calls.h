/* The system calls, as programs see them; lib/system.h says how they work. */
#ifndef OS1K_CALLS_H
#define OS1K_CALLS_H

#include "lib/system.h"

static inline int call(int number, const void *pointer, int n)
{
	int result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(number), "b"(pointer), "c"(n)
			 : "memory");
	return result;
}

/* Ends the program. */
static inline _Noreturn void exit(int status)
{
	for (;;)
		call(SYS_EXIT, (const void *)status, 0);
}

/* Prints; returns how many of the bytes were taken, at least 1. */
static inline int write(const char *bytes, int len)
{
	return call(SYS_WRITE, bytes, len);
}

/* Waits for a key; returns how many bytes there were, at most @len. */
static inline int read(char *bytes, int len)
{
	return call(SYS_READ, bytes, len);
}

/* Starts a program of the archive; returns its pid. */
static inline int spawn(const struct program *program, int flags)
{
	return call(SYS_SPAWN, program, flags);
}

/*
 * Waits for the end of child @pid and returns it; status in *@status. With
 * @pid 0, any child that has ended already, or 0 if there is none.
 */
static inline int wait(int *status, int pid)
{
	return call(SYS_WAIT, status, pid);
}

/* Ends a process, whoever's child it is. */
static inline int kill(int pid)
{
	return call(SYS_KILL, (const void *)pid, 0);
}

/* Does nothing for so many ticks. */
static inline int sleep(unsigned int ticks)
{
	return call(SYS_SLEEP, (const void *)ticks, 0);
}

/* The ticks since the start, and how many of them nobody needed. */
static inline int uptime(struct uptime *uptime)
{
	return call(SYS_UPTIME, uptime, 0);
}

/* Describes the process in place @index of the table, if it is not FREE. */
static inline int process(struct process_info *info, int index)
{
	return call(SYS_PROCESS, info, index);
}

/* Counts the pages of memory. */
static inline int memory(struct memory_info *info)
{
	return call(SYS_MEMORY, info, 0);
}

#endif
