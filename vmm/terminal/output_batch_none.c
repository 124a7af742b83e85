/* Every byte wakes the main thread: what stands in without CONSOLE_BATCH. */
#include "terminal/output_batch.h"

void output_batch_init(struct output_batch *batch, const char *const *without)
{
	(void)without;
	*batch = (struct output_batch){ .wanted = false };
}
