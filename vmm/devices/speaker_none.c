/* Nobody listens to the PC's speaker: what stands in when DEV_SPEAKER is configured
 * out. */
#include "devices/speaker.h"

#include <stddef.h>

struct speaker *speaker_open(const void *config, int64_t t)
{
	(void)config;
	(void)t;
	return NULL;
}

void speaker_close(struct speaker *speaker)
{
	(void)speaker;
}

void speaker_begin(struct speaker *speaker, int64_t t)
{
	(void)speaker;
	(void)t;
}

void speaker_follow(struct speaker *speaker, struct counter *c, bool on,
		    int64_t t)
{
	(void)speaker;
	(void)c;
	(void)on;
	(void)t;
}

int64_t speaker_next(struct speaker *speaker, const struct counter *c, bool on,
		     int64_t t)
{
	(void)speaker;
	(void)c;
	(void)on;
	(void)t;
	return CLOCK_NEVER;
}
