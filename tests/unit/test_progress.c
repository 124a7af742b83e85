/* objects: service/snapshot/progress.o */
/* How far a save is: on a terminal alone, once it takes longer than a moment, and gone
 * at the end. */
#define _GNU_SOURCE /* posix_openpt() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "service/snapshot/progress.h"

#define MIB (1ULL << 20)

static time_t now;

/* In the place of the C library's. */
int clock_gettime(clockid_t clock, struct timespec *time)
{
	(void)clock;
	*time = (struct timespec){ .tv_sec = now };
	return 0;
}

/* A save of 4 MiB that takes a second for each but the first. */
static void save(void)
{
	progress_want();
	progress_begin(4 * MIB);
	progress_add(MIB);
	for (int i = 0; i < 3; i++) {
		now++;
		progress_add(MIB);
	}
	progress_end();
}

/* What stderr was told, which is @fd meanwhile, and closed then. */
static void told(int fd, int from, char *text, size_t room)
{
	int stderr_fd = dup(STDERR_FILENO);
	size_t got = 0;
	ssize_t len;

	dup2(fd, STDERR_FILENO);
	save();
	dup2(stderr_fd, STDERR_FILENO);
	close(stderr_fd);
	close(fd);
	/* A terminal hands on what is written piece by piece, and later. */
	while (got < room - 1 &&
	       (len = read(from, text + got, room - 1 - got)) > 0)
		got += (size_t)len;
	text[got] = '\0';
}

static void to_a_terminal(void **state)
{
	char text[256];
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave;

	(void)state;
	assert_int_equal(grantpt(master) | unlockpt(master), 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	told(slave, master, text, sizeof(text));
	assert_string_equal(text, "\rkvm-vmm: 2 of 4 MiB are saved "
				  "\rkvm-vmm: 3 of 4 MiB are saved "
				  "\rkvm-vmm: 4 of 4 MiB are saved \r\033[K");
	close(master);
}

static void to_nobody(void **state)
{
	char text[256];
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	told(ends[1], ends[0], text, sizeof(text));
	assert_string_equal(text, "");
	close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(to_a_terminal),
		cmocka_unit_test(to_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
