/* No mouse: what stands in when DEV_MOUSE is configured out. What a guest sends to
 * the auxiliary port of the i8042 times out. */
#include "i8042.h"

bool mouse_receive(struct i8042 *c, uint8_t byte)
{
	(void)c;
	(void)byte;
	return false;
}

bool mouse_send(struct i8042 *c, uint8_t *byte, uint64_t *due_ns)
{
	(void)c;
	(void)byte;
	*due_ns = 0;
	return false;
}

bool mouse_is_possible(const struct mouse *mouse)
{
	(void)mouse;
	return true;
}

void mouse_init(struct i8042 *c)
{
	(void)c;
}
