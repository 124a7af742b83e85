/*
 * gdb's `monitor`: a table of words, and what those that say anything about a guest
 * share. Answers are plain text, one line for each entry, and end somewhere whatever
 * a guest has in its tables.
 */
#ifndef MKVM_GDB_MONITOR_H
#define MKVM_GDB_MONITOR_H

#include "service/gdb/gdb.h"

struct monitor {
	const char *words;
	const char *args; /* as `monitor help` shows them, or "" */
	const char *what; /* one line */

	/* @rest is what stands behind the words, without blanks around it. */
	void (*run)(struct gdb_cpu *cpu, const char *rest, struct text *answer);
};

/* Takes a number off the front of *@rest, and the blanks behind it: decimal, or hex
 * behind 0x. An address may be a symbol or a $register, too, with +NUMBER behind it.
 * False: there is none. */
bool monitor_number(const char **rest, uint64_t *val);
bool monitor_address(struct gdb_cpu *cpu, const char **rest, uint64_t *addr);

/* Says that what begins at @rest is no address. */
void monitor_no_address(struct text *answer, const char *rest);

/* Whether there is hardly room for one more line: the last one says how to see the
 * rest. */
bool monitor_is_full(const struct text *answer);

/* Each adds what `monitor` shows. */
void monitor_registers(struct gdb_cpu *cpu, const char *rest,
		       struct text *answer);
void monitor_gdt(struct gdb_cpu *cpu, const char *rest, struct text *answer);
void monitor_ldt(struct gdb_cpu *cpu, const char *rest, struct text *answer);
void monitor_idt(struct gdb_cpu *cpu, const char *rest, struct text *answer);
void monitor_tss(struct gdb_cpu *cpu, const char *rest, struct text *answer);
void monitor_page(struct gdb_cpu *cpu, const char *rest, struct text *answer);
void monitor_phys(struct gdb_cpu *cpu, const char *rest, struct text *answer);
void monitor_devices(struct gdb_cpu *cpu, const char *rest,
		     struct text *answer);
void monitor_irq(struct gdb_cpu *cpu, const char *rest, struct text *answer);
void monitor_cpus(struct gdb_cpu *cpu, const char *rest, struct text *answer);
void monitor_step(struct gdb_cpu *cpu, const char *rest, struct text *answer);

#endif
