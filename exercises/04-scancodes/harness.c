/* Scan codes for a student's functions: OP_CALL is a code that was sent. */
#include "judge.h"
#include "keys.h"

void judge_reset(void)
{
	keys_reset();
}

uint64_t judge_op(const struct op *op)
{
	return (uint8_t)keys_code(op->at);
}
