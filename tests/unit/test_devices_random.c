/* objects: devices/cmos.o devices/debugcon.o devices/hypercall.o */
/* objects: devices/i8042.o devices/i8042_kbd.o devices/i8042_keys.o */
/* objects: devices/ioapic.o devices/pic.o devices/pit.o devices/pit_counter.o */
/* objects: devices/post.o devices/reset.o */
/* objects: devices/serial.o devices/serial_irq.o devices/serial_fifo.o */
/* objects: core/bus.o util/log.o util/reopen.o */
/*
 * The fuzzer's harness with fixed seeds: all devices survive random accesses
 * under the sanitizers, and keep to the contract of device.h.
 */
#define FUZZ_LIBFUZZER /* no main() of its own */
#include "../fuzz/fuzz_devices.c"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ACCESSES 300000

static void test_random_accesses(void **state)
{
	uint8_t round[ROUND_BYTES];
	unsigned int seed = 1;

	(void)state;
	accesses = 0;
	while (accesses < ACCESSES) {
		for (size_t i = 0; i < sizeof(round); i++)
			round[i] = rand_r(&seed) >> 7;
		assert_int_equal(LLVMFuzzerTestOneInput(round, sizeof(round)),
				 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_accesses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
