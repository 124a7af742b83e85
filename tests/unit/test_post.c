/* objects: devices/post.o */
/* The POST code register: keeps the last code and says nothing. */
#include "steps.h"

#define POST 0x80

static const struct step keeps[] = {
	IN(POST, 0x00), OUT(POST, 0x42), IN(POST, 0x42), OUT(POST, 0xff),
	IN(POST, 0xff), SENT(""),	 ODD(0),	 STOPS(0),
};

TEST_STEPS(test_keeps, "post", keeps)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keeps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
