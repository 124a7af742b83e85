/* Every byte wakes the main thread: what stands in without CONSOLE_BATCH. */
#include "terminal/output_batch.h"

void output_batch_init(struct output_batch *batch, const char *const *without)
{
	(void)batch;
	(void)without;
}

bool output_batch_add(struct output_batch *batch)
{
	(void)batch;
	return true;
}

void output_batch_tick(struct output_batch *batch, bool more)
{
	(void)batch;
	(void)more;
}

bool output_batch_is_open(const struct output_batch *batch)
{
	(void)batch;
	return false;
}
