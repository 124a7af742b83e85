/*
 * How a guest that resets itself has ended: well, or by a crash.
 *
 * A reset looks the same either way, and whether by port, by a jump to the
 * BIOS or by a triple fault is a matter of the guest's taste (Linux: reboot=).
 * So the guest's own word counts, in this order:
 *
 *   what Linux printed last about it   "Kernel panic - not syncing": a crash
 *                                      "reboot: Restarting system": none
 *   else, for a triple fault           a crash
 *   else, the BIOS's reset flag        warm: a crash (1K OS; Linux without a
 *                                      console here, by boot/linux.c's words)
 *                                      anything else: none
 *
 * Both lines have the highest priority, so that "quiet" and loglevel= leave
 * them, and Linux prints the one that is true after all that a program in the
 * guest can print.
 */
#ifndef MKVM_LASTWORD_H
#define MKVM_LASTWORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct memory;

/* What a guest has said of its end. */
enum lastword {
	LASTWORD_NONE,
	LASTWORD_PANIC,
	LASTWORD_RESTART,
};

/* How far a stream of characters is in one of the two lines. */
struct lastword_ear {
	const char *next; /* what it has to go on with; NULL: in none */
};

/* Listens to what is printed; what that says, most often nothing. */
enum lastword lastword_hear(struct lastword_ear *ear, const void *buf,
			    size_t len);

/* Whether that is for sure: one character, neither in a line nor the first of
 * one, "Kernel panic" or ": Restarting". */
static inline bool lastword_is_none(const struct lastword_ear *ear,
				    const void *buf, size_t len)
{
	const char c = *(const char *)buf;

	return len == 1 && !ear->next && c != 'K' && c != ':';
}

/* How far it is, as a number that means the same to every kvm-vmm; 0: in neither
 * line. False: no ear can be there. */
unsigned int lastword_place(const struct lastword_ear *ear);
bool lastword_set_place(struct lastword_ear *ear, unsigned int place);

/* What crashed a guest that has said @said and then reset itself, in words to
 * print; NULL where it ended well. */
const char *lastword_crash(enum lastword said, const struct memory *mem);

#endif
