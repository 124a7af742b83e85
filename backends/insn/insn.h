/*
 * What the files of kvm-insn share. It reads a trace (abi/insn_trace.h) and prints
 * a line for each instruction:
 *
 *   kvm_insn.c   its words, its input
 *   stream.c     head and blocks
 *   records.c    records: what is in the registers of a lane, and in its code
 *   steps.c      what became of an instruction, when the next step is known
 *   mode.c       what registers say of the code
 *   decode.c     an instruction by Zydis
 *   operands.c   what it reads and writes in memory
 *   flow.c       where it leads to
 *   changes.c    registers that are others than before
 *   out.c        text, and where it goes
 *
 * Nothing in the input is believed: it may be a file that somebody has made up.
 */
#ifndef BACKENDS_INSN_H
#define BACKENDS_INSN_H

#include <Zydis/Zydis.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmm/abi/insn_trace.h"

#define GUESTS_MAX 256
#define CPUS_MAX   1024
#define NAME_BYTES 256
#define CODE_MAX   15 /* bytes of the longest instruction */
#define TEXT_MAX   1024

/* --- out.c --- */

struct out {
	char buf[65536];
	size_t len;
	size_t line; /* where the last line begins */
	int fd;
	bool failed;
};

extern struct out out;

void out_add(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

void out_text(const char *text);
void out_hex(uint64_t value, unsigned int digits);

/* Adds spaces until the line has @column characters; at least one. */
void out_pad(size_t column);
void out_end_line(void);
void out_drop_line(void);

/* Writes what there is. False: nobody takes it. */
bool out_flush(void);

/* --- records.c --- */

struct symbol {
	uint8_t place; /* in its line, from where on it is so */
	uint64_t off;  /* of that place behind the symbol */
	char name[INSN_NAME_MAX + 1];
	struct symbol *next; /* before it in the line */
};

struct line {
	uint64_t number; /* + 1; 0: none */
	uint8_t bytes[INSN_LINE_BYTES];
	struct symbol *symbols; /* the last one first */
};

/* Registers before an instruction. */
struct state {
	uint64_t rip, regs[INSN_REGS], systems[INSN_SYSTEMS];
};

/* One vCPU. */
struct lane {
	struct lane *next;
	unsigned int guest, cpu;
	bool open;    /* it has begun, and INSN_LEFT has not come */
	bool pending; /* the instruction at @before was not printed */
	bool fresh;   /* and not by step_ahead() */
	uint64_t ns;  /* when its block began; 0: that was told */
	struct state before, now;
	/* Of the code at @before and behind it: when the step is over, other
	 * lines may have taken their place. */
	uint8_t code[2 * CODE_MAX];
	size_t nr_code;
	char symbol[INSN_NAME_MAX + 1]; /* "": none */
	uint64_t symbol_off;
	struct line *last;	/* that came */
	unsigned int interrupt; /* the step begins with this vector, + 1 */
	uint64_t mode[2];	/* of the last heading */
	struct line lines[INSN_LINES];
};

struct guest_name {
	unsigned int nr_cpus; /* 0: no such guest */
	char name[NAME_BYTES];
};

extern struct guest_name guests[GUESTS_MAX];
extern unsigned int nr_guests;

/* How the records in some bytes are. */
enum found {
	FOUND_ALL,
	FOUND_CUT,  /* the last record is not whole */
	FOUND_WRONG /* they are none; said why in *@why */
};

/* Reads the @len bytes at @buf, records of guest @guest's vCPU @cpu, and prints; they
 * begin at @ns of its clock. In
 * *@done, how many bytes of whole records that were. */
enum found records_read(unsigned int guest, unsigned int cpu, uint64_t ns,
			const uint8_t *buf, size_t len, size_t *done,
			const char **why);

/* That vCPU's, which begins with this if there is none yet; NULL: there is no such
 * vCPU, or no memory for it. */
struct lane *records_lane(unsigned int guest, unsigned int cpu);

/* Whether a lane has begun and has no end; or none has begun. */
bool records_are_open(void);

/* Forgets all lanes; prints their last instructions first, if @print. */
void records_end(bool print);

/* Copies up to @len bytes of code at linear address @addr, which wraps at @mask; how
 * many are known. */
size_t code_bytes(const struct lane *lane, uint64_t addr, uint64_t mask,
		  uint8_t *buf, size_t len);

/* Keeps code and symbol of what is at @lane->before. */
void code_keep(struct lane *lane);

/* The symbol that linear address @addr is in, and how far; NULL: not known. */
const char *code_symbol(const struct lane *lane, uint64_t addr, uint64_t *off);

/* --- mode.c --- */

bool is_64bit(const struct state *state);

/* Bits of a register in that mode: 16, 32 or 64. */
unsigned int code_bits(const struct state *state);

/* Linear address of CS:@rip. */
uint64_t linear(const struct state *state, uint64_t rip);

/* --- steps.c --- */

/* The instruction before @lane->now is over; prints it. False: it goes on, as one
 * with REP does, and will be over at another step. */
bool step_over(struct lane *lane);

/* For --step: prints it before it is executed. */
void step_ahead(struct lane *lane);

/* It is the last one that is known. */
void step_last(struct lane *lane);

void step_event(struct lane *lane, uint64_t what, uint64_t more);

extern bool steps_wait; /* --step: it is printed before it is executed */

/* --- decode.c --- */

struct insn {
	ZydisDecodedInstruction insn;
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	uint8_t bytes[CODE_MAX];
	size_t len; /* of what is known; of the instruction, if it is one */
	bool valid;
	char text[TEXT_MAX];
};

/* Decodes what stands at @state's CS:@rip. */
void decode(struct insn *insn, const struct lane *lane,
	    const struct state *state, uint64_t rip);

/* --- flow.c --- */

enum flow {
	FLOW_ONE, /* the instruction was executed, and nothing else is seen */
	FLOW_TWO, /* another one after it, too, in the same step */
	FLOW_AWAY /* it does not lead to where the next step is */
};

/* What @lane's step from before to now was; FLOW_TWO: then @second is decoded,
 * which is at CS:*@at. */
enum flow flow_of(const struct lane *lane, const struct insn *insn,
		  struct insn *second, uint64_t *at);

/* RIP of what stands behind @insn, which is at @rip. */
uint64_t flow_behind(const struct insn *insn, const struct state *state,
		     uint64_t rip);

/* INT n and its relatives; an instruction with a REP prefix. */
bool flow_is_interrupt(const struct insn *insn);
bool flow_is_string(const struct insn *insn);

/* --- changes.c --- */

/* Adds what is another in @now than in @before; false: nothing is. */
bool add_changes(const struct state *before, const struct state *now);

/* --- operands.c --- */

/* Adds the memory operands of @insn, with their values where those follow from the
 * registers before it and after it; @now is NULL if those are not known. */
void add_operands(const struct insn *insn, const struct state *before,
		  const struct state *now);

#endif
