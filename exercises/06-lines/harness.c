/* Lines and a CPU for a student's controller: the operations of judge.py. */
#include "judge.h"
#include "lines.h"

enum { MODE, SET, ASK, TAKE, DONE };

void judge_reset(void)
{
	lines_reset();
}

uint64_t judge_op(const struct op *op)
{
	switch (op->at) {
	case MODE:
		lines_mode(op->val);
		return 0;
	case SET:
		lines_set(op->val, op->more);
		return 0;
	case ASK:
		return lines_ask();
	case TAKE:
		return lines_take() & NOTHING;
	}
	lines_done();
	return 0;
}
