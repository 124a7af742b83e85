/*
 * What runs a student's C code in a guest: a list of operations, made by the
 * exercise's table of steps, and what each was seen to do.
 *
 * The guest is told what to do and never what has to come of it. It prints what
 * came, and the program outside (table.py) compares. So a program that prints
 * lines of its own gains nothing but wrong lines.
 */
#ifndef EXERCISES_JUDGE_H
#define EXERCISES_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum op_kind {
	OP_END,
	OP_STEP, /* a new step: everything is as at power-on */
	OP_CALL, /* the exercise's own: @at says what, with @val and @more */

	/* Of a device model, on the board of board.c */
	OP_OUT,	     /* @size bytes of @val to port @at */
	OP_IN,	     /* told: @size bytes of port @at */
	OP_CLOCK,    /* the clock is @val; a timer that is due is called once */
	OP_DEADLINE, /* told: when the timer is due, 0 if never */
	OP_IRQ,	     /* told: the level of line @at */
	OP_RISES,    /* told: how often line @at rose in this step */
	OP_TYPE,     /* told: how many of @size bytes of input it took */
	OP_SENT,     /* told: the next byte it sent; NOTHING if there is none */
	OP_MORE,     /* told: whether it has called board_rx_more() */
	OP_ODD,	     /* told: how many oddities it named */
};

#define NOTHING 0xffffffff

struct op {
	uint8_t kind;
	uint8_t size; /* bytes, of an access */
	bool tell;    /* print the result */
	uint64_t at, val, more;
};

/* The table, made for one judgement; ends with OP_END. */
extern const struct op judge_ops[];

/* What an exercise brings: forgets everything, and does one operation. */
void judge_reset(void);
uint64_t judge_op(const struct op *op);

/* Ends the guest at once with @status, 0-63. */
void judge_exit(uint8_t status) __attribute__((noreturn));

void *memcpy(void *to, const void *from, size_t len);
void *memset(void *to, int byte, size_t len);
void *memmove(void *to, const void *from, size_t len);
int memcmp(const void *a, const void *b, size_t len);

#endif
