/* What the people at VNC clients do to the guest's keyboard and mouse. */
#ifndef BACKENDS_VNC_PERSON_H
#define BACKENDS_VNC_PERSON_H

#include <stdbool.h>
#include <stdint.h>

#define PERSON_KEYS 256 /* codes that a PC's keyboard has are below */

/* One of them. */
struct person {
	bool hears_size;	       /* its client can be told of another */
	uint8_t down[PERSON_KEYS];     /* by code */
	uint32_t made_by[PERSON_KEYS]; /* the keysym that pressed it */
};

void person_key(struct person *person, bool down, uint32_t keysym);

/* The pointer is at @x, @y, with the buttons of RFC 6143, "PointerEvent". */
void person_pointer(unsigned int buttons, int x, int y);

/* Goes, and leaves no key down. */
void person_leaves(struct person *person);

#endif
