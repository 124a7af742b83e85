/*
 * What the parts of the kernel offer each other.
 *
 * The kernel runs with interrupts off, but for the one place where it has
 * nothing to do (schedule()): a function is never interrupted, data needs no
 * lock, and a process loses the CPU only in schedule().
 */
#ifndef OS1K_KERNEL_H
#define OS1K_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/layout.h"
#include "lib/system.h"

/* segments.c: takes over from the loader's GDT. */
void segments_init(void);
/* The stack that the CPU changes to when a program is interrupted. */
void segments_set_stack(uint32_t top);

/*
 * trap.c: what entry.S pushes, lowest address first. esp and ss are there
 * only if the trap came from ring 3.
 */
struct trap_frame {
	uint32_t edi, esi, ebp, unused, ebx, edx, ecx, eax;
	uint32_t ds, es;
	uint32_t vector, error;
	uint32_t eip, cs, eflags;
	uint32_t esp, ss;
};

void traps_init(void);
/* Lets interrupt @irq of the first 8259 through. */
void irq_enable(unsigned int irq);

/* syscall.c: the result of the call that a program's registers describe. */
int32_t syscall(const struct trap_frame *frame);

/* page.c: physical pages, each called by its address in the kernel's half. */
void page_init(void);
/* A page of zeros, or NULL when all memory is in use. */
void *page_alloc(void);
void page_free(void *page);
void page_count(struct memory_info *info);

/* space.c: address spaces, each called by its page directory. */
#define SPACE_WRITABLE 0x2
/* A space with the kernel's half alone; NULL: out of memory. */
uint32_t *space_create(void);
/* Gives back every page of the programs' half, and the directory. */
void space_free(uint32_t *space);
void space_use(const uint32_t *space);
/*
 * Maps a zeroed page at @address, unless there is one, and adds @flags to
 * what a program may do with it. Returns where the kernel sees the page, or
 * NULL when out of memory.
 */
char *space_map(uint32_t *space, uint32_t address, uint32_t flags);
/* May the program touch all of these bytes, with SPACE_WRITABLE write them? */
bool space_allows(uint32_t *space, uint32_t address, uint32_t len,
		  uint32_t flags);

/*
 * program.c: puts the program @name of the archive into @space, its first
 * instruction into *@entry. 0, -E_NAME, -E_FORMAT, or -E_MEMORY.
 */
int program_load(uint32_t *space, const char *name, uint32_t *entry);

/* process.c: processes, and whose turn it is. */
struct process {
	enum process_state state;
	int pid;
	struct process *parent;
	const void *channel; /* what it waits for, see process_block() */
	uint32_t *space;
	char *stack;	/* one page, for the kernel's work on its behalf */
	uint32_t saved; /* stack pointer, while it does not run */
	uint32_t ticks;
	int status;
	char name[NAME_SIZE];
};

extern struct process *current;	      /* whose turn it is or last was */
extern struct process *process_front; /* the one that Ctrl-C is for */

/* A new process; the system calls of the same names say more. */
int process_spawn(const char *name, const char *args, int flags);
int process_wait(int pid, int *status);
int process_kill(int pid);
int process_list(struct process_info *info, int max);
/*
 * The process is over, be it the current one or not. Its memory lasts until
 * its parent has waited for it. With the first process the system ends.
 */
void process_end(struct process *process, int status);
/* Waits until somebody calls process_wake() for the same @channel. */
void process_block(const void *channel);
void process_wake(const void *channel);
/* Gives the CPU to the next process that is ready, and halts until one is. */
void schedule(void);

/* timer.c: the clock, TICKS_PER_SECOND of them. */
extern uint32_t timer_ticks, timer_idle_ticks;
void timer_init(void);
void timer_interrupt(void);

/* tty.c: everything typed, and everything printed. */
/* Takes a character from a device. */
void tty_input(char c);
/* Is there room for what a key can send? If not, devices are asked later. */
bool tty_has_room(void);
int tty_read(char *buf, int len);
void tty_write(const char *buf, int len);
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* serial.c, keyboard.c, screen.c: the devices of the tty. */
void serial_init(void);
void serial_interrupt(void);
void serial_put(char c);
void keyboard_init(void);
void keyboard_interrupt(void);
void screen_init(void);
void screen_put(char c);

/* keymap.c: the state of a keyboard, to be zeroed. */
struct keymap {
	bool extended; /* 0xe0 came */
	uint8_t skip;  /* bytes of the Pause key still to come */
	bool shift[2], control[2], alt[2], caps, keypad_moves;
};
/*
 * The characters that a byte of scancode set 1 stands for, as a terminal would
 * send them: "" for none. Valid until the next call.
 */
const char *keymap_decode(struct keymap *map, uint8_t code);

/* power.c: ends the system. */
extern uint32_t power_loader; /* OS1K_FROM_MKVM, or who else booted us */
_Noreturn void power_off(int status);
_Noreturn void power_reset_after_panic(void);

#endif
