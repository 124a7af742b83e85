/* No Korean keyboard: what stands in when KEYBOARD_KO is configured out. */
#include "i8042.h"

unsigned int ko_type(struct hangul *h, struct keys *hands, uint8_t byte,
		     uint8_t *events)
{
	(void)h;
	return keys_type(hands, byte, events);
}
