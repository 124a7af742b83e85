/* Nobody judges: what stands in without JUDGE. */
#include "judge.h"

bool judge_begin(struct options *opt, int *status)
{
	(void)opt;
	(void)status;
	return false;
}
