/*
 * A kernel's first bytes, a plan, and the zero page that comes of them. The
 * operations of OP_CALL are those of judge.py.
 */
#include "boot.h"
#include "judge.h"

enum { IMAGE, CMDLINE, INITRD, RANGE, RESERVED, FILL, GET };

static uint8_t image[4096], page[ZERO_PAGE_SIZE];
static struct plan plan;

void judge_reset(void)
{
	memset(image, 0, sizeof(image));
	memset(page, 0xa5, sizeof(page));
	plan = (struct plan){ .image = image };
}

uint64_t judge_op(const struct op *op)
{
	uint64_t val = 0;

	switch (op->at) {
	case IMAGE:
		memcpy(image + op->val, &op->more, op->size);
		return 0;
	case CMDLINE:
		plan.cmdline = op->val;
		return 0;
	case INITRD:
		plan.initrd = op->val;
		plan.initrd_size = op->more;
		return 0;
	case RANGE:
	case RESERVED:
		plan.ranges[plan.nr_ranges++] =
			(struct range){ op->val, op->more,
					op->at == RANGE ? 1 : 2 };
		return 0;
	case FILL:
		return zero_page(page, &plan) & NOTHING;
	}
	memcpy(&val, page + op->val, op->size);
	return val;
}
