/* Who has something to do before guests are ended: see putoff.h. */
#include "putoff.h"

#include "core/services.h"
#include "ending.h"

bool putoff_quit(struct putoff *putoff, int status, const char *reason)
{
	if (!services_go_first(putoff->bell))
		return false;
	if (!putoff->is_on) {
		putoff->is_on = true;
		putoff->status = status;
		putoff->reason = reason;
	}
	ending_wait();
	return true;
}

void putoff_answer(struct putoff *putoff)
{
	if (!putoff->is_on || services_go_first(putoff->bell))
		return;
	putoff->is_on = false;
	ending_go_on();
	putoff->quit(putoff->arg, putoff->status, putoff->reason);
}
