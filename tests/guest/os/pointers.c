/* Passes bad pointers to every system call and prints the results. */
#include "user/calls.h"
#include "user/print.h"

#define SIZE 4096 /* more than any call that has its own idea of it needs */

/* Ends where the program's last page does, 4 bytes after this. */
#define LAST_WORD ((char *)0x7fffeffc)

static const struct {
	const char *what;
	const char *pointer;
	int size;
} pointers[] = {
	{ "null", 0, SIZE },
	{ "below the program", (char *)0x3ff000, SIZE },
	{ "not mapped", (char *)0x10000000, SIZE },
	{ "the guard page", (char *)0x7fff6000, SIZE },
	{ "the stack's end and more", LAST_WORD + 2, SIZE },
	{ "up to the kernel's half", (char *)0x7ffffffe, SIZE },
	{ "the kernel's", (char *)0x80001000, SIZE },
	{ "the page directory", (char *)0x80100000, SIZE },
	{ "the end of all", (char *)0xfffffffe, SIZE },
	{ "a size beyond all", LAST_WORD, -1 },
};

static const struct {
	const char *name;
	int number;
} calls[] = {
	{ "write", SYS_WRITE },	  { "read", SYS_READ },
	{ "spawn", SYS_SPAWN },	  { "wait", SYS_WAIT },
	{ "uptime", SYS_UPTIME }, { "process", SYS_PROCESS },
	{ "memory", SYS_MEMORY },
};

/* Only calls that take the number for a size can be asked for so much. */
static int try(int number, const char *pointer, int size)
{
	int by_size = number == SYS_WRITE || number == SYS_READ;

	if (size == -1 && !by_size)
		return -E_POINTER;
	return call(number, pointer, by_size ? size : 0);
}

int main(void)
{
	static const char text[] = "in text";

	for (unsigned int p = 0; p < sizeof(pointers) / sizeof(pointers[0]);
	     p++) {
		print("%-24s", pointers[p].what);
		for (unsigned int c = 0; c < sizeof(calls) / sizeof(calls[0]);
		     c++)
			print(" %s %d", calls[c].name,
			      try(calls[c].number, pointers[p].pointer,
				  pointers[p].size));
		print("\n");
	}
	print("written to what is read-only: read %d wait %d uptime %d\n",
	      call(SYS_READ, text, 1), call(SYS_WAIT, text, 0),
	      call(SYS_UPTIME, text, 0));
	print("unknown calls: %d %d %d\n", call(SYS_COUNT, 0, 0),
	      call(-1, 0, 0), call(0x40000000, 0, 0));
	print("no such process: kill %d %d, wait %d, process %d\n", kill(0),
	      kill(-1), wait(&(int){ 0 }, 77),
	      process(&(struct process_info){ 0 }, 16));
	print("still here\n");
	return 0;
}
