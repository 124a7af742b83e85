/* Looking a feature up in the list of those a run goes without. */
#include "feature.h"

#include <string.h>

bool feature_is_out(const char *const *without, const char *name)
{
	for (; without && *without; without++)
		if (!strcmp(*without, name))
			return true;
	return false;
}
