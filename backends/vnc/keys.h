/* The keys of a US keyboard that make what RFB calls keysyms. */
#ifndef BACKENDS_VNC_KEYS_H
#define BACKENDS_VNC_KEYS_H

#include <stdbool.h>
#include <stdint.h>

struct vnc_key {
	uint16_t code; /* KEY_* of <linux/input-event-codes.h>; 0: none has it */
	bool shift;    /* it takes the shift key */
	bool is_plain;	/* it takes that there is none: a character */
	bool is_letter; /* whose case the Caps Lock key changes */
};

struct vnc_key vnc_key_of(uint32_t keysym);

#endif
