/*
 * --symbols: the file that names a guest's addresses, where its image cannot. A
 * flat program was linked as an ELF file, and bzImage was once vmlinux.
 */
#include <errno.h>

#include "core/plan.h"
#include "util/log.h"
#include "util/symbols.h"

static int symbols_plug(struct plan *plan, const char *arg)
{
	const char *why = symbols_refusal(arg);

	if (why) {
		log_error("--symbols %s: %s; give the ELF file that the image "
			  "was made of, not stripped",
			  arg, why);
		return -EINVAL;
	}
	plan->symbols = arg;
	return 0;
}

static const struct plug plug = {
	.option = "--symbols",
	.arg = "FILE",
	.what = "names for its addresses: the ELF file it was made of",
	.is_of_host = true,
	.plug = symbols_plug,
};

PLUG(plug);
