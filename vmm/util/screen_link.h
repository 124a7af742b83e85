/*
 * What kvm-vmm and a back end that shows its guest's screen say to each other: kvm-web
 * and kvm-vnc. Messages of one size go by a socket that keeps their bounds
 * (SOCK_SEQPACKET). The picture lies in memory that kvm-vmm writes and the back end
 * may only read, and only one of them uses it at a time:
 *
 *	kvm-vmm		picture, up to date ------------->	reads it
 *			<-------------------------- wants	shows it, in time
 *			looks now and then, until
 *			something has changed; picture ->	and so on
 *
 * Nobody wants one while nobody looks, and then kvm-vmm does nothing. Each side is
 * an enemy's for the other: every number is checked.
 */
#ifndef MKVM_UTIL_SCREEN_LINK_H
#define MKVM_UTIL_SCREEN_LINK_H

#include <stdint.h>

#include "util/picture.h"

#define SCREEN_LINK_TEXT    1000 /* bytes at once */
#define SCREEN_LINK_COUNTS  16
#define SCREEN_LINK_NAME    16	  /* with the NUL */
#define SCREEN_LINK_KEYS    0x300 /* KEY_CNT of <linux/input-event-codes.h> */
#define SCREEN_LINK_STEP    4096  /* a mouse moves at most so far at once */
#define SCREEN_LINK_BUTTONS 7

enum screen_link_kind {
	/* From kvm-vmm. */
	SCREEN_LINK_PICTURE = 1, /* is in the memory; 0 by 0: none is */
	SCREEN_LINK_PRINTED,	 /* by the guest's console: text */
	SCREEN_LINK_EXITS,	 /* answered so far: counts */
	SCREEN_LINK_OVER,	 /* the guest has ended */
	SCREEN_LINK_WORD, /* first: what its user has said or must know: text */

	/* To kvm-vmm. */
	SCREEN_LINK_WANTS = 0x100, /* somebody looks: the next picture */
	SCREEN_LINK_RESTS,	   /* nobody does any more */
	SCREEN_LINK_KEY,
	SCREEN_LINK_POINTER,
	SCREEN_LINK_TYPED, /* at the console: text */
	SCREEN_LINK_POWER, /* its buttons */
	SCREEN_LINK_RESET,
};

struct screen_link_count {
	char name[SCREEN_LINK_NAME];
	uint64_t exits;
};

struct screen_link_message {
	uint32_t kind;
	uint32_t len; /* of text; how many counts */
	union {
		struct {
			uint32_t width, height;
		} picture;
		struct {
			uint32_t code, down;
		} key;
		struct {
			int32_t dx, dy, wheel;
			uint32_t buttons;
		} pointer;
		uint8_t text[SCREEN_LINK_TEXT];
		struct screen_link_count counts[SCREEN_LINK_COUNTS];
	};
};

#endif
