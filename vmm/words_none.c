/* Nobody asks which words make a machine. */
#include "words.h"

int words_make(const struct options *opt, struct vm_config *config)
{
	(void)opt;
	(void)config;
	return 0;
}

void words_free(struct vm_config *config)
{
	(void)config;
}
