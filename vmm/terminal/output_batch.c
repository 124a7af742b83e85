/* Batching of guest output: see output_batch.h. */
#include "terminal/output_batch.h"

#include "feature.h"

static const struct feature batching = {
	.name = "batching",
	.what = "what a busy guest prints is written every 4 ms",
};
FEATURE(batching);

void output_batch_init(struct output_batch *batch, const char *const *without)
{
	batch->wanted = !feature_is_out(without, batching.name);
	batch->open = false;
}
