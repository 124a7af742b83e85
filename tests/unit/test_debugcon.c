/* objects: devices/debugcon.o */
/* The debug console: prints what is written, reads as itself. */
#include "steps.h"

#define DEBUGCON 0xe9

static const struct step prints[] = {
	IN(DEBUGCON, 0xe9), OUT(DEBUGCON, 'h'), OUT(DEBUGCON, 'i'),
	SENT("hi"),	    IN(DEBUGCON, 0xe9), ODD(0),
};

TEST_STEPS(test_prints, "debugcon", prints)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
