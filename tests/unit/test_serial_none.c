/* objects: devices/serial.o devices/serial_irq_none.o */
/* objects: devices/serial_fifo_none.o */
/* COM1 built without its interrupts and without its FIFOs. */
#include "serial_no_fifo.h"
#include "serial_no_irq.h"

static int built_without(void **state)
{
	(void)state;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NO_IRQ_TESTS(built_without),
		NO_FIFO_TESTS(built_without),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
