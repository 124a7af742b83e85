/*
 * A program that shows a guest's screen to people, by a library that serves them:
 *
 *	PROGRAM 0	its descriptors are those of link.h
 *
 * It ends with 0 when kvm-vmm or its guest does, 1 when that says what makes no
 * sense, 64 when it is called in another way, 69 when this machine does not let it.
 */
#ifndef BACKENDS_SCREEN_PROGRAM_H
#define BACKENDS_SCREEN_PROGRAM_H

#include <stdbool.h>

#include "backends/jail/jail.h"
#include "backends/screen/link.h"

struct screen_program {
	const char *option; /* that it is started for */
	struct jail jail;

	/* Hears the word that kvm-vmm says first; NULL: it says none. False: that
	 * was no word. */
	bool (*hear_word)(void);

	/* What takes memory, before people can call. False: there is none. */
	bool (*open)(void);

	/* Serves until kvm-vmm is gone; an exit status. */
	int (*run)(void);
};

/* All of main(). */
int screen_main(int argc, char **argv, const struct screen_program *program);

#endif
