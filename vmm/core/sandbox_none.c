/* No SANDBOX: a process that may do whatever its user may. See sandbox.h. */
#include "core/sandbox.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "terminal/term.h"
#include "util/log.h"

int sandbox_choose(const char *word)
{
	if (!strcmp(word, "off"))
		return 0;
	log_error("--sandbox: %s: this kvm-vmm was built without; set SANDBOX "
		  "in `make menuconfig`",
		  word);
	return -EINVAL;
}

void sandbox_begin(const char *const *without)
{
	(void)without;
	term_catch(SIGSYS);
}

bool sandbox_is_strict(void)
{
	return false;
}

int sandbox_process(void)
{
	return 0;
}

int sandbox_thread(enum sandbox_kind kind, unsigned int nr)
{
	(void)kind;
	(void)nr;
	return 0;
}
