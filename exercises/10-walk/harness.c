/*
 * Guest memory for a page walk: 64 KiB from 0 on. The operations of OP_CALL are
 * those of judge.py.
 */
#include "judge.h"
#include "walk.h"

#define MEMORY 65536

enum { PUT, CR3, WALK, ERROR, ASTRAY };
enum { WRITE = 1, USER = 2, FETCH = 4 };

static uint64_t memory[MEMORY / 8], cr3, astray;
static struct walked last;

uint64_t entry_at(uint64_t gpa)
{
	if (gpa % 8 || gpa >= MEMORY) {
		astray++;
		return 0;
	}
	return memory[gpa / 8];
}

void judge_reset(void)
{
	memset(memory, 0, sizeof(memory));
	astray = 0;
}

uint64_t judge_op(const struct op *op)
{
	struct access access = { op->more & WRITE, op->more & USER,
				 op->more & FETCH };

	switch (op->at) {
	case PUT:
		memory[op->val / 8] = op->more;
		return 0;
	case CR3:
		cr3 = op->val;
		return 0;
	case WALK:
		last = walk(cr3, op->val, access);
		return last.fault ? NOTHING : last.pa;
	case ERROR:
		return last.fault ? last.error : NOTHING;
	}
	return astray;
}
