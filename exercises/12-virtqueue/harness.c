/*
 * Guest memory with a queue in it: 64 KiB of RAM from 64 KiB on. The operations of
 * OP_CALL are those of judge.py.
 */
#include "judge.h"
#include "virtqueue.h"

#define BASE	   0x10000
#define LEN	   0x10000
#define SIZE	   8
#define PIECES_MAX 16

enum { PUT, GET, BEGIN, TAKE, HEAD, GPA, BYTES, MAY_WRITE, DONE, TAKEN };

static uint8_t memory[LEN];
static struct queue queue;
static struct piece pieces[PIECES_MAX];
static uint16_t head;

void *ram(uint64_t gpa, uint64_t len)
{
	if (gpa < BASE || gpa - BASE > LEN || len > LEN - (gpa - BASE))
		return NULL;
	return memory + (gpa - BASE);
}

void judge_reset(void)
{
	memset(memory, 0, sizeof(memory));
	queue = (struct queue){ SIZE, 0x10000, 0x11000, 0x12000, 0, 0 };
}

static uint64_t get(uint64_t gpa, unsigned int size)
{
	uint64_t val = 0;

	memcpy(&val, ram(gpa, size), size);
	return val;
}

uint64_t judge_op(const struct op *op)
{
	switch (op->at) {
	case PUT:
		memcpy(ram(op->val, op->size), &op->more, op->size);
		return 0;
	case GET:
		return get(op->val, op->size);
	case BEGIN:
		queue.taken = queue.given = op->val;
		if (op->more)
			queue.size = op->more;
		return 0;
	case TAKE:
		head = 0xffff;
		memset(pieces, 0, sizeof(pieces));
		return queue_take(&queue, &head, pieces) & NOTHING;
	case HEAD:
		return head;
	case GPA:
		return pieces[op->val].gpa;
	case BYTES:
		return pieces[op->val].len;
	case MAY_WRITE:
		return pieces[op->val].write;
	case DONE:
		queue_done(&queue, op->val, op->more);
		return 0;
	}
	return queue.taken;
}
