/*
 * What rules about a guest stand on that has not crashed: the last look at it
 * (core/sample.h), and what devices say when they are asked after its end. Put
 * together by quiet.c; the rules are functions of it, so that tests need no KVM.
 *
 *   lines.c   which interrupts could still come, and what keeps the others
 *   wait.c    rules of waiting for one
 *   storm.c   rules of interrupts that do not end
 *   poll.c    rules of asking a device over and over
 *   loop.c    the loop that a vCPU is in
 *   linux.c   rules of Linux that stays silent
 *   unseen.c  rules of printing where nobody looks
 */
#ifndef MKVM_RULES_QUIET_H
#define MKVM_RULES_QUIET_H

#include "core/sample.h"
#include "probes/report/rules/rule.h"

#define LINES CHIP_PINS /* 0-15 are of the 8259s as well */

#define UART_LINE 4
#define KBD_LINE  1
#define PIT_LINE  0

/* How the 8254's counter 0 is. */
enum quiet_pit {
	PIT_UNKNOWN, /* or it is not there */
	PIT_UNSET,   /* no mode and count were written */
	PIT_RAN_OUT, /* it counts once, and has */
	PIT_RUNS,
};

/* The loop that a vCPU is in, if all it does is read. */
struct loop {
	bool found;
	uint64_t start; /* linear, of its first instruction */
	bool reads;	/* memory, at @address, linear: */
	uint64_t address, value;
	unsigned int size; /* bytes */
	bool locks;	   /* by an instruction that would take a lock */
	bool inputs;	   /* from @port, which KVM answers itself */
	uint16_t port;
};

/* Linux in guest RAM. */
struct linux_seen {
	const uint8_t *start, *end; /* its memory; NULL: it is another guest */
	const char *cmdline;
	bool found; /* the kernel is there, unpacked */
};

struct quiet {
	const struct sample *sample;
	const char *irqchip; /* as --irqchip names it; NULL: none */
	bool silent;	     /* not a byte has come from any guest */
	bool input_over;     /* it has had all of stdin, which has ended */
	bool keys_to_serial; /* what is typed goes there, whoever asks */
	bool has_dma;	     /* devices that write to RAM by themselves */
	uint32_t wired;	     /* interrupt lines that some device is on */
	uint32_t off;	     /* those whose devices do not ask: not enabled */
	enum quiet_pit pit;
	bool has_uart, has_hvc;
	struct linux_seen kernel;
	struct loop loop;		 /* of the vCPU that it is about */
	uint8_t kbd_status, kbd_command; /* of the i8042 */
	uint8_t ier;			 /* of COM1 */
	bool screen; /* its screen has text, and was not on the terminal */
	struct bus *pio, *mmio; /* for what was written to nobody; or NULL */
};

/* --- quiet.c --- */

/* rules_look() for RULE_QUIET with all that can be known of c->vcpu. */
void rules_judge_quiet(struct rule_case *c, struct text *text);

/* --- lines.c --- */

/* Both 8259s in one word, as lines 0 to 15. */
uint16_t lines_both(uint8_t master, uint8_t slave);

/* Lines that the 8259s, or the I/O APIC, would let through to a CPU now. */
uint32_t lines_by_pic(const struct quiet *q);
uint32_t lines_by_ioapic(const struct quiet *q);

/* Whether vCPU 0 hears the 8259s. */
bool lines_pic_is_heard(const struct quiet *q);

/* Whether some interrupt can still come to a CPU that takes them. */
bool lines_any_can_come(const struct quiet *q);

/* The same beside those in @lines. */
bool lines_any_other_can_come(const struct quiet *q, uint32_t lines);

/* Whether an entry of the I/O APIC's table is one that some APIC may take. */
bool lines_is_deliverable(uint64_t entry);

/* Whether all vCPUs wait, and nothing but an interrupt could end that. */
bool lines_all_wait(const struct quiet *q);

/* Requests that one still in service bars, for an 8259 that is not rotated or is:
 * a bit for each of its inputs. */
uint8_t lines_barred(const struct pic_view *pic, uint8_t irr, uint8_t isr);

/* "IRQ4", and whose that is. */
void lines_add(struct text *text, unsigned int line);

/* Bit of the lowest line in @lines, which are some. */
unsigned int lines_first(uint32_t lines);

/* Whether @cpu is halted, in such a loop, or was never started. */
bool lines_cpu_waits(const struct sample_cpu *cpu);

/* --- loop.c --- */

/* Finds the loop of @cpu, whose guest has @mem. False: it may be doing anything. */
bool loop_find(const struct memory *mem, const struct sample_cpu *cpu,
	       struct loop *loop);

/* --- linux.c --- */

/* Looks for Linux in @mem; nothing of what it finds is to be trusted. */
void linux_look(struct linux_seen *l, const struct memory *mem);

/* --- places.c --- */

/* What a PC may have at a port or an address, in words; or NULL. */
const char *places_port(uint64_t port);
const char *places_address(uint64_t gpa);

/* --- the rules, in the order in which quiet.c asks --- */

bool wait_no_controller(struct rule_case *c, struct text *text);
bool wait_interrupts_off(struct rule_case *c, struct text *text);
bool wait_over_exception(struct rule_case *c, struct text *text);
bool wait_no_eoi_pic(struct rule_case *c, struct text *text);
bool wait_no_eoi_apic(struct rule_case *c, struct text *text);
bool wait_priority(struct rule_case *c, struct text *text);
bool wait_apic_off(struct rule_case *c, struct text *text);
bool wait_lint0(struct rule_case *c, struct text *text);
bool wait_cascade(struct rule_case *c, struct text *text);
bool wait_no_icw(struct rule_case *c, struct text *text);
bool wait_edge_lost(struct rule_case *c, struct text *text);
bool wait_pic_mask(struct rule_case *c, struct text *text);
bool wait_ioapic_mask(struct rule_case *c, struct text *text);
bool wait_ioapic_vector(struct rule_case *c, struct text *text);
bool wait_apic_timer(struct rule_case *c, struct text *text);
bool wait_timer_stands(struct rule_case *c, struct text *text);
bool wait_device_off(struct rule_case *c, struct text *text);
bool wait_no_apic(struct rule_case *c, struct text *text);
bool wait_for_nothing(struct rule_case *c, struct text *text);

bool storm_of_pic(struct rule_case *c, struct text *text);
bool storm_of_ioapic(struct rule_case *c, struct text *text);

bool spin_in_zeroes(struct rule_case *c, struct text *text);
bool spin_for_good(struct rule_case *c, struct text *text);
bool spin_for_cpu(struct rule_case *c, struct text *text);
bool spin_for_memory(struct rule_case *c, struct text *text);

bool poll_nobody_port(struct rule_case *c, struct text *text);
bool poll_nobody_address(struct rule_case *c, struct text *text);
bool poll_keys_elsewhere(struct rule_case *c, struct text *text);
bool poll_input_over(struct rule_case *c, struct text *text);
bool poll_timer_gate(struct rule_case *c, struct text *text);
bool poll_same(struct rule_case *c, struct text *text);

bool linux_panic(struct rule_case *c, struct text *text);
bool linux_no_console(struct rule_case *c, struct text *text);
bool linux_no_device(struct rule_case *c, struct text *text);
bool linux_no_driver(struct rule_case *c, struct text *text);

bool unseen_port(struct rule_case *c, struct text *text);
bool unseen_frame(struct rule_case *c, struct text *text);
bool unseen_screen(struct rule_case *c, struct text *text);

#endif
