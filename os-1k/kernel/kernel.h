/*
 * What the parts of the kernel offer each other.
 *
 * The kernel runs with interrupts off, but for the one place where it has
 * nothing to do (schedule()): a function is never interrupted, data needs no
 * lock, and a process loses the CPU only in schedule().
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "abi/os1k.h"
#include "kernel/layout.h"
#include "lib/string.h"
#include "lib/system.h"

/* The instructions that C has no words for, and what LGDT and LIDT take. */
struct table_pointer {
	uint16_t limit; /* bytes - 1 */
	uint32_t base;
} __attribute__((packed));

static inline void outb(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t inb(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

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
	uint32_t vector, error, eip, cs, eflags, esp, ss;
};

void traps_init(void);

/* page.c: physical pages, each called by its address in the kernel's half. */
void page_init(void);
/* A page of zeros, or NULL when all memory is in use. */
void *page_alloc(void);
void page_free(void *page);

/* space.c: address spaces, each called by its page directory. */
enum { WRITABLE = 0x2 }; /* as in page tables */
/* A space with the kernel's half alone; NULL: out of memory. */
uint32_t *space_create(void);
/* Gives back every page of the programs' half, and the directory. */
void space_free(uint32_t *space);
void space_use(const uint32_t *space);
/*
 * Maps zeroed pages from @from up to @to, for programs to read and as @flags
 * say. False when out of memory; some may be there then.
 */
bool space_map(uint32_t *space, uint32_t from, uint32_t to, uint32_t flags);
/* May a program touch all of these bytes, with WRITABLE write them? */
bool space_allows(uint32_t *space, uint32_t address, uint32_t len,
		  uint32_t flags);

/*
 * program.c: puts @program into @space, with its stack, and leaves @space in
 * use. 0, or -E_NAME, -E_FORMAT, -E_MEMORY with @space half filled.
 */
int program_load(uint32_t *space, const struct program *program);

/* process.c: processes, and whose turn it is. */
struct process {
	enum process_state state;
	int pid, status;
	struct process *parent; /* NULL: the first process has none */
	const void *channel;	/* what it waits for, see process_block() */
	uint32_t *space;
	uint32_t ticks, saved; /* CPU time; stack pointer while not running */
	char name[NAME_SIZE];
	/* Last: for the kernel's work on its behalf, down to a canary. */
	uint32_t stack[PAGE_SIZE / 4];
};

/* Whose turn it is, or last was; and the one that Ctrl-C is for. */
extern struct process *current, *process_front;

/*
 * The process is over, be it the current one or not. Its memory lasts until
 * its parent has waited for it. With the first process the system ends.
 */
void process_end(struct process *process, int status);
/* Waits until somebody calls process_wake() for the same @channel. */
void process_block(const void *channel), process_wake(const void *channel);
/* Gives the CPU to the next process that is ready, and halts until one is. */
void schedule(void);

/* timer.c: the clock, TICKS_PER_SECOND of them. */
void timer_init(void), timer_interrupt(void);

/* tty.c: everything typed, and everything printed. */
/* Takes a character from a device. */
void tty_input(char c);
/* Is there room for what a key can send? If not, devices are asked later. */
bool tty_has_room(void);
/* Knows %s, %d for numbers not below 0, and %x for eight digits. */
void print(const char *text, ...) __attribute__((format(printf, 1, 2)));

/* serial.c, keyboard.c, screen.c: the devices of the tty. */
void serial_init(void), serial_interrupt(void), serial_put(char c);
void keyboard_init(void), keyboard_interrupt(void);
void screen_init(void), screen_put(char c);

/* keymap.c: what the keys of a keyboard mean. */
/* The state of a keyboard, to be zeroed. */
struct keymap {
	bool extended;	/* 0xe0 came */
	uint8_t skip;	/* bytes of the Pause key still to come */
	uint32_t held;	/* modifiers that are down, see keymap.c */
	uint32_t locks; /* that were pressed an odd number of times */
};

/*
 * The characters that a byte of scancode set 1 stands for, as a terminal would
 * send them: "" for none. Valid until the next call.
 */
const char *keymap_decode(struct keymap *map, uint8_t code);

/* power.c: ends the system. @status is for a hypervisor that has a use for it. */
extern uint32_t power_loader; /* OS1K_FROM_MKVM, or who else booted us */
_Noreturn void power_off(int status);
_Noreturn void panic(const char *why);

/*
 * syscall.c: the result of the call that a program's registers describe. It
 * comes from one of the others, each in the file that it is about, after
 * @pointer has been checked. Contracts: lib/system.h.
 */
int syscall(const struct trap_frame *frame);
typedef int system_call(void *pointer, uint32_t number);
system_call sys_exit, sys_write, sys_read, sys_spawn, sys_wait, sys_kill;
system_call sys_sleep, sys_uptime, sys_process, sys_memory;
