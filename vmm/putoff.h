/* The end of a run from outside, put off while a service has something to do first. */
#ifndef MKVM_PUTOFF_H
#define MKVM_PUTOFF_H

#include <stdbool.h>

struct putoff {
	int bell; /* that services ring */
	void (*quit)(void *arg, int status, const char *reason);
	void *arg;
	bool is_on;
	int status; /* what quit() is to be called with, then */
	const char *reason;
};

/* The guests are to be ended. True: not yet; quit() is called, when putoff_answer()
 * finds the services through. Main thread. */
bool putoff_quit(struct putoff *putoff, int status, const char *reason);

/* The bell has rung. */
void putoff_answer(struct putoff *putoff);

#endif
